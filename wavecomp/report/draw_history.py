"""One metric through all runs: a panel a group, thin lines for cases, and a mark where it steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from wavecomp.report.direct_labels import label_room_in
from wavecomp.report.draw_comparison import ABOVE_IN, head
from wavecomp.report.history_runs import Run
from wavecomp.report.history_series import GroupSeries
from wavecomp.report.history_steps import MetricHistory, Step
from wavecomp.report.names import join_words
from wavecomp.report.style import BLACK, GREEN, GREY, VERMILION, drawing, new_figure, panel

_WIDTH_IN, _ROW_IN, _BETWEEN_IN, _BELOW_IN, _COLUMNS = 9.5, 1.95, 0.42, 0.62, 2
_LEFT, _RIGHT, _GUTTER = 0.085, 0.965, 0.24
_TICKS = 4
_NAMED = 4  # groups without a panel that a note of two lines has room for
_LABEL_ROWS, _LABEL_SIZE, _LINE_IN = 4, 7.5, 0.14
_LOGARITHMIC = 4.0  # greatest over least from which an axis is
_PPM_BELOW = 0.01  # percent
_LEAST_SPAN = 1.0  # percent, where nothing changes


def history_figure(history: MetricHistory, runs: Sequence[Run]) -> Figure:
    """Draw every case of a metric relative to its first run, and the median of each group.

    A dashed line is a step, up (worse) or down (better), with what changed at it. Groups of exact values that never
    changed have no panel, unless there is no other: they are named above.
    """
    groups: dict[str, list[GroupSeries]] = {}
    for one in history.series:
        groups.setdefault(one.group, []).append(one)
    stepped = {step.group for step in history.steps}
    still = [name for name in groups if history.metric.exact and name not in stepped]
    if len(still) == len(groups):
        shown = {"all": list(history.series)}
    else:
        shown = {name: series for name, series in groups.items() if name not in still}
    with drawing():
        return _draw(history, runs, shown, still)


def _draw(
    history: MetricHistory, runs: Sequence[Run], shown: dict[str, list[GroupSeries]], still: Sequence[str]
) -> Figure:
    columns = min(_COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    height = ABOVE_IN + rows * _ROW_IN + (rows - 1) * _BETWEEN_IN + _BELOW_IN
    figure = new_figure(_WIDTH_IN, height)
    panels = figure.subplots(rows, columns, sharex=True, squeeze=False)
    figure.subplots_adjust(
        left=_LEFT, right=_RIGHT, bottom=_BELOW_IN / height, top=1 - ABOVE_IN / height, hspace=_BETWEEN_IN / _ROW_IN,
        wspace=_GUTTER,
    )  # fmt: skip
    places = history.places
    for axes, (name, series) in zip(panels.flat, shown.items(), strict=False):
        _lines(axes, series, places, _main_processor(history.series))
        steps = [step for step in history.steps if step.group == name]
        cases = len({case.case for one in series for case in one.cases})
        panel(axes, f"{name} ({cases} case{'s' if cases > 1 else ''})", "", "")
        _marks(axes, steps, places)
    for number, axes in enumerate(panels.flat):
        if number >= len(shown):
            axes.set_axis_off()
        elif number + columns >= len(shown):  # nothing below it
            _dates(axes, places, runs)
            axes.tick_params(labelbottom=True)
    head(figure, history.metric.title, _note(shown, still))
    return figure


def _main_processor(series: Sequence[GroupSeries]) -> str:
    """Return the processor with most runs, of several the one that ran last."""
    places: dict[str, set[int]] = {}
    for one in series:
        places.setdefault(one.processor, set()).update(one.places)
    return max(places, key=lambda name: (len(places[name]), max(places[name], default=0), name))


def _lines(axes: Axes, series: Sequence[GroupSeries], places: Sequence[int], main: str) -> None:
    """Draw cases and medians, in percent of change, or where they span more as factors on a logarithmic axis."""
    spots = {place: spot for spot, place in enumerate(places)}
    every = [factor for one in series for case in one.cases for factor in case.relative() if math.isfinite(factor)]
    every += [math.exp(level) for one in series for level in one.levels]
    low, high = min(every, default=1.0), max(every, default=1.0)
    shown = _factors if (logarithmic := high / low > _LOGARITHMIC) else _percent
    axes.axhline(shown([1.0])[0], color="#bdbdbd", linewidth=0.8, zorder=1)
    for one in sorted(series, key=lambda one: one.processor == main):  # ours last, above
        mine = one.processor == main
        for case in one.cases:
            axes.plot(
                [spots[place] for place in case.places], shown(case.relative()),
                color="#9ecae1" if mine else "#dddddd", linewidth=0.7, zorder=2,
            )  # fmt: skip
        axes.plot(
            [spots[place] for place in one.places], shown([math.exp(level) for level in one.levels]),
            color=BLACK if mine else GREY, linewidth=1.6 if mine else 1.1, marker="o", markersize=2.8, zorder=3,
        )  # fmt: skip
    if logarithmic:
        _factor_axis(axes, low, high)
    else:
        _percent_axis(axes, low, high)


def _factors(factors: Sequence[float]) -> list[float]:
    return list(factors)


def _percent(factors: Sequence[float]) -> list[float]:
    return [100.0 * (factor - 1.0) for factor in factors]


def _factor_axis(axes: Axes, low: float, high: float) -> None:
    axes.set_yscale("log")
    axes.set_ylim(low / 1.25, high * 1.25)
    decades = math.log10(high / low)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.0 else (1.0,), numticks=6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"× {value:.3g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _percent_axis(axes: Axes, low: float, high: float) -> None:
    least = 100.0 * max(high - 1.0, 1.0 - low)
    span = least or _LEAST_SPAN  # a byte in a million is to be seen as well
    bottom, top = min(100.0 * (low - 1.0), -0.2 * span), max(100.0 * (high - 1.0), 0.2 * span)
    axes.set_ylim(bottom - 0.1 * span, top + 0.1 * span)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _percent_text(value, span)))


def _percent_text(value: float, span: float) -> str:
    """Return a tick's text; parts in a million where percent would take powers of ten."""
    small = span < _PPM_BELOW
    number = f"{1e4 * value if small else value:+.3g} {'ppm' if small else '%'}"
    return number.replace("-", "−") if value else "0"


