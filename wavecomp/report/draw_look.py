"""What a look at a problem found: what imaging at every k-th step would do to its gradient, and what compressors do."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_experiments_error import number, rows_where
from wavecomp.report.names import family_label, family_of
from wavecomp.report.style import BLUE, VERMILION, drawing, family_style, new_figure, panel

_SHOWN = (2, 3, 4, 6, 8, 12, 16, 24)


def figure_look(result: ExperimentResult) -> Figure:
    """Draw the gradient's error against the imaging step, and against the tolerance of compressed levels."""
    with drawing():
        figure = new_figure(11.6, 4.6)
        left, right = figure.subplots(1, 2)
        imaging = rows_where(result, what="imaging")
        steps = [number(row["every"]) for row in imaging]
        for key, label, colour, marker in (
            ("relative_l2", "whole gradient", BLUE, "o"),
            ("deep_l2", "below the top tenth of the depth", VERMILION, "s"),
        ):
            left.plot(steps, [number(row[key]) for row in imaging], color=colour, marker=marker, label=label)
        left.set_xscale("log")
        left.set_yscale("log")
        left.xaxis.set_major_locator(FixedLocator([k for k in _SHOWN if k in steps]))
        left.xaxis.set_minor_locator(NullLocator())
        left.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel(left, f"{result.problem}: nothing compressed", "Every which step is imaged", "Relative L2 error")
        left.legend(loc="best")
        errors = [row for row in rows_where(result, what="error") if row["kind"] == "level"]
        families = [family_of(str(row["name"]).replace("{}", "1")) for row in errors]
        for family in dict.fromkeys(families):
            mine = [row for row, one in zip(errors, families, strict=True) if one == family]
            points = sorted((number(row["fraction"]), number(row["deep_l2"])) for row in mine)
            style = family_style(family, families)
            right.plot(*zip(*points, strict=True), color=style.colour, marker=style.marker, label=family_label(family))
        right.set_xscale("log")
        right.set_yscale("log")
        panel(right, "Levels compressed: expected error below the top tenth", "Tolerance, part of the peak", "")
        if errors:
            right.legend(loc="best")
        figure.subplots_adjust(left=0.07, right=0.985, bottom=0.13, top=0.91, wspace=0.14)
        return figure
