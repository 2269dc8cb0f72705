"""One stored checkpoint: where its compressed arrays lie, and what all of it takes in memory."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import dataclass

from wavecomp.checkpoints.arena import Piece
from wavecomp.checkpoints.extents import Extent

_SOMEWHERE: Piece = (1 << 31, 1 << 31, 1 << 31)
_POOLED_TO, _MAPPED_FROM, _PAGE = 512, 128 * 1024, 4096


@dataclass(slots=True)
class Kept:
    """One compressed array: its parts are in memory, or its extents say where on disk they lie.

    With both it is on its way to the disk: read from memory, until a thread has written it.
    """

    head: bytes
    size: int
    parts: tuple[bytes | memoryview, ...]
    extents: tuple[Extent, ...] = ()

    @property
    def on_disk(self) -> bool:
        """Whether the parts are in the file."""
        return not self.parts and self.size > 0


@dataclass(slots=True)
class StoredCheckpoint:
    """What lies behind one key.

    ``cost`` is what it takes of the memory's budget, but for its ``piece`` of an arena, where its parts are if it has
    one. ``readers`` look at it just now; if it is ``dropped`` meanwhile, the last of them lets go of the piece.
    """

    spec: str
    raw_bytes: int
    cost: int
    arrays: tuple[Kept, ...]
    piece: Piece | None = None
    readers: int = 0
    dropped: bool = False

    @property
    def size(self) -> int:
        """Bytes of all parts, wherever they are."""
        return sum(array.size for array in self.arrays)

    @property
    def stream_bytes(self) -> int:
        """Bytes of all streams: heads and parts."""
        return sum(len(array.head) + array.size for array in self.arrays)

    @property
    def disk_bytes(self) -> int:
        """Bytes of the parts that are in the file, or on their way there."""
        return sum(array.size for array in self.arrays if array.extents)

    @property
    def in_memory(self) -> bool:
        """Whether any part is in memory."""
        return any(array.parts for array in self.arrays)


def cost_bytes(key: Hashable, checkpoint: StoredCheckpoint, *, in_arena: bool = False) -> int:
    """Return the bytes of memory behind a key and its checkpoint; what is shared (the spec) does not count.

    Of parts that are or will be in an arena only the views count.
    """
    cost = _tuple_bytes(key) + allocated_bytes(checkpoint) + allocated_bytes(checkpoint.arrays)
    cost += _tuple_bytes(_SOMEWHERE) if in_arena else 0
    cost += allocated_bytes(checkpoint.raw_bytes) + allocated_bytes(checkpoint.cost)
    for array in checkpoint.arrays:
        cost += allocated_bytes(array) + allocated_bytes(array.head) + allocated_bytes(array.size)
        cost += _tuple_bytes(array.parts) + allocated_bytes(array.extents) + sum(map(_tuple_bytes, array.extents))
    return cost


def _tuple_bytes(value: object) -> int:
    return allocated_bytes(value) + (sum(map(allocated_bytes, value)) if isinstance(value, tuple) else 0)


def allocated_bytes(value: object) -> int:
    """Return what the allocator hands out for one object: grains of 16 bytes, beyond 512 with a header, or pages."""
    size = sys.getsizeof(value)
    if size <= _POOLED_TO:
        return -(-size // 16) * 16
    grain = 16 if size < _MAPPED_FROM else _PAGE
    return -(-(size + 16) // grain) * grain
