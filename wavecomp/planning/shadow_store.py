"""A checkpoint store without bytes: it counts what the real one would hold, and charges what that would take.

Keys, bookkeeping, pages and the places in the arena are those of :mod:`wavecomp.checkpoints`: the peak of a run without
compression comes out to the byte.
"""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np

from wavecomp.checkpoints.arena import SEGMENT_BYTES
from wavecomp.checkpoints.entries import Kept, StoredCheckpoint, cost_bytes
from wavecomp.checkpoints.extents import Extent, Room
from wavecomp.checkpoints.receipts import Receipt
from wavecomp.checkpoints.store import table_bytes
from wavecomp.compressors.stream import pack, seal
from wavecomp.errors import BudgetExceeded, CheckpointTooLarge, UnsupportedStrategy
from wavecomp.planning.ages import Ages
from wavecomp.planning.virtual_clock import Charge, VirtualClock

_GRAIN = 64
_EMPTY_BYTES = sys.getsizeof(b"")
_NO_BYTES = memoryview(b"")

Key = tuple[str, int]
"""``("state", step)`` or ``("level", step)``."""

PackedOf: TypeAlias = "Callable[[Key, float], Packed]"
"""Says what the checkpoint of a key is like at its age."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What one checkpoint is like.

    Attributes
    ----------
    raw_bytes : int
        Uncompressed.
    sizes : tuple of int
        Bytes of the parts of each array, together.
    heads, parts : tuple of int
        Bytes of the head of each array, and the number of its parts.
    """

    raw_bytes: int
    sizes: tuple[int, ...]
    heads: tuple[int, ...]
    parts: tuple[int, ...]

    @classmethod
    def plain(cls, arrays: tuple[int, ...], dimensions: int) -> Packed:
        """Return what arrays of so many bytes and axes are like without compression."""
        head = plain_head(dimensions)
        return cls(sum(arrays), arrays, tuple(repeat(head, len(arrays))), tuple(repeat(1, len(arrays))))


@lru_cache(maxsize=8)
def plain_head(dimensions: int) -> int:
    """Return the bytes of a sealed head of an array of so many axes in one part."""
    field = np.zeros((1,) * dimensions, np.float32)
    return len(seal(pack(field, (field.tobytes(),), 0)).head)


