"""How every figure looks: colours that colour-blind readers tell apart, and markers or line styles as well."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
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


# A compressor looks the same in every figure and every archive, whatever else stands there. Those that wavecomp ships
# have colours of their own as far as there are any: relatives share one.
_SHIPPED = {
    "blosc2": FamilyStyle(GREEN, "^"),
    "zfp": FamilyStyle(BLUE, "o"),
    "sz3": FamilyStyle(VERMILION, "s"),
    "interp": FamilyStyle(BLACK, "H"),
    "float16": FamilyStyle(ORANGE, "v"),
    "bfloat16": FamilyStyle(ORANGE, "X"),
    "int8": FamilyStyle(PURPLE, "D"),
    "int16": FamilyStyle(PURPLE, "P"),
    "sperr": FamilyStyle(SKY, "*"),
    "lerc": FamilyStyle(SKY, "h"),
    "pcodec": FamilyStyle(SKY, ">"),
    "fpzip": FamilyStyle(SKY, "p"),
    "numcodecs": FamilyStyle(GREY, "<"),
    "hdf5": FamilyStyle(GREY, "8"),
    "identity": FamilyStyle(GREY, "_"),
}

# The place of another name in this list is a number made of its letters.
_LOOKS = tuple(
    FamilyStyle(colour, marker)
    for marker in ("d", "<", "p", "8", "*", "h")
    for colour in (BLACK, ORANGE, PURPLE, GREEN, VERMILION, BLUE)
)


def family_style(family: str, known: Iterable[str]) -> FamilyStyle:
    """Return the colour and marker of a compressor among others; where two would look alike, the later moves on."""
    if family in _SHIPPED:
        return _SHIPPED[family]
    taken: dict[int, str] = {}
    for name in sorted({family, *known} - _SHIPPED.keys()):
        place = zlib.crc32(name.encode()) % len(_LOOKS)
        while place in taken and len(taken) < len(_LOOKS):
            place = (place + 1) % len(_LOOKS)
        taken.setdefault(place, name)
        if name == family:
            return _LOOKS[place]
    raise AssertionError(family)


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
