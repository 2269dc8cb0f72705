"""Where one level lies, cheap to hand to another process, and how it is read there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.snapshots.formats import opened
from wavecomp.snapshots.source import Source

__all__ = ["Level", "Source", "array_digest", "as_native", "read_level"]


@dataclass(frozen=True, slots=True)
class Level:
    """One time level in a file.

    Attributes
    ----------
    source : Source
        The array.
    index : int or None
        Along its first axis, which is time; None where the whole array is the level.
    """

    source: Source
    index: int | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path


def read_level(level: Level) -> NDArray[np.floating]:
    """Return a level as an array of its own: in memory, C order, this machine's byte order.

    Raises
    ------
    SnapshotError
        The file is gone or damaged, or does not hold the level any more.
    """
    with opened(level.source) as found:
        return as_native(found.array[()] if level.index is None else found.array[level.index])


def as_native(values: Any) -> NDArray[np.floating]:
    """Return a copy of values in memory, in C order and this machine's byte order."""
    array = np.asarray(values)
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C", copy=True, subok=False)


def array_digest(array: NDArray[np.floating]) -> str:
    """Return the SHA-256 of an array's values in C order and this machine's byte order, in hexadecimal.

    It is what a file's byte order, compression or memory layout does not change: the identity of a field.
    """
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return hashlib.sha256(plain.data).hexdigest()
