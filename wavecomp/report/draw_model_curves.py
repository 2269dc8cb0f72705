"""Panels of curves with their labels at the ends: the model's figures 9, 15, 16, 17 and that of cluster sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.report.direct_labels import EndLabel, label_ends, label_room_in
from wavecomp.report.model_curves import CurveSet
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
_AXES_IN, _LEFT_IN = 5.4, 0.85


def figure_curves(panels: Sequence[CurveSet], *, stacked: bool = False, height_in: float = 4.6) -> Figure:
    """Draw panels side by side, or stacked on one horizontal axis; each curve is named at its end."""
    rooms = [label_room_in([curve.label for curve in one.curves]) for one in panels]
    with drawing():
        if stacked:
            width = _LEFT_IN + _AXES_IN + max(rooms)
            height = height_in * len(panels) + 0.2
            places = [
                (_LEFT_IN, 0.62 + height_in * (len(panels) - 1 - line), _AXES_IN, height_in - 0.82)
                for line in range(len(panels))
            ]
        else:
            begin = np.cumsum([0.0, *(_LEFT_IN + _AXES_IN + room for room in rooms)])
            width, height = float(begin[-1]), height_in
            places = [(_LEFT_IN + float(left), 0.62, _AXES_IN, height_in - 1.1) for left in begin[:-1]]
        figure = new_figure(width, height)
        for one, (left, bottom, wide, high) in zip(panels, places, strict=True):
            axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
            _draw(axes, one)
        return figure


def _draw(axes: Axes, shown: CurveSet) -> None:
    ends = []
    for place, curve in enumerate(shown.curves):
        colour = _COLOURS[place % len(_COLOURS)]
        axes.plot(shown.x, curve.y, color=colour, linestyle=DASHES[place % len(DASHES)], zorder=3)
        there = np.flatnonzero(np.isfinite(curve.y))
        if not there.size:
            continue
        ends.append(EndLabel(float(shown.x[there[-1]]), float(curve.y[there[-1]]), curve.label, colour))
        if shown.lowest:
            least = there[np.argmin(curve.y[there])]
            axes.plot(shown.x[least], curve.y[least], "o", color=colour, markersize=6, zorder=4, clip_on=False)
    axes.set_xscale("log")
    axes.set_xlim(float(shown.x[0]), float(shown.x[-1]))
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    if shown.y_log:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.set_ylim(0.8 * low, high)
        _tick_decades(axes)
    else:
        axes.set_ylim(bottom=0)
    if shown.baseline is not None:
        _write_level(axes, shown, *shown.baseline)
    for mark in shown.marks:
        axes.axvline(mark.x, color=GREY, linestyle=":", linewidth=1.3, zorder=2)
        axes.annotate(
            mark.text, (mark.x, 0.985), xycoords=("data", "axes fraction"), xytext=(-3, 0),
            textcoords="offset points", rotation=90, ha="right", va="top", fontsize=8.5, color=GREY,
        )  # fmt: skip
    panel(axes, shown.title, shown.x_label, shown.y_label)
    label_ends(axes, ends)


def _write_level(axes: Axes, shown: CurveSet, level: float, words: str) -> None:
    """Draw the baseline, and write what it is where the fewest points of curves lie: left or right, above or below."""
    axes.axhline(level, color=GREY, linestyle="--", linewidth=1.2, zorder=2)
    to_axes = axes.transData + axes.transAxes.inverted()
    points = np.concatenate([to_axes.transform(np.column_stack([shown.x, curve.y])) for curve in shown.curves])
    height = float(to_axes.transform((shown.x[0], level))[1])

    def crossed(place: tuple[int, int]) -> int:
        side, up = place
        across = points[:, 0] > 0.52 if side else points[:, 0] < 0.48
        above = (points[:, 1] - height) * up
        return int(np.count_nonzero(across & (above > 0) & (above < 0.06))) + (height < 0.08 and up < 0) * 10_000

    side, up = min(((0, -1), (1, -1), (0, 1), (1, 1)), key=crossed)
    axes.annotate(
        words, (0.99 if side else 0.01, level), xycoords=("axes fraction", "data"), xytext=(0, 4 * up),
        textcoords="offset points", ha="right" if side else "left", va="bottom" if up > 0 else "top", fontsize=8.5,
        color=GREY, zorder=5,
    )  # fmt: skip


def _tick_decades(axes: Axes) -> None:
    low, high = axes.get_ylim()
    if high / low < 1e3:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _plain(value: float, _: object) -> str:
    """Print a tick as people write it: 0.01, 1,000, 10⁶."""
    if value >= 1e6 or value < 1e-4:
        power = round(np.log10(value))
        return f"$10^{{{power}}}$" if abs(value / 10**power - 1) < 1e-6 else f"{value:.0e}"
    return f"{value:,.0f}" if value >= 1 and value == round(value) else f"{value:g}"
