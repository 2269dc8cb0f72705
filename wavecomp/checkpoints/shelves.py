"""Checkpoints packed, sealed, laid where they belong (own memory, an arena, a file on a disk), and unpacked again."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.entries import Kept, StoredCheckpoint, cost_bytes
from wavecomp.checkpoints.tiers import CheckpointFile, Memory, Tier
from wavecomp.compressors.base import Compressor, Field, identity_of
from wavecomp.compressors.identity import Identity
from wavecomp.compressors.stream import Buffer, Stream, pack, seal, verify
from wavecomp.errors import BudgetExceeded, CheckpointTooLarge, DamagedCheckpoint, StreamError


class Shelves:
    """What a store of one tier puts checkpoints on; it knows sizes and places, no budget, and not which keys are held.

    One thread at a time, but for :meth:`pack` and :meth:`unpack`.

    Parameters
    ----------
    tier : Memory, Disk or TwoTier
    arena : Arena, optional
        For what is in memory; without it every part has memory of its own.

    Raises
    ------
    StorageError
        The disk's folder is not there or cannot be written to.
    """

    def __init__(self, tier: Tier, arena: Arena | None) -> None:
        assert arena is None or isinstance(tier, Memory)
        self._arena = arena
        self.disk = None if isinstance(tier, Memory) else CheckpointFile(tier.folder, tier.budget_bytes)

    @property
    def held_bytes(self) -> int:
        """Memory of the arena that is touched, whether a checkpoint lies there or not."""
        return self._arena.held_bytes if self._arena is not None else 0

    @property
    def stacked_bytes(self) -> int:
        """Memory of the arena up to the highest checkpoint."""
        return self._arena.stacked_bytes if self._arena is not None else 0

    def alone_bytes(self, checkpoint: StoredCheckpoint) -> int:
        """Return what of the arena is held if a checkpoint is the only one there."""
        return self._arena.alone_bytes(checkpoint.size) if self._arena is not None else 0

    def beyond(self, checkpoint: StoredCheckpoint, most_bytes: int) -> int:
        """Return by how many bytes the arena would hold more than ``most_bytes`` with one more checkpoint."""
        return self._arena.beyond(checkpoint.size, most_bytes) if self._arena is not None else -most_bytes

    def shed(self, most_bytes: int) -> None:
        """Give memory that waits in the arena back, until no more than so many bytes are held."""
        if self._arena is not None:
            self._arena.shed(most_bytes)

    def pack(
        self, key: Hashable, arrays: Sequence[Field], compressor: Compressor
    ) -> tuple[StoredCheckpoint, float, float]:
        """Compress arrays and seal them; return the checkpoint, and the seconds that each of the two took.

        Raises
        ------
        UnsupportedField
            The compressor cannot take one of the arrays.
        """
        in_arena = self._arena is not None
        begun = perf_counter()
        streams = [self._compressed(compressor, compressor.prepare(array)) for array in arrays]
        compressed = perf_counter()
        kept = tuple(_kept(stream, copied_later=in_arena) for stream in streams)
        sealed = perf_counter()
        checkpoint = StoredCheckpoint(compressor.spec, sum(array.nbytes for array in arrays), 0, kept)
        checkpoint.cost = cost_bytes(key, checkpoint, in_arena=in_arena)
        return checkpoint, compressed - begun, sealed - compressed

    def unpack(
        self,
        key: Hashable,
        checkpoint: StoredCheckpoint,
        streams: Sequence[Stream | Buffer],
        outs: Sequence[Field],
        compressor: Compressor,
    ) -> tuple[float, float]:
        """Check what was lent, all of it, then decompress it; return the seconds that each of the two took.

        Raises
        ------
        DamagedCheckpoint
            A checksum differs.
        StreamError
            Other shapes or dtypes than those that were packed.
        """
        begun = perf_counter()
        _check(key, checkpoint, streams)
        checked = perf_counter()
        opened = [compressor.open(stream, out, verified=True) for stream, out in zip(streams, outs, strict=True)]
        for parts, out in zip(opened, outs, strict=True):
            compressor.fill(parts, out)
        return checked - begun, perf_counter() - checked

    def to_arena(self, checkpoint: StoredCheckpoint) -> None:
        """Copy the parts into the arena, where there is one; raises AddressesRefused."""
        if self._arena is None:
            return
        checkpoint.piece = self._arena.take(checkpoint.size)
        view, start = self._arena.view(checkpoint.piece), 0
        for array in checkpoint.arrays:
            places = []
            for part in array.parts:
                places.append(view[start : start + len(part)])
                places[-1][:] = part
                start += len(part)
            array.parts = tuple(places)

    def to_disk(self, key: Hashable, checkpoint: StoredCheckpoint) -> None:
        """Write the parts to the file and let go of them, if the file may grow so far.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge
            It may not.
        StorageError
            The disk is full or gone.
        """
        disk = self._disk_for(key, checkpoint)
        moved: list[Kept] = []
        try:
            for array in checkpoint.arrays:
                extents = disk.write(array.parts)
                moved.append(replace(array, parts=(), extents=extents))
        except BaseException:
            for array in moved:
                disk.free(array.extents)
            raise
        checkpoint.arrays = tuple(moved)
        checkpoint.cost = cost_bytes(key, checkpoint)

    def reserve(self, key: Hashable, checkpoint: StoredCheckpoint) -> StoredCheckpoint:
        """Return a checkpoint with room on the disk to which its parts may be written; they stay in memory.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge
            The file may not grow so far.
        """
        disk = self._disk_for(key, checkpoint)
        arrays = tuple(replace(array, extents=disk.reserve(array.size)) for array in checkpoint.arrays)
        disk.peak_bytes = max(disk.peak_bytes, disk.held_bytes)
        return _with_arrays(key, checkpoint, arrays)

    def write(self, checkpoint: StoredCheckpoint) -> None:
        """Write the parts to the room that they have on the disk, from any thread; raises StorageError."""
        assert self.disk is not None
        for array in checkpoint.arrays:
            self.disk.write_at(array.extents, array.parts)

    def written(self, key: Hashable, checkpoint: StoredCheckpoint) -> StoredCheckpoint:
        """Return the checkpoint without the parts in memory, once they are on the disk."""
        return _with_arrays(key, checkpoint, tuple(replace(array, parts=()) for array in checkpoint.arrays))

    def unreserved(self, key: Hashable, checkpoint: StoredCheckpoint) -> StoredCheckpoint:
        """Give the room on the disk back, and return the checkpoint as it is in memory."""
        assert self.disk is not None
        for array in checkpoint.arrays:
            self.disk.free(array.extents)
        return _with_arrays(key, checkpoint, tuple(replace(array, extents=()) for array in checkpoint.arrays))

    def read(self, checkpoint: StoredCheckpoint) -> list[Stream | bytearray]:
        """Return the streams; raises StorageError."""
        return [self._fetch(array) for array in checkpoint.arrays]

    def lend(self, checkpoint: StoredCheckpoint) -> list[Stream | bytearray]:
        """Return the streams, read from the disk if they lie there, until they are taken back; raises StorageError."""
        streams = self.read(checkpoint)
        checkpoint.readers += 1
        return streams

    def take_back(self, checkpoint: StoredCheckpoint) -> None:
        """End what :meth:`lend` began."""
        checkpoint.readers -= 1
        self._free_unread(checkpoint)

    def free(self, checkpoint: StoredCheckpoint) -> None:
        """Let go of what a checkpoint has on disk and, once nobody reads it, in the arena."""
        if self.disk is not None:
            for array in checkpoint.arrays:
                self.disk.free(array.extents)
        checkpoint.dropped = True
        self._free_unread(checkpoint)

    def close(self, checkpoints: Iterable[StoredCheckpoint]) -> None:
        """Let go of all that these checkpoints have; the file on disk is gone."""
        if self._arena is not None:
            for checkpoint in checkpoints:
                self.free(checkpoint)
        if self.disk is not None:
            self.disk.close()

    def _disk_for(self, key: Hashable, checkpoint: StoredCheckpoint) -> CheckpointFile:
        """Return the file, if it may grow by so much; raises BudgetExceeded or CheckpointTooLarge."""
        assert self.disk is not None
        size, disk = checkpoint.size, self.disk
        if size > disk.free_bytes:
            kind = CheckpointTooLarge if size > disk.budget_bytes else BudgetExceeded
            held = 0 if kind is CheckpointTooLarge else disk.held_bytes
            raise kind(key, "disk", checkpoint.raw_bytes, size, held, disk.budget_bytes)
        return disk

    def _compressed(self, compressor: Compressor, prepared: Field) -> Stream:
        """Compress an array; one that nothing compresses is not even copied, where the arena does that later."""
        if self._arena is not None and isinstance(compressor, Identity):
            return pack(prepared, (prepared.reshape(-1).view(np.uint8).data,), identity_of(compressor.spec))
        return compressor.encode(prepared)

    def _fetch(self, array: Kept) -> Stream | bytearray:
        if not array.on_disk:
            return Stream(array.head, array.parts)
        assert self.disk is not None
        whole = bytearray(len(array.head) + array.size)
        whole[: len(array.head)] = array.head
        self.disk.read_into(array.extents, memoryview(whole)[len(array.head) :])
        return whole

    def _free_unread(self, checkpoint: StoredCheckpoint) -> None:
        """Let go of a dropped checkpoint's piece of the arena, unless somebody still reads there."""
        if self._arena is not None and checkpoint.dropped and not checkpoint.readers and checkpoint.piece is not None:
            self._arena.give(checkpoint.piece)
            checkpoint.piece = None


