"""Labels beside the ends of lines, pushed apart just as far as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class EndLabel:
    """Text for the end of a line at (x, y) in data coordinates."""

    x: float
    y: float
    text: str
    colour: str


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions as little as possible (least squares) so that neighbours are ``gap`` apart, within low and high.

    Parameters
    ----------
    positions : sequence of float
        Where the labels would like to be, in any order.
    gap : float
        Least distance; smaller where they would not fit otherwise.
    low, high : float
        The room there is.

    Returns
    -------
    list of float
        New positions in the same order.

    Notes
    -----
    With the gaps taken out, position i less i·gap must not decrease: an isotonic regression, solved by pooling
    neighbours that violate it.
    """
    count = len(positions)
    if count == 0:
        return []
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = sorted(range(count), key=lambda index: positions[index])
    pools: list[tuple[float, int]] = []  # sum and number of the wishes that share one value
    for rank, index in enumerate(order):
        pools.append((positions[index] - rank * gap, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((last[0] + before[0], last[1] + before[1]))
    room = high - (count - 1) * gap
    values = [min(max(total / size, low), max(room, low)) for total, size in pools for _ in range(size)]
    moved = [0.0] * count
    for rank, index in enumerate(order):
        moved[index] = values[rank] + rank * gap
    return moved


def label_room_in(labels: Sequence[str], size: float = 9) -> float:
    """Return the width in inches that labels beside an axes need (a letter is 0.57 of the size wide on average)."""
    return 0.45 + 0.57 * size / 72 * max(map(len, labels), default=0)


def label_ends(axes: Axes, labels: Sequence[EndLabel], gap_in: float = 0.17, size: float = 9) -> None:
    """Write labels to the right of an axes, each joined to its line's end by a thin line.

    Limits, scales and the position of the axes must be final.
    """
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    width_in, height_in = axes.get_position().size * figure.get_size_inches()
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = [to_axes.transform((label.x, label.y)) for label in labels]
    places = spread([float(end[1]) for end in ends], gap_in / height_in, 0.0, 1.0)
    for label, end, place in zip(labels, ends, places, strict=True):
        axes.annotate(
            label.text,
            xy=(float(end[0]), float(end[1])),
            xytext=(1 + 0.28 / width_in, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            ha="left",
            color=label.colour,
            fontsize=size,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": label.colour,
                "lw": 0.6,
                "shrinkA": 1,
                "shrinkB": 3,
                "relpos": (0, 0.5),
            },
        )
