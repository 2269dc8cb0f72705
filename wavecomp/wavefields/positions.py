"""Positions relative to the grid's first point.

Compiled kernels hold coordinates in single precision, whose step is half a metre at a UTM northing of 6,782,000 m. So
they are given distances from the first grid point, and a problem that is moved as a whole keeps its bits. The
subtraction itself must not leave the grid either: 6782002.7 − 6782000.3 is 2.400000000372529 in double precision. It
is done in decimal, on the shortest number that means the given one, and what then lies on a grid point, or half-way
between two, within the rounding of the coordinates is put there exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_EPSILON = float(np.finfo(np.float64).eps)
_ROUNDINGS = 4
"""Of a coordinate that somebody computed: of the origin, of the distance, of their sum, and one of interpolation."""


def from_origin(
    position_m: Sequence[float], origin_m: Sequence[float], spacing_m: Sequence[float]
) -> tuple[float, ...]:
    """Return the distances of a position from the first grid point, in m.

    Parameters
    ----------
    position_m, origin_m, spacing_m : sequence of float, one length
        Position, first grid point, grid spacing along each axis, in m.

    Returns
    -------
    tuple of float
        k · ``spacing_m`` exactly, k an integer or half of one, where the position is that far from the origin within
        four roundings of the two coordinates.
    """
    return tuple(map(_along, position_m, origin_m, spacing_m))


def _along(position: float, origin: float, spacing: float) -> float:
    position, origin, spacing = float(position), float(origin), float(spacing)
    away = float(Decimal(repr(position)) - Decimal(repr(origin)))
    halves = 2.0 * away / spacing
    if not math.isfinite(halves):
        return away
    on_grid = round(halves) * spacing / 2.0
    within = _ROUNDINGS * _EPSILON * (abs(position) + abs(origin))
    return on_grid if abs(on_grid - away) <= within else away


def exact_in_single(lengths_m: Iterable[float]) -> bool:
    """Say whether lengths are multiples of 1/64 m below 2^17 m: single precision adds and subtracts such exactly."""
    return all(abs(length) < 2.0**17 and (64.0 * length).is_integer() for length in lengths_m)


def same_in_single(one: Iterable[float], other: Iterable[float]) -> bool:
    """Say whether two positions are one in single precision."""
    return all(np.float32(a) == np.float32(b) for a, b in zip(one, other, strict=True))


def levels_reached(
    depths_m: Sequence[float], origin_m: float, spacing_m: float, count: int, *, side: Literal["left", "right"]
) -> NDArray[np.intp]:
    """Count the depths that lie above each grid point of an axis; with ``side="right"``, on it as well.

    Parameters
    ----------
    depths_m : sequence of float
        Ascending, in m.
    origin_m, spacing_m : float
        First grid point and spacing of the axis, in m.
    count : int
        Its grid points.

    Returns
    -------
    ndarray of int, shape (count,)
    """
    below = [from_origin((depth,), (origin_m,), (spacing_m,))[0] for depth in depths_m]
    return np.searchsorted(np.array(below), spacing_m * np.arange(count, dtype=np.float64), side=side)
