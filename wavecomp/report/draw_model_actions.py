"""Where the wall time of Revolve runs goes: what each did when, and the sum of each kind of work (slides' 7 and 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wavecomp.errors import NothingToReport
from wavecomp.records.experiment import Cell, ExperimentResult
from wavecomp.report.draw_experiments_error import number
from wavecomp.report.model_curves import SPAN_HEAD, table
from wavecomp.report.names import setting_label
from wavecomp.report.style import BLUE, GREEN, GREY, PURPLE, VERMILION, drawing, new_figure, panel
from wavecomp.spec_text import SpecText

UNCOMPRESSED, EQUAL_CHECKPOINTS, EQUAL_MEMORY = "uncompressed", "equal checkpoints", "equal memory"
"""The kinds of runs that the experiment has, in its order."""

_WORK = {
    "advance": (BLUE, ("forward", "record"), "advance", "forward_steps", "steps"),
    "compress": (VERMILION, ("save", "put", "settle"), "save", "writes", "checkpoints"),
    "decompress": (PURPLE, ("load", "get"), "load", "reads", "times"),
    "reverse": (GREEN, ("down", "image"), "reverse", "adjoint_steps", "steps"),
    "other": (GREY, ("keep",), "other", None, ""),
}
_ROW_IN = 2.75


def figure_actions(result: ExperimentResult, kinds: Sequence[str] | None = None) -> Figure:
    """Draw what each run did when, and the sums beside it; all runs, or those of some kinds.

    All rows of a figure have one scale of time, that of the longest run of the whole experiment.

    Raises
    ------
    NothingToReport
        The result has no run of these kinds.
    """
    chosen = [(place, row) for place, row in enumerate(result.rows) if kinds is None or row["kind"] in kinds]
    if not chosen:
        raise NothingToReport(f"experiment actions on {result.problem} has no run of {kinds}")
    limit = 1.02 * max(number(row["wall_s"]) for row in result.rows)
    longest = max(number(row[f"{work}_s"]) for row in result.rows for work in _WORK)
    with drawing():
        height = _ROW_IN * len(chosen)
        figure = new_figure(10.4, height)
        for line, (place, row) in enumerate(chosen):
            bottom = (0.6 + _ROW_IN * (len(chosen) - 1 - line)) / height
            left = figure.add_axes((0.07, bottom, 0.55, (_ROW_IN - 0.95) / height))
            right = figure.add_axes((0.7, bottom, 0.28, (_ROW_IN - 0.95) / height))
            _timeline(left, result, place, number(row["wall_s"]))
            left.set_xlim(0, limit)
            panel(left, _title(result, row), "Wall time (s)", "Simulated step")
            _sums(right, row, longest)
            panel(right, f"{number(row['wall_s']):.3g} s in all", "Seconds in each action", "")
        return figure


def span_table(result: ExperimentResult, kinds: Sequence[str]) -> str:
    """Return every piece of work of some runs as CSV."""
    names = str(result.facts["tasks"]).split()
    return table(
        SPAN_HEAD,
        (
            (row["kind"], names[int(task)], int(first), int(last), f"{begun:.6f}", f"{seconds:.6g}")
            for place, row in enumerate(result.rows)
            if row["kind"] in kinds
            for task, first, last, begun, seconds in result.arrays[f"spans-{place}"].tolist()
        ),
    )


def _title(result: ExperimentResult, row: Mapping[str, Cell]) -> str:
    memory, slots = f"{number(row['peak_checkpoint_bytes']) / 1e6:.3g} MB", row["slots"]
    by = setting_label(str(SpecText.parse(str(row["strategy"])).inner))
    return {
        UNCOMPRESSED: f"{result.problem}, Revolve: {slots} uncompressed checkpoints, {memory}",
        EQUAL_CHECKPOINTS: f"{result.problem}, as many checkpoints by {by}: {memory}",
        EQUAL_MEMORY: f"{result.problem}, about as much memory by {by}: {slots} checkpoints, {memory}",
    }[str(row["kind"])]


def _timeline(axes: Axes, result: ExperimentResult, place: int, wall: float) -> None:
    spans: NDArray[np.float64] = np.asarray(result.arrays[f"spans-{place}"], dtype=np.float64)
    tasks = np.array(str(result.facts["tasks"]).split())[spans[:, 0].astype(int)]
    for work, (colour, names, *_) in _WORK.items():
        if work == "other":
            continue
        mine = spans[np.isin(tasks, names)]
        ends = np.stack([mine[:, 3], mine[:, 1], mine[:, 3] + mine[:, 4], mine[:, 2]], axis=1).reshape(-1, 2, 2)
        width = 3.2 if work in ("compress", "decompress") else 1.5  # they stand at a step, and are short
        axes.add_collection(LineCollection(ends.tolist(), colors=colour, linewidths=width, capstyle="butt"))
    axes.axvline(wall, color=GREY, linestyle="--", linewidth=1.0)
    first, last = number(result.facts["first"]), number(result.facts["steps"])
    axes.set_ylim(first - 0.03 * (last - first), last + 0.03 * (last - first))


def _sums(axes: Axes, row: Mapping[str, Cell], longest: float) -> None:
    for place, (work, (colour, _, _, count, unit)) in enumerate(_WORK.items()):
        seconds = number(row[f"{work}_s"])
        axes.barh(place, seconds, 0.66, color=colour)
        words = f"{seconds:.2g} s" + (f", {row[count]:,} {unit}" if count else "")
        axes.annotate(
            words, (seconds, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9,
        )  # fmt: skip
    axes.set_yticks(range(len(_WORK)), [name for _, _, name, _, _ in _WORK.values()])
    axes.set_ylim(len(_WORK) - 0.5, -0.5)
    axes.set_xlim(0, 1.75 * longest)
    axes.grid(visible=False, axis="y")
