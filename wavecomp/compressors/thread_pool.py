"""Threads for compressors that run others in them: one pool a size for the whole process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def pool(threads: int) -> ThreadPoolExecutor:
    """Return so many threads. To start them costs more than to compress a small slab, so they stay."""
    return ThreadPoolExecutor(threads, thread_name_prefix="wavecomp-slab")
