"""The steps of a history: where a metric changed, for which cases, by how much, and what changed with it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wavecomp.report.change_points import LEAST_CHANCE, LEAST_RUNS, can_search, change_points, stretches, where
from wavecomp.report.history_changes import Changes, changes
from wavecomp.report.history_metrics import METRICS, Case, Metric
from wavecomp.report.history_runs import Run
from wavecomp.report.history_series import CaseSeries, GroupSeries, series_of

CHANCE = 0.01
"""Of one false step among all groups of one timed metric; of one among all its cases as well."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A case whose value changed.

    Attributes
    ----------
    case : Case
    before, after : float
        Two values of exact metrics, else the medians of the stretches before and after.
    """

    case: Case
    before: float
    after: float

    @property
    def factor(self) -> float:
        """After over before; infinite where that was zero."""
        return self.after / self.before if self.before > 0.0 else math.inf


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a group of cases.

    Attributes
    ----------
    metric : Metric
    group, processor : str
    before, place : int
        The last run before it, and the first one behind.
    since, until : int
        Between which runs it lies: those two, and with noisy values perhaps some to either side (in 19 of 20 cases).
    factor : float
        After over before; the median over the cases that changed, or of the group.
    steps : tuple of CaseStep
        The cases that changed; empty where the median of the group alone stands out of its noise.
    cases : int
        How many cases of the group were measured before and after.
    changes : Changes
        Between the runs ``since`` and ``until``.
    """

    metric: Metric
    group: str
    processor: str
    before: int
    place: int
    since: int
    until: int
    factor: float
    steps: tuple[CaseStep, ...]
    cases: int
    changes: Changes

    @property
    def worse(self) -> bool:
        """Whether it grew: less is better in all metrics."""
        return self.factor > 1.0


