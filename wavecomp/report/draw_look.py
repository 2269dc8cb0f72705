"""What a look at a problem found: what imaging at every k-th step would do to its gradient, and what compressors do."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_experiments_error import number, rows_where
from wavecomp.report.names import family_label, family_of
from wavecomp.report.style import BLUE, VERMILION, drawing, family_style, new_figure, panel

_SHOWN = (2, 3, 4, 6, 8, 12, 16, 24)


def figure_look(result: ExperimentResult) -> Figure:
    """Draw the gradient's error against the imaging step, and how small compressors make levels for which error."""
    with drawing():
        figure = new_figure(11.6, 4.6)
        left, right = figure.subplots(1, 2)
        _imaging(left, result)
        _levels(right, result)
        figure.subplots_adjust(left=0.07, right=0.985, bottom=0.13, top=0.91, wspace=0.16)
        return figure


def _imaging(axes: Axes, result: ExperimentResult) -> None:
    rows = rows_where(result, what="imaging")
    steps = [number(row["every"]) for row in rows]
    for key, label, colour, marker in (
        ("relative_l2", "whole gradient", BLUE, "o"),
        ("deep_l2", "below the top tenth of the depth", VERMILION, "s"),
    ):
        axes.plot(steps, [number(row[key]) for row in rows], color=colour, marker=marker, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator([k for k in _SHOWN if k in steps]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel(axes, f"{result.problem}: nothing compressed", "Every which step is imaged", "Relative L2 error")
    axes.legend(loc="best")


def _levels(axes: Axes, result: ExperimentResult) -> None:
    rows = [row for row in rows_where(result, what="compressor") if row["kind"] == "level"]
    families = list(dict.fromkeys(family_of(str(row["name"]).replace("{}", "1")) for row in rows))
    for name in dict.fromkeys(str(row["name"]) for row in rows):
        family = family_of(name.replace("{}", "1"))
        style, label = family_style(family, families), family_label(family)
        mine = [row for row in rows if row["name"] == name]
        if mine[0]["fraction"] is None:
            axes.axhline(number(mine[0]["ratio"]), color=style.colour, linestyle="--", label=f"{label}, exact")
            continue
        points = sorted(
            (expected, number(row["ratio"]), number(row["fraction"]))
            for row in mine
            if (expected := _expected(result, name, number(row["fraction"]))) is not None
        )
        if points:
            across, up, fractions = zip(*points, strict=True)
            axes.plot(across, up, color=style.colour, marker=style.marker, label=label)
            for x, y, fraction in zip(across, up, fractions, strict=True):
                axes.annotate(
                    f"{fraction:g}", (x, y), xytext=(-5, 6), ha="right", textcoords="offset points", fontsize="small"
                )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    panel(
        axes, "Levels compressed, by the tolerance as part of the peak",
        "Expected relative L2 error below the top tenth", "Compression ratio",
    )  # fmt: skip
    if families:
        axes.legend(loc="best")


def _expected(result: ExperimentResult, name: str, fraction: float) -> float | None:
    """Return the error at a tolerance: in proportion to that at the nearest one; None where none is known."""
    known = [
        (number(row["fraction"]), number(row["deep_l2"]))
        for row in rows_where(result, what="error", name=name, kind="level")
        if row["deep_l2"] is not None
    ]
    if not known:
        return None
    nearest, error = min(known, key=lambda pair: abs(math.log(pair[0] / fraction)))
    return error * fraction / nearest
