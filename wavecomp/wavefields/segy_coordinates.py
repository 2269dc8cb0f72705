"""Whether the trace coordinates of a SEG-Y model agree with the spacing that a recipe gives it.

Coordinates (bytes 181-188) are often absent or of another unit. They count only where they are lengths, and lie on a
regular grid themselves to within the whole numbers of the headers: then they are no leftovers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ModelFileError

_FOOT_M = 0.3048
_FEET = 2
_LENGTHS = (0, 1)  # not said, or a length; the others are angles
_TOLERANCE = 0.01


@dataclass(frozen=True)
class Coordinates:
    """Position of each trace, shape (traces, 2), and the length of one unit in the header, both in m."""

    positions_m: NDArray[np.float64]
    unit_m: float


def read_coordinates(file: Any, fields: Any, binary: Any) -> Coordinates | None:
    """Return the coordinates of an open segyio file; None where they are no lengths."""
    x, y, scalar, unit = (
        np.asarray(file.attributes(field)[:], dtype=np.int64)
        for field in (fields.CDP_X, fields.CDP_Y, fields.SourceGroupScalar, fields.CoordinateUnits)
    )
    if np.ptp(scalar) or np.ptp(unit) or unit[0] not in _LENGTHS or not (np.ptp(x) or np.ptp(y)):
        return None
    factor = float(scalar[0]) or 1.0
    length = factor if factor > 0 else -1.0 / factor
    length *= _FOOT_M if file.bin[binary.MeasurementSystem] == _FEET else 1.0
    return Coordinates(np.stack([x, y], axis=1).astype(np.float64) * length, length)


def check_spacing(
    path: Path,
    found: Coordinates | None,
    order: NDArray[np.int64],
    shape: tuple[int, ...],
    spacing_m: tuple[float, ...],
) -> None:
    """Compare the distance of neighbouring traces with the recipe's spacing.

    Parameters
    ----------
    path : pathlib.Path
        The file, for messages.
    found : Coordinates or None
        Of the traces as they follow each other in the file.
    order : ndarray of int
        Where in the model each trace belongs.
    shape : tuple of int
        Traces of the model along x[, y].
    spacing_m : tuple of float
        The recipe's, along x[, y] and z.

    Raises
    ------
    ModelFileError
        They differ by more than one in a hundred, and by more than the rounding of the coordinates.
    """
    if found is None:
        return
    places = np.empty((*shape, 2))
    places.reshape(-1, 2)[order] = found.positions_m
    first = places[(0,) * len(shape)]
    steps = [
        (places[tuple(n - 1 if a == axis else 0 for a in range(len(shape)))] - first) / max(n - 1, 1)
        for axis, n in enumerate(shape)
    ]
    regular = first + sum(
        np.arange(n).reshape([-1 if a == axis else 1 for a in range(len(shape) + 1)]) * steps[axis]
        for axis, n in enumerate(shape)
    )
    if np.abs(places - regular).max() > 2.0 * found.unit_m:
        return
    for axis, (name, n, step) in enumerate(zip("xy", shape, steps, strict=False)):
        length, rounding = float(np.hypot(*step)), 2.0 * found.unit_m / max(n - 1, 1)
        if n > 1 and abs(length - spacing_m[axis]) > _TOLERANCE * spacing_m[axis] + rounding:
            raise ModelFileError(
                f"{path}: the trace coordinates (bytes 181-188) are {length:.6g} m apart along {name}, file_spacing_m "
                f"says {spacing_m[axis]:.6g} m; correct the recipe, or set the coordinates to 0 where they mean nothing"
            )
