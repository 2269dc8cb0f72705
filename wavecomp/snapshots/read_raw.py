"""Raw numbers, whose shape and dtype somebody has to say; memory-mapped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from wavecomp.errors import SnapshotError
from wavecomp.snapshots.source import Opened, Source


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Map a file of nothing but numbers, in C order: the last axis runs fastest.

    Raises
    ------
    SnapshotError
        The file has not as many bytes as its shape and dtype ask for.
    """
    assert source.shape is not None
    assert source.dtype is not None
    dtype = np.dtype(source.dtype)
    there, needed = source.path.stat().st_size, math.prod(source.shape) * dtype.itemsize
    if there != needed:
        raise SnapshotError(
            f"{source.path}: shape={'x'.join(map(str, source.shape))},dtype={source.dtype} takes {needed} bytes, and "
            f"the file has {there}"
        )
    yield Opened(np.memmap(source.path, dtype, mode="r", shape=source.shape))
