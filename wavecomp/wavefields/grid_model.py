"""Velocities on a regular grid, as a file holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class GridModel:
    """Velocities in m/s on a regular grid; axes x[, y], z."""

    velocity_m_s: Array
    spacing_m: tuple[float, ...]
    origin_m: tuple[float, ...]

    @staticmethod
    def axes(
        shape: tuple[int, ...], spacing_m: tuple[float, ...], origin_m: tuple[float, ...]
    ) -> tuple[NDArray[np.float64], ...]:
        """Return the grid positions (m) along each axis."""
        return tuple(o + h * np.arange(n, dtype=np.float64) for n, h, o in zip(shape, spacing_m, origin_m, strict=True))


def to_m_s(values: NDArray[np.generic], unit: str) -> Array:
    """Return velocities in m/s of numbers in ``m/s`` or ``km/s``, converted in double precision."""
    factor = 1000.0 if unit == "km/s" else 1.0
    return np.ascontiguousarray(values.astype(np.float64) * factor, dtype=np.float32)