class ShadowStore:
    """Stands for a store where a run is only priced.

    Parameters
    ----------
    tier : {"memory", "disk"}
        Where checkpoints go.
    clock : VirtualClock
        Gets the charges.
    packed : callable
        Says what the checkpoint of a key is like at its age.
    price : callable
        Says what a charge takes, in s.
    rest : int
        Step of the state of rest.
    budget_bytes : int, optional
        What may be held, for a schedule that hears of what is refused; each checkpoint then has memory of its own, as
        in a run by such a schedule. Without it nothing is refused, and checkpoints are stacked in an arena.

    Attributes
    ----------
    peak_bytes, disk_peak_bytes : int
        As those of the real one.

    Raises
    ------
    UnsupportedStrategy
        Another tier.
    """

    def __init__(
        self,
        tier: str,
        clock: VirtualClock,
        packed: PackedOf,
        price: Callable[[Charge], float],
        rest: int,
        budget_bytes: int | None = None,
    ) -> None:
        if tier not in ("memory", "disk"):
            raise UnsupportedStrategy(
                f"tier={tier}: which checkpoints move to the disk depends on all sizes before them, which is not "
                "predicted; tier=memory and tier=disk are"
            )
        self._on_disk, self._budget = tier == "disk", budget_bytes
        self._clock, self._packed, self._price = clock, packed, price
        self._segments: list[tuple[Room, int]] = []
        self._file = Room()
        self._held: dict[Key, tuple[int, Room, tuple[Extent, ...]]] = {}
        self._ages = Ages(rest)
        self._costs = self._most_keys = 0
        self.peak_bytes = self.disk_peak_bytes = 0

    def put(self, key: Key, _arrays: object, _compressor: object, _place: object = None) -> Receipt:
        """Take a checkpoint in."""
        kind, step = key
        self._charge("save" if kind == "state" else "put", step)
        packed = self._packed(key, self._ages.stored(step) if kind == "state" else self._ages.now(step))
        size = sum(packed.sizes)
        if self._budget is not None:
            cost = self._cost(key, packed, None)
            self._refuse(key, packed, cost)
            self._held[key] = cost, Room(), ()
        elif self._on_disk:
            places = [self._file.take_scattered(one) for one in packed.sizes]
            cost = self._cost(key, packed, places)
            self._held[key] = cost, self._file, tuple(extent for extents in places for extent in extents)
        else:
            cost = self._cost(key, packed, None)
            room, extent = self._stack(-(-size // _GRAIN) * _GRAIN)
            self._held[key] = cost, room, (extent,)
        self._costs += cost
        self._most_keys = max(self._most_keys, len(self._held))
        stacked = sum(_pages(room.end) for room, _ in self._segments)
        self.peak_bytes = max(self.peak_bytes, self._costs + table_bytes(self._most_keys) + stacked)
        self.disk_peak_bytes = max(self.disk_peak_bytes, self._file.taken_bytes)
        whole = size + sum(packed.heads)
        return Receipt(key, whole, cost, packed.raw_bytes / whole, 0.0, "disk" if self._on_disk else "memory")

    @property
    def free_bytes(self) -> int:
        """Bytes that are left for one more checkpoint."""
        assert self._budget is not None, "no budget was given"
        return self._budget - self._costs - table_bytes(max(self._most_keys, len(self._held) + 1))

    def _refuse(self, key: Key, packed: Packed, cost: int) -> None:
        assert self._budget is not None
        if cost > self.free_bytes:
            alone = cost + table_bytes(1) > self._budget
            kind = CheckpointTooLarge if alone else BudgetExceeded
            held = table_bytes(1) if alone else self._budget - self.free_bytes
            raise kind(key, "memory", packed.raw_bytes, cost, held, self._budget)

    def expect(self, keys: object) -> None:
        """Nothing to read ahead."""

    def get_into(self, key: Key, _outs: object, _compressor: object) -> None:
        """Charge for bringing one back."""
        kind, step = key
        if kind == "state":
            self._ages.brought_back(step)
        self._charge("load" if kind == "state" else "get", step)

    def drop(self, key: Key) -> None:
        """Let go of one."""
        cost, room, places = self._held.pop(key)
        self._costs -= cost
        room.give(*places)
        if not self._held:
            self._most_keys = 0

    def _charge(self, task: str, step: int) -> None:
        charge = Charge(task, 1, step)
        self._clock.spend(charge, self._price(charge))

    def _stack(self, size: int) -> tuple[Room, Extent]:
        for room, length in self._segments:
            offset = room.place_for(size)
            if offset + size <= length:
                room.take_at(offset, size)
                return room, (offset, size)
        room = Room()
        self._segments.append((room, _pages(max(SEGMENT_BYTES, size))))
        room.take_at(0, size)
        return room, (0, size)

    def _cost(self, key: Key, packed: Packed, places: list[tuple[Extent, ...]] | None) -> int:
        own = self._budget is not None
        arrays = tuple(
            Kept(
                bytes(head),
                size,
                () if places is not None else _own_parts(size, parts) if own else (_NO_BYTES,) * parts,
                () if places is None else places[number],
            )
            for number, (head, size, parts) in enumerate(zip(packed.heads, packed.sizes, packed.parts, strict=True))
        )
        return cost_bytes(key, StoredCheckpoint("", packed.raw_bytes, 0, arrays), in_arena=places is None and not own)


class _Weight(int):
    """Stands for a bytes object of so many bytes, which the allocator is not asked for."""

    __slots__ = ()

    def __sizeof__(self) -> int:
        return _EMPTY_BYTES - _HEADER_BYTES + int(self)


_HEADER_BYTES = 0
_HEADER_BYTES = sys.getsizeof(_Weight(0)) - _Weight(0).__sizeof__()
"""What Python counts besides of an object that its garbage collector looks at; a bytes object is none."""


def _own_parts(size: int, parts: int) -> tuple[Any, ...]:
    """Return what stands for the parts of an array that has memory of its own, as even as they can be."""
    each = size // parts
    return tuple(_Weight(each + (number < size - each * parts)) for number in range(parts))


def _pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
