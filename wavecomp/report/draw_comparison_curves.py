"""What a smaller error costs: ratio and speed of each contestant against the target."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.errors import NothingToReport
from wavecomp.records import ComparisonRecord, RoundRecord
from wavecomp.report.comparison_rows import Standing, standings
from wavecomp.report.comparison_words import contestant_labels, target_words
from wavecomp.report.direct_labels import EndLabel, label_ends, label_room_in
from wavecomp.report.draw_comparison import mark
from wavecomp.report.names import PEAK, family_of
from wavecomp.report.style import DASHES, GREY, drawing, family_style, new_figure, panel

_WIDTH, _HEIGHT = 12.0, 5.0
_GAP_IN = 0.75  # between a panel's labels and the next panel


def comparison_curves(record: ComparisonRecord, rounds: Sequence[RoundRecord]) -> Figure:
    """Draw ratio (left) and compression speed (right) against the error allowed, one line a contestant.

    Raises
    ------
    NothingToReport
        No contestant meets two targets.
    """
    found = {target: standings(record, rounds, target) for target in record.targets}
    curves: dict[str, list[tuple[float, Standing]]] = {}
    for rows in found.values():
        for row in rows:
            if row.answer is not None and row.takes_part:
                curves.setdefault(row.answer.contestant, []).append((row.answer.limit, row))
    if max(map(len, curves.values()), default=0) < 2:
        raise NothingToReport(f"no compressor meets two targets on {record.subject}, which a curve takes")
    lossless = [row for row in found[record.targets[0]] if row.answer is None and (row.ratio or 0.0) > 1.0]
    with drawing():
        return _draw(record, curves, lossless)


def _draw(
    record: ComparisonRecord, curves: dict[str, list[tuple[float, Standing]]], lossless: Sequence[Standing]
) -> Figure:
    labels = contestant_labels((*record.contestants, *record.beside))
    room = label_room_in([labels[text] for text in curves]) / _WIDTH
    left, width = 0.07, (1 - 0.07 - 2 * room - _GAP_IN / _WIDTH) / 2
    figure = new_figure(_WIDTH, _HEIGHT)
    ratio = figure.add_axes((left, 0.12, width, 0.72))
    speed = figure.add_axes((left + width + room + _GAP_IN / _WIDTH, 0.12, width, 0.72))
    families = {family_of(text) for text in curves}
    ends: dict[str, list[EndLabel]] = {"ratio": [], "speed": []}
    drawn: dict[str, int] = {}
    for text, points in curves.items():
        points.sort(key=lambda point: -point[0])
        family = family_of(text)
        look = family_style(family, families)
        dash = DASHES[drawn.setdefault(family, 0) % len(DASHES)]
        drawn[family] += 1
        for axes, name in ((ratio, "ratio"), (speed, "speed")):
            line = [(x, y) for x, row in points if (y := row.ratio if name == "ratio" else row.speed_mb_s("compress"))]
            if line:
                axes.plot(*zip(*line, strict=True), color=look.colour, marker=mark(look), linestyle=dash, markersize=7)
                ends[name].append(EndLabel(*line[-1], labels[text], look.colour))
    for row in lossless:
        ratio.axhline(row.ratio or 1.0, color=GREY, linestyle=":", linewidth=1.4)
        ratio.annotate(
            f"{row.label}, lossless", (0.01, row.ratio or 1.0), xycoords=("axes fraction", "data"), xytext=(0, -3),
            textcoords="offset points", ha="left", va="top", color=GREY, fontsize=8.5,
        )  # fmt: skip
    for axes in (ratio, speed):
        _frame(axes, record)
    panel(ratio, "Ratio (uncompressed / compressed)", _measure_words(record), "")
    panel(speed, "Compression speed (MB/s of uncompressed bytes)", _measure_words(record), "")
    label_ends(ratio, ends["ratio"])
    label_ends(speed, ends["speed"])
    figure.suptitle(f"What a smaller error costs on {record.subject}", x=0.07, y=0.965, ha="left", fontsize=12.5)
    return figure


def _frame(axes: Axes, record: ComparisonRecord) -> None:
    """Set a logarithmic axis of errors that fall to the right, with a mark at every target."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    limits = {answer.target: answer.limit for answer in record.answers}
    axes.invert_xaxis()
    axes.set_xticks(list(limits.values()), [_tick(record, target) for target in limits])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(LogLocator(numticks=2))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    pad = 1.1 if math.isfinite(high) else 1.0
    axes.set_ylim(low / pad, high * pad)


def _tick(record: ComparisonRecord, target: str) -> str:
    return target_words(record, target).split(" ", 2)[2].removesuffix(" dB").removesuffix(" of the peak")


def _measure_words(record: ComparisonRecord) -> str:
    match record.measure:
        case "psnr":
            return "PSNR that is reached at least (dB)"
        case "nrmse":
            return "nrmse allowed"
    peak = " / peak of the field" if _all_of_peak(record) else " (unit of the field)"
    return f"Largest error allowed{peak}"


def _all_of_peak(record: ComparisonRecord) -> bool:
    return all(target.endswith(PEAK) for target in record.targets)
