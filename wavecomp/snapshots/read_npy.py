"""NumPy's own files, memory-mapped, in either order of memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from wavecomp.snapshots.source import Opened, Source


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Map a ``.npy`` file; pickled objects are refused, since reading them would run their code."""
    if source.path.stat().st_size == 0:
        raise ValueError("it has no bytes")
    # Of no values nothing can be mapped.
    array = np.lib.format.open_memmap(source.path, mode="r") if _has_values(source) else np.load(source.path)
    yield Opened(array)


def _has_values(source: Source) -> bool:
    with source.path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not loaded")
    return bool(shape) and 0 not in shape
