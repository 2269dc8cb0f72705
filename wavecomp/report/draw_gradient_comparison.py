"""Memory against time at equal error of the gradient: one panel a target, the best at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.errors import NothingToReport
from wavecomp.records import ComparisonRecord, GradientRecord
from wavecomp.report.comparison_words import digits, target_words
from wavecomp.report.draw_comparison import ABOVE_IN, head, mark
from wavecomp.report.gradient_standings import Way, ways
from wavecomp.report.names import family_of, join_words
from wavecomp.report.place_labels import PointLabel, label_points
from wavecomp.report.style import BLACK, GREY, drawing, family_style, new_figure, panel

_ROW_IN, _BELOW_IN, _BETWEEN_IN = 4.2, 0.7, 0.75


def gradient_comparison_figure(record: ComparisonRecord, gradients: Iterable[GradientRecord]) -> Figure:
    """Draw the time of one gradient over the bare sweeps against its peak memory, for everybody that meets a target.

    A bar spans where the median lies; the grey line is the front of the medians. Lower left is better.

    Raises
    ------
    NothingToReport
        Nobody meets a target with rounds of its own.
    """
    measured = list(gradients)
    found = {target: ways(record, measured, target) for target in record.targets}
    shown = {
        target: [row for row in rows if row.takes_part and row.time is not None and row.peak_mb]
        for target, rows in found.items()
    }
    shown = {target: rows for target, rows in shown.items() if any(row.answer is not None for row in rows)}
    if not shown:
        raise NothingToReport(f"no way of keeping the wavefield of {record.subject} meets a target in rounds yet")
    with drawing():
        return _draw(record, found, shown)


def _draw(record: ComparisonRecord, found: dict[str, list[Way]], shown: dict[str, list[Way]]) -> Figure:
    count = len(shown)
    height = ABOVE_IN + count * _ROW_IN + (count - 1) * _BETWEEN_IN + _BELOW_IN
    figure = new_figure(9.5, height)
    panels = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    figure.subplots_adjust(
        left=0.085, right=0.985, bottom=_BELOW_IN / height, top=1 - ABOVE_IN / height, hspace=_BETWEEN_IN / _ROW_IN
    )
    families = {_family(row) for rows in shown.values() for row in rows}
    for place, (axes, (target, rows)) in enumerate(zip(panels, shown.items(), strict=True)):
        _points(axes, rows, families)
        below = "Peak memory for keeping the wavefield (MB)" if place == count - 1 else ""
        panel(axes, f"At {target_words(record, target)}", below, "Time over the bare sweeps")
    for axes in panels:
        left, right = axes.get_xlim()
        axes.set_xlim(left / 1.3, right * 1.3)
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.1, high * 1.15)
    for axes, rows in zip(panels, shown.values(), strict=True):
        labels = [PointLabel(row.peak_mb or 0.0, row.time.median, _label(row)) for row in rows if row.time is not None]
        times = [(row.peak_mb or 0.0, row.time) for row in rows if row.time is not None]
        label_points(axes, labels, level=1.0, bars=[(mb, time.low, mb, time.high) for mb, time in times])
    missing = dict.fromkeys(row.label for rows in found.values() for row in rows if row.answer and not row.takes_part)
    left_out = f" Not drawn where they miss the target: {join_words([*missing])}." if missing else ""
    head(
        figure,
        f"Equal error of the gradient on {record.subject}: time against memory",
        "Lower left is better. Bars: where the median of the rounds lies. Grey line: the front of the medians. "
        f"White: beside.{left_out}",
    )
    return figure


def _points(axes: Axes, rows: Sequence[Way], families: set[str]) -> None:
    timed = [(row, row.time) for row in rows if row.time is not None]
    spots = sorted((row.peak_mb or 0.0, time.median) for row, time in timed)
    best = [spot for place, spot in enumerate(spots) if all(spot[1] < other[1] for other in spots[:place])]
    axes.plot(
        [x for x, _ in best], [y for _, y in best], color="#cfcfcf", linewidth=3.0, drawstyle="steps-post", zorder=1
    )
    for row, time in timed:
        look = family_style(_family(row), families)
        colour = BLACK if row.answer is None else look.colour
        axes.errorbar(
            row.peak_mb or 0.0, time.median, yerr=[[time.median - time.low], [time.high - time.median]], color=colour,
            marker="o" if row.answer is None else mark(look), markersize=8,
            markerfacecolor="white" if row.answer is None else colour, elinewidth=1.4, capsize=2.5, zorder=4,
        )  # fmt: skip
    axes.axhline(1.0, color=GREY, linestyle="--", linewidth=1.2)
    axes.annotate(
        "bare sweeps, nothing stored", (0.005, 1.0), xycoords=("axes fraction", "data"), xytext=(0, 4),
        textcoords="offset points", ha="left", va="bottom", color=GREY, fontsize=8.5,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _family(row: Way) -> str:
    return family_of(row.spec or "")


def _label(row: Way) -> str:
    return f"{row.label}\n{digits(row.peak_mb or 0.0)} MB"
