"""Ratio against speed at equal error: one row of panels a target, who is ahead at a glance."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.errors import NothingToReport
from wavecomp.records import ComparisonRecord, RoundRecord
from wavecomp.report.comparison_rows import DIRECTIONS, Direction, Standing, standings
from wavecomp.report.comparison_words import digits, target_words
from wavecomp.report.median_interval import median_interval
from wavecomp.report.names import family_of, join_words
from wavecomp.report.place_labels import PointLabel, label_points
from wavecomp.report.style import GREY, FamilyStyle, drawing, family_style, new_figure, panel
from wavecomp.spec_text import UNCOMPRESSED

_TITLES = {"compress": "Compression", "decompress": "Decompression"}
_ROW_IN, _BELOW_IN, _BETWEEN_IN = 3.5, 0.75, 0.75

ABOVE_IN = 1.1
"""For the head of a figure, inches."""

_LETTER_IN = 0.57 * 9 / 72


def comparison_figure(record: ComparisonRecord, rounds: Sequence[RoundRecord]) -> Figure:
    """Draw ratio against speed of compression (left) and of decompression (right) for everybody that meets a target.

    A bar spans where the median speed lies; the grey line is the front of the medians. Upper right is better.

    Raises
    ------
    NothingToReport
        Nobody meets a target, or there is no round.
    """
    found = {target: standings(record, rounds, target) for target in record.targets}
    shown = {target: [row for row in rows if _is_shown(row)] for target, rows in found.items()}
    shown = {target: rows for target, rows in shown.items() if any(row.answer is not None for row in rows)}
    if not shown:
        raise NothingToReport(f"no compressor that meets a target on {record.subject} has a round yet")
    with drawing():
        return _draw(record, found, shown, len(rounds))


def _is_shown(row: Standing) -> bool:
    copy = row.answer is None and row.spec == UNCOMPRESSED
    return row.takes_part and not copy and bool(row.speed_mb_s("compress")) and row.ratio is not None


def _draw(
    record: ComparisonRecord, found: dict[str, list[Standing]], shown: dict[str, list[Standing]], rounds: int
) -> Figure:
    count = len(shown)
    height = ABOVE_IN + count * _ROW_IN + (count - 1) * _BETWEEN_IN + _BELOW_IN
    figure = new_figure(11.0, height)
    panels = figure.subplots(count, 2, sharey="row", sharex="col", squeeze=False)
    figure.subplots_adjust(
        left=0.075, right=0.985, bottom=_BELOW_IN / height, top=1 - ABOVE_IN / height, wspace=0.05,
        hspace=_BETWEEN_IN / _ROW_IN,
    )  # fmt: skip
    families = {family_of(row.spec or "") for rows in shown.values() for row in rows}
    for place, (target, rows) in enumerate(shown.items()):
        for axes, direction in zip(panels[place], DIRECTIONS, strict=True):
            _points(axes, rows, direction, families)
            title = f"{_TITLES[direction]} at {target_words(record, target)}"
            below = f"{_TITLES[direction]} speed (MB/s of uncompressed bytes)" if place == count - 1 else ""
            panel(axes, title, below, "")
        panels[place][0].set_ylabel("Ratio (uncompressed / compressed)")
    for axes in panels.flat:
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.15, high * 1.15)
        left, right = axes.get_xlim()
        axes.set_xlim(left / 1.25, right * 1.25)
    for place, rows in enumerate(shown.values()):
        for axes, direction in zip(panels[place], DIRECTIONS, strict=True):
            labels = [
                PointLabel(speed, row.ratio, _label(row))
                for row in rows
                if (speed := row.speed_mb_s(direction)) and row.ratio is not None
            ]
            ends = [(*_ends(row, direction)[1:], row.ratio or 0.0) for row in rows]
            label_points(axes, labels, bars=[(low, ratio, high, ratio) for low, high, ratio in ends])
    head(
        figure,
        f"Compressors at equal error on {record.subject}: ratio against speed",
        f"Upper right is better. Bars: where the median of {rounds} rounds lies. Grey line: the front of the medians."
        f"{_left_out(found)}",
    )
    return figure


def head(figure: Figure, title: str, note: str) -> None:
    """Write a figure's title, and a note of two lines at most below it, in the inch above its panels."""
    width, height = figure.get_size_inches()
    left, top = 0.8 / width, 1 - 0.18 / height
    figure.suptitle(title, x=left, y=top, ha="left", fontsize=12.5)
    wrapped = textwrap.fill(note, int((width - 1.0) / _LETTER_IN))
    figure.text(left, top - 0.31 / height, wrapped, fontsize=9, color=GREY, va="top", linespacing=1.15)


def _points(axes: Axes, rows: Sequence[Standing], direction: Direction, families: set[str]) -> None:
    timed = [row for row in rows if row.speed_mb_s(direction)]
    spots = sorted((row.speed_mb_s(direction) or 0.0, row.ratio or 0.0) for row in timed)
    best = [spot for place, spot in enumerate(spots) if all(spot[1] > other[1] for other in spots[place + 1 :])]
    axes.plot(
        [x for x, _ in best], [y for _, y in best], color="#cfcfcf", linewidth=3.0, drawstyle="steps-pre", zorder=1,
    )  # fmt: skip
    for row in timed:
        look = family_style(family_of(row.spec or ""), families)
        speed, low, high = _ends(row, direction)
        ends = [[speed - low], [high - speed]]
        axes.errorbar(
            speed, row.ratio or 0.0, xerr=ends, color=look.colour, marker=mark(look), markersize=8,
            markerfacecolor="white" if row.answer is None else look.colour, elinewidth=1.4, capsize=2.5, zorder=4,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _ends(row: Standing, direction: Direction) -> tuple[float, float, float]:
    """Return the median speed of the rounds, and where that lies."""
    found = median_interval([row.raw_bytes / s / 1e6 for s in row.seconds(direction) if s])
    return found.median, found.low, found.high


def mark(look: FamilyStyle) -> str:
    """Return the marker of a compressor; a dash, which a bar would hide, becomes a hexagon."""
    return "H" if look.marker == "_" else look.marker


def _label(row: Standing) -> str:
    lossless = " (lossless)" if row.answer is None else ""
    return f"{row.label}{lossless} {digits(row.ratio or 0.0)}"


def _left_out(found: dict[str, list[Standing]]) -> str:
    """Name those that miss a target, which are no part of a comparison at equal error."""
    names = dict.fromkeys(row.label for rows in found.values() for row in rows if not row.takes_part)
    return f" Not drawn where they miss the target: {join_words([*names])}." if names else ""
