"""The buffers in which a reverse operator finds a level: those of the forward run, a copy's, or zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.time_stepping import Array
from wavecomp.physics.compiled import ALIGNMENT, Compiled

Region = tuple[slice, ...]


class LevelBuffers:
    """One time function that the reverse operator reads.

    An operator is told at each call where a function's buffers lie. So a level that comes from a store is put into
    buffers of its own, at the place where the operator's iteration n looks for it, and the forward run's own buffers,
    with its state in them, stay as they are.

    Parameters
    ----------
    function : devito.TimeFunction
        Of the forward operator.
    argument : str
        Under which the reverse operator takes it.
    offsets : sequence of int
        In time, that the reverse operator reads: of level n the arrays n + offset.
    region : tuple of slice, optional
        What is kept of them, in points of the grid; all of the memory, halo included, by default.
    """

    def __init__(
        self, function: Any, argument: str, offsets: Sequence[int], region: Region | None, *, zeros: bool
    ) -> None:
        self.function, self.argument, self.offsets = function, argument, tuple(offsets)
        self._seen = (slice(None),) if region is None else _within(function, region)
        self.buffers = int(function.shape_allocated[0])
        self._copy = _zeros(function)
        self._copied = self._wrapped(self._copy)
        self._nothing = self._wrapped(_zeros(function)) if zeros else None

    def level(self, step: int) -> tuple[Array, ...]:
        """Return views of level ``step`` in the forward run's buffers."""
        return self._of(np.asarray(self.function._data), step)

    def put(self, step: int, arrays: Sequence[Array]) -> None:
        """Copy a level to where iteration ``step`` reads it."""
        for place, array in zip(self._of(self._copy, step), arrays, strict=True):
            np.copyto(place, array)

    def give_copy(self, operator: Compiled) -> None:
        """Have an operator read what was put."""
        operator.replace(self.argument, self._copied)

    def give_nothing(self, operator: Compiled) -> None:
        """Have an operator read zeros."""
        assert self._nothing is not None
        operator.replace(self.argument, self._nothing)

    def give_forward(self, operator: Compiled) -> None:
        """Have an operator read the forward run's own buffers."""
        operator.put_back(self.argument)

    def fill(self, values: Array) -> None:
        """Give all buffers of the copy the same values, of one buffer's shape or one number."""
        self._copy[:] = values

    def _of(self, memory: Array, step: int) -> tuple[Array, ...]:
        return tuple(memory[(step + offset) % self.buffers][self._seen] for offset in self.offsets)

    def _wrapped(self, memory: Array) -> object:
        return self.function._C_make_dataobj(**{self.function.name: memory})


def _within(function: Any, region: Region) -> Region:
    """Return a region of the grid as one of a function's allocated memory."""
    inner = function._mask_domain[1:]
    starts = [mask.indices(size)[0] for mask, size in zip(inner, function.shape_allocated[1:], strict=True)]
    bounds = [part.indices(size) for part, size in zip(region, function.shape[1:], strict=True)]
    return tuple(slice(start + low, start + high) for start, (low, high, _) in zip(starts, bounds, strict=True))


def _zeros(function: Any) -> Array:
    """Return memory like a function's, aligned as operators expect it, and touched."""
    dtype = np.dtype(function.dtype)
    size = int(np.prod(function.shape_allocated)) * dtype.itemsize
    raw: NDArray[np.uint8] = np.empty(size + ALIGNMENT, np.uint8)
    raw.fill(0)
    start = -raw.ctypes.data % ALIGNMENT
    memory: Array = raw[start : start + size].view(dtype).reshape(function.shape_allocated)
    return memory
