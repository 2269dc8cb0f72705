"""The tables of a history: its steps, the cases behind them, and its runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wavecomp.report.history_changes import changes
from wavecomp.report.history_runs import Run
from wavecomp.report.history_steps import MetricHistory, Step
from wavecomp.report.table import Cell, Column, Row, Table


def steps_table(runs: Sequence[Run], found: Sequence[MetricHistory], notes: Sequence[str] = ()) -> Table:
    """Return one row for each step: when, of what, by how much, and what changed with it; in order of time."""
    columns = (
        Column("run"),
        Column("between", left=True),
        Column("date", left=True),
        Column("commit", left=True),
        Column("metric", left=True),
        Column("of", left=True),
        Column("cases", left=True),
        Column("change %", "+.3g"),
        Column("range %", left=True),
        Column("direction", left=True),
        Column("what changed", left=True),
    )
    rows = []
    for step in _in_order(found):
        run = runs[step.place]
        rows.append(
            Row(
                (
                    step.place + 1,
                    f"{step.since + 1} and {step.until + 1}",
                    run.date,
                    run.commit,
                    step.metric.name,
                    _of(step),
                    _cases(step),
                    change(step.factor),
                    _range(step),
                    "worse" if step.worse else "better",
                    step.changes.words(),
                ),
                muted=not step.worse,
            )
        )
    count = "no step" if not rows else f"{len(rows)} step{'s' if len(rows) > 1 else ''}"
    return Table(f"Steps: {count} in {len(runs)} runs", columns, tuple(rows), tuple(notes))


def cases_table(runs: Sequence[Run], found: Sequence[MetricHistory]) -> Table:
    """Return one row for each case of each step, with its values before and after."""
    columns = (
        Column("run"),
        Column("date", left=True),
        Column("metric", left=True),
        Column("case", left=True),
        Column("before", ".6g"),
        Column("after", ".6g"),
        Column("change %", "+.3g"),
    )
    rows = [
        Row(
            (
                step.place + 1,
                runs[step.place].date,
                step.metric.name,
                each.case.label,
                each.before,
                each.after,
                change(each.factor),
            )
        )
        for step in _in_order(found)
        for each in step.steps
    ]
    return Table("The cases of the steps", columns, tuple(rows))


def runs_table(runs: Sequence[Run]) -> Table:
    """Return one row for each run: when, with what, and what is not as it was in the run before."""
    columns = (
        Column("run"),
        Column("date", left=True),
        Column("archive", left=True),
        Column("commit", left=True),
        Column("cases"),
        Column("failed"),
        Column("changed since the run before", left=True),
    )
    rows = []
    for place, run in enumerate(runs):
        measured = [one.key for one in run.records] + [one.key for one in run.gradients]
        failed = [one.key for one in run.records if one.failed] + [one.key for one in run.gradients if one.failed]
        since = changes(runs[place - 1], run, ((), ())).all if place else (run.processor,)
        rows.append(
            Row(
                (
                    place + 1,
                    run.date,
                    run.name,
                    run.commit,
                    len({*measured}),
                    len({*failed}),
                    ", ".join(since) or "nothing recorded",
                )
            )
        )
    return Table(f"{len(runs)} runs, in order of time", columns, tuple(rows))


def change(factor: float) -> Cell:
    """Return a factor as percent, in words where there was nothing before."""
    return (factor - 1.0) * 100.0 if math.isfinite(factor) else "from 0"


def _range(step: Step) -> str:
    """Return the least and the greatest change of a step's cases, where they differ."""
    ends = [_percent(change(pick(each.factor for each in step.steps))) for pick in (min, max)] if step.steps else [""]
    return f"{ends[0]} to {ends[-1]}" if ends[0] != ends[-1] else ""


def _percent(cell: Cell) -> str:
    return format(cell, "+.3g") if isinstance(cell, float) else str(cell)


def _in_order(found: Sequence[MetricHistory]) -> list[Step]:
    return sorted((step for one in found for step in one.steps), key=lambda step: step.place)


def _of(step: Step) -> str:
    if len(step.steps) == 1:
        return step.steps[0].case.short
    return step.group


def _cases(step: Step) -> str:
    return f"{len(step.steps)} of {step.cases}" if step.steps else f"the median of {step.cases}"
