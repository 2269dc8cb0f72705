"""Arrays of the physical domain alone, beside fields of the whole grid: the imaging reads nothing of the layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from devito import Function, Grid, SpaceDimension
from numpy.typing import NDArray


class PhysicalDomain:
    """Where the physical domain lies in a grid.

    Parameters
    ----------
    grid : devito.Grid
        The whole grid.
    shape : tuple of int
        Points of the physical domain.
    layer : int
        Points of the absorbing layer on every side.
    """

    def __init__(self, grid: Grid, shape: tuple[int, ...], layer: int) -> None:
        self._shape, self._layer = shape, layer
        self._dimensions = tuple(SpaceDimension(name=f"p{d.name}", spacing=d.spacing) for d in grid.dimensions)
        self._shift = {d: p + layer for d, p in zip(grid.dimensions, self._dimensions, strict=True)}

    def array(self, name: str, dtype: np.dtype[Any]) -> Function:
        """Return the symbol of an array with one number a point, without halo."""
        return Function(name=name, dimensions=self._dimensions, shape=self._shape, dtype=dtype.type, space_order=0)

    def within(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a view of an array over the whole grid, layer included and halo not, at this domain's points."""
        return values[tuple(slice(self._layer, self._layer + n) for n in self._shape)]

    def seen(self, field: Any) -> Any:
        """Return a field of the whole grid, at this domain's points."""
        return field.subs(self._shift)
