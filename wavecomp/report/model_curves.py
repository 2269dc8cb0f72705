"""Curves over one axis with what stands beside them: what a figure of the model shows, and its table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
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
    look : (int, int), optional
        Which colour and which dashes; -1 is grey. By its place among the others, without.
    """

    label: str
    name: str
    y: Floats
    look: tuple[int, int] | None = None


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
    x_name, y_name : str
        What ``x`` and ``y`` are called in a table, with their units.
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
    y_name: str
    x: Floats
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    baseline: tuple[float, str] | None = None
    y_log: bool = False
    lowest: bool = False


CURVE_HEAD = ("panel", "curve", "x_name", "x", "y_name", "y")
SCHEDULE_HEAD = ("schedule", "kind", "wall_from", "wall_to", "step_from", "step_to")
SPAN_HEAD = ("run", "task", "first_step", "last_step", "begun_s", "seconds")
TABLE_HEADS = tuple(",".join(head) for head in (CURVE_HEAD, SCHEDULE_HEAD, SPAN_HEAD))
"""First lines of the tables beside the model's figures, by which they are known as ours."""


def curve_table(panels: Sequence[CurveSet]) -> str:
    """Return the numbers of panels as CSV in long form, panels by their numbers; no y where a curve has no value."""
    return table(
        CURVE_HEAD,
        (
            (number, curve.name, panel.x_name, f"{x:.9g}", panel.y_name, "" if np.isnan(y) else f"{y:.6g}")
            for number, panel in enumerate(panels, 1)
            for curve in panel.curves
            for x, y in zip(panel.x.tolist(), curve.y.tolist(), strict=True)
        ),
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def bytes_text(size: float) -> str:
    """Print a size in decimal units, as the study does.

    Examples
    --------
    >>> bytes_text(2.2275e12), bytes_text(54.3e9), bytes_text(4e9), bytes_text(1470976)
    ('2.2 TB', '54 GB', '4 GB', '1.5 MB')
    """
    for unit, scale in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= 0.9995 * scale:
            return f"{size / scale:.0f} {unit}" if size >= 9.95 * scale else f"{float(f'{size / scale:.2g}'):g} {unit}"
    return f"{size:.0f} bytes"
