"""Recording at the receivers, and injecting the residual there.

Devito interpolates between the corners of the cell that a receiver lies in: eight points in 3-D, each with a weight and
each injected to by an atomic update. A receiver on a grid point has one corner of weight one, the others weigh nothing:
reading and updating that point alone gives the same bits, and took a sixth off the sweeps of a problem with 2,500
receivers on 140³ points. The indices are used where *every* receiver's position, computed as Devito's kernels do, is a
whole number of grid spacings; otherwise it is Devito's interpolation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from devito import Eq, Function, Inc, TimeFunction
from numpy.typing import NDArray


def record(records: Any, field: TimeFunction) -> list[Any]:
    """Return the equations that write ``field`` at the receivers into ``records``."""
    at = _places(records, field.grid)
    return [records.interpolate(expr=field)] if at is None else [Eq(records, field.subs(at))]


def inject(residual: Any, field: TimeFunction, expression: Any) -> list[Any]:
    """Return the equations that add ``expression`` at the receivers to ``field``, a shifted time function."""
    at = _places(residual, field.grid)
    if at is None:
        return [residual.inject(field=field, expr=expression)]
    return [Inc(field.subs(at), expression.subs(at))]


def grid_indices(
    positions: NDArray[np.floating], origin: NDArray[np.floating], spacing: NDArray[np.floating]
) -> NDArray[np.int32] | None:
    """Return which grid points positions are, or None where one of them lies between.

    Parameters
    ----------
    positions : ndarray, shape (count, dimensions)
        In the unit of ``spacing``; its dtype is that of the kernels.
    origin, spacing : ndarray, shape (dimensions,)
        Of the grid.

    Returns
    -------
    ndarray of int32, shape (count, dimensions), or None
        In the kernels' own arithmetic, (position − origin) · (1 / spacing), where Devito writes 1 / spacing with six
        digits into the code. A position that this puts beside its grid point is interpolated by Devito, with a weight
        of 1e-6 or so for the neighbour: it counts as lying between.
    """
    dtype = positions.dtype.type
    per_spacing = np.array([float(f"{1 / step:.6g}") for step in spacing.astype(np.float64)])
    scaled = (positions - origin.astype(dtype)) * per_spacing.astype(dtype)
    nearest = np.round(scaled)
    exact = np.array_equal(scaled, nearest) and np.allclose(per_spacing * spacing, 1, rtol=1e-12, atol=0)
    return nearest.astype(np.int32) if exact else None


def _places(points: Any, grid: Any) -> dict[Any, Any] | None:
    """Return what stands for each of the grid's dimensions at the points."""
    indices = grid_indices(np.asarray(points.coordinates.data), np.array(grid.origin), np.array(grid.spacing))
    if indices is None:
        return None
    along = points.dimensions[-1]
    places = {}
    for axis, dimension in enumerate(grid.dimensions):
        index = Function(
            name=f"{points.name}_{dimension.name}",
            dimensions=(along,),
            shape=(len(indices),),
            dtype=np.int32,
            space_order=0,
        )
        index.data[:] = indices[:, axis]
        places[dimension] = index[along]
    return places
