"""Resident memory against budget: what whole processes took, and what they were allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from wavecomp.errors import NothingToReport
from wavecomp.report.style import BLACK, BLUE, GREY, VERMILION, drawing, new_figure, panel

_MIB = 1 << 20
_WIDTH = 0.52


def budget_figure(measured: Mapping[str, Any]) -> Figure:
    """Draw, for every budget, the peak resident memory of the run and the limit that it is held against.

    Parameters
    ----------
    measured : mapping
        ``own``: bytes of a run with nothing stored; ``rows``: one run a budget, with ``budget_bytes``, ``held_bytes``,
        ``raw_bytes``, and, as in ``own``, ``run_peak_bytes`` (or None) and ``peak_bytes``; ``problem`` and
        ``allowance``. Where the system tells the peak of the run apart from that of what came before, that is drawn.

    Raises
    ------
    NothingToReport
        No run was measured.
    """
    rows = sorted(measured["rows"], key=lambda row: int(row["budget_bytes"]))
    if not rows:
        raise NothingToReport("no run under a budget was measured; suites/gradient_rss.py does")
    own = measured["own"]
    mark = "run_peak_bytes" if own["run_peak_bytes"] is not None else "peak_bytes"
    with drawing():
        figure = new_figure(7.2, 4.6)
        axes = figure.add_axes((0.105, 0.13, 0.595, 0.76))
        places = list(range(len(rows)))
        base = own[mark] / _MIB
        axes.bar(places, base, _WIDTH, color="#c9c9c9", label="operators' own\n(nothing stored)")
        held = [row["held_bytes"] / _MIB for row in rows]
        axes.bar(places, held, _WIDTH, bottom=base, color=BLUE, label="held in the store")
        free = [(row["budget_bytes"] - row["held_bytes"]) / _MIB for row in rows]
        axes.bar(
            places, free, _WIDTH, bottom=[base + part for part in held], facecolor="white", edgecolor=BLUE,
            hatch="////", linewidth=0.8, label="rest of the budget",
        )  # fmt: skip
        limits = [
            (own[mark] + row["budget_bytes"] + own["level_bytes"]) * (1 + measured["allowance"]) / _MIB for row in rows
        ]
        allowed = f"limit: own + budget +\none level + {measured['allowance']:.0%}"
        axes.hlines(
            limits,
            [p - 0.36 for p in places],
            [p + 0.36 for p in places],
            colors=VERMILION,
            linestyles="--",
            label=allowed,
        )
        peaks = [row[mark] / _MIB for row in rows]
        axes.plot(places, peaks, "D", color=BLACK, markersize=6.5, label="peak resident\nmemory, measured")
        for place, peak, limit, row in zip(places, peaks, limits, rows, strict=True):
            axes.annotate(
                f"{row['raw_bytes'] / _MIB:,.0f} MiB uncompressed", (place, limit), xytext=(0, 5),
                textcoords="offset points", ha="center", fontsize=8.5, color=GREY,
            )  # fmt: skip
            axes.annotate(
                f"{peak:.0f}",
                (place + _WIDTH / 2, peak),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        axes.set_xticks(places, [f"{row['budget_bytes'] / _MIB:g} MiB" for row in rows])
        axes.grid(visible=False, axis="x")
        axes.set_xlim(-0.55, len(rows) - 0.45)
        axes.set_ylim(0, 1.12 * max(*limits, *peaks))
        panel(
            axes, f"{measured['problem']['name']}: the budget is kept", "Budget of the checkpoint store", "Memory (MiB)"
        )
        if not all(peak <= limit for peak, limit in zip(peaks, limits, strict=True)):
            axes.set_title(f"{measured['problem']['name']}: a budget is exceeded")
        figure.legend(loc="center left", bbox_to_anchor=(0.715, 0.55), handlelength=1.5, labelspacing=0.9)
    return figure
