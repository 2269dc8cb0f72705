"""Whether two arrays hold the same bits: the question that a lossless compressor has to answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wavecomp.errors import UnsupportedField
from wavecomp.metrics._chunks import CHUNK, chunk_pairs


def bit_identical(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> bool:
    """Return whether two arrays have one dtype, one shape, and the same bytes in every element.

    Stricter than ``numpy.array_equal`` and yet true for NaNs: -0.0 differs from 0.0, and two NaNs are the same only
    with the same payload and sign. Memory layout does not matter. Stops at the first chunk that differs; contiguous
    arrays are read in place, others through a buffer, so that no copy of a whole array is made.

    Parameters
    ----------
    first, second
        Arrays of any dtype without Python objects, and of any shape, empty ones too.

    Raises
    ------
    UnsupportedField
        If an array holds Python objects: what is stored there are addresses.
    """
    for array in (first, second):
        if array.dtype.hasobject:
            raise UnsupportedField(
                f"an array of dtype {array.dtype} holds Python objects, which have no bits to compare"
            )
    if first.dtype != second.dtype or first.shape != second.shape:
        return False
    if first.size == 0 or first.dtype.itemsize == 0:
        return True
    size = max(1, CHUNK * 8 // first.dtype.itemsize)
    return all(_same_bytes(one, other) for one, other in chunk_pairs(first, second, size))


def _same_bytes(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> bool:
    one, other = first.view(np.uint8), second.view(np.uint8)
    words = one.size // 8 * 8
    return np.array_equal(one[:words].view(np.uint64), other[:words].view(np.uint64)) and np.array_equal(
        one[words:], other[words:]
    )
