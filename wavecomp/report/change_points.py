r"""Where a noisy series steps: change points by the library ruptures, with a penalty that noise alone does not pay.

The cost of a stretch is the sum of the absolute distances from its median, in units of the noise, so that one bad run
is no step. PELT (Killick, Fearnhead and Eckley 2012, https://doi.org/10.1080/01621459.2012.737745; library: Truong,
Oudre and Vayatis 2020, https://doi.org/10.1016/j.sigpro.2019.107299) minimises the sum of all costs plus a penalty for
every change point.

The penalty follows from the chance of a false step that is allowed. The greatest gain of one split,

.. math:: G = \frac{1}{\hat\sigma} \left[ C(1, n) - \min_k \left( C(1, k) + C(k + 1, n) \right) \right],

does not depend on where a series lies nor on how large its noise is. So its distribution for series of n values without
a step is drawn, 100,000 times from a fixed seed and with heavy tails (Student's t of three degrees of freedom), and the
penalty is a quantile of it. As the noise is estimated in each draw as it is in a series, short series get the large
penalty that such an estimate calls for. From 40 values on it grows as log n, as that of the Bayesian information
criterion does.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LEAST_RUNS = 6
"""A noisy series with fewer values is not searched."""

LEAST_STRETCH = 3
"""Runs on either side of a step: the median of three does not follow one outlier."""

LEAST_STEP = 0.02
"""Relative change below which a step of a noisy metric is not told."""

LEAST_NOISE = 0.005
"""Noise of the logarithm that every timed value has at least, however still a few of them may look."""

DRAWS = 100_000
LEAST_CHANCE = 2 / DRAWS
"""Chance of a false step in one series that the draws can tell."""

_LIKELY = 3.0  # of the logarithm of the likelihood
_LONGEST_DRAWN = 40
_FREEDOM = 3.0
_CHUNK = 5_000
_NORMAL_MEDIAN = 0.6744897501960817  # of the absolute value of a standard normal number

INSTALL = "pip install ruptures (or wavecomp[history])"

Floats = NDArray[np.float64]


def can_search() -> bool:
    """Tell whether the library that finds change points is installed."""
    return importlib.util.find_spec("ruptures") is not None


def noise(values: Floats) -> Floats:
    r"""Return a robust standard deviation of the noise, from the differences of neighbours along the last axis.

    .. math:: \hat\sigma = \mathrm{median}_i |x_{i+1} - x_i| / (0.6745 \sqrt 2)

    A step is in one difference alone and an outlier in two, so that neither counts.
    """
    differences = np.abs(np.diff(values, axis=-1))
    found: Floats = np.asarray(np.median(differences, axis=-1) / (_NORMAL_MEDIAN * math.sqrt(2.0)), dtype=np.float64)
    return found


def change_points(values: Sequence[float], chance: float) -> list[int]:
    """Return the places where a noisy series steps.

    Parameters
    ----------
    values : sequence of float
        In order of time, as natural logarithms.
    chance : float
        Probability that a series without a step shows one; at least :data:`LEAST_CHANCE`.

    Returns
    -------
    list of int
        Place of the first value behind each step, ascending. Empty for fewer than :data:`LEAST_RUNS` values.

    Raises
    ------
    ImportError
        The library is not installed; see :func:`can_search`.
    ValueError
        ``chance`` is below what the draws can tell, or not below 1.
    """
    if not LEAST_CHANCE <= chance < 1.0:
        raise ValueError(f"chance = {chance}: must be from {LEAST_CHANCE} to below 1")
    series = np.asarray(values, dtype=np.float64)
    if len(series) < LEAST_RUNS:
        return []
    import ruptures  # here, not above: it is no requirement, and nothing else needs it

    unit = max(float(noise(series)), LEAST_NOISE)
    search = ruptures.Pelt(model="l1", min_size=LEAST_STRETCH, jump=1).fit(series / unit)
    found = [int(place) for place in search.predict(pen=penalty(len(series), chance))[:-1]]
    return _far_enough(series, found)


def _far_enough(series: Floats, places: list[int]) -> list[int]:
    """Leave out the steps that are smaller than what is told, the smallest first."""
    kept = list(places)
    while kept:
        heights = [abs(_height(series, kept, index)) for index in range(len(kept))]
        smallest = min(range(len(kept)), key=heights.__getitem__)
        if heights[smallest] >= math.log1p(LEAST_STEP):
            break
        del kept[smallest]
    return kept


def _height(series: Floats, places: Sequence[int], index: int) -> float:
    before, after = stretches(series, places, index)
    return float(np.median(after) - np.median(before))


def stretches(series: Floats, places: Sequence[int], index: int) -> tuple[Floats, Floats]:
    """Return the values from the step before one to it, and from it to the next."""
    ends = [0, *places, len(series)]
    return series[ends[index] : ends[index + 1]], series[ends[index + 1] : ends[index + 2]]


def where(series: Floats, places: Sequence[int], index: int) -> tuple[int, int]:
    r"""Return between which two values a step lies, in about 19 of 20 cases.

    A split at another place explains the values nearly as well where the costs differ by little. Noise of the density
    :math:`\exp(-|x|/b) / 2b`, for which this cost is the likelihood, has :math:`b = \sigma / \sqrt 2`. Splits whose
    cost is at most 3 b above the best one's have at least a 20th of its likelihood (:math:`e^{-3}`).

    Returns
    -------
    before, after : int
        Places of the last value that is from before the step, and of the first one from behind it.
    """
    ends = [0, *places, len(series)]
    low, high = ends[index], ends[index + 2]
    stretch = series[low:high]
    unit = max(float(noise(series)), LEAST_NOISE)
    splits = range(1, len(stretch))
    costs = [float(_cost(stretch[:at]) + _cost(stretch[at:])) for at in splits]
    limit = costs[places[index] - low - 1] + _LIKELY / math.sqrt(2.0) * unit
    likely = [at for at, cost in zip(splits, costs, strict=True) if cost <= limit]
    return low + min(likely) - 1, low + max(likely)


def penalty(count: int, chance: float) -> float:
    """Return the gain, in units of the noise, that a series without a step exceeds with this chance."""
    drawn = min(count, _LONGEST_DRAWN)
    quantile = float(np.quantile(_gains(drawn), 1.0 - chance, method="higher"))
    return quantile * math.log(count) / math.log(drawn)


@lru_cache(maxsize=64)
def _gains(count: int) -> Floats:
    """Return the greatest gain of one split of many series without a step."""
    random = np.random.default_rng(count)
    chunks = [best_gain(random.standard_t(_FREEDOM, (_CHUNK, count))) for _ in range(DRAWS // _CHUNK)]
    return np.concatenate(chunks)


def best_gain(series: Floats) -> Floats:
    """Return the greatest gain of one split of each row, in units of the row's noise.

    Parameters
    ----------
    series : array, shape (rows, n)
        Without units; n at least twice :data:`LEAST_STRETCH`.

    Returns
    -------
    array, shape (rows,)
    """
    count = series.shape[-1]
    split = [
        _cost(series[:, :place]) + _cost(series[:, place:]) for place in range(LEAST_STRETCH, count - LEAST_STRETCH + 1)
    ]
    gain: Floats = (_cost(series) - np.min(split, axis=0)) / noise(series)
    return gain


def _cost(stretch: Floats) -> Floats:
    middle = np.median(stretch, axis=-1, keepdims=True)
    found: Floats = np.abs(stretch - middle).sum(axis=-1)
    return found
