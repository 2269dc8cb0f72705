"""Series of a metric: one a case, and one for each group of cases, on one processor where times are in question."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavecomp.report.history_metrics import Case, Metric, Value
from wavecomp.report.history_runs import Run


@dataclass(frozen=True, slots=True)
class CaseSeries:
    """One case through the runs that measured it.

    Attributes
    ----------
    case : Case
    places : tuple of int
        Which runs, ascending.
    values : tuple of Value
        One a run.
    level : float
        Natural logarithm that all of them are shown relative to: of its first value, or where its group stood already.
    """

    case: Case
    places: tuple[int, ...]
    values: tuple[Value, ...]
    level: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values alone."""
        return tuple(value.number for value in self.values)

    def relative(self) -> list[float]:
        """Return every value over the level; NaN where it is zero."""
        return [math.exp(math.log(number) - self.level) if number > 0.0 else math.nan for number in self.numbers]


@dataclass(frozen=True, slots=True)
class GroupSeries:
    """All cases of one group on one processor, and their median.

    Attributes
    ----------
    group, processor : str
        ``processor`` is empty for exact metrics, whose runs on all processors are one series.
    cases : tuple of CaseSeries
    places : tuple of int
        Which runs have a positive value of any of them.
    levels : tuple of float
        Median over the cases of the natural logarithm of the value over that of the first run.
    """

    group: str
    processor: str
    cases: tuple[CaseSeries, ...]
    places: tuple[int, ...]
    levels: tuple[float, ...]


def series_of(metric: Metric, runs: Sequence[Run]) -> list[GroupSeries]:
    """Return the series of a metric, sorted by group and processor.

    Cases of one group that no run has in common with the others are a series of their own: nothing says how they lie to
    each other.
    """
    found: dict[tuple[str, str], dict[int, dict[Case, Value]]] = {}
    for place, run in enumerate(runs):
        processor = "" if metric.exact else run.processor
        for case, value in metric.values(run).items():
            found.setdefault((case.group, processor), {}).setdefault(place, {})[case] = value
    return [
        series for (group, processor), values in sorted(found.items()) for series in _linked(group, processor, values)
    ]


def _linked(group: str, processor: str, values: Mapping[int, Mapping[Case, Value]]) -> list[GroupSeries]:
    """Return a group's series: cases that come later are placed where the others stand then."""
    series = []
    for cases in _connected(values):
        mine = {place: {case: row[case] for case in row.keys() & cases} for place, row in values.items()}
        series.append(_aligned(group, processor, {place: row for place, row in mine.items() if row}))
    return series


def _connected(values: Mapping[int, Mapping[Case, Value]]) -> list[set[Case]]:
    """Return the cases that runs hold together, in order of time."""
    parts: list[set[Case]] = []
    for place in sorted(values):
        touched = [part for part in parts if part & values[place].keys()]
        joined = set(values[place]).union(*touched)
        parts = [part for part in parts if part not in touched] + [joined]
    return parts


def _aligned(group: str, processor: str, values: Mapping[int, Mapping[Case, Value]]) -> GroupSeries:
    levels: dict[Case, float] = {}
    middles: dict[int, float] = {}
    waiting = sorted(values)
    while waiting:
        # The first run that shares a case with what stands already; the very first one starts at zero.
        place = next((one for one in waiting if _positive(values[one]).keys() & levels.keys()), waiting[0])
        waiting.remove(place)
        logs = _positive(values[place])
        known = [log - levels[case] for case, log in logs.items() if case in levels]
        middle = statistics.median(known) if known else 0.0
        for case, log in logs.items():
            levels.setdefault(case, log - middle)
        if logs:
            middles[place] = middle
    cases = sorted({case for row in values.values() for case in row})
    return GroupSeries(
        group,
        processor,
        tuple(_case_series(case, values, levels.get(case, 0.0)) for case in cases),
        tuple(sorted(middles)),
        tuple(middles[place] for place in sorted(middles)),
    )


def _case_series(case: Case, values: Mapping[int, Mapping[Case, Value]], level: float) -> CaseSeries:
    places = tuple(place for place in sorted(values) if case in values[place])
    return CaseSeries(case, places, tuple(values[place][case] for place in places), level)


def _positive(row: Mapping[Case, Value]) -> dict[Case, float]:
    return {case: math.log(value.number) for case, value in row.items() if value.number > 0.0}
