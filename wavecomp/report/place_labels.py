"""Labels beside points, each where it covers no other label and no point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

Place: TypeAlias = tuple[int, int, int]
"""How far from its point, and in which direction across and up."""


@dataclass(frozen=True, slots=True)
class PointLabel:
    """Text for a point at (x, y) in data coordinates."""

    x: float
    y: float
    text: str


# Direction to the label, in the order of preference, then further away.
_SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
_FAR = (9, 20, 34, 50, 70)
_ALIGN = {-1: ("right", "top"), 0: ("center", "center"), 1: ("left", "bottom")}


def label_points(
    axes: Axes,
    labels: Sequence[PointLabel],
    level: float | None = None,
    size: float = 8.5,
    bars: Sequence[tuple[float, float, float, float]] = (),
) -> None:
    """Write each label at the nearest place where it covers nothing, or else where it covers least.

    A thin line joins it to its point if it is far.

    Limits, scales and the position of the axes must be final. Texts that the axes hold already are not covered, nor is
    the horizontal line at ``level``, nor a bar of ``bars``: from (x, y) to (x, y).
    """
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    figure.draw_without_rendering()
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    room = axes.get_window_extent(renderer)
    pixels = figure.dpi / 72
    spots = [axes.transData.transform((label.x, label.y)) for label in labels]
    taken = [Bbox.from_extents(x - 6 * pixels, y - 6 * pixels, x + 6 * pixels, y + 6 * pixels) for x, y in spots]
    taken += [text.get_window_extent(renderer) for text in axes.texts]
    for left, lower, right, upper in bars:
        (x0, y0), (x1, y1) = axes.transData.transform([(left, lower), (right, upper)])
        taken.append(Bbox.from_extents(x0 - 3 * pixels, y0 - 3 * pixels, x1 + 3 * pixels, y1 + 3 * pixels))
    if level is not None:
        height = float(axes.transData.transform((labels[0].x, level))[1])
        taken.append(Bbox.from_extents(room.x0, height - pixels, room.x1, height + pixels))
    # From the left, so that a crowd is resolved in one direction.
    for label in sorted(labels, key=lambda label: (label.x, label.y)):
        best: tuple[tuple[float, float], Place] | None = None
        for place in ((far, across, up) for far, (across, up) in product(_FAR, _SIDES)):
            note = _written(axes, label, place, size)
            box = _text_box(note, renderer)
            note.remove()
            # What hangs out of the axes is worse than what lies on something.
            faults = round(_area(box) - _shared(box, room), 3), sum(_shared(box, other) for other in taken)
            if best is None or faults < best[0]:
                best = faults, place
            if faults == (0.0, 0.0):
                break
        assert best is not None
        taken.append(_text_box(_written(axes, label, best[1], size), renderer))


def _written(axes: Axes, label: PointLabel, place: Place, size: float) -> Annotation:
    far, across, up = place
    return axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=(across * far, up * far),
        textcoords="offset points",
        ha=_ALIGN[across][0],
        va=_ALIGN[up][1],
        fontsize=size,
        zorder=6,
        linespacing=1.05,
        arrowprops=None if far == _FAR[0] else {"arrowstyle": "-", "lw": 0.6, "shrinkA": 0, "shrinkB": 5},
    )


def _area(box: Bbox) -> float:
    return float(box.width * box.height)


def _shared(box: Bbox, other: Bbox) -> float:
    common = Bbox.intersection(box, other)
    return 0.0 if common is None else _area(common)


def _text_box(note: Annotation, renderer: RendererBase) -> Bbox:
    """Return where the text lies, whatever its line reaches."""
    note.update_positions(renderer)
    return Text.get_window_extent(note, renderer)
