"""Figure 12: the ratio against the tolerance that was asked for, and against the error that came out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator

from wavecomp.report.bound_key import bound_key
from wavecomp.report.names import family_label, family_of, is_word, setting_label
from wavecomp.report.quality import best_lossless, lossy
from wavecomp.report.rows import SWEEP_LOSSY, current, numbers, plain, rows_of_field, single_threaded
from wavecomp.report.style import BLACK, DASHES, GREY, drawing, family_style, new_figure, panel

_HOLLOW = ("d", "h", "v", "D", "p")


def figure12(frame: pd.DataFrame, field: str | None = None) -> Figure:
    """Draw ratio against the tolerance of every compressor that has one (left), and against the largest error (right).

    A compressor may use only part of its tolerance, so the left panel ranks settings, not compressors; the right one
    compares at equal error. Rows without any error stand in the left panel only: a logarithmic axis has no zero.
    Bounds relative to the field's range or peak are drawn as what they mean for this field, where a compressor has no
    absolute ones.

    Raises
    ------
    NothingToReport
        No case with a tolerance was measured.
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
    """Return what each row's bound allows for an error, in the unit of the field; NaN where it is no such bound.

    Only whole curves are compared: bounds relative to range or peak count where a compressor has several of one kind,
    and none that is absolute.
    """
    value = numbers(frame, "bound_value")
    if "bound_kind" not in frame:
        return value
    found = value.where(frame["bound_kind"] == "absolute")
    span = numbers(frame, "error_value_max") - numbers(frame, "error_value_min")
    absolute = set(frame["compressor"][found.notna()])
    for kind, unit in (("range", span), ("peak", numbers(frame, "error_max_abs_original"))):
        mine = (frame["bound_kind"] == kind) & ~frame["compressor"].isin(absolute)
        several = value.where(mine).groupby(frame["compressor"]).transform("nunique") > 1
        found = found.where(~(mine & several), value * unit)
    return found


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
    """Return the lines of both panels with their style: of each compressor the one that compresses best is heaviest."""
    asked = rows[rows["tolerance"].notna()]
    families = sorted(set(asked["compressor"]))
    found: list[tuple[pd.DataFrame, dict[str, object]]] = []
    for family in families:
        mine = asked[asked["compressor"] == family]
        look = family_style(family, set(rows["compressor"]))
        key = bound_key(list(mine["parameters"]), list(mine["bound_value"]))
        others = [_others_of(values, key) for values in mine["parameters"]]
        varying = {word for values in others for word in values} - set(others[0]).intersection(*others[1:])
        names = pd.Series([", ".join(w for w in values if w in varying) for values in others], index=mine.index)
        ranked = sorted(set(names), key=lambda name: (-np.log(mine["ratio"][names == name]).mean(), name))
        for place, name in enumerate(ranked):
            label = " ".join(filter(None, (family_label(family), key)))
            style: dict[str, object] = {
                "color": look.colour,
                "marker": look.marker,
                "linestyle": DASHES[place % len(DASHES)],
                "label": ", ".join(filter(None, (label, name))),
                "zorder": 4 - 0.1 * place,
            }
            if place:
                style |= {"alpha": 0.65, "linewidth": 1.2, "markersize": 3}
            found.append((mine[names == name], style))
    return found


def _others_of(values: Mapping[str, object], key: str) -> list[str]:
    """Return a setting without the key that says the bound: words stand for themselves."""
    words = ((name, str(value)) for name, value in values.items() if name != key)
    return [word if is_word(word) else f"{name} {word}" for name, word in words]


def _mark_violations(axes: Axes, rows: pd.DataFrame) -> None:
    broken = rows[(rows["bound_status"] == "violated") & rows["tolerance"].notna()]
    if not broken.empty:
        axes.plot(
            broken["tolerance"], broken["ratio"], linestyle="none", marker="x", color=BLACK, markersize=8, zorder=6,
            label="error above the tolerance",
        )  # fmt: skip


def _others(axes: Axes, rows: pd.DataFrame) -> list[Line2D]:
    """Draw what has no tolerance: hollow where the compressor has a curve as well, best ratio first.

    Left out is what a compressor with a curve has in other units: a PSNR or a norm becomes the same tolerance inside.
    """
    curves = set(rows["compressor"][rows["tolerance"].notna()])
    again = rows["bound_kind"].isin(("range", "psnr", "l2")) & rows["compressor"].isin(curves)
    rest = rows[rows["tolerance"].isna() & (rows["largest"] > 0.0) & ~again]
    groups = [(str(name), points) for (name, _), points in rest.groupby(["compressor", "bound_kind"], dropna=False)]
    groups.sort(key=lambda group: (group[0] not in curves, -group[1]["ratio"].max(), group[0]))
    hollow = itertools.cycle(_HOLLOW)
    lines: list[Line2D] = []
    for name, points in groups:
        look = family_style(name, set(rows["compressor"]))
        beside = name in curves
        key = bound_key(list(points["parameters"]), list(points["bound_value"]))
        several = " ".join(filter(None, (family_label(name), key)))
        label = setting_label(points["spec"].iloc[0]) if len(points) == 1 else several
        points = points.sort_values("largest", kind="stable")
        lines += axes.plot(
            points["largest"], points["ratio"], linestyle="none", marker=next(hollow) if beside else look.marker,
            markerfacecolor="white" if beside else look.colour, color=look.colour, markersize=5 if beside else 7,
            label=label, zorder=3 if beside else 5,
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
        colour = family_style(family_of(spec), [family_of(spec)]).colour
        for axes in (asked, came):
            axes.axhline(ratio, color=colour, linestyle=":", linewidth=1.4)
        levels.append((float(ratio), f"best lossless: {setting_label(spec)}, {ratio:.3g}", colour, 3, "bottom"))
    for level, text, colour, offset, align in levels:
        asked.annotate(
            text, (0.995, level), xycoords=("axes fraction", "data"), xytext=(0, offset), textcoords="offset points",
            ha="right", va=align, color=colour, fontsize=8.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
