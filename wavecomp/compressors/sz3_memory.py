"""pysz made to decode into memory of ours.

``sz.decompress`` puts its values into an array that it allocates itself, with ``numpy.empty``. Copying them to where
they are wanted costs 4 to 9 % of the time, and as much memory as the field. So the name ``np`` of pysz's module is
bound, once, to a stand-in for NumPy whose ``empty`` returns the array that is waiting for the values in this thread, if
it is the one that is asked for. Should another pysz allocate otherwise, the values come in an array of its own and are
copied.
"""

from __future__ import annotations

import sys
import threading
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.base import Field


class _Waiting(threading.local):
    array: NDArray[Any] | None = None


class _Numpy(ModuleType):
    """NumPy, but for ``empty``."""

    def __init__(self) -> None:
        super().__init__("numpy")
        self.waiting = _Waiting()

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = float, **others: Any) -> NDArray[Any]:
        array, self.waiting.array = self.waiting.array, None
        if array is None or others or array.size != shape or array.dtype != dtype:
            return np.empty(shape, dtype=dtype, **others)
        return array


@cache
def _numpy() -> _Numpy:
    stand_in = _Numpy()
    from pysz import sz  # noqa: F401 (so that its module is there)

    sys.modules["pysz.sz"].np = stand_in  # type: ignore[attr-defined]
    return stand_in


def decompress_into(stream: NDArray[np.uint8], out: Field) -> None:
    """Decompress an SZ3 stream.

    Parameters
    ----------
    stream : ndarray of uint8
    out : ndarray, C-contiguous
        Of the original's size, shape (without dimensions of length 1) and dtype.

    Raises
    ------
    ValueError, RuntimeError, LookupError
        What pysz raises of a stream that it cannot decode.
    """
    stand_in = _numpy()
    from pysz import sz

    stand_in.waiting.array = flat = out.reshape(-1)
    try:
        decoded, _ = sz.decompress(stream, out.dtype, out.shape)
    finally:
        stand_in.waiting.array = None
    if not np.may_share_memory(decoded, flat):
        out[...] = decoded