def _with_arrays(key: Hashable, checkpoint: StoredCheckpoint, arrays: tuple[Kept, ...]) -> StoredCheckpoint:
    changed = replace(checkpoint, arrays=arrays)
    changed.cost = cost_bytes(key, changed)
    return changed


def _kept(stream: Stream, *, copied_later: bool = False) -> Kept:
    """Take over a stream's parts, sealed. Parts that are not plain bytes are copied, here or later."""
    # A bytearray may hold more memory than it shows, and a view keeps all of what it looks into.
    parts: tuple[bytes | memoryview, ...]
    if copied_later:
        parts = tuple(memoryview(part).cast("B") for part in stream.parts)
    else:
        parts = tuple(part if type(part) is bytes else bytes(part) for part in stream.parts)
    return Kept(seal(Stream(stream.head, parts)).head, sum(map(len, parts)), parts)


def _check(key: Hashable, checkpoint: StoredCheckpoint, streams: Sequence[Stream | Buffer]) -> None:
    """Raise DamagedCheckpoint if one of a checkpoint's streams is not what was put in."""
    for number, (array, stream) in enumerate(zip(checkpoint.arrays, streams, strict=True)):
        try:
            verify(stream)
        except StreamError as error:
            raise DamagedCheckpoint(
                f"checkpoint {key!r}: array {number} of {len(streams)} ({array.size} bytes, "
                f"{'on disk' if array.on_disk else 'in memory'}) has changed since it was stored"
            ) from error
