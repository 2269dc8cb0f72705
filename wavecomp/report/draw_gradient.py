"""Figure 14: the error of the gradient against the tolerance asked for, and against the memory that was needed."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.errors import NothingToReport
from wavecomp.promise import QUANTUM
from wavecomp.report.bound_key import bound_key
from wavecomp.report.direct_labels import EndLabel, label_ends
from wavecomp.report.gradient_rows import compressor_words, makes, measured, problem_rows
from wavecomp.report.names import PEAK, family_label, is_word, join_words
from wavecomp.report.rows import numbers
from wavecomp.report.style import BLACK, GREY, drawing, family_style, new_figure, panel
from wavecomp.spec_text import UNCOMPRESSED, SpecPart, SpecText

ROUNDING = 2.0**-24
"""Relative rounding error of single precision."""


def figure14(frame: pd.DataFrame, problem: str | None = None) -> Figure:
    """Draw the relative L2 error of the gradient against tolerance (left) and against peak memory (right).

    Shown are trajectories with every level stored, which alone see an error once a level, by what loses: a compressor,
    or in older archives the quantum whose integers a lossless one got. Tolerances are fractions of the wavefield's peak
    where at least two were asked for like that, and absolute otherwise; those of the other kind are points on the right
    alone. Beside fractions of the peak, bounds relative to each level's own range or peak are dashed curves. What has
    no tolerance is a horizontal line on the left and a point on the right. Exact gradients have no error to show on a
    logarithmic axis: their memory is a vertical line on the right.

    Raises
    ------
    NothingToReport
        Fewer than two trajectories with a tolerance of one kind.
    """
    found = problem_rows(frame, problem)
    rows = measured(found)
    rows = rows[rows["head"].map(_stores_every_level).astype("bool")]
    lossy = rows[rows["error"] > 0.0]
    asked = lossy[lossy["tolerance"].notna()]
    relative = bool((asked["relative"]).sum() >= 2)
    if (asked["relative"] == relative).sum() < 2:
        raise NothingToReport(f"fewer than two trajectories with a tolerance; {makes(found)} makes them")
    with drawing():
        return _draw(rows, lossy, relative)


def _stores_every_level(head: str) -> bool:
    return str(SpecPart.parse(head).without(QUANTUM)) == "trajectory"


def _draw(rows: pd.DataFrame, lossy: pd.DataFrame, relative: bool) -> Figure:
    figure = new_figure(12.0, 5.6)
    asked, kept = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.075, right=0.855, bottom=0.1, top=0.86, wspace=0.06)
    ends: list[EndLabel] = []
    first = rows.iloc[0]
    for loses in sorted(set(lossy["loses"])):
        points = lossy[lossy["loses"] == loses].sort_values("error", kind="stable")
        look = family_style(loses, set(lossy["loses"]))
        line: dict[str, Any] = {"color": look.colour, "marker": look.marker}
        shown = _curves(points, relative)
        for label, curve, style in shown:
            asked.plot(curve["bound"], curve["error"], label=label, linestyle=style, **line)
        drawn = {index for _, curve, _ in shown for index in curve.index}
        for error in points[points["tolerance"].isna() & ~points.index.isin(drawn)]["error"]:
            asked.axhline(error, color=look.colour, linestyle=":", linewidth=1.4)
        kept.plot(points["peak_mb"], points["error"], **line)
        last = points.iloc[points["error"].argmin() if len(points) > 1 else 0]
        text = family_label(loses)
        if len(points) == 1 and loses != QUANTUM:
            name, setting = compressor_words(last["compressor"])
            text = f"{name} {setting.partition(',')[0]}".strip()
        ends.append(EndLabel(float(last["peak_mb"]), float(last["error"]), text, look.colour))
    single = first["dtype"] == "float32"  # that of double precision is far below all that there is to see
    for axes in (asked, kept):
        axes.set_xscale("log")
        axes.set_yscale("log")
        if single:
            axes.axhline(ROUNDING, color=GREY, linestyle="--", linewidth=1.2)
    kept.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    kept.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    kept.xaxis.set_minor_formatter(NullFormatter())
    if single:
        asked.annotate(
            "rounding of single precision", (0.995, ROUNDING), xycoords=("axes fraction", "data"), xytext=(0, -3),
            textcoords="offset points", ha="right", va="top", color=GREY, fontsize=8.5,
        )  # fmt: skip
        low, high = asked.get_ylim()
        asked.set_ylim(min(low, ROUNDING / 3), high)
    _exact_lines(kept, rows)
    asked.legend(loc="upper left")
    field = "wavefield" if len(first["shots"]) else "state"
    unit = f"Error tolerance / peak of the {field}" if relative else f"Absolute error tolerance (unit of the {field})"
    panel(asked, "At the tolerance asked for", unit, "")
    asked.set_ylabel("Relative L2 error of the gradient")
    panel(kept, "At the memory it took: compare compressors here", "Peak checkpoint memory (MB)", "")
    label_ends(kept, ends)
    figure.suptitle(
        f"Error of the gradient on {first['problem']}, every level of {int(first['steps'])} steps stored compressed",
        x=0.075, y=0.965, ha="left", fontsize=12.5,
    )  # fmt: skip
    return figure


def _curves(points: pd.DataFrame, relative: bool) -> list[tuple[str, pd.DataFrame, str]]:
    """Return label, rows with their ``bound`` in ascending order, and line style of each curve of what loses."""
    alike = points["tolerance"].notna() & (points["relative"] == relative)
    groups = [("", points[alike].assign(bound=points["tolerance"][alike]), "-")]
    for kind, whose in (("range", "of each level's range"), ("peak", "of each level's peak")) if relative else ():
        mine = points[points["loss_kind"] == kind]
        if mine["loss_value"].nunique() > 1:
            groups.append((whose, mine.assign(bound=numbers(mine, "loss_value")), "--"))
    found = []
    for whose, curve, style in groups:
        if not curve.empty:
            key = bound_key([_innermost(spec, curve) for spec in curve["compressor"]], [*curve["bound"]])
            name = _name(str(curve["loses"].iloc[0]), curve)
            label = ", ".join(filter(None, (f"{name} {key}".strip(), whose)))
            found.append((label, curve.sort_values("bound", kind="stable"), style))
    return found


def _innermost(spec: str, curve: pd.DataFrame) -> dict[str, float | str]:
    """Return the values of the compressor that does the work; of a quantum nothing, its name says it all."""
    if curve["loses"].iloc[0] == QUANTUM:
        return {}
    values = SpecText.parse(spec).innermost.values
    return {key: value if is_word(value) else float(value.removesuffix(PEAK) or 0) for key, value in values.items()}


def _name(loses: str, points: pd.DataFrame) -> str:
    """Return what loses in words; of a quantum half of it is the error, and others keep its integers."""
    if loses != QUANTUM:
        return family_label(loses)
    return f"half the quantum, kept by {join_words(sorted(map(family_label, set(points['family']))))}"


def _exact_lines(axes: Axes, rows: pd.DataFrame) -> None:
    """Mark the memory of lossless compression and of no compression."""
    # A trajectory computes every step once, and keeps as many levels; steps are counted over the shots.
    levels = int(rows["forward_steps"].iloc[0]) // max(1, len(rows["shots"].iloc[0]))
    marks = [(levels * float(rows["level_bytes"].iloc[0]) / 1e6, "nothing compressed")]
    exact = rows[(rows["error"] == 0.0) & (rows["family"] != UNCOMPRESSED)]
    if not exact.empty:
        best = exact.iloc[exact["peak_mb"].argmin()]
        marks.append((float(best["peak_mb"]), f"lossless: {family_label(best['family'])}"))
    for place, text in marks:
        axes.axvline(place, color=BLACK if len(marks) == 1 else GREY, linestyle=":", linewidth=1.2)
        axes.annotate(
            text, (place, 0.01), xycoords=("data", "axes fraction"), xytext=(-3, 0), textcoords="offset points",
            rotation=90, ha="right", va="bottom", color=GREY, fontsize=8.5, zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
