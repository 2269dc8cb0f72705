"""Labels beside points stay within their axes, and cover nothing where there is room."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from wavecomp.report.place_labels import PointLabel, label_points
from wavecomp.report.style import new_figure


def boxes(points: list[tuple[float, float]], text: str) -> tuple[Bbox, list[Bbox]]:
    """Return where the axes lie, and the text of each label, once the whole figure is drawn."""
    figure = new_figure(6.0, 4.0)
    axes = figure.subplots()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    label_points(axes, [PointLabel(x, y, text) for x, y in points])
    figure.canvas.draw()
    return axes.get_window_extent(), [Text.get_window_extent(note) for note in axes.texts]


@pytest.mark.parametrize("corner", [(0.01, 0.01), (0.99, 0.01), (0.01, 0.99), (0.99, 0.99)])
def test_a_row_in_a_corner_covers_nothing_and_stays_inside(corner):
    """Two lines of 8.5 points are 0.09 of four inches less margins: points 0.12 apart have all room beside them."""
    x, y = corner
    room, labels = boxes([(abs(x - 0.03 * k), abs(y - 0.12 * k)) for k in range(5)], "two\nlines")
    assert all(room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1 for box in labels)
    assert not any(one.overlaps(other) for one, other in combinations(labels, 2))


def test_where_there_is_no_room_labels_are_inside_all_the_same():
    """A text half as wide as the axes, forty times: each covers another one, but none hangs out where it is unseen."""
    room, labels = boxes([(0.5, 0.5)] * 40, "a text that is half as wide as the axes")
    assert any(one.overlaps(other) for one, other in combinations(labels, 2))
    assert all(room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1 for box in labels)
