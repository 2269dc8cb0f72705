"""What a checkpoint store says about its work."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a checkpoint.

    Attributes
    ----------
    key : hashable
        The name under which it is held.
    bytes : int
        Size of its streams.
    held_bytes : int
        What it takes of the budget: streams, checksums and bookkeeping, in memory and on disk.
    ratio : float
        Uncompressed bytes / bytes of the streams.
    seconds : float
        Wall time of the compression alone.
    tier : "memory" or "disk"
        Where it went.
    """

    key: Hashable
    bytes: int
    held_bytes: int
    ratio: float
    seconds: float
    tier: Literal["memory", "disk"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a store has done so far.

    Attributes
    ----------
    puts, gets, drops, refusals, spills : int
        Checkpoints put, read back, dropped, refused, and moved from memory to disk.
    raw_bytes, stored_bytes : int
        Sums over all puts: uncompressed, and the streams.
    compress_seconds, decompress_seconds, checksum_seconds, disk_seconds : float
        Wall time by kind of work, summed over all threads that call.
    """

    puts: int = 0
    gets: int = 0
    drops: int = 0
    refusals: int = 0
    spills: int = 0
    raw_bytes: int = 0
    stored_bytes: int = 0
    compress_seconds: float = 0.0
    decompress_seconds: float = 0.0
    checksum_seconds: float = 0.0
    disk_seconds: float = 0.0
