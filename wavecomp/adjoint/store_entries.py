"""One stored checkpoint: its compressed arrays, their checksums, and what all of it takes in memory."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import dataclass

import xxhash

from wavecomp.adjoint.tiers import Extent
from wavecomp.compressors.frame import Buffer, Stream

# A dict's table grows in jumps and never shrinks; this is at least sys.getsizeof of one that once had so many keys.
_TABLE_BYTES, _TABLE_BYTES_A_KEY = 256, 160
_POOLED_TO, _MAPPED_FROM, _PAGE = 512, 128 * 1024, 4096


@dataclass(slots=True)
class Kept:
    """One compressed array: its parts are in memory, or its extents say where on disk they lie."""

    head: bytes
    checksum: int
    size: int
    parts: tuple[bytes, ...]
    extents: tuple[Extent, ...] = ()

    @property
    def on_disk(self) -> bool:
        """Whether the parts are in the file."""
        return not self.parts and self.size > 0


@dataclass(slots=True)
class Checkpoint:
    """What lies behind one key; ``cost`` is what it takes of the memory's budget."""

    spec: str
    raw_bytes: int
    cost: int
    arrays: tuple[Kept, ...]


def keep(stream: Stream) -> Kept:
    """Take over a stream's parts, with a checksum; only parts that are not plain bytes are copied."""
    # A bytearray may hold more memory than it shows, and a view keeps all of what it looks into.
    parts = tuple(part if type(part) is bytes else bytes(part) for part in stream.parts)
    size = sum(len(part) for part in parts)
    return Kept(stream.head, checksum(Stream(stream.head, parts)), size, parts)


def checksum(stream: Stream | Buffer) -> int:
    """Return the XXH3 of head and parts, one after the other, however they are cut."""
    if not isinstance(stream, Stream):
        return xxhash.xxh3_64_intdigest(stream)
    digest = xxhash.xxh3_64(stream.head)
    for part in stream.parts:
        digest.update(part)
    return digest.intdigest()


def table_bytes(keys: int) -> int:
    """Return what a dict that once had so many keys takes at most."""
    return _TABLE_BYTES + _TABLE_BYTES_A_KEY * keys if keys else 0


def cost_bytes(key: Hashable, checkpoint: Checkpoint) -> int:
    """Return the bytes of memory behind a key and its checkpoint; what is shared (the spec) does not count."""
    cost = _tuple_bytes(key) + _allocated(checkpoint) + _allocated(checkpoint.arrays)
    cost += _allocated(checkpoint.raw_bytes) + _allocated(checkpoint.cost)
    for array in checkpoint.arrays:
        cost += _allocated(array) + _allocated(array.head) + _allocated(array.checksum) + _allocated(array.size)
        cost += _tuple_bytes(array.parts) + _allocated(array.extents) + sum(map(_tuple_bytes, array.extents))
    return cost


def _tuple_bytes(value: object) -> int:
    return _allocated(value) + (sum(map(_allocated, value)) if isinstance(value, tuple) else 0)


def _allocated(value: object) -> int:
    """Return what the allocator hands out for one object: grains of 16 bytes, beyond 512 with a header, or pages."""
    size = sys.getsizeof(value)
    if size <= _POOLED_TO:
        return -(-size // 16) * 16
    grain = 16 if size < _MAPPED_FROM else _PAGE
    return -(-(size + 16) // grain) * grain
