"""Where checkpoints live: in memory, in one nameless file on a disk, or in both."""

from __future__ import annotations

import contextlib
import os
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from wavecomp.checkpoints.extents import Extent, Room
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import StorageError


@dataclass(frozen=True, slots=True)
class Memory:
    """Checkpoints stay in memory, under the store's own budget."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Checkpoints go to a file; memory holds the bookkeeping alone, under the store's own budget.

    Attributes
    ----------
    folder : path
        An existing folder on the disk that is meant.
    budget_bytes : int
        The file never grows longer.
    asynchronous : bool
        It is written in a thread of its own, beside whatever the caller does
        (:class:`~wavecomp.checkpoints.write_behind.WriteBehindStore`).
    """

    folder: str | Path
    budget_bytes: int
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class TwoTier:
    """Checkpoints fill the store's budget in memory first; then the oldest move to the disk.

    An adjoint run reads the youngest checkpoints first and most often, the oldest last and rarely.

    Attributes
    ----------
    folder : path
        An existing folder on the disk that is meant.
    budget_bytes : int
        The file never grows longer.
    asynchronous : bool
        It is written in a thread of its own, beside whatever the caller does
        (:class:`~wavecomp.checkpoints.write_behind.WriteBehindStore`).
    """

    folder: str | Path
    budget_bytes: int
    asynchronous: bool = False


Tier: TypeAlias = Memory | Disk | TwoTier


class CheckpointFile:
    """A file without a name, which the system removes with the process, however that ends.

    A piece of data may be scattered over several extents: freed room of any shape is used again to the last byte, so
    the file is never longer than the greatest sum of bytes that it held, and it shrinks when its end is free.
    """

    def __init__(self, folder: str | Path, budget_bytes: int) -> None:
        self.folder = Path(folder)
        self.budget_bytes = budget_bytes
        self.peak_bytes = 0
        self._room = Room()
        try:
            # Unbuffered: what is written has left this process. TemporaryFile asks for O_TMPFILE, or unlinks at once.
            self._file = tempfile.TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115
        except OSError as error:
            raise StorageError(self.folder, budget_bytes, error.strerror or str(error)) from error
        self.close = weakref.finalize(self, self._file.close)

    @property
    def held_bytes(self) -> int:
        """What is written and not given back."""
        return self._room.taken_bytes

    @property
    def free_bytes(self) -> int:
        """What still may be written."""
        return self.budget_bytes - self.held_bytes

    def write(self, parts: Sequence[Buffer]) -> tuple[Extent, ...]:
        """Write the parts one after the other and return where they lie; ``free_bytes`` must suffice.

        Raises
        ------
        StorageError
            The disk is full or gone; the room is given back and nothing else is touched.
        """
        extents = self.reserve(sum(memoryview(part).nbytes for part in parts))
        try:
            self.write_at(extents, parts)
        except BaseException:
            self.free(extents)
            raise
        self.peak_bytes = max(self.peak_bytes, self.held_bytes)
        return extents

    def reserve(self, size: int) -> tuple[Extent, ...]:
        """Take room for so many bytes, which must be free, to be written to later."""
        assert size <= self.free_bytes
        return self._room.take_scattered(size)

    def write_at(self, extents: Sequence[Extent], parts: Sequence[Buffer]) -> None:
        """Write the parts into room that was taken for them, from any thread; raises StorageError, the room stays."""
        try:
            offsets = iter(extents)
            start, room = next(offsets, (0, 0))
            for part in parts:
                view = memoryview(part).cast("B")
                while len(view):
                    if not room:
                        start, room = next(offsets)
                    done = os.pwrite(self._file.fileno(), view[:room], start)
                    if not done:
                        raise OSError(0, "nothing more could be written")
                    view, start, room = view[done:], start + done, room - done
        except OSError as error:
            size = sum(memoryview(part).nbytes for part in parts)
            raise StorageError(self.folder, size, error.strerror or str(error)) from error

    def read_into(self, extents: Sequence[Extent], out: memoryview) -> None:
        """Fill ``out`` with what lies in the extents.

        Raises
        ------
        StorageError
            The disk is gone, or the file has lost its end.
        """
        filled = 0
        for offset, length in extents:
            start, stop = offset, offset + length
            while start < stop:
                try:
                    done = os.preadv(self._file.fileno(), [out[filled : filled + stop - start]], start)
                except OSError as error:
                    reason = error.strerror or str(error)
                    raise StorageError(self.folder, len(out), reason, reading=True) from error
                if not done:
                    raise StorageError(self.folder, len(out), "the file has lost its end", reading=True)
                start, filled = start + done, filled + done

    def free(self, extents: Sequence[Extent]) -> None:
        """Give room back."""
        end = self._room.end
        self._room.give(*extents)
        if self._room.end < end:
            # A disk that is gone must not turn giving room back into an error.
            with contextlib.suppress(OSError):
                self._file.truncate(self._room.end)
