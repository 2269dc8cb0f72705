"""Figure 12: the ratio against the tolerance that was asked for, and against the error that came out."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator

from wavecomp.report.names import family_label, setting_label, spec_words
from wavecomp.report.quality import best_lossless, lossy
from wavecomp.report.rows import SWEEP_LOSSY, current, numbers, parameter, plain, rows_of_field, single_threaded
from wavecomp.report.style import BLACK, DASHES, GREY, drawing, family_style, new_figure, panel

_ALGORITHMS = ("interp_lorenzo", "interp", "lorenzo_reg", "nopred")


def figure12(frame: pd.DataFrame, field: str | None = None) -> Figure:
    """Draw ratio against absolute tolerance for ZFP and SZ3 (left), and against the largest error for all (right).

    A compressor may use only part of its tolerance, so the left panel ranks settings, not compressors; the right one
    compares at equal error. Rows without any error stand in the left panel only: a logarithmic axis has no zero.

    Raises
    ------
    NothingToReport
        No case with an absolute tolerance was measured.
    """
    frame = current(frame)
    tolerance = _tolerance(frame)
    wanted = lossy(frame) & tolerance.notna() & single_threaded(frame)
    rows = rows_of_field(frame, wanted, field, "lossy case with an absolute tolerance", SWEEP_LOSSY)
    baseline = best_lossless(rows)
    rows = rows[lossy(rows) & plain(rows) & single_threaded(rows)]
    rows = rows.assign(
        tolerance=tolerance[rows.index], ratio=numbers(rows, "ratio"), largest=numbers(rows, "error_max_absolute")
    )
    with drawing():
        return _draw(rows, baseline)


def _tolerance(frame: pd.DataFrame) -> pd.Series[float]:
    """Return the absolute tolerance of ZFP's accuracy mode and SZ3's abs mode; NaN for everything else."""
    zfp, sz3 = parameter(frame, "accuracy"), parameter(frame, "abs").where(parameter(frame, "rel").isna())
    asked = zfp.where(frame["compressor"] == "zfp", sz3.where(frame["compressor"] == "sz3"))
    return pd.to_numeric(asked, errors="coerce").astype("float64")


def _draw(rows: pd.DataFrame, baseline: pd.DataFrame) -> Figure:
    figure = new_figure(12.0, 5.6)
    asked, came = figure.subplots(1, 2, sharex=True, sharey=True)
    figure.subplots_adjust(left=0.085, right=0.985, bottom=0.1, top=0.86, wspace=0.06)
    for points, style in _curves(rows):
        for axes, x in ((asked, "tolerance"), (came, "largest")):
            drawn = points[points[x] > 0.0].sort_values(x, kind="stable")
            axes.plot(drawn[x], drawn["ratio"], **style)
    _mark_violations(asked, rows)
    asked.legend(loc="upper left")
    others = _others(came, rows)
    if others:
        came.legend(handles=others, loc="upper left", title="also, without an absolute tolerance:", alignment="left")
    for axes in (asked, came):
        _frame(axes)
        axes.axhline(1.0, color=GREY, linestyle="--", linewidth=1.2)
    _name_levels(asked, came, baseline)
    panel(asked, "At the tolerance asked for", "Absolute error tolerance (unit of the field)", "")
    asked.set_ylabel("Ratio (uncompressed / compressed bytes)")
    panel(
        came, "At the error that came out: compare compressors here", "Largest absolute error (unit of the field)", ""
    )
    peak = float(numbers(rows, "error_max_abs_original").max())
    if peak > 0.0:
        for axes in (asked, came):
            axes.axvline(peak, color=GREY, linestyle=":", linewidth=1.2)
        asked.annotate(
            f"largest amplitude {peak:.3g}", (peak, 1.0), xycoords=("data", "axes fraction"), xytext=(4, 3),
            textcoords="offset points", ha="right", va="bottom", color=GREY, fontsize=8.5,
        )  # fmt: skip
    at = rows["time_s"].iloc[0]
    when = "" if pd.isna(at) else f" at t = {at:.4g} s"
    figure.suptitle(
        f"Ratio against error on {rows['field'].iloc[0]}{when}, one thread", x=0.085, y=0.965, ha="left", fontsize=12.5
    )
    return figure


def _curves(rows: pd.DataFrame) -> list[tuple[pd.DataFrame, dict[str, object]]]:
    """Return the lines of both panels with their style: ZFP, then SZ3's algorithms, its default one heaviest."""
    asked = rows[rows["tolerance"].notna()]
    found: list[tuple[pd.DataFrame, dict[str, object]]] = []
    zfp = asked[asked["compressor"] == "zfp"]
    if not zfp.empty:
        look = family_style("zfp", [])
        found.append((zfp, {"color": look.colour, "marker": look.marker, "label": "ZFP accuracy", "zorder": 4}))
    sz3 = asked[asked["compressor"] == "sz3"]
    algorithms = parameter(sz3, "algorithm")
    look = family_style("sz3", [])
    known = [word for word in _ALGORITHMS if word in set(algorithms)]
    for word in [*known, *sorted(set(algorithms) - set(known))]:
        place = _ALGORITHMS.index(word) if word in _ALGORITHMS else len(_ALGORITHMS)
        style: dict[str, object] = {
            "color": look.colour,
            "marker": look.marker,
            "linestyle": DASHES[place],
            "label": f"SZ3 abs, {word}",
            "zorder": 3 - 0.1 * place,
        }
        if place:
            style |= {"alpha": 0.65, "linewidth": 1.2, "markersize": 3}
        found.append((sz3[algorithms == word], style))
    return found


