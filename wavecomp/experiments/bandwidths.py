"""How fast bytes are copied in memory, and go to and from the file of a tier on disk."""

from __future__ import annotations

import tempfile
from statistics import median
from time import perf_counter

import numpy as np

from wavecomp.checkpoints.tiers import CheckpointFile

_ROUNDS = 5


def bandwidths(size: int) -> tuple[float, float, float]:
    """Measure copies in memory, and writes to and reads from a checkpoint file, in bytes a second; medians of five.

    The file is as the store uses it: through the system's cache, as long as that has room.
    """
    source = np.ones(max(size, 1 << 20), np.uint8)
    target = np.ones_like(source)
    copies, writes, reads = [], [], []
    file = CheckpointFile(tempfile.gettempdir(), len(source))
    try:
        for _ in range(_ROUNDS):
            begun = perf_counter()
            np.copyto(target, source)
            copied = perf_counter()
            extents = file.write([source.data])
            written = perf_counter()
            file.read_into(extents, target.data)
            reads.append(perf_counter() - written)
            writes.append(written - copied)
            copies.append(copied - begun)
            file.free(extents)
    finally:
        file.close()
    memory, write, read = (len(source) / median(found) for found in (copies, writes, reads))
    return memory, write, read
