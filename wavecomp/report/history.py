"""The page of a history: what many archives, in order of time, say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from wavecomp.plain_text import printable
from wavecomp.report.draw_history import history_figure
from wavecomp.report.growing_page import GrowingPage
from wavecomp.report.history_runs import Run, read_runs
from wavecomp.report.history_steps import MetricHistory, histories
from wavecomp.report.history_table import cases_table, runs_table, steps_table
from wavecomp.report.history_words import notes
from wavecomp.report.own_report import write_report
from wavecomp.report.table import Table, escape_markdown

HISTORY_PAGE = "history.md"
HISTORY_TITLE = "# What was measured, in order of time"


def history_of(paths: Iterable[Path]) -> tuple[tuple[Run, ...], list[MetricHistory], Table]:
    """Read archives, and return their runs, their metrics with the steps, and the table of the steps.

    Raises
    ------
    NothingToReport
        There is no record anywhere.
    UsageError
        A path is no folder.
    DamagedArchive
        A record is not what was written.
    """
    runs = read_runs(paths)
    found = histories(runs)
    return runs, found, steps_table(runs, found, notes(runs, found))


def write_history(folder: str | Path, runs: Sequence[Run], found: Sequence[MetricHistory], steps: Table) -> list[Path]:
    """Write a page ``history.md`` with its tables and one figure a metric; the same runs give the same bytes.

    Parameters
    ----------
    folder : path
        Gets ``history.md``, ``tables/``, ``figures/`` and ``report-files.json``, which lists them: what an earlier
        history or report wrote is replaced. An archive's own folder will do.
    runs, found, steps
        What :func:`history_of` returns.

    Returns
    -------
    list of Path
        Every file written, the page last.

    Raises
    ------
    ForeignFile
        A file that would be replaced was not written by a history or report; nothing is written.
    StorageError
        The disk is full or gone; the files are as they were before.
    """
    page = GrowingPage()
    page.lines += [HISTORY_TITLE, ""]
    page.table("history-steps", lambda: (Table(steps.title, steps.columns, steps.rows), list(steps.notes)))
    for one in found:
        page.lines += [f"## {escape_markdown(one.metric.title)}", ""]
        page.figure(f"history-{one.metric.stem}", _caption(one, len(runs)), partial(history_figure, one, runs))
    if not found:
        page.lines += ["No case was measured in two runs, so that there is nothing to draw.", ""]
    if any(one.steps for one in found):
        page.lines += ["## The cases of the steps", ""]
        page.table("history-cases", lambda: (cases_table(runs, found), []))
    page.lines += ["## The runs", ""]
    page.table("history-runs", lambda: (runs_table(runs), []))
    text = printable("\n".join(page.lines).rstrip() + "\n")
    return write_report(folder, page.files | {HISTORY_PAGE: text.encode(errors="backslashreplace")})


def _caption(one: MetricHistory, count: int) -> str:
    worse = sum(step.worse for step in one.steps)
    better = len(one.steps) - worse
    where = f"{len(one.places)} of {count} runs" if len(one.places) < count else f"all {count} runs"
    if not one.steps:
        return f"{one.metric.title} in {where}: no step."
    steps = f"{worse} step{'s' if worse != 1 else ''}"
    return f"{one.metric.title} in {where}: {steps} for the worse, {better} for the better."
