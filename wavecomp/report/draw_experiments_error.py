"""Gradient error against the tolerance, the number of steps, the number of checkpoints, and the memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from wavecomp.errors import NothingToReport
from wavecomp.records.experiment import Cell, ExperimentResult
from wavecomp.report.direct_labels import EndLabel, label_ends, label_room_in
from wavecomp.report.names import family_label, family_of, setting_label
from wavecomp.report.style import BLUE, DASHES, GREEN, GREY, PURPLE, VERMILION, drawing, family_style, new_figure, panel

ERROR = "Gradient error, relative L2"
TOLERANCE = "Absolute tolerance (unit of the wavefield)"
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE)
_MARKERS = ("o", "s", "^", "D", "v", "P")
_FLOOR = 2.0**-24


def number(cell: Cell) -> float:
    """Return a cell as a number; nan where it is none."""
    return float(cell) if isinstance(cell, int | float) else float("nan")


def rows_where(result: ExperimentResult, **wanted: Cell) -> list[Mapping[str, Cell]]:
    """Return the rows that hold these cells."""
    return [row for row in result.rows if all(row[key] == cell for key, cell in wanted.items())]


def distinct(result: ExperimentResult, key: str) -> list[Cell]:
    """Return the values of a column, each once, in the order in which they come."""
    return list(dict.fromkeys(row[key] for row in result.rows))


def labelled_axes(labels: Iterable[str], height: float = 5.0) -> tuple[Figure, Axes]:
    """Return a figure whose one axes leaves room for labels at its right."""
    width = 6.4 + label_room_in(list(labels))
    figure = new_figure(width, height)
    return figure, figure.add_axes((0.85 / width, 0.62 / height, 5.4 / width, 1 - 1.2 / height))


def figure_tolerance(result: ExperimentResult) -> Figure:
    """Draw the gradient error against the tolerance (the study's figure 14); quantisers without one are lines."""
    with drawing():
        swept = [row for row in result.rows if row["tolerance"] is not None and number(row["relative_l2"]) > 0]
        fixed = [row for row in result.rows if row["tolerance"] is None]
        if not swept:
            raise NothingToReport("no case of the experiment has a tolerance and an error")
        inexact = [row for row in fixed if number(row["relative_l2"]) > 0]
        labels = [setting_label(str(row["compressor"])) for row in inexact]
        figure, axes = labelled_axes([*labels, "half a unit in the last place"])
        families = list(dict.fromkeys(family_of(str(row["compressor"])) for row in swept))
        known = [family_of(str(row["compressor"])) for row in result.rows]
        for family in families:
            line = sorted(
                (number(row["tolerance"]), number(row["relative_l2"]))
                for row in swept
                if family_of(str(row["compressor"])) == family
            )
            style = family_style(family, known)
            axes.plot(*zip(*line, strict=True), color=style.colour, marker=style.marker, label=family_label(family))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.invert_xaxis()
        right = axes.get_xlim()[1]
        ends: list[EndLabel] = []
        for row, label in zip(inexact, labels, strict=True):
            error = number(row["relative_l2"])
            style = family_style(family_of(str(row["compressor"])), known)
            axes.axhline(error, color=style.colour, linestyle=DASHES[1 + len(ends) % 4], linewidth=1.2)
            ends.append(EndLabel(right, error, label, style.colour))
        axes.axhline(_FLOOR, color=GREY, linestyle=":", linewidth=1.2)
        ends.append(EndLabel(right, _FLOOR, "float32 rounding, 2⁻²⁴", GREY))
        exact = [setting_label(str(row["compressor"])) for row in fixed if row["relative_l2"] == 0]
        panel(axes, f"{result.problem}: every level stored, compressed", TOLERANCE, ERROR)
        note = f"greatest amplitude of the wavefield: {number(result.facts['peak_amplitude']):.3g}"
        if exact:
            note += f"\nno error at all: {', '.join(exact)}"
        axes.text(0.02, 0.03, note, transform=axes.transAxes, fontsize=8.5, color=GREY, va="bottom")
        axes.legend(loc="upper right")
        label_ends(axes, ends)
        return figure


def figure_steps(result: ExperimentResult) -> Figure:
    """Draw the gradient error against the tolerance, a line a number of steps, a panel a schedule."""
    return _panels(
        result,
        "schedule",
        "steps",
        {"trajectory": "every level stored", "revolve": f"Revolve, {result.settings['restarts']} checkpoints"},
        "steps",
    )


def figure_checkpoints(result: ExperimentResult) -> Figure:
    """Draw the gradient error of Revolve against the number of checkpoints; the stored trajectory is a line."""
    with drawing():
        tolerances = sorted(distinct(result, "tolerance"), key=number, reverse=True)
        labels = [f"tolerance {number(tolerance):g}" for tolerance in tolerances]
        figure, axes = labelled_axes([f"{label}, stored" for label in labels])
        ends = []
        counts: set[int] = set()
        for place, (tolerance, label) in enumerate(zip(tolerances, labels, strict=True)):
            rows = rows_where(result, tolerance=tolerance)
            line = sorted((number(row["slots"]), number(row["relative_l2"])) for row in rows if row["slots"])
            counts |= {int(count) for count, _ in line}
            colour = _COLOURS[place % 4]
            axes.plot(*zip(*line, strict=True), color=colour, marker=_MARKERS[place % 6])
            ends.append(EndLabel(*line[-1], label, colour))
            for row in rows:
                if row["slots"] is None:
                    stored = number(row["relative_l2"])
                    axes.axhline(stored, color=colour, linestyle="--", linewidth=1.1)
                    ends.append(EndLabel(line[-1][0], stored, f"{label}, stored", colour))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_locator(FixedLocator(sorted(counts)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel(
            axes,
            f"{result.problem}, {result.facts['steps']} steps: Revolve with {_compressor(result)} states",
            "Checkpoints of Revolve",
            ERROR,
        )
        axes.text(
            0.98, 0.99, "dashed: every level stored, nothing restarted", transform=axes.transAxes, color=GREY,
            fontsize=8.5, ha="right", va="top",
        )  # fmt: skip
        label_ends(axes, ends)
        return figure


def figure_memory(result: ExperimentResult) -> Figure:
    """Draw gradient error against peak checkpoint memory for lossy, subsampled, and lossy subsampled runs."""
    with drawing():
        groups: dict[str, list[tuple[float, float]]] = {}
        for row in result.rows:
            family = str(row["family"])
            name = {"lossy": "compressed, every step", "subsampled": "subsampled, not compressed"}.get(
                family, f"both, every {row['every']}th step"
            )
            if number(row["relative_l2"]) > 0:
                point = (number(row["peak_checkpoint_bytes"]) / 1e6, number(row["relative_l2"]))
                groups.setdefault(name, []).append(point)
        figure = new_figure(7.2, 5.0)
        axes = figure.add_axes((0.12, 0.125, 0.85, 0.8))
        for place, (name, line) in enumerate(groups.items()):
            axes.plot(
                *zip(*sorted(line), strict=True), color=_COLOURS[place % 4], marker=_MARKERS[place % 6], label=name,
                linestyle=DASHES[place % len(DASHES)],
            )  # fmt: skip
        whole = number(result.facts["level_bytes"]) * (number(result.facts["steps"]) - 1) / 1e6
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.axvline(whole, color=GREY, linestyle="--", linewidth=1.1)
        axes.annotate(
            "every level, uncompressed", (whole, 0.02), xycoords=("data", "axes fraction"), xytext=(-4, 0),
            textcoords="offset points", rotation=90, ha="right", va="bottom", color=GREY, fontsize=8.5,
        )  # fmt: skip
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel(axes, f"{result.problem}: what the memory buys", "Peak checkpoint memory (MB)", ERROR)
        axes.legend(loc="lower left")
        return figure


def _panels(result: ExperimentResult, split: str, lines: str, titles: dict[str, str], unit: str) -> Figure:
    with drawing():
        figure = new_figure(10.0, 4.6)
        axes: list[Axes] = list(figure.subplots(1, len(titles), sharex=True, sharey=True, squeeze=False)[0])
        for axis, (group, title) in zip(axes, titles.items(), strict=True):
            for place, value in enumerate(sorted(distinct(result, lines), key=number)):
                rows = rows_where(result, **{split: group, lines: value})
                line = sorted((number(row["tolerance"]), number(row["relative_l2"])) for row in rows)
                axis.plot(
                    *zip(*line, strict=True), color=_COLOURS[place % 4], marker=_MARKERS[place % 6],
                    linestyle=DASHES[place % len(DASHES)], label=f"{value} {unit}",
                )  # fmt: skip
            panel(axis, f"{result.problem}: {title}", TOLERANCE, ERROR if axis is axes[0] else "")
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.legend(loc="lower left")
        axes[0].invert_xaxis()
        figure.subplots_adjust(left=0.08, right=0.985, bottom=0.13, top=0.92, wspace=0.06)
        return figure


def _compressor(result: ExperimentResult) -> str:
    return family_label(family_of(str(result.settings["compressor"])))
