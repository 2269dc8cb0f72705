"""Panels of curves with their labels at the ends: the model's figures 9, 15, 16, 17 and that of cluster sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.report.direct_labels import EndLabel, label_ends, label_room_in
from wavecomp.report.model_curves import CurveSet, Floats, Mark, bytes_text
from wavecomp.report.style import (
    BLACK,
    BLUE,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    drawing,
    new_figure,
    panel,
)

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, BLACK)
_LEFT_IN = 0.85


def figure_curves(
    panels: Sequence[CurveSet], *, columns: int = 1, axes_in: float = 5.4, height_in: float = 4.6
) -> Figure:
    """Draw panels in rows of so many, with axes of so many inches; each curve is named at its end."""
    room = max(label_room_in(_labels(one)) for one in panels)
    across, rows = _LEFT_IN + axes_in + room, -(-len(panels) // columns)
    width, height = across * columns, height_in * rows
    with drawing():
        figure = new_figure(width, height)
        for place, one in enumerate(panels):
            left = _LEFT_IN + across * (place % columns)
            bottom = 0.62 + height_in * (rows - 1 - place // columns)
            _draw(figure.add_axes((left / width, bottom / height, axes_in / width, (height_in - 1.0) / height)), one)
        return figure


def _labels(shown: CurveSet) -> list[str]:
    return [*(curve.label for curve in shown.curves), *([shown.baseline[1]] if shown.baseline else [])]


def _draw(axes: Axes, shown: CurveSet) -> None:
    ends = []
    for place, curve in enumerate(shown.curves):
        shade, dashes = curve.look or (place, place)
        colour = _COLOURS[shade % len(_COLOURS)] if shade >= 0 else GREY
        axes.plot(shown.x, curve.y, color=colour, linestyle=DASHES[dashes % len(DASHES)], zorder=3)
        there = np.flatnonzero(np.isfinite(curve.y))
        if not there.size:
            continue
        ends.append(EndLabel(float(shown.x[there[-1]]), float(curve.y[there[-1]]), curve.label, colour))
        if shown.lowest:
            least = there[np.argmin(curve.y[there])]
            axes.plot(shown.x[least], curve.y[least], "o", color=colour, markersize=6, zorder=4, clip_on=False)
    axes.set_xscale("log")
    axes.set_xlim(float(shown.x[0]), float(shown.x[-1]))
    tick = _in_bytes if shown.x_name.endswith("_bytes") else _plain
    axes.xaxis.set_major_formatter(FuncFormatter(tick))
    if shown.y_log:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.set_ylim(0.8 * low, high)
        _tick_decades(axes)
    else:
        top = axes.get_ylim()[1]
        axes.set_ylim(0, top if shown.baseline is None else max(top, 1.08 * shown.baseline[0]))
    if shown.baseline is not None:
        level, words = shown.baseline
        axes.axhline(level, color=GREY, linestyle="--", linewidth=1.2, zorder=2)
        ends.append(EndLabel(float(shown.x[-1]), level, words, GREY))
    to_axes = axes.transData + axes.transAxes.inverted()
    points = np.concatenate([to_axes.transform(np.column_stack([shown.x, curve.y])) for curve in shown.curves])
    for mark in shown.marks:
        axes.axvline(mark.x, color=GREY, linestyle=":", linewidth=1.3, zorder=2)
        _write_mark(axes, mark, points)
    panel(axes, shown.title, shown.x_label, shown.y_label)
    label_ends(axes, ends)


def _write_mark(axes: Axes, mark: Mark, points: Floats) -> None:
    """Write words along a vertical line where the fewest points of curves lie: left or right of it, up or down."""
    to_axes = axes.transData + axes.transAxes.inverted()
    across = float(to_axes.transform((mark.x, axes.get_ylim()[1]))[0])

    def crossed(place: tuple[int, int]) -> int:
        up, side = place
        beside = (points[:, 0] - across) * side
        at = points[:, 1] > 0.45 if up else points[:, 1] < 0.55
        return int(np.count_nonzero((beside > 0) & (beside < 0.04) & at)) + 10_000 * (
            not 0.05 < across + 0.05 * side < 1
        )

    up, side = min(((1, -1), (0, -1), (1, 1), (0, 1)), key=crossed)
    axes.annotate(
        mark.text, (mark.x, 0.985 if up else 0.015), xycoords=("data", "axes fraction"), xytext=(3 * side, 0),
        textcoords="offset points", rotation=90, ha="right" if side < 0 else "left", va="top" if up else "bottom",
        fontsize=8.5, color=GREY, zorder=5,
    )  # fmt: skip


def _tick_decades(axes: Axes) -> None:
    low, high = axes.get_ylim()
    if high / low < 1e3:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _in_bytes(value: float, _: object) -> str:
    return bytes_text(value)


def _plain(value: float, _: object) -> str:
    """Print a tick as people write it: 0.01, 1,000, 10⁶."""
    if value >= 1e6 or value < 1e-4:
        power = round(np.log10(value))
        return f"$10^{{{power}}}$" if abs(value / 10**power - 1) < 1e-6 else f"{value:.0e}"
    return f"{value:,.0f}" if value >= 1 and value == round(value) else f"{value:g}"
