r"""What a strategy is expected to do to the gradient: from errors that were measured at a few tolerances and steps.

Two errors add in squares, since nothing relates them: that of leaving imaging steps out, and that of the compressor.

- Imaging at every k-th step: the source's estimate for that k, times the measured error over the estimate at the
  calibrated k that is nearest.
- A compressed trajectory: straight in logarithms through the errors at the calibrated tolerances. With every k-th level
  there are N/k errors of weight k; independent ones add up to :math:`k \sqrt{N / k} \propto \sqrt{k}`. Where two k were
  calibrated at one tolerance, the exponent is what they say.
- Compressed states (Revolve): the errors measured with one number of checkpoints, taken to be those of any number: with
  5 to 80 of them they were measured to stay within a factor of about two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from wavecomp.adjoint.imaging_step import Signature, aliasing
from wavecomp.planning.codecs import ErrorSample, Kind, power_law
from wavecomp.planning.costs import Costs, Imaging

_USUAL_GROWTH = 0.5
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
    kind: Kind,
    *,
    lossless: bool,
    signature: Signature | None = None,
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
    kind : "level" or "state"
        What is compressed where the gradient depends on it.
    lossless : bool
        Whether the compressor loses nothing.
    signature : Signature, optional
        The source of the problem that is asked about; the calibrated problem's estimates by default.

    Returns
    -------
    ExpectedError
        None in it where nothing was measured to go by.
    """
    imaged, beyond = imaging_errors(costs, every, signature)
    if family is None or lossless:
        return ExpectedError(*imaged, beyond)
    samples = [one for one in costs.errors if one.family == family[0] and one.kind == kind and one.fraction]
    if not samples:
        samples = [one for one in costs.errors if one.family == family[0] and one.fraction]
        beyond *= 2.0
    if not samples or family[1] is None:
        return ExpectedError(None, None, beyond)
    found = []
    for whole, value in zip(imaged, (_whole, _deep), strict=True):
        mine = _compression(costs, samples, every, family[1], value)
        found.append(None if whole is None else math.hypot(whole, mine))
    tolerances = [one.fraction or 0.0 for one in samples]
    beyond *= max(1.0, min(tolerances) / family[1], family[1] / max(tolerances))
    return ExpectedError(found[0], found[1], beyond)


def imaging_errors(
    costs: Costs, every: int, signature: Signature | None = None
) -> tuple[tuple[float | None, float | None], float]:
    """Return the error of leaving steps out, whole and deep, and by what factor k lies beyond the calibrated ones."""
    if every == 1:
        return (0.0, 0.0), 1.0
    measured = [one for one in costs.imaging if one.relative_l2 is not None and one.estimate > 0]
    estimate = _estimate(costs.imaging, every) if signature is None else aliasing(signature, every)
    if estimate is None:
        return (None, None), 1.0
    if not measured:
        return (estimate, estimate), 2.0
    near = min(measured, key=lambda one: abs(math.log(one.every / every)))
    beyond = max(1.0, min(one.every for one in measured) / every, every / max(one.every for one in measured))
    deep = near.relative_l2 if near.deep is None else near.deep
    assert near.relative_l2 is not None
    assert deep is not None
    return (estimate * near.relative_l2 / near.estimate, estimate * deep / near.estimate), beyond


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
        (relative, deep), _ = imaging_errors(costs, one.every)
        imaged = (relative if value is _whole else deep) or 0.0
        error = value(one)
        return math.sqrt(max(error**2 - imaged**2, (_LEAST_SHARE * error) ** 2))

    steps = sorted({one.every for one in samples}, key=lambda k: (abs(math.log(k / every)), k))
    by_step = {k: [one for one in samples if one.every == k] for k in steps}
    # The step with most tolerances gives the shape, the nearest one the size.
    widest = max(steps, key=lambda k: (len(by_step[k]), -abs(math.log(k / every))))
    return power_law(by_step[widest], own)(fraction) * (every / widest) ** _growth(by_step, own)


def _growth(by_step: dict[int, list[ErrorSample]], own: Callable[[ErrorSample], float]) -> float:
    """Return the exponent of k that pairs of runs at one tolerance show; 0.5 without any."""
    found = [
        math.log(own(b) / own(a)) / math.log(b.every / a.every)
        for k, first in by_step.items()
        for m, second in by_step.items()
        if k < m
        for a in first
        for b in second
        if a.fraction == b.fraction and a.slots == b.slots and own(a) > 0 and own(b) > 0
    ]
    return median(found) if found else _USUAL_GROWTH


def _whole(one: ErrorSample) -> float:
    return one.relative_l2


def _deep(one: ErrorSample) -> float:
    return one.deep
