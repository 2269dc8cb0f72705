"""Memory that stays: to get a new piece for every call costs as much time as a fast compressor needs."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch(threading.local):
    """Arrays by name, of the calling thread alone, each as large as the largest that was asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def take(self, name: str, size: int, dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of a size, which holds anything; the last one of the same name is given up."""
        wanted = size * np.dtype(dtype).itemsize
        kept = self._kept.get(name)
        if kept is None or kept.nbytes < wanted:
            kept = self._kept[name] = np.empty(wanted, np.uint8)
        return kept[:wanted].view(dtype)


_SHARED: WeakValueDictionary[str, Scratch] = WeakValueDictionary()
_LOCK = threading.Lock()


def shared_scratch(owner: str) -> Scratch:
    """Return the one scratch of a kind of compressors, which lives as long as any of them does.

    A run may have a compressor for every tolerance of its levels. A call leaves nothing in the scratch that another one
    needs, and a thread makes one call at a time: so they work in the same memory.
    """
    with _LOCK:
        found = _SHARED.get(owner)
        if found is None:
            found = _SHARED[owner] = Scratch()
        return found
