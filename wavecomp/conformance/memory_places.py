"""Where arrays lie: in other layouts, at odd addresses, and between guards that show what was written beside them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wavecomp.conformance.samples import Array

_GUARD = 4096
"""Bytes on either side: a library that writes past a buffer writes a word, a block, or a vector's width."""
_ALIGNED = 64
_FILLING = 0xA5


class Guarded:
    """An array in the middle of memory of a known content.

    Parameters
    ----------
    field : ndarray
        Copied into it; C-contiguous there.
    offset : int
        Bytes by which it lies beside an address that is a multiple of 64.
    """

    def __init__(self, field: Array, offset: int = 0) -> None:
        self._whole = np.full(2 * _GUARD + _ALIGNED + offset + field.nbytes, _FILLING, np.uint8)
        start = _GUARD + offset
        start += -(self._whole.ctypes.data + _GUARD) % _ALIGNED
        self._start, self._stop = start, start + field.nbytes
        memory = self._whole[self._start : self._stop]
        self.array: Array = np.ndarray(field.shape, field.dtype, memory)
        self.array[...] = field

    def intact(self) -> bool:
        """Whether nothing was written beside the array."""
        return bool((self._whole[: self._start] == _FILLING).all() and (self._whole[self._stop :] == _FILLING).all())


def filled(like: Array, value: float) -> Guarded:
    """Return guarded memory for an array of this shape and dtype, with another content."""
    return Guarded(np.full(like.shape, value, like.dtype))


LAYOUTS = ("Fortran order", "negative strides", "every second value", "broadcast", "read-only", "odd address")


def laid_out(field: Array, layout: str) -> Array:
    """Return an array of the same values in another memory layout: one of :data:`LAYOUTS`."""
    return dict(_layouts(field))[layout]


def _layouts(field: Array) -> Iterator[tuple[str, Array]]:
    yield "Fortran order", np.asfortranarray(field)
    yield "negative strides", np.ascontiguousarray(np.flip(field))[(slice(None, None, -1),) * field.ndim]
    wide = np.full(tuple(2 * n + 1 for n in field.shape), 9.0, field.dtype)
    inside = wide[tuple(slice(1, None, 2) for _ in field.shape)]
    inside[...] = field
    yield "every second value", inside
    yield "broadcast", np.broadcast_to(field, (1, *field.shape))[0]
    fixed = field.copy()
    fixed.flags.writeable = False
    yield "read-only", fixed
    yield "odd address", Guarded(field, offset=1).array
