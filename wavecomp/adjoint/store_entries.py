"""One stored checkpoint: its compressed arrays, their checksums, and what all of it takes in memory."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import xxhash

from wavecomp.adjoint.tiers import Extent
from wavecomp.compressors.frame import Buffer, Stream
from wavecomp.errors import DamagedCheckpoint

# A dict's table grows in jumps and never shrinks; this is at least sys.getsizeof of one that once had so many keys.
_TABLE_BYTES, _TABLE_BYTES_A_KEY = 256, 160
_POOLED_TO, _MAPPED_FROM, _PAGE = 512, 128 * 1024, 4096


@dataclass(slots=True)
class Kept:
    """One compressed array: its parts are in memory, or its extents say where on disk they lie."""

    head: bytes
    checksum: int
    size: int
    parts: tuple[bytes | bytearray, ...]
    extents: tuple[Extent, ...] = ()

    @property
    def on_disk(self) -> bool:
        """Whether the parts are in the file."""
        return not self.parts and self.size > 0


@dataclass(slots=True)
class Checkpoint:
    """What lies behind one key; ``cost`` is what it takes of the memory's budget, ``readers`` look at it just now."""

    spec: str
    raw_bytes: int
    cost: int
    arrays: tuple[Kept, ...]
    readers: int = 0

    @property
    def parts(self) -> Iterator[bytes | bytearray]:
        """What is in memory of all arrays."""
        for array in self.arrays:
            yield from array.parts


def keep(stream: Stream, *, ours: bool = False) -> Kept:
    """Take over a stream's parts, with a checksum. Parts that are not plain bytes are copied, unless they are ours."""
    # A bytearray may hold more memory than it shows, and a view keeps all of what it looks into.
    parts = tuple(
        part if type(part) is bytes or (ours and isinstance(part, bytearray)) else bytes(part) for part in stream.parts
    )
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


def verify(key: Hashable, checkpoint: Checkpoint, streams: Sequence[Stream | Buffer]) -> None:
    """Raise DamagedCheckpoint if one of a checkpoint's streams is not what was put in."""
    for number, (array, stream) in enumerate(zip(checkpoint.arrays, streams, strict=True)):
        if checksum(stream) != array.checksum:
            raise DamagedCheckpoint(
                f"checkpoint {key!r}: array {number} of {len(streams)} ({array.size} bytes, "
                f"{'on disk' if array.on_disk else 'in memory'}) has changed since it was stored"
            )


def table_bytes(keys: int) -> int:
    """Return what a dict that once had so many keys takes at most."""
    return _TABLE_BYTES + _TABLE_BYTES_A_KEY * keys if keys else 0


def cost_bytes(key: Hashable, checkpoint: Checkpoint) -> int:
    """Return the bytes of memory behind a key and its checkpoint; what is shared (the spec) does not count."""
    cost = _tuple_bytes(key) + allocated_bytes(checkpoint) + allocated_bytes(checkpoint.arrays)
    cost += allocated_bytes(checkpoint.raw_bytes) + allocated_bytes(checkpoint.cost)
    for array in checkpoint.arrays:
        cost += (
            allocated_bytes(array)
            + allocated_bytes(array.head)
            + allocated_bytes(array.checksum)
            + allocated_bytes(array.size)
        )
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
