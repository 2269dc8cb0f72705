"""Curves over one axis with what stands beside them: what a figure of the model shows, and its table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line.

    Attributes
    ----------
    label : str
        What stands beside its end.
    name : str
        Of its column.
    y : ndarray of float64
        NaN where there is no value.
    """

    label: str
    name: str
    y: Floats


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at ``x`` with words beside it."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class CurveSet:
    """One panel.

    Attributes
    ----------
    title, x_label, y_label : str
        Words, the labels with units.
    x_name : str
        Of the column of ``x``, with its unit.
    x : ndarray of float64
        Ascending, above 0: the axis is logarithmic.
    curves : tuple of Curve
        At least one.
    marks : tuple of Mark
        Vertical lines.
    baseline : (float, str) or None
        A horizontal line and its words.
    y_log : bool
        Whether the vertical axis is logarithmic.
    lowest : bool
        Whether the least value of each curve gets a dot.
    """

    title: str
    x_label: str
    y_label: str
    x_name: str
    x: Floats
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    baseline: tuple[float, str] | None = None
    y_log: bool = False
    lowest: bool = False


def csv_of(panels: Sequence[CurveSet]) -> str:
    """Return the numbers of panels as CSV in long form: panel, curve, the x of the panel by name, y."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["panel", "curve", "x_name", "x", "y"])
    for panel in panels:
        for curve in panel.curves:
            for x, y in zip(panel.x.tolist(), curve.y.tolist(), strict=True):
                writer.writerow([panel.title, curve.name, panel.x_name, f"{x:.6g}", "" if np.isnan(y) else f"{y:.6g}"])
    return text.getvalue()
