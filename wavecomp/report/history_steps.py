"""The steps of a history: where a metric changed, for which cases, by how much, and what changed with it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wavecomp.report.change_points import LEAST_CHANCE, LEAST_RUNS, can_search, change_points, stretches
from wavecomp.report.history_changes import Changes, changes
from wavecomp.report.history_metrics import METRICS, Metric
from wavecomp.report.history_runs import Run
from wavecomp.report.history_series import CaseSeries, GroupSeries, series_of

CHANCE = 0.01
"""Of one false step among all groups of one timed metric; of one among all its cases as well."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A case whose value changed.

    Attributes
    ----------
    label : str
        The case, in words.
    before, after : float
        Two values of exact metrics, else the medians of the stretches before and after.
    """

    label: str
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
    factor : float
        After over before; the median over the cases that changed.
    steps : tuple of CaseStep
        The cases that changed; empty where the median of the group alone stands out of its noise.
    cases : int
        How many cases of the group both of these runs hold.
    changes : Changes
        Between these two runs.
    """

    metric: Metric
    group: str
    processor: str
    before: int
    place: int
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
            for before, after in exact_steps(case, runs, metric.rounding):
                numbers = dict(zip(case.places, case.numbers, strict=True))
                step = CaseStep(case.case.label, numbers[before], numbers[after])
                found.setdefault((before, after), []).append(step)
        steps += [_step(metric, group, ends, cases, runs) for ends, cases in found.items()]
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
            near = [math.isclose(numbers[place], numbers[one], rel_tol=rounding) for one in (previous, same)]
            if not any(near):
                yield same, place
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
        found: dict[tuple[int, int], list[CaseStep]] = {}
        if len(one.cases) > 1 and chance >= LEAST_CHANCE:
            for case in one.cases:
                logs = [math.log(number) for number in case.numbers]
                for ends, before, after in _heights(case.places, logs, chance):
                    found.setdefault(ends, []).append(CaseStep(case.case.label, math.exp(before), math.exp(after)))
        for ends, before, after in _heights(one.places, one.levels, max(CHANCE / len(groups), LEAST_CHANCE)):
            # A case whose step was seen a run earlier or later is one of those that make the step of the group.
            close = [other for other in found if abs(other[1] - ends[1]) <= 1 and other != ends]
            mine = [*found.pop(ends, []), *(step for other in close for step in found.pop(other))]
            steps.append(_step(metric, one, ends, mine, runs, math.exp(after - before)))
        steps += [_step(metric, one, ends, cases_, runs) for ends, cases_ in found.items()]
    crowd = cases if chance < LEAST_CHANCE else 0
    return MetricHistory(metric, tuple(series), _in_order(steps), few, crowd)


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda one: (one.place, one.group, one.processor, one.before)))


def _heights(
    places: Sequence[int], logs: Sequence[float], chance: float
) -> Iterator[tuple[tuple[int, int], float, float]]:
    """Yield the runs beside each step of a series, and the medians of the stretches that it parts."""
    found = change_points(logs, chance)
    for index, place in enumerate(found):
        before, after = stretches(np.asarray(logs, dtype=np.float64), found, index)
        yield (places[place - 1], places[place]), float(np.median(before)), float(np.median(after))


def _step(
    metric: Metric,
    group: GroupSeries,
    ends: tuple[int, int],
    steps: Sequence[CaseStep],
    runs: Sequence[Run],
    factor: float | None = None,
) -> Step:
    before, place = ends
    both = [case for case in group.cases if before in case.places and place in case.places]
    libraries = [{case.values[case.places.index(end)].library for case in both} for end in ends]
    return Step(
        metric,
        group.group,
        group.processor,
        before,
        place,
        factor if factor is not None else statistics.median(step.factor for step in steps),
        tuple(sorted(steps, key=lambda step: (-step.factor, step.label))),
        len(both),
        changes(runs[before], runs[place], (libraries[0], libraries[1])),
    )
