"""Memory of dropped checkpoints, kept for the next ones.

The system hands out pages at their first use, which costs several times as much as writing to them later (measured on
one machine: 30 MB copied in 3 ms into memory that was touched, in 23 ms into fresh one). Checkpoints that nothing
compresses all have one of two sizes, those of a state's level and of an imaged level: their memory goes from one to
the next.
"""

from __future__ import annotations

import numpy as np

from wavecomp.adjoint.store_entries import allocated_bytes
from wavecomp.compressors.base import Compressor, Field
from wavecomp.compressors.frame import Stream, pack
from wavecomp.compressors.identity import Identity

_PAGE = 4096

SMALLEST_BYTES = 1 << 18
"""Smaller buffers are left to the allocator, which keeps them for their like and hands out no fresh pages for each."""


class Spare:
    """Buffers that wait for the next checkpoint of their size. Not for several threads at a time.

    Attributes
    ----------
    held_bytes : int
        What the waiting buffers take of the memory.
    """

    def __init__(self) -> None:
        self._free: dict[int, list[bytearray]] = {}
        self.held_bytes = 0

    def prepare(self, size: int, count: int, most_bytes: int) -> None:
        """Have so many buffers of a size waiting, every page touched, as far as no more than ``most_bytes`` wait."""
        if size < SMALLEST_BYTES:
            return
        for _ in range(count - len(self._free.get(size, ()))):
            if self.held_bytes + size + _PAGE > most_bytes:
                return
            buffer = bytearray(size)
            np.frombuffer(buffer, np.uint8)[:: _PAGE // 2] = 0  # zeroed memory of the system's is not there yet
            self.give(buffer)

    def take(self, size: int) -> bytearray:
        """Return a buffer of so many bytes, of any content."""
        waiting = self._free.get(size)
        if not waiting:
            return bytearray(size)
        buffer = waiting.pop()
        self.held_bytes -= allocated_bytes(buffer)
        return buffer

    def give(self, buffer: bytearray) -> None:
        """Keep a buffer that nobody uses any more, unless it is a small one."""
        if len(buffer) < SMALLEST_BYTES:
            return
        self._free.setdefault(len(buffer), []).append(buffer)
        self.held_bytes += allocated_bytes(buffer)

    def shed(self, most_bytes: int = 0) -> None:
        """Let go of buffers, the largest first, until no more than so many bytes wait."""
        for size in sorted(self._free, reverse=True):
            while self._free[size] and self.held_bytes > most_bytes:
                self.held_bytes -= allocated_bytes(self._free[size].pop())


def is_plain(compressor: Compressor) -> bool:
    """Tell whether a compressor's stream is the field's bytes."""
    return isinstance(compressor, Identity)


def copied(field: Field, buffer: bytearray) -> Stream:
    """Return what :class:`~wavecomp.compressors.identity.Identity` makes of a field, in a buffer's memory."""
    np.frombuffer(buffer, np.uint8)[:] = field.reshape(-1).view(np.uint8)
    return pack(field, (buffer,))
