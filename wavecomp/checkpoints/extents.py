"""Which bytes of a file, or of a piece of memory, are taken: extents from zero up to an end that moves."""

from __future__ import annotations

from typing import TypeAlias

Extent: TypeAlias = tuple[int, int]
"""Offset and length of one piece, in bytes."""


class Room:
    """Free and taken extents; nothing is free beyond the end, which is as low as what is taken allows.

    Attributes
    ----------
    end : int
        Where the last taken byte ends.
    taken_bytes : int
        Sum of what is taken.
    """

    def __init__(self) -> None:
        self.end = 0
        self.taken_bytes = 0
        self._free: list[Extent] = []  # by offset, never adjacent, never at the end

    def take_scattered(self, size: int) -> tuple[Extent, ...]:
        """Take so many bytes, in as many pieces as it needs to fill every gap first."""
        taken: list[Extent] = []
        self.taken_bytes += size
        while size and self._free:
            offset, length = self._free[0]
            used = min(size, length)
            taken.append((offset, used))
            size -= used
            self._shorten(0, used)
        if size:
            taken.append((self.end, size))
            self.end += size
        return tuple(taken)

    def place_for(self, size: int) -> int:
        """Return the lowest offset at which so many bytes are free in one piece: in a gap, or at the end."""
        return next((offset for offset, length in self._free if length >= size), self.end)

    def take_at(self, offset: int, size: int) -> None:
        """Take so many bytes where :meth:`place_for` has found them."""
        self.taken_bytes += size
        if offset == self.end:
            self.end += size
        else:
            self._shorten(next(n for n, gap in enumerate(self._free) if gap[0] == offset), size)

    def give(self, *extents: Extent) -> None:
        """Give pieces back."""
        self.taken_bytes -= sum(length for _, length in extents)
        merged: list[Extent] = []
        for offset, length in sorted([*self._free, *extents]):
            if merged and sum(merged[-1]) == offset:
                merged[-1] = (merged[-1][0], merged[-1][1] + length)
            else:
                merged.append((offset, length))
        if merged and sum(merged[-1]) == self.end:
            self.end = merged.pop()[0]
        self._free = merged

    def _shorten(self, number: int, by: int) -> None:
        offset, length = self._free[number]
        if by == length:
            del self._free[number]
        else:
            self._free[number] = (offset + by, length - by)
