"""A file that two processes have in memory: how far one of them came, seen from the other when it is gone."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from types import TracebackType

_AT = struct.Struct("<q")


class Trail:
    """The number of the case that is being tried, and a byte for what came of each.

    Parameters
    ----------
    path : pathlib.Path
        Of the file, which one process makes and another opens.
    size : int, optional
        How many cases there are, where the file is to be made.
    """

    def __init__(self, path: Path, size: int | None = None) -> None:
        if size is not None:
            path.write_bytes(_AT.pack(-1) + bytes(size))
        descriptor = os.open(path, os.O_RDWR)
        try:
            # Memory, not a descriptor: the process that writes may have its descriptors closed by what it runs.
            self._memory = mmap.mmap(descriptor, 0)
        finally:
            os.close(descriptor)

    def __enter__(self) -> Trail:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._memory.close()

    @property
    def at(self) -> int:
        """The case that is being tried, or was last; -1 before the first."""
        return int(_AT.unpack_from(self._memory)[0])

    def go_to(self, number: int) -> None:
        """Say which case is tried from now on."""
        _AT.pack_into(self._memory, 0, number)

    def __len__(self) -> int:
        return len(self._memory) - _AT.size

    def __getitem__(self, number: int) -> int:
        return self._memory[_AT.size + number]

    def __setitem__(self, number: int, outcome: int) -> None:
        self._memory[_AT.size + number] = outcome
