r"""What a strategy is expected to do to the gradient: from errors that were measured at a few tolerances and steps.

Errors that nothing relates add in squares: that of leaving imaging steps out, and that of the compressor.

- Imaging at every k-th step: of the problem that was looked at (:mod:`wavecomp.physics.sampled_gradient`) what was
  seen there. Of another one, the source's estimate for that k, times the seen error over the estimate of the problem
  that was looked at, and no less than the estimate: the factor was between 0.04 and 3.5 on five problems, and does not
  carry over. Its logarithm is straight in log k between the k that were looked at, and stays what it is beyond them.
  Estimates below 1e-4 tell nothing: the deep error at such a k is taken as it is. Most of the whole error is then made
  at the receivers, by the end of the record: it is so many steps' worth as k and the number of steps say
  (:func:`~wavecomp.planning.imaging.end_miss`). On another problem that differs by factors: what arrives at the
  receivers while the record ends is in no source.
- Levels that were stored compressed: straight in logarithms through the errors at the calibrated tolerances. With every
  k-th level there are N/k errors of weight k; independent ones add up to :math:`k \sqrt{N / k} \propto \sqrt{k}`.
  Where two k were calibrated at one tolerance, the exponent is what they say.
- Compressed states (Revolve): a restart carries its error into all that is computed from it, whatever k.
  The errors measured with one number of checkpoints are taken to be those of any number: with 5 to 80 of them they
  were measured to stay within a factor of about two. Where none were run, four times the error of levels is taken:
  three and six times were measured on two problems.
- A strategy that stores both has both, each by the share of the images that it feeds.
- Tolerances over time: the compressor's part times the ratio of the linear theory
  (:mod:`wavecomp.planning.level_factors`). That is one of weights over the whole domain, and of errors of levels: for
  the deep part, and for states, the same ratio is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from wavecomp.adjoint.imaging_step import Signature, aliasing
from wavecomp.planning.codecs import ErrorSample, Kind, effective, power_law
from wavecomp.planning.costs import Costs
from wavecomp.planning.imaging import Imaging, end_miss
from wavecomp.planning.level_factors import LevelFactors

_USUAL_GROWTH = 0.5
_TELLING = 0.5  # of a measured error that must be the compressor's, for it to say how that grows with k
_TELLING_ESTIMATE = 1e-4
_FLOOR = 3e-6
_RESTARTS = 4.0  # the error of compressed states over that of levels at one tolerance, where only one of them was run
_LEAST_SHARE = 0.1  # of a measured error that is the compressor's at least, where imaging takes nearly all of it


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """Relative L2 error of the whole gradient and of its deep part; ``beyond`` is 1 within what was calibrated."""

    relative_l2: float | None
    deep: float | None
    beyond: float = 1.0


def expected_error(
    costs: Costs,
    every: int,
    family: tuple[str, float | None] | None,
    stored_share: float,
    *,
    lossless: bool,
    signature: Signature | None = None,
    levels: LevelFactors | None = None,
) -> ExpectedError:
    """Return the error that is expected of a gradient.

    Parameters
    ----------
    costs : Costs
        With the errors measured on the calibrated problem.
    every : int
        Imaging step.
    family : (str, float or None) or None
        The compressor's family and tolerance, from :func:`wavecomp.planning.families.family_of`.
    stored_share : float
        Which part of the images has its level from the store; the rest is computed from states.
    lossless : bool
        Whether the compressor loses nothing.
    signature : Signature, optional
        The source of the problem that is asked about; the calibrated problem's estimates by default.
    levels : LevelFactors, optional
        The factors of the levels' tolerances; one tolerance for all by default. The error below the top tenth is
        changed by the same ratio as that of the whole, though its weights were not measured apart.

    Returns
    -------
    ExpectedError
        None in it where nothing was measured to go by.
    """
    (whole, deep), beyond = imaging_errors(costs, every, signature)
    if family is None or lossless:
        return ExpectedError(whole, deep, beyond)
    shares: tuple[tuple[Kind, float], ...] = (("level", stored_share), ("state", 1.0 - stored_share))
    squares = [0.0, 0.0]
    ratio = 1.0 if levels is None or family[1] is None else levels.error_ratio(family[0], family[1], costs.peak)
    for kind, share in shares:
        if share <= 0:
            continue
        samples = [one for one in costs.errors if one.family == family[0] and one.kind == kind and one.fraction]
        if not samples:
            samples = [one for one in costs.errors if one.family == family[0] and one.fraction]
            share *= (_RESTARTS if kind == "state" else 1 / _RESTARTS) ** 2
            beyond *= 2.0
        if not samples or family[1] is None:
            return ExpectedError(None, None, beyond)
        for number, value in enumerate((_whole, _deep)):
            squares[number] += share * (ratio * _compression(costs, samples, every, family[1], value)) ** 2
        tolerances = [one.fraction or 0.0 for one in samples]
        beyond *= max(1.0, min(tolerances) / family[1], family[1] / max(tolerances))
    found = [
        None if image is None else math.sqrt(image**2 + square)
        for image, square in zip((whole, deep), squares, strict=True)
    ]
    return ExpectedError(found[0], found[1], beyond)


def imaging_errors(
    costs: Costs, every: int, signature: Signature | None = None
) -> tuple[tuple[float | None, float | None], float]:
    """Return the error of leaving steps out, whole and deep, and by what factor k lies beyond the calibrated ones.

    Without a signature the costs are about this very problem, and where somebody looked at k that is the answer.
    """
    if every == 1:
        return (0.0, 0.0), 1.0
    looked = [one for one in costs.imaging if one.every == every and one.relative_l2 is not None]
    if signature is None and looked and looked[0].last == costs.last:
        return (looked[0].relative_l2, looked[0].deep), 1.0
    estimate = _estimate(costs.imaging, every) if signature is None else aliasing(signature, every)
    if estimate is None:
        return (None, None), 1.0
    measured = sorted((one for one in costs.imaging if one.relative_l2), key=lambda one: one.every)
    mine = [one for one in measured if (one.estimate >= _TELLING_ESTIMATE) is (estimate >= _TELLING_ESTIMATE)]
    if not mine:
        # Nothing was run at such a k. Where estimates tell nothing deep errors were 1e-6 to 6e-6 on five problems.
        guess = max(estimate, _FLOOR)
        return (guess, guess), 2.0
    beyond = max(1.0, mine[0].every / every, every / mine[-1].every)
    deep = _between(every, mine, [one.deep or one.relative_l2 or 0.0 for one in mine], estimate)
    if estimate >= _TELLING_ESTIMATE:
        least = estimate if costs.digest and signature is not None else 0.0
        whole = _between(every, mine, [one.relative_l2 or 0.0 for one in mine], estimate)
        return (max(whole, least), max(deep, least)), beyond
    ends = [_end_of_one_step(one) for one in mine]
    told = [one for one in ends if one is not None]
    end = median(told) * end_miss(every, costs.last) if told else 0.0
    return (math.hypot(deep, end), deep), beyond


def without_imaging(error: float, imaged: float | None) -> float:
    """Return the compressor's part of a measured error of which imaging has a part, too; a tenth of it at least."""
    return math.sqrt(max(error**2 - (imaged or 0.0) ** 2, (_LEAST_SHARE * error) ** 2))