def _marks(axes: Axes, steps: Sequence[Step], places: Sequence[int]) -> None:
    """Mark the steps, and write what changed above the lines, as far as there is room."""
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    width_in, height_in = axes.get_position().size * figure.get_size_inches()
    axes.set_xlim(-0.6, len(places) - 0.4)
    found = _first_of_each(steps, places)
    rows, labels = _placed(found, len(places), float(width_in))
    _make_room(axes, rows * _LINE_IN / float(height_in))
    for spot, step in found:
        colour = VERMILION if step.worse else GREEN
        axes.axvline(spot, color=colour, linestyle="--", linewidth=1.1, zorder=2)
        axes.plot(
            [spot], [1.0], transform=axes.get_xaxis_transform(), marker="^" if step.worse else "v", color=colour,
            markersize=6, linestyle="", clip_on=False, zorder=5,
        )  # fmt: skip
    for label in labels:
        axes.annotate(
            label.text, (label.spot, 1.0), xycoords=("data", "axes fraction"),
            xytext=(4 if label.side == "left" else -4, -2 - 72 * _LINE_IN * label.row), textcoords="offset points",
            ha=label.side, va="top", fontsize=_LABEL_SIZE, color=VERMILION if label.worse else GREEN, zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.3},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Label:
    """What is written beside a step: to the right of it if its text begins (``left``) there, in a row from above."""

    spot: float
    text: str
    worse: bool
    side: Literal["left", "right"]
    row: int


def _placed(found: Sequence[tuple[float, Step]], count: int, width_in: float) -> tuple[int, list[_Label]]:
    """Return how many rows the labels of the steps take, and where each is; those without room are in the table."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LABEL_ROWS)]
    labels = []
    lines = [(spot + 0.6) / count * width_in for spot, _ in found]
    for (spot, step), at in zip(found, lines, strict=True):
        text = step.changes.label()
        wide = label_room_in([text], _LABEL_SIZE) - 0.35
        side: Literal["left", "right"] = "left" if at + wide < width_in or at < width_in / 2 else "right"
        if (room := width_in - at if side == "left" else at) < wide:
            text, wide = f"{text[: int(len(text) * room / wide) - 1]}…", room
        ends = (at, at + wide) if side == "left" else (at - wide, at)
        free = [row for row, held in enumerate(taken) if all(ends[1] <= low or ends[0] >= high for low, high in held)]
        if free:
            taken[free[0]].append(ends)
            labels.append(_Label(spot, text, step.worse, side, free[0]))
    return sum(map(bool, taken)), labels


def _make_room(axes: Axes, share: float) -> None:
    """Raise the upper end of the vertical axis so that this share of it is free of lines."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        axes.set_ylim(top=low * (high / low) ** (1.0 / (1.0 - share)))
    else:
        axes.set_ylim(top=low + (high - low) / (1.0 - share))


def _first_of_each(steps: Sequence[Step], places: Sequence[int]) -> list[tuple[float, Step]]:
    """Return the steps with where they are drawn, the one of most cases where several are at one run."""
    found: dict[float, Step] = {}
    for step in sorted(steps, key=lambda step: -len(step.steps)):
        found.setdefault(places.index(step.place) - 0.5, step)
    return sorted(found.items(), key=lambda item: item[0])


def _dates(axes: Axes, places: Sequence[int], runs: Sequence[Run]) -> None:
    count = min(_TICKS, len(places))
    spots = sorted({round(spot) for spot in np.linspace(0, len(places) - 1, count)})
    axes.set_xticks(spots, [f"run {places[spot] + 1}\n{runs[places[spot]].date}" for spot in spots], fontsize=8.5)


def _note(shown: dict[str, list[GroupSeries]], still: Sequence[str]) -> str:
    words = "Relative to the first run. Black: the median of the cases; thin: each of them. "
    words += "Dashed: a step, ▲ worse, ▼ better."
    if len({one.processor for series in shown.values() for one in series}) > 1:
        words += " Grey: other processors, each relative to its own first run."
    if still:
        names = list(still) if len(still) <= _NAMED else [*still[: _NAMED - 1], f"{len(still) - _NAMED + 1} more"]
        words += f" Never changed: {join_words(names)}."
    return words
