"""The frontier: time against the memory that checkpoints took, coloured by what it did to the gradient."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from wavecomp.errors import NothingToReport
from wavecomp.report.gradient_rows import (
    BARE,
    bare_words,
    compressor_words,
    makes,
    measured,
    problem_rows,
    set_up_text,
)
from wavecomp.report.names import short_number
from wavecomp.report.place_labels import PointLabel, label_points
from wavecomp.report.style import BLACK, GREY, drawing, new_figure, panel
from wavecomp.spec_text import UNCOMPRESSED, SpecPart, SpecText

GOOD = 1e-3
"""Relative L2 error that a gradient may have to stand for its strategy."""

_WORST, _BEST = 1e-1, 1e-7


def frontier(frame: pd.DataFrame, problem: str | None = None) -> Figure:
    """Draw one labelled point for each strategy and compressor, and a small dot for each of its other settings.

    The labelled setting is the one with the least memory among those whose relative L2 error is at most 1e-3, or the
    most accurate one where there is none. Where all of them were measured in rounds, times are those over the bare
    sweeps of the same round, with the least and the greatest of the rounds; otherwise they are wall times.

    Raises
    ------
    NothingToReport
        Fewer than two strategies with times of their own.
    """
    found = problem_rows(frame, problem)
    rows = measured(found)
    bare = rows[(rows["strategy"] == BARE) & rows["wall"].notna()]
    rows = rows[(rows["strategy"] != BARE) & rows["wall"].notna() & (rows["peak_mb"] > 0) & rows["error"].notna()]
    if len(rows) < 2:
        raise NothingToReport(f"fewer than two strategies measured with one worker; {makes(found)} makes them")
    in_rounds = bool((rows["rounds"] > 0).all())
    rows = rows.assign(time=rows["over_bare"] if in_rounds else rows["wall"])
    level = 1.0 if in_rounds else None if bare.empty else float(bare["wall"].min())
    with drawing():
        return _draw(rows, level, in_rounds, bare_words(bare))


def chosen(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the row that stands for each strategy and compressor."""
    family = rows["family"].fillna("")
    picked = []
    for _, group in rows.groupby([rows["head"], family], sort=True):
        good = group[group["error"] <= GOOD]
        best = good["peak_mb"] if not good.empty else group["error"]
        picked.append(best.idxmin())
    return rows.loc[picked]


def _draw(rows: pd.DataFrame, level: float | None, in_rounds: bool, bare: str) -> Figure:
    figure = new_figure(11.0, 7.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.08, right=0.99, bottom=0.09, top=0.9)
    shown = chosen(rows)
    norm, colours = LogNorm(_BEST, _WORST), colormaps["viridis_r"]
    others = rows.drop(index=shown.index)
    exact = shown[shown["error"] == 0.0]
    lossy = shown[shown["error"] > 0.0]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.scatter(
        others["peak_mb"], others["time"], s=14, c=others["error"].clip(_BEST, _WORST), norm=norm, cmap=colours,
        alpha=0.6, linewidths=0,
    )  # fmt: skip
    points = axes.scatter(
        lossy["peak_mb"], lossy["time"], s=75, c=lossy["error"].clip(_BEST, _WORST), norm=norm, cmap=colours,
        edgecolors=BLACK, linewidths=0.8, zorder=4,
    )  # fmt: skip
    axes.scatter(exact["peak_mb"], exact["time"], s=75, c="white", edgecolors=BLACK, linewidths=1.6, zorder=4)
    if in_rounds:
        ends = [shown["time"] - shown["over_bare_least"], shown["over_bare_greatest"] - shown["time"]]
        axes.errorbar(shown["peak_mb"], shown["time"], yerr=ends, fmt="none", ecolor=BLACK, elinewidth=1.0, zorder=3)
    bar = figure.colorbar(points, ax=axes, pad=0.015, extend="both")
    bar.set_label("Relative L2 error of the gradient (white: the same bits)")
    if level is not None:
        axes.axhline(level, color=GREY, linestyle="--", linewidth=1.2)
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.12, high * 1.12)
    if level is not None:
        _name_bare(axes, level, shown, bare)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(FuncFormatter(_minor))
    time = "Time of one gradient over the bare sweeps of its round" if in_rounds else "Wall time of one gradient (s)"
    panel(axes, "", "Peak checkpoint memory (MB)", time)
    first = rows.iloc[0]
    figure.suptitle(
        f"Time against memory: {first['problem']}, {set_up_text(dict(first))}",
        x=0.08, y=0.975, ha="left", fontsize=12.5,
    )  # fmt: skip
    figure.text(
        0.08, 0.918, "Labelled: least memory with an error of at most 1e-3, or the most accurate. Small dots: other "
        "settings. Lower left is better.", fontsize=9, color=GREY,
    )  # fmt: skip
    labels = [PointLabel(float(row["peak_mb"]), float(row["time"]), _label(row)) for row in shown.to_dict("records")]
    label_points(axes, labels, level)
    return figure


def _minor(value: float, _place: int) -> str:
    leading = f"{value:e}"[0]
    return f"{value:g}" if leading in "25" else ""


def _name_bare(axes: Axes, wall: float, shown: pd.DataFrame, words: str) -> None:
    """Write what the line is at whichever end of it, above or below, has no point near."""
    to_axes = axes.transData + axes.transAxes.inverted()
    spots = to_axes.transform(shown[["peak_mb", "time"]].to_numpy(float))
    level = float(to_axes.transform((1.0, wall))[1])

    def room(place: tuple[str, str]) -> float:
        side, align = place
        centre = 0.8 if side == "right" else 0.2
        height = level - 0.015 if align == "top" else level + 0.015
        return float(min(max(abs(x - centre) / 0.25, abs(y - height) / 0.04) for x, y in spots))

    side, align = max((("right", "top"), ("left", "top"), ("right", "bottom"), ("left", "bottom")), key=room)
    axes.annotate(
        words, (0.995 if side == "right" else 0.005, wall),
        xycoords=("axes fraction", "data"), xytext=(0, -4 if align == "top" else 4), textcoords="offset points",
        ha=side, va=align, color=GREY, fontsize=8.5,
    )  # fmt: skip


def _label(row: dict[Hashable, Any]) -> str:
    spec = row["compressor"] if isinstance(row["compressor"], str) else UNCOMPRESSED
    name, _ = compressor_words(spec)
    values = [*SpecText.parse(spec).innermost.values.values()]
    head = SpecPart.parse(str(row["head"]))
    words = ", ".join(_key_words(key, value) for key, value in head.items)
    # What every setting of a format has alike says nothing that its name does not.
    first_value = short_number(values[0]) if values and row.get("loss_kind") not in _FORMATS else ""
    first = f"{head.name} {words}".strip()
    return first if name == "none" else f"{first}\n{name} {first_value}".strip()


_FORMATS = ("peak", "pointwise")


def _key_words(key: str, value: str | None) -> str:
    match key:
        case "every":
            return f"every {value}"
        case "slots" | "levels":
            return str(value)
    return key if value is None else f"{key}={value}"
