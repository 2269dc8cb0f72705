"""Along the run and over shots: error growth after a restart, ratio at every step, and the error of stacks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.direct_labels import EndLabel, label_ends
from wavecomp.report.draw_experiments_error import distinct, labelled_axes, number, rows_where
from wavecomp.report.names import family_of, setting_label, strategy_label
from wavecomp.report.style import BLUE, DASHES, GREEN, GREY, PURPLE, VERMILION, drawing, family_style, new_figure, panel

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE)
_MARKERS = ("o", "s", "^", "D")


def figure_restart(result: ExperimentResult) -> Figure:
    """Draw the relative error of the wavefield after it went on from a lossy state."""
    with drawing():
        axes = _along(result, "steps_after", "relative_l2")
        axes.set_yscale("log")
        panel(
            axes,
            f"{result.problem}: restarted at step {result.facts['begin']} from a lossy state",
            "Steps after the restart",
            "Error of the wavefield, relative L2",
        )
        return _finish(axes, result, "steps_after", "relative_l2")


def figure_ratio(result: ExperimentResult) -> Figure:
    """Draw the ratio of every kept level against the simulated time (the study's figure 10, on one whole run)."""
    with drawing():
        axes = _along(result, "time_s", "ratio")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.axhline(1.0, color=GREY, linestyle="--", linewidth=1.1)
        panel(
            axes,
            f"{result.problem}: ratio at every {result.settings['every']}th step",
            "Simulated time (s)",
            "Ratio (uncompressed / compressed bytes)",
        )
        return _finish(axes, result, "time_s", "ratio")


def figure_stack(result: ExperimentResult) -> Figure:
    """Draw how the error of a stack falls, and what its numerator and denominator do."""
    with drawing():
        figure = new_figure(10.4, 5.0)
        left, right = figure.subplots(1, 2)
        for place, strategy in enumerate(distinct(result, "strategy")):
            rows = rows_where(result, strategy=strategy)
            shots = np.array([number(row["shots"]) for row in rows])
            low, middle, high, errors = (
                np.array([number(row[key]) for row in rows])
                for key in ("relative_l2_p10", "relative_l2", "relative_l2_p90", "error_norm")
            )
            colour, marker = _COLOURS[place % 4], _MARKERS[place % 4]
            label = strategy_label(str(strategy))
            left.fill_between(shots, low, high, color=colour, alpha=0.15, linewidth=0)
            left.plot(shots, middle, color=colour, marker=marker, label=label)
            right.plot(shots, errors / errors[0], color=colour, marker=marker, label=f"error, {label}")
            left.plot(shots, middle[0] / np.sqrt(shots), color=colour, linestyle=":", linewidth=1.0)
        gradients = np.array([number(row["gradient_norm"]) for row in rows])
        right.plot(shots, gradients / gradients[0], color="black", linestyle="--", label="exact gradient")
        right.plot(shots, np.sqrt(shots), color=GREY, linestyle=":", label="√n")
        right.plot(shots, shots, color=GREY, linestyle="-.", label="n", linewidth=1.0)
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_yscale("log")
            ticks = [count for count in (1, 2, 4, 8, 16, 32) if count <= shots[-1]]
            axes.xaxis.set_major_locator(FixedLocator(ticks))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        left.set_ylim(left.get_ylim()[0] / 12, left.get_ylim()[1] * 2)
        right.yaxis.set_major_locator(FixedLocator(ticks))
        right.yaxis.set_minor_locator(NullLocator())
        right.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel(left, f"{result.problem}: error of the stacked gradient", "Stacked shots", "Gradient error, relative L2")
        panel(right, "Norms, relative to one shot", "Stacked shots", "Norm of the sum / norm of one")
        left.text(
            0.98, 0.98, "dotted: falling as 1/√n\nband: 10th to 90th percentile", transform=left.transAxes, ha="right",
            va="top", color=GREY, fontsize=8.5,
        )  # fmt: skip
        right.legend(loc="upper left")
        left.legend(loc="lower left", bbox_to_anchor=(0.0, 0.0))
        figure.subplots_adjust(left=0.08, right=0.985, bottom=0.12, top=0.92, wspace=0.2)
        return figure


def _along(result: ExperimentResult, x: str, y: str) -> Axes:
    specs = [str(spec) for spec in distinct(result, "compressor")]
    families = [family_of(spec) for spec in specs]
    _, axes = labelled_axes([setting_label(spec) for spec in specs])
    for place, (spec, family) in enumerate(zip(specs, families, strict=True)):
        rows = rows_where(result, compressor=spec)
        axes.plot(
            [number(row[x]) for row in rows],
            [number(row[y]) for row in rows],
            color=family_style(family, families).colour,
            linestyle=DASHES[families[:place].count(family) % len(DASHES)],
        )
    return axes


def _finish(axes: Axes, result: ExperimentResult, x: str, y: str) -> Figure:
    axes.margins(x=0.01)
    ends = []
    families = [family_of(str(spec)) for spec in distinct(result, "compressor")]
    for spec, family in zip(distinct(result, "compressor"), families, strict=True):
        last = rows_where(result, compressor=spec)[-1]
        colour = family_style(family, families).colour
        ends.append(EndLabel(number(last[x]), number(last[y]), setting_label(str(spec)), colour))
    label_ends(axes, ends)
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    return figure
