"""What a store is expected to take for a checkpoint, and what a budget of memory leaves for them."""

from __future__ import annotations

import mmap

from wavecomp.errors import CheckpointTooLarge

OVERHEAD_BYTES = 2048
"""What the bookkeeping of one checkpoint takes at most, roughly, beside its streams."""

PAGE_BYTES = mmap.PAGESIZE
"""What a store takes besides: its memory comes in whole pages."""


def room_in(size: int, budget_bytes: int, ratio: float) -> int:
    """Return what a budget leaves for checkpoints, once a state of so many bytes is known to fit.

    Parameters
    ----------
    size : int
        Bytes of the state, uncompressed.
    budget_bytes : int
    ratio : float
        What compression is taken to reach.

    Raises
    ------
    CheckpointTooLarge
        It does not fit; the text says what would do.
    """
    cost = stored_bytes(size, ratio)
    if budget_bytes < cost + PAGE_BYTES:
        raise CheckpointTooLarge(("state", 1), "memory", size, cost + PAGE_BYTES, 0, budget_bytes)
    return budget_bytes - PAGE_BYTES


def stored_bytes(size: int, ratio: float) -> int:
    """Return what the store is expected to hold of so many bytes."""
    return int(size / ratio) + OVERHEAD_BYTES
