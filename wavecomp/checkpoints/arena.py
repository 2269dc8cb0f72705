"""Memory that checkpoints are stacked in, and that stays touched from one run to the next.

The system hands out pages at their first use, which costs several times as much as writing to them later (measured on
one machine: 30 MB copied in 3 ms into memory that was touched, in 23 ms into fresh one). An adjoint run lets go of what
it stored last first: what it stores is a stack, and the same memory serves it again and again.

Addresses are reserved in large segments; only what was touched is memory, and only that counts.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from wavecomp.checkpoints.extents import Room
from wavecomp.errors import AddressesRefused

SEGMENT_BYTES = 1 << 30
"""Addresses of one segment; a larger checkpoint gets one of its own."""

_GRAIN = 64

Piece: TypeAlias = tuple[int, int, int]
"""Number of the segment, offset and length in bytes."""


@dataclass(slots=True)
class _Segment:
    memory: mmap.mmap
    view: memoryview
    size: int
    room: Room = field(default_factory=Room)
    touched: int = 0

    def touch(self, end: int) -> None:
        """Have every page up to ``end`` there."""
        end = _pages(end)
        if end > self.touched:
            np.frombuffer(self.view[self.touched : end], np.uint8)[:: mmap.PAGESIZE] = 0
            self.touched = end

    def shed(self, most_bytes: int) -> None:
        """Give untaken pages at the end back to the system, until no more than so many bytes are touched."""
        keep = max(_pages(self.room.end), most_bytes // mmap.PAGESIZE * mmap.PAGESIZE)
        if keep < self.touched:
            self.memory.madvise(mmap.MADV_DONTNEED, keep, self.touched - keep)
            self.touched = keep


class Arena:
    """Pieces of memory, the lowest free one first. Not for several threads at a time."""

    def __init__(self) -> None:
        self._segments: list[_Segment] = []

    @property
    def held_bytes(self) -> int:
        """Memory that is touched, whether a piece of it is taken or not."""
        return sum(segment.touched for segment in self._segments)

    @property
    def stacked_bytes(self) -> int:
        """Memory below the highest piece that is taken: what would be held if none waited."""
        return sum(_pages(segment.room.end) for segment in self._segments)

    @staticmethod
    def alone_bytes(size: int) -> int:
        """Return what is held if a piece of so many bytes is the only one."""
        return _pages(size)

    def beyond(self, size: int, most_bytes: int) -> int:
        """Return by how many bytes more than ``most_bytes`` would be held with another piece of so many bytes.

        What waits at the ends is given back to the system where that keeps the limit. Zero or less: it fits.
        """
        number, offset = self._place_for(_grains(size))
        end = _pages(offset + _grains(size))

        def held() -> int:
            return self.held_bytes + max(0, end - self._touched(number))

        if held() > most_bytes:
            for other, segment in enumerate(self._segments):
                segment.shed(end if other == number else 0)
        return held() - most_bytes

    def take(self, size: int) -> Piece:
        """Return a piece of so many bytes, of any content, at the lowest free place.

        Raises
        ------
        AddressesRefused
            The system reserves no further segment.
        """
        size = _grains(size)
        number, offset = self._place_for(size)
        if number == len(self._segments):
            self._segments.append(_segment_for(size))
        segment = self._segments[number]
        segment.room.take_at(offset, size)
        segment.touched = max(segment.touched, _pages(offset + size))  # whoever takes it writes to it
        return number, offset, size

    def view(self, piece: Piece) -> memoryview:
        """Return the memory of a piece."""
        number, offset, size = piece
        return self._segments[number].view[offset : offset + size]

    def give(self, piece: Piece) -> None:
        """Take a piece back; its memory stays touched."""
        number, offset, size = piece
        self._segments[number].room.give((offset, size))

    def prepare(self, size: int, most_bytes: int) -> None:
        """Touch memory beforehand: for ``size`` bytes in all, as far as no more than ``most_bytes`` are held."""
        left = min(size, most_bytes)
        number = 0
        while left > 0:
            if number == len(self._segments):
                self._segments.append(_segment_for(mmap.PAGESIZE))
            segment = self._segments[number]
            part = min(left, segment.size) // mmap.PAGESIZE * mmap.PAGESIZE
            free = most_bytes - (self.held_bytes - segment.touched)
            segment.touch(min(part, free // mmap.PAGESIZE * mmap.PAGESIZE))
            left, number = left - max(part, mmap.PAGESIZE), number + 1

    def shed(self, most_bytes: int = 0) -> None:
        """Give memory that nobody has taken back to the system, until no more than so many bytes are held."""
        for segment in reversed(self._segments):
            excess = self.held_bytes - most_bytes
            if excess > 0:
                segment.shed(max(0, segment.touched - excess))

    def _place_for(self, size: int) -> tuple[int, int]:
        for number, segment in enumerate(self._segments):
            offset = segment.room.place_for(size)
            if offset + size <= segment.size:
                return number, offset
        return len(self._segments), 0

    def _touched(self, number: int) -> int:
        return self._segments[number].touched if number < len(self._segments) else 0


def _segment_for(size: int) -> _Segment:
    """Reserve a segment with room for so many bytes, the usual one or, where addresses are few, a smaller one."""
    most = max(SEGMENT_BYTES, size)
    while True:
        try:
            return _reserve(most)
        except AddressesRefused:
            if most == size:
                raise
            most = max(size, most // 8)  # and leave some addresses for others


def _reserve(size: int) -> _Segment:
    try:
        memory = mmap.mmap(-1, _pages(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as reason:
        raise AddressesRefused(size, reason.strerror or str(reason)) from reason
    return _Segment(memory, memoryview(memory), _pages(size))


def _grains(size: int) -> int:
    return -(-size // _GRAIN) * _GRAIN


def _pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
