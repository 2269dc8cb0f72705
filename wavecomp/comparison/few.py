"""A search that asks few questions: the error of a gradient goes in proportion to the tolerance, or nearly so.

Each question is a gradient. The first two give the slope of error against tolerance on a logarithmic scale, the next
ones correct it, and one of them is the answer: what is returned was evaluated, and so was all that it is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

from wavecomp.comparison.search import to_finer
from wavecomp.comparison.trials import Answer, Number, Trial

MOST = 7
"""Gradients a search takes at most."""

NEAR = 0.85
"""An error of at least this share of the limit is near enough: the answer is there."""

_AIM = 0.95  # of the limit: what comes out a little above is one gradient more
_NARROW = math.log(1.25)  # between a setting that meets the limit and one that does not: errors go in steps
_DIGITS = 3
_STEEPEST = 3.0
_FARTHEST = math.log(1e3)

Asking = Generator[Number, Trial, Answer]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a parameter goes with the error: at a place one further, the error is about e times as large.

    Attributes
    ----------
    per_unit : float or None
        Of bits and decibels: by how much the place falls with a unit of the value. None: the place is the logarithm.
    whole : bool
        Values are integers.
    low, high : float
        Range of the values.
    """

    per_unit: float | None = None
    whole: bool = False
    low: float = 0.0
    high: float = math.inf

    def place(self, value: Number) -> float:
        """Return where a value is."""
        return math.log(value) if self.per_unit is None else -self.per_unit * value

    def value(self, place: float) -> Number:
        """Return the nearest value at a place that is not coarser, with few digits and inside the range."""
        exact = math.exp(min(max(place, -700.0), 700.0)) if self.per_unit is None else -place / self.per_unit
        exact = min(max(exact, self.low), self.high)
        if self.whole:
            return math.ceil(exact - 1e-9) if self.per_unit is not None else max(1, math.floor(exact + 1e-9))
        rounded = to_finer(exact * (1 + 1e-9), 1 if self.per_unit is None else -1, _DIGITS) if exact > 0.0 else exact
        return rounded if self.low <= rounded <= self.high and rounded > 0.0 else exact


def few_questions(scale: Scale, start: Number, limit: float) -> Asking:
    """Yield values to be evaluated, and take their trials; return the answer.

    Parameters
    ----------
    scale : Scale
    start : int or float
        The value to begin with.
    limit : float
        What the error may be.
    """
    trials: dict[Number, Trial] = {}
    value = start
    while value not in trials and len(trials) < MOST:
        trial = yield value
        trials[value] = trial
        tried = list(trials.values())
        good, bad = _ends(scale, tried, limit)
        found = not trial.failure and NEAR * limit <= trial.error <= limit
        narrow = good is not None and bad is not None and bad - good <= _NARROW
        if found or narrow or _stuck(tried):
            break
        value = scale.value(_next(scale, tried, limit))
    meeting = [trial for trial in trials.values() if not trial.failure and trial.error <= limit]
    best = max(meeting, key=lambda trial: (trial.ratio, -trial.error), default=None)
    return Answer(best, tuple(trials.values()), max(trials, key=scale.place))


def _ends(scale: Scale, tried: list[Trial], limit: float) -> tuple[float | None, float | None]:
    """Return the coarsest place that meets the limit, and the finest beyond it that does not."""
    good = max((scale.place(t.value) for t in tried if not t.failure and t.error <= limit), default=None)
    came_back = [scale.place(t.value) for t in tried if not t.failure]
    missing = [scale.place(t.value) for t in tried if t.failure or not t.error <= limit]
    # What is refused below all that came back is no coarser setting that misses the limit, but a wall.
    missing = [place for place in missing if not came_back or place >= min(came_back)]
    return good, min((place for place in missing if good is None or place > good), default=None)


def _stuck(tried: list[Trial]) -> bool:
    """Whether the last three errors are one: there is nothing to be had by turning this parameter."""
    last = [trial.error for trial in tried[-3:]]
    return len(last) == 3 and (min(last) == max(last) or max(last) - min(last) <= 0.01 * max(last))


def _next(scale: Scale, tried: list[Trial], limit: float) -> float:
    """Return the place that should have the error aimed at, by what is known."""
    low, high = _ends(scale, tried, limit)
    finite = [trial for trial in tried if not trial.failure and 0.0 < trial.error < math.inf]
    if not finite:  # nothing came back, or nothing was lost
        return low + _FARTHEST if low is not None else (high or 0.0) - _FARTHEST
    nearest = sorted(finite, key=lambda trial: abs(math.log(trial.error / limit)))[:2]
    first = nearest[0]
    step = math.log(_AIM * limit / first.error) / _slope(scale, nearest)
    place = scale.place(first.value) + min(max(step, -_FARTHEST), _FARTHEST)
    if low is not None and high is not None:
        margin = 0.1 * (high - low)
        return place if low + margin <= place <= high - margin else (low + high) / 2
    walls = [scale.place(t.value) for t in tried if t.failure and (high is None or scale.place(t.value) < high)]
    if low is None and high is not None and walls:
        return max(place, (max(walls) + high) / 2)
    return place


def _slope(scale: Scale, nearest: list[Trial]) -> float:
    if len(nearest) < 2:
        return 1.0
    run = scale.place(nearest[1].value) - scale.place(nearest[0].value)
    rise = math.log(nearest[1].error / nearest[0].error)
    return min(max(rise / run, 1.0 / _STEEPEST), _STEEPEST) if run else 1.0
