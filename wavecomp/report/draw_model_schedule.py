"""Schedules as pictures: wall-clock step against simulated step, with a dot for each checkpoint (slides' 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wavecomp.report.model_curves import SCHEDULE_HEAD, table
from wavecomp.report.style import BLUE, GREEN, VERMILION, drawing, new_figure, panel

_HELD = "#f2c9ab"
"""A lighter vermilion: how long a checkpoint is held."""


@dataclass(frozen=True, slots=True)
class ScheduleTrace:
    """What a picture of one schedule shows, in plain numbers; each step forward or back takes one unit of the clock.

    Attributes
    ----------
    title : str
        What is seen.
    forward, backward : tuple of (int, int, int)
        Stretches: the clock when it begins, and the simulated steps from which and to which it goes.
    held : tuple of (int, int, int)
        Checkpoints: simulated step, and the clock when it is written and when it is dropped.
    wall_steps : int
        Where the clock stands at the end.
    """

    title: str
    forward: tuple[tuple[int, int, int], ...]
    backward: tuple[tuple[int, int, int], ...]
    held: tuple[tuple[int, int, int], ...]
    wall_steps: int


def schedule_table(traces: Sequence[ScheduleTrace]) -> str:
    """Return everything that is drawn as CSV: a row for each stretch, and one for each checkpoint."""
    rows: list[tuple[object, ...]] = []
    for trace in traces:
        for kind, stretches in (("forward", trace.forward), ("backward", trace.backward)):
            rows += [
                (trace.title, kind, begun, begun + abs(last - first), first, last) for begun, first, last in stretches
            ]
        rows += [(trace.title, "checkpoint", written, dropped, step, step) for step, written, dropped in trace.held]
    return table(SCHEDULE_HEAD, rows)


def figure_schedules(traces: Sequence[ScheduleTrace], height_in: float = 5.2) -> Figure:
    """Draw schedules side by side, on one clock: the wall-clock step upwards, the simulated step to the right."""
    with drawing():
        wide = 4.6 if len(traces) > 1 else 6.4
        width = 0.3 + wide * len(traces)
        figure = new_figure(width, height_in)
        top = 1.03 * max(trace.wall_steps for trace in traces)
        for place, trace in enumerate(traces):
            axes = figure.add_axes(
                ((0.75 + wide * place) / width, 0.6 / height_in, (wide - 0.65) / width, 1 - 1.0 / height_in)
            )
            _draw(axes, trace)
            axes.set_ylim(-0.02 * top, top)
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            panel(
                axes, trace.title, "Simulated time step", "" if place else "Wall-clock step (each step forward or back)"
            )
        _explain(figure.axes[0])
        return figure


def _draw(axes: Axes, trace: ScheduleTrace) -> None:
    held = [[(step, written), (step, dropped)] for step, written, dropped in trace.held]
    axes.add_collection(LineCollection(held, colors=_HELD, linewidths=2.4, zorder=1))
    for colour, stretches in ((BLUE, trace.forward), (GREEN, trace.backward)):
        lines = [[(first, begun), (last, begun + abs(last - first))] for begun, first, last in stretches]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=1.7, zorder=2))
    axes.plot(
        [step for step, *_ in trace.held],
        [written for _, written, _ in trace.held],
        "o",
        color=VERMILION,
        markersize=5,
        zorder=3,
    )
    steps = [step for _, first, last in (*trace.forward, *trace.backward) for step in (first, last)]
    axes.set_xlim(min(steps) - 0.6, max(steps) + 0.6)


def _explain(axes: Axes) -> None:
    """Say once what colours mean, where late clocks meet late steps: nothing is ever there."""
    axes.plot([], [], color=BLUE, label="forward")
    axes.plot([], [], color=GREEN, label="reverse, with the imaging condition")
    axes.plot([], [], "o", color=VERMILION, markersize=5, label="checkpoint written")
    axes.plot([], [], color=_HELD, linewidth=2.4, label="and held")
    axes.legend(loc="upper right")
