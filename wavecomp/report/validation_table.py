"""The table of predicted against measured runs, with what was to be shown below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from wavecomp.errors import NothingToReport
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.table import Cell, Column, Row, Table
from wavecomp.report.validation_rows import Judged, bars, judged, latest_validations

_COLUMNS = (
    Column("Problem", left=True),
    Column("Strategy", left=True),
    Column("Budget (MB)", ".1f"),
    Column("Predicted (s)", ".3g"),
    Column("Measured (s)", ".3g"),
    Column("Off (%)", "+.1f"),
    Column("Published (%)", "+.0f"),
    Column("Forward steps", ".0f"),
    Column("Writes", ".0f"),
    Column("Exact", left=True),
    Column("Peak (MB)", ".3g"),
    Column("Memory off (%)", "+.2f"),
    Column("Relative L2", ".1e"),
    Column("Factor", ".2f"),
    Column("Deep factor", ".2f"),
)


_DISTURBED = 1.5
"""Up to what factor bare sweeps differ on a machine of one's own."""


def validation_table(results: Sequence[ExperimentResult]) -> Table:
    """Return a row a case: what was predicted, what came out, and how far off that was.

    Raises
    ------
    NothingToReport
        No validation came to its end.
    """
    latest = latest_validations(results)
    cases = judged(latest)
    if not cases:
        raise NothingToReport("no validation of the model; wavecomp model validate makes one")
    rows: list[Row] = []
    for case, following in zip(cases, [*cases[1:], None], strict=True):
        last = following is None or following.problem != case.problem
        rows.append(Row(_cells(case), muted=case.refused, gap_after=last))
    return Table(f"Predicted and measured: {len(cases)} runs", _COLUMNS, tuple(rows), tuple(_notes(latest, cases)))


def validation_sentences(results: Sequence[ExperimentResult]) -> list[str]:
    """Return one sentence for each bar, and whether it is met."""
    return [f"{bar.words}: {'met' if bar.met else 'MISSED'}" for bar in bars(judged(latest_validations(results)))]


def _cells(case: Judged) -> tuple[Cell, ...]:
    row = case.row
    factor, deep = case.error_factors
    strategy = str(row["strategy"]).removesuffix("/identity")
    if case.refused:
        strategy += " (refused for want of memory)"
    return (
        case.problem,
        strategy,
        _millions(row["budget_bytes"]),
        _number(row["predicted_s"]),
        _number(row["measured_s"]),
        _hundred(case.wall),
        _hundred(case.published),
        _number(row["forward_steps"]),
        _number(row["writes"]),
        None if case.refused else "yes" if case.exact else "no",
        _millions(row["peak_bytes"]),
        _hundred(case.memory),
        _number(row["relative_l2"]),
        factor,
        deep,
    )


def _notes(results: Sequence[ExperimentResult], cases: Sequence[Judged]) -> list[str]:
    notes = []
    for result in results:
        facts = result.facts
        mine = [case for case in cases if case.problem == result.problem and not case.refused]
        walls = [abs(case.wall) for case in mine if case.wall is not None]
        if not walls:
            continue
        scaled = (
            f"never calibrated: costs of {facts['calibrated_on']} for its grid, {_own(facts)}"
            if facts["never_calibrated"]
            else "calibrated"
        )
        other = _reference_speed(mine, facts) if facts["never_calibrated"] else ""
        published = [abs(case.published) for case in mine if case.published is not None]
        speeds = [_float(case.row.get("speed", facts["speed"])) for case in mine]
        own = [_float(case.row.get("own_speed", speed)) for case, speed in zip(mine, speeds, strict=True)]
        absolute = [
            abs((1 + case.wall) / speed - 1) for case, speed in zip(mine, own, strict=True) if case.wall is not None
        ]
        notes.append(
            f"{result.problem}, {scaled}; {facts['rounds']} rounds{_steady(facts)}, bare sweeps at "
            f"{_float(facts['speed']):.2f} times the calibration's. "
            f"Wall time off: median {100 * median(walls):.1f} %, worst {100 * max(walls):.1f} %"
            f"{other}; without the correction for speed {100 * median(absolute):.1f} and {100 * max(absolute):.1f} %; "
            f"the published equations {100 * median(published):.0f} and {100 * max(published):.0f} %."
            f"{_disturbed(facts, speeds)}"
        )
    notes.append(
        "Off is predicted over measured less one; measured is the median of the rounds. Factor is predicted over "
        "measured error of the gradient, where that is more than rounding. Published are equations (2) and (3) with "
        "the same checkpoints: they know no imaging step, no image, no call, and one size of checkpoint."
    )
    return notes


def _steady(facts: Mapping[str, object]) -> str:
    """Return how much of the rounds did not count; older validations counted all."""
    steady = _float(facts.get("steady", 1.0))
    return (
        ""
        if steady in (0.0, 1.0)
        else f", {100 * (1 - steady):.0f} % of which were on another machine and do not count"
    )


def _disturbed(facts: Mapping[str, object], speeds: Sequence[float]) -> str:
    """Return what is to be said where bare sweeps beside the runs that count tell that the machine was not its own."""
    speed = _float(facts["speed"])
    low, high = (float(np.quantile(speeds, part)) for part in (0.1, 0.9))
    off = max(speed, 1.0 / speed, high / low)
    if off <= _DISTURBED:
        return ""
    return (
        f" Bare sweeps differed by a factor of {off:.1f}: something else was running, and how good predictions are "
        "cannot be told from this; run it again on an idle machine."
    )


def _own(facts: Mapping[str, object]) -> str:
    """Return what was measured of a problem that was never calibrated; older validations did not look at gradients."""
    looked = "sweeps, sizes and errors from bare sweeps of it"
    return looked if facts.get("looked_at") else "sizes from one forward sweep"


def _reference_speed(cases: Sequence[Judged], facts: Mapping[str, object]) -> str:
    """Return what the other problem's bare sweeps would have said of the moment; older validations went by them."""
    key = "predicted_reference_speed_s"
    walls = [abs(off) for case in cases if key in case.row and (off := case.off(key, "measured_s")) is not None]
    if not walls:
        return ""
    beside = facts["calibrated_on"]
    return f" (by the speed of {beside}'s bare sweeps: {100 * median(walls):.1f} and {100 * max(walls):.1f} %)"


def _float(cell: object) -> float:
    assert isinstance(cell, int | float)
    return float(cell)


def _number(cell: object) -> float | None:
    return None if cell is None else _float(cell)


def _millions(cell: object) -> float | None:
    return None if cell is None else _float(cell) / 1e6


def _hundred(value: float | None) -> float | None:
    return None if value is None else 100 * value
