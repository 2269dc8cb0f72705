"""Figure 14: the error of the gradient against the tolerance asked for, and against the memory that was needed."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.errors import NothingToReport
from wavecomp.report.direct_labels import EndLabel, label_ends
from wavecomp.report.gradient_rows import compressor_words, makes, measured, problem_rows
from wavecomp.report.names import family_label
from wavecomp.report.style import BLACK, GREY, drawing, family_style, new_figure, panel

ROUNDING = 2.0**-24
"""Relative rounding error of single precision."""

_KEYS = {"zfp": "accuracy", "sz3": "abs"}


def figure14(frame: pd.DataFrame, problem: str | None = None) -> Figure:
    """Draw the relative L2 error of the gradient against tolerance (left) and against peak memory (right).

    Shown are trajectories with every level stored, which alone see the compressor's error once a level. Tolerances
    are fractions of the wavefield's peak where at least two were asked for like that, and absolute otherwise; those of
    the other kind are points on the right alone. What has no tolerance is a horizontal line on the left and a point on
    the right. Exact gradients have no error to show
    on a logarithmic axis: their memory is a vertical line on the right.

    Raises
    ------
    NothingToReport
        Fewer than two trajectories with a tolerance of one kind.
    """
    found = problem_rows(frame, problem)
    rows = measured(found)
    rows = rows[rows["head"] == "trajectory"]
    lossy = rows[rows["error"] > 0.0]
    asked = lossy[lossy["tolerance"].notna()]
    relative = bool((asked["relative"]).sum() >= 2)
    if (asked["relative"] == relative).sum() < 2:
        raise NothingToReport(f"fewer than two trajectories with a tolerance; {makes(found)} makes them")
    with drawing():
        return _draw(rows, lossy, relative)


def _draw(rows: pd.DataFrame, lossy: pd.DataFrame, relative: bool) -> Figure:
    figure = new_figure(12.0, 5.6)
    asked, kept = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.075, right=0.855, bottom=0.1, top=0.86, wspace=0.06)
    ends: list[EndLabel] = []
    first = rows.iloc[0]
    for family in sorted(set(lossy["family"])):
        points = lossy[lossy["family"] == family].sort_values("error", kind="stable")
        look = family_style(family, sorted(set(lossy["family"])))
        line: dict[str, Any] = {"color": look.colour, "marker": look.marker}
        alike = points["tolerance"].notna() & (points["relative"] == relative)
        curve = points[alike].sort_values("tolerance", kind="stable")
        if not curve.empty:
            asked.plot(
                curve["tolerance"], curve["error"], label=f"{family_label(family)} {_KEYS.get(family, '')}", **line
            )
        for error in points[points["tolerance"].isna()]["error"]:
            asked.axhline(error, color=look.colour, linestyle=":", linewidth=1.4)
        kept.plot(points["peak_mb"], points["error"], **line)
        last = points.iloc[points["error"].argmin() if len(points) > 1 else 0]
        text = family_label(family)
        if len(points) == 1:
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


def _exact_lines(axes: Axes, rows: pd.DataFrame) -> None:
    """Mark the memory of lossless compression and of no compression."""
    # A trajectory computes every step once, and keeps as many levels; steps are counted over the shots.
    levels = int(rows["forward_steps"].iloc[0]) // max(1, len(rows["shots"].iloc[0]))
    marks = [(levels * float(rows["level_bytes"].iloc[0]) / 1e6, "nothing compressed")]
    exact = rows[(rows["error"] == 0.0) & (rows["family"] != "identity")]
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