def _mark_violations(axes: Axes, rows: pd.DataFrame) -> None:
    broken = rows[(rows["bound_status"] == "violated") & rows["tolerance"].notna()]
    if not broken.empty:
        axes.plot(
            broken["tolerance"], broken["ratio"], linestyle="none", marker="x", color=BLACK, markersize=8, zorder=6,
            label="error above the tolerance",
        )  # fmt: skip


def _others(axes: Axes, rows: pd.DataFrame) -> list[Line2D]:
    """Draw what has no absolute tolerance: ZFP's other modes as hollow markers, quantisers and plug-ins as points."""
    rows = rows[rows["tolerance"].isna() & (rows["largest"] > 0.0) & (rows["compressor"] != "sz3")]
    lines: list[Line2D] = []
    zfp = rows[rows["compressor"] == "zfp"]
    for mode, marker in (("precision", "d"), ("rate", "h")):
        points = zfp[parameter(zfp, mode).notna()].sort_values("largest", kind="stable")
        if not points.empty:
            lines += axes.plot(
                points["largest"], points["ratio"], linestyle="none", marker=marker, markerfacecolor="white",
                color=family_style("zfp", []).colour, label=f"ZFP {mode}", zorder=3,
            )  # fmt: skip
    rest = rows[rows["compressor"] != "zfp"]
    families = sorted(
        set(rest["compressor"]), key=lambda name: (-rest["ratio"][rest["compressor"] == name].max(), name)
    )
    for family in families:
        points = rest[rest["compressor"] == family]
        look = family_style(spec_words(points["spec"].iloc[0]).family, families)
        several = "Blosc2, truncated mantissas" if family == "blosc2" else family_label(family)
        label = setting_label(points["spec"].iloc[0]) if len(points) == 1 else several
        lines += axes.plot(
            points["largest"], points["ratio"], linestyle="none", marker=look.marker, color=look.colour, markersize=7,
            label=label, zorder=5,
        )  # fmt: skip
    return lines


def _frame(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(LogLocator(numticks=9))
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.62), high)


def _name_levels(asked: Axes, came: Axes, baseline: pd.DataFrame) -> None:
    """Write on the left panel, whose lower right is empty, what the horizontal lines of both panels are."""
    levels = [(1.0, "no compression", GREY, -3, "top")]
    for spec, ratio in zip(baseline["spec"], baseline["ratio"], strict=True):
        colour = family_style(spec_words(spec).family, [spec_words(spec).family]).colour
        for axes in (asked, came):
            axes.axhline(ratio, color=colour, linestyle=":", linewidth=1.4)
        levels.append((float(ratio), f"best lossless: {setting_label(spec)}, {ratio:.3g}", colour, 3, "bottom"))
    for level, text, colour, offset, align in levels:
        asked.annotate(
            text, (0.995, level), xycoords=("axes fraction", "data"), xytext=(0, offset), textcoords="offset points",
            ha="right", va=align, color=colour, fontsize=8.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
