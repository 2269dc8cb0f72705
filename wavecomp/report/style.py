"""How every figure looks: colours that colour-blind readers tell apart, and markers or line styles as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito, "Color Universal Design" (2008), without its yellow, which vanishes on white.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
GREY = "#767676"
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.6)), (0, (6, 2, 1.2, 2)), (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)))


@dataclass(frozen=True, slots=True)
class FamilyStyle:
    """Colour and marker of one compressor."""

    colour: str
    marker: str


_STYLES = {
    "zfp": FamilyStyle(BLUE, "o"),
    "sz3": FamilyStyle(VERMILION, "s"),
    "blosc2": FamilyStyle(GREEN, "^"),
    "int8": FamilyStyle(PURPLE, "D"),
    "int16": FamilyStyle(PURPLE, "P"),
    "float16": FamilyStyle(ORANGE, "v"),
    "bfloat16": FamilyStyle(ORANGE, "X"),
    "identity": FamilyStyle(GREY, "_"),
}
_OTHERS = ("h", "p", "*", "<", ">", "8")


def family_style(family: str, known: list[str]) -> FamilyStyle:
    """Return the style of a compressor; one that is not built in gets the next free one among the ``known`` names."""
    if family in _STYLES:
        return _STYLES[family]
    others = [name for name in sorted(set(known)) if name not in _STYLES]
    place = others.index(family) if family in others else 0
    return FamilyStyle((SKY, BLACK)[place % 2], _OTHERS[place % len(_OTHERS)])


_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.7,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.hashsalt": "wavecomp",
    "svg.fonttype": "path",
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and save in the report's own style, whatever the user's matplotlibrc says."""
    with matplotlib.style.context(["default", _RC]):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure that belongs to no window and no pyplot state."""
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure


def panel(axes: Axes, title: str, xlabel: str, ylabel: str) -> None:
    """Name a panel and its axes."""
    axes.set_title(title)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