def _between(every: int, known: Sequence[Imaging], errors: Sequence[float], estimate: float) -> float:
    """Return the error at a k between those that were measured; in proportion to the estimate where that tells."""
    if estimate >= _TELLING_ESTIMATE:
        errors = [error * estimate / one.estimate for error, one in zip(errors, known, strict=True)]
    at = [math.log(one.every) for one in known]
    return math.exp(float(np.interp(math.log(every), at, np.log(errors))))


def _end_of_one_step(one: Imaging) -> float | None:
    """Return the whole error that one step's worth of a record's end makes; None where k weighs the end as it is."""
    miss = end_miss(one.every, one.last)
    return math.sqrt(max((one.relative_l2 or 0.0) ** 2 - (one.deep or 0.0) ** 2, 0.0)) / miss if miss > 0.0 else None


def _estimate(known: Sequence[Imaging], every: int) -> float | None:
    """Return the calibrated problem's estimate at a k: between those that are there, straight in logarithms."""
    points = sorted((one.every, one.estimate) for one in known if one.estimate > 0)
    for k, estimate in points:
        if k == every:
            return estimate
    if len(points) < 2:
        return None
    above = min(max(1, sum(k < every for k, _ in points)), len(points) - 1)
    (k, a), (m, b) = points[above - 1], points[above]
    return math.exp(math.log(a) + math.log(b / a) * math.log(every / k) / math.log(m / k))


def _compression(
    costs: Costs, samples: list[ErrorSample], every: int, fraction: float, value: Callable[[ErrorSample], float]
) -> float:
    """Return the compressor's part of the error at a tolerance and an imaging step."""

    def own(one: ErrorSample) -> float:
        """Take what imaging does out of a measured error that has it."""
        if one.apart:
            return value(one)
        (relative, deep), _ = imaging_errors(costs, one.every)
        return without_imaging(value(one), relative if value is _whole else deep)

    steps = sorted({one.every for one in samples})
    by_step = {k: [one for one in samples if one.every == k] for k in steps}
    telling = {k: [one for one in found if own(one) > _TELLING * value(one)] for k, found in by_step.items()}
    # The step at which most tolerances say something gives the shape; k then carries it to where it is asked for.
    base = max(steps, key=lambda k: (len(telling[k]), len(by_step[k]), -abs(math.log(k / every))))
    points = [
        (effective(one.family, one.fraction or 0.0, costs.peak), own(one)) for one in telling[base] or by_step[base]
    ]
    growth = 0.0 if samples[0].kind == "state" else _growth(telling, own)
    at = effective(samples[0].family, fraction, costs.peak)
    return float(power_law(points)(at) * (every / base) ** growth)


def _growth(by_step: dict[int, list[ErrorSample]], own: Callable[[ErrorSample], float]) -> float:
    """Return the exponent of k that pairs of runs at one tolerance show; 0.5 without any."""
    found = [
        math.log(own(b) / own(a)) / math.log(m / k)
        for k, first in by_step.items()
        for m, second in by_step.items()
        if k < m
        for a in first
        for b in second
        if a.fraction == b.fraction
    ]
    return median(found) if found else _USUAL_GROWTH


def _whole(one: ErrorSample) -> float:
    return one.relative_l2


def _deep(one: ErrorSample) -> float:
    return one.deep
