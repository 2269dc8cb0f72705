"""Threads for compressors that run others in them: a pool for each use and size, for the whole process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def pool(use: str, threads: int) -> ThreadPoolExecutor:
    """Return so many threads. To start them costs more than to compress a small slab, so they stay.

    Each use has its own: a slab that waited for chunks in the pool in which it runs itself would wait for ever.
    """
    return ThreadPoolExecutor(threads, thread_name_prefix=f"wavecomp-{use}")
