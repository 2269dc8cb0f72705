"""How small a slowdown is found: from the rounds of two equal sides, by resampling.

What :mod:`wavecomp.gate.paired` does not err about is fixed beforehand; what it finds depends on how much the ratio of
two equal sides scatters from round to round on this machine. Rounds are drawn with replacement from those that were
measured, each with either sign, since the sides of an A/A run can trade places. A side that is 1 + s times slower moves
every value by ln(1 + s), and every interval with it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wavecomp.gate.paired import Looks, spent
from wavecomp.gate.signed_rank import Numbers, signed_rank_interval


def power(
    log_ratios: Numbers,
    slowdown: float,
    rounds: int,
    *,
    least: float,
    looks: Looks,
    resamples: int = 400,
    seed: int = 0,
) -> float:
    """Return the probability that a slowdown is called WORSE within so many rounds.

    Parameters
    ----------
    log_ratios : sequence of float
        ln(new/old) of two equal sides, one a round; some tens at least, NaN are left out.
    slowdown : float
        As a fraction: 0.1 is ten in a hundred.
    rounds : int
    least : float
        The least change that matters.
    looks : Looks
        Of the whole run: with more quantities, each of them is harder to decide.
    resamples : int
        Runs that are drawn; the result is a multiple of 1/resamples.
    seed : int
        Same numbers, same result.
    """
    needed = needed_slowdowns(log_ratios, rounds, least=least, looks=looks, resamples=resamples, seed=seed)
    return float(np.mean(needed < slowdown))


def smallest_slowdown(
    log_ratios: Numbers,
    rounds: int,
    *,
    least: float,
    looks: Looks,
    found: float = 0.95,
    resamples: int = 400,
    seed: int = 0,
) -> float:
    """Return the smallest slowdown that is called WORSE within so many rounds with a probability of ``found``.

    Parameters are those of :func:`power`.

    Returns
    -------
    float
        As a fraction; infinite where so few rounds decide nothing.
    """
    needed = np.sort(needed_slowdowns(log_ratios, rounds, least=least, looks=looks, resamples=resamples, seed=seed))
    return float(needed[min(resamples, math.floor(found * resamples) + 1) - 1])


def needed_slowdowns(
    log_ratios: Numbers, rounds: int, *, least: float, looks: Looks, resamples: int = 400, seed: int = 0
) -> NDArray[np.float64]:
    """Return, for each run that is drawn, the slowdown beyond which it is called WORSE within so many rounds.

    Parameters are those of :func:`power`.

    Returns
    -------
    ndarray of float64, shape (resamples,)
        As fractions; infinite where so few rounds decide nothing. Their distribution is the power by slowdown.
    """
    values = np.asarray(log_ratios, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError("there are no rounds to draw from: all ratios are missing")
    rng = np.random.default_rng(seed)
    draws = rng.choice(values, (resamples, rounds)) * rng.choice((-1.0, 1.0), (resamples, rounds))
    highest = np.full(resamples, -math.inf)
    for number, count in enumerate(looks.rounds(), 1):
        if count > rounds:
            break
        alpha = looks.each[0] * spent(number)
        lower = [signed_rank_interval(row[:count], alpha).lower for row in draws]
        highest = np.maximum(highest, lower)
    with np.errstate(over="ignore"):
        needed: NDArray[np.float64] = np.expm1(math.log1p(least) - highest)
    return needed
