"""What a plan chose from: predicted time against memory, the budget as a line, the proposals numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.report.style import BLACK, BLUE, GREY, VERMILION, drawing, family_style, new_figure, panel

_LINES = {"mixed": "-", "revolve": "--", "adaptive": ":"}
_STRATEGY_STYLE = {"store-all": (GREY, "s"), "mixed": (VERMILION, "o"), "revolve": (BLUE, "o")}


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """One candidate.

    Attributes
    ----------
    strategy : str
        Its name.
    compressor : str
        The compressor's name; "" for none.
    memory_bytes : float
        What it needs.
    seconds, low, high : float
        Expected wall time, with its interval.
    line : bool
        Whether its memory is what it is given: drawn as a line through its budgets.
    rank : int
        1 for the best proposal, 2 for the next, …; 0 for none.
    """

    strategy: str
    compressor: str
    memory_bytes: float
    seconds: float
    low: float
    high: float
    line: bool
    rank: int = 0


def plan_figure(points: Sequence[PlanPoint], memory_bytes: float, bare_s: float, title: str) -> Figure:
    """Draw the candidates of a plan.

    Parameters
    ----------
    points : sequence of PlanPoint
    memory_bytes : float
        The budget.
    bare_s : float
        Expected wall time of the bare sweeps, in s.
    title : str
        What the plan is for.
    """
    with drawing():
        figure = new_figure(8.8, 4.8)
        axes = figure.add_axes((0.09, 0.125, 0.60, 0.78))
        least = min([memory_bytes, *(point.memory_bytes for point in points)])
        unit, scale = ("GB", 1e9) if least >= 1e8 else ("MB", 1e6)
        groups: dict[tuple[str, str, bool], list[PlanPoint]] = {}
        for point in points:
            groups.setdefault((point.strategy, point.compressor, point.line), []).append(point)
        known = {point.compressor for point in points if point.compressor}
        for (strategy, compressor, line), members in groups.items():
            if compressor:
                style = family_style(compressor, known)
                colour, marker = style.colour, style.marker
            else:
                colour, marker = _STRATEGY_STYLE.get(strategy, (BLACK, "x"))
            members = sorted(members, key=lambda point: point.memory_bytes)
            axes.plot(
                [point.memory_bytes / scale for point in members],
                [point.seconds for point in members],
                marker="" if line else marker,
                linestyle=_LINES.get(strategy, "-") if line else "",
                color=colour,
                markersize=5.5,
                alpha=0.85,
                label=strategy + (f", {compressor}" if compressor else ""),
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.axvline(memory_bytes / scale, color=GREY, linewidth=1.2, linestyle="--")
        axes.axhline(bare_s, color=GREY, linewidth=1.0, linestyle=":")
        low, high = axes.get_xlim()
        axes.axvspan(memory_bytes / scale, high, color="#f0f0f0", zorder=0)
        axes.set_xlim(low, high)
        axes.annotate(
            "does not fit", (memory_bytes / scale, 1.0), xycoords=("data", "axes fraction"), xytext=(5, -12),
            textcoords="offset points", color=GREY, fontsize=9,
        )  # fmt: skip
        axes.annotate(
            "bare sweeps", (0.0, bare_s), xycoords=("axes fraction", "data"), xytext=(4, -11),
            textcoords="offset points", color=GREY, fontsize=9,
        )  # fmt: skip
        bottom, top = axes.get_ylim()
        axes.set_ylim(min(bottom, 0.8 * bare_s), top)
        for point in points:
            if point.rank:
                axes.errorbar(
                    [point.memory_bytes / scale], [point.seconds],
                    yerr=[[point.seconds - point.low], [point.high - point.seconds]],
                    color=BLACK, linewidth=1.0, capsize=2.5, zorder=4,
                )  # fmt: skip
                axes.annotate(
                    str(point.rank), (point.memory_bytes / scale, point.seconds), ha="center", va="center", fontsize=9,
                    color="white", zorder=6, bbox={"boxstyle": "circle,pad=0.2", "fc": BLACK, "ec": "white"},
                )  # fmt: skip
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        panel(axes, title, f"Memory beyond the bare sweeps ({unit})", "Expected wall time of a gradient (s)")
        figure.legend(loc="center left", bbox_to_anchor=(0.70, 0.55), handlelength=1.6, labelspacing=0.7)
    return figure