@dataclass(frozen=True, slots=True)
class MetricHistory:
    """One metric through all runs.

    Attributes
    ----------
    metric : Metric
    series : tuple of GroupSeries
        Never empty.
    steps : tuple of Step
        In order of time.
    few : tuple of str
        Groups of a timed metric that were not searched for steps: no processor ran them often enough.
    crowd : int
        How many single cases were not searched, as in so many some would stand out by chance; 0 where they were.
    """

    metric: Metric
    series: tuple[GroupSeries, ...]
    steps: tuple[Step, ...]
    few: tuple[str, ...]
    crowd: int

    @property
    def places(self) -> tuple[int, ...]:
        """The runs that hold any of its values."""
        return tuple(sorted({place for one in self.series for case in one.cases for place in case.places}))


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a step is: the runs beside it, and those between which it lies."""

    before: int
    place: int
    since: int
    until: int

    def may_be(self, other: _Spot) -> bool:
        """Tell whether two steps may be one: each may lie where the other does."""
        return self.since < other.place <= self.until or other.since < self.place <= other.until


def histories(runs: Sequence[Run]) -> list[MetricHistory]:
    """Return every metric of which two runs at least hold a case in common, with its steps."""
    found = []
    for metric in METRICS:
        series = [one for one in series_of(metric, runs) if any(len(case.places) > 1 for case in one.cases)]
        if series:
            found.append(_exact(metric, series, runs) if metric.exact else _noisy(metric, series, runs))
    return found


# --- exact ------------------------------------------------------------------------------------------------------------


def _exact(metric: Metric, series: Sequence[GroupSeries], runs: Sequence[Run]) -> MetricHistory:
    steps = []
    for group in series:
        found: dict[tuple[int, int], list[CaseStep]] = {}
        for case in group.cases:
            numbers = dict(zip(case.places, case.numbers, strict=True))
            for before, after in exact_steps(case, runs, metric.rounding):
                step = CaseStep(case.case, numbers[before], numbers[after])
                found.setdefault((before, after), []).append(step)
        steps += [_step(metric, group, _Spot(*ends, *ends), cases, runs) for ends, cases in found.items()]
    return MetricHistory(metric, tuple(series), _in_order(steps), (), 0)


def exact_steps(case: CaseSeries, runs: Sequence[Run], rounding: float) -> Iterator[tuple[int, int]]:
    """Yield the runs between which the value of a case changed.

    A processor may round otherwise than another. So a value is none that changed if it is that of the last run on the
    same processor; and a new one is compared with that run.
    """
    last: dict[str, int] = {}
    numbers = dict(zip(case.places, case.numbers, strict=True))
    previous: int | None = None
    for place in case.places:
        if previous is not None:
            same = last.get(runs[place].processor, previous)
            now, *known = (numbers[one] for one in (place, previous, same))
            if not any(math.isclose(now, one, rel_tol=rounding) for one in known):
                yield previous if math.isclose(*known, rel_tol=rounding) else same, place
        previous = last[runs[place].processor] = place


# --- noisy ------------------------------------------------------------------------------------------------------------


def _noisy(metric: Metric, series: Sequence[GroupSeries], runs: Sequence[Run]) -> MetricHistory:
    groups = [one for one in series if len(one.places) >= LEAST_RUNS]
    few = tuple(sorted({one.group for one in series} - {one.group for one in groups}))
    if not can_search():
        return MetricHistory(metric, tuple(series), (), few, 0)  # the page says how to install the library
    # One case alone is its group.
    cases = sum(len(case.places) >= LEAST_RUNS for one in groups for case in one.cases if len(one.cases) > 1)
    chance = CHANCE / cases if cases else 0.0
    steps = []
    for one in groups:
        found: dict[_Spot, list[CaseStep]] = {}
        if len(one.cases) > 1 and chance >= LEAST_CHANCE:
            for case in one.cases:
                logs = [math.log(number) for number in case.numbers]
                for spot, before, after in _spots(case.places, logs, chance):
                    found.setdefault(spot, []).append(CaseStep(case.case, math.exp(before), math.exp(after)))
        for spot, before, after in _spots(one.places, one.levels, max(CHANCE / len(groups), LEAST_CHANCE)):
            # A case that stepped where the group may have stepped is one of those that make the group's step.
            mine = [step for other in [*found] if spot.may_be(other) for step in found.pop(other)]
            steps.append(_step(metric, one, spot, mine, runs, math.exp(after - before)))
        steps += [_step(metric, one, spot, few_cases, runs) for spot, few_cases in found.items()]
    crowd = cases if chance < LEAST_CHANCE else 0
    return MetricHistory(metric, tuple(series), _in_order(steps), few, crowd)


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda one: (one.place, one.group, one.processor, one.before)))


def _spots(places: Sequence[int], logs: Sequence[float], chance: float) -> Iterator[tuple[_Spot, float, float]]:
    """Yield the runs beside each step of a series, and the medians of the stretches that it parts."""
    found = change_points(logs, chance)
    series = np.asarray(logs, dtype=np.float64)
    for index, at in enumerate(found):
        before, after = stretches(series, found, index)
        since, until = where(series, found, index)
        spot = _Spot(places[at - 1], places[at], places[since], places[until])
        yield spot, float(np.median(before)), float(np.median(after))


def _step(
    metric: Metric,
    group: GroupSeries,
    spot: _Spot,
    steps: Sequence[CaseStep],
    runs: Sequence[Run],
    factor: float = math.nan,
) -> Step:
    """Return a step; ``factor`` is that of the group, which counts where no case was found to step."""
    ends = spot.since, spot.until
    both = [case for case in group.cases if spot.since in case.places and spot.until in case.places]
    libraries = [{case.values[case.places.index(end)].library for case in both} for end in ends]
    return Step(
        metric,
        group.group,
        group.processor,
        spot.before,
        spot.place,
        *ends,
        statistics.median(step.factor for step in steps) if steps else factor,
        tuple(sorted(steps, key=lambda step: (-step.factor, step.case))),
        sum(case.places[0] <= spot.before and case.places[-1] >= spot.place for case in group.cases),
        changes(runs[spot.since], runs[spot.until], (libraries[0], libraries[1])),
    )
