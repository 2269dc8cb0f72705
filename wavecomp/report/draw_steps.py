"""Figure 10: the ratio at every kept time step."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from wavecomp.errors import NothingToReport
from wavecomp.report.direct_labels import EndLabel, label_ends, label_room_in
from wavecomp.report.names import family_of, setting_label
from wavecomp.report.rows import SWEEP_STEPS, base_name, current, lossless, numbers, single_threaded, succeeded
from wavecomp.report.style import DASHES, GREY, drawing, family_style, new_figure, panel
from wavecomp.spec_text import UNCOMPRESSED


def figure10(frame: pd.DataFrame, field: str | None = None) -> Figure:
    """Draw the ratio of each setting of the suite ``steps`` against the simulated time of the compressed field.

    Where nobody knows the time it is drawn against the step.

    Parameters
    ----------
    frame : DataFrame
        As :func:`wavecomp.records.load_frame` returns it.
    field : str, optional
        Name of a wavefield (its step, if any, is ignored); by default the one with most steps.

    Raises
    ------
    NothingToReport
        Fewer than two time steps of one wavefield were measured.
    """
    frame = current(frame)
    swept = set(frame["spec"][(frame["suite"] == "steps") & (frame["compressor"] != UNCOMPRESSED)])
    # A case of the last step may stand under another suite's name that measured it first.
    rows = frame[frame["spec"].isin(swept) & succeeded(frame) & single_threaded(frame)]
    rows = rows.assign(base=rows["field"].map(base_name), time_s=numbers(rows, "time_s"), ratio=numbers(rows, "ratio"))
    of_field = frame
    if field is not None:
        rows, of_field = (
            rows[rows["base"] == base_name(field)],
            frame[frame["field"].map(base_name) == base_name(field)],
        )
    alone = not of_field.empty and of_field["step"].isna().all()
    rows = rows.assign(at=rows["time_s"].where(_is_timed(rows), numbers(rows, "step")))
    rows = rows[rows["at"].notna() & rows["ratio"].notna()]
    counts = rows.groupby("base")["at"].nunique().sort_index().sort_values(kind="stable")
    if counts.empty or counts.iloc[-1] < 2:
        of = f" of {field}" if field else ""
        if alone:
            raise NothingToReport(f"figure 10{of}: one level without a step has no ratio at every time step")
        raise NothingToReport(f"the records hold no ratio at two or more time steps{of}; {SWEEP_STEPS} makes them")
    base = str(counts.index[-1])
    with drawing():
        return _draw(rows[rows["base"] == base], base)


def _is_timed(rows: pd.DataFrame) -> pd.Series[bool]:
    """Mark the rows of wavefields of which every level has a time."""
    return rows["time_s"].notna().groupby(rows["base"]).transform("all").astype(bool)


def _draw(rows: pd.DataFrame, base: str) -> Figure:
    timed = bool(rows["time_s"].notna().all())
    specs = sorted(set(rows["spec"]), key=lambda spec: (family_of(spec), spec))
    families = [family_of(spec) for spec in specs]
    exact = set(rows["spec"][lossless(rows)])
    labels = {spec: setting_label(spec) + (" (lossless)" if spec in exact else "") for spec in specs}
    width, height = 6.6 + label_room_in(list(labels.values())), max(5.0, 0.2 * len(specs) + 1.6)
    figure = new_figure(width, height)
    axes = figure.add_axes((0.78 / width, 0.6 / height, 5.8 / width, 1 - (1.5 if timed else 1.05) / height))
    ends = []
    for place, (spec, family) in enumerate(zip(specs, families, strict=True)):
        line = rows[rows["spec"] == spec].sort_values("at", kind="stable")
        style = family_style(family, families)
        axes.plot(
            line["at"],
            line["ratio"],
            color=style.colour,
            marker=style.marker,
            linestyle=DASHES[families[:place].count(family) % len(DASHES)],
            label=spec,
        )
        ends.append(EndLabel(line["at"].iloc[-1], line["ratio"].iloc[-1], labels[spec], style.colour))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.margins(x=0.02)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.62), high)
    axes.axhline(1.0, color=GREY, linestyle="--", linewidth=1.1)
    axes.annotate(
        "no compression", (0.995, 1.0), xycoords=("axes fraction", "data"), xytext=(0, -3), textcoords="offset points",
        ha="right", va="top", color=GREY, fontsize=8.5,
    )  # fmt: skip
    panel(
        axes, "", "Simulated time (s)" if timed else "Time step (its length is not known)",
        "Ratio (uncompressed / compressed bytes)",
    )  # fmt: skip
    axes.set_title(f"{base}: ratio at every kept time step", pad=36 if timed else 8)
    if timed:
        _steps_on_top(axes, rows)
    label_ends(axes, ends)
    return figure


def _steps_on_top(axes: Axes, rows: pd.DataFrame) -> None:
    steps = rows[["step", "time_s"]].dropna().drop_duplicates().sort_values("time_s")
    if len(steps) < 2:
        return
    top = axes.twiny()
    top.set_xlim(axes.get_xlim())
    shown = steps.iloc[:: -math.ceil(len(steps) / 9)]  # the last one always
    top.set_xticks(shown["time_s"].tolist(), [f"{int(step)}" for step in shown["step"]])
    top.grid(visible=False)
    top.spines["top"].set_visible(True)
    top.set_xlabel("Time step")
