"""Where the parts of checkpoints lie: in memory of their own, in an arena, or in a file on a disk."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.entries import Checkpoint, Kept, cost_bytes
from wavecomp.checkpoints.tiers import CheckpointFile, Memory, Tier
from wavecomp.compressors.base import Compressor, Field, identity_of
from wavecomp.compressors.identity import Identity
from wavecomp.compressors.stream import Stream, pack
from wavecomp.errors import BudgetExceeded, CheckpointTooLarge


class Shelves:
    """What a store of one tier puts checkpoints on; it knows sizes and places, no keys and no budget of memory.

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
        self.arena = arena
        self.disk = None if isinstance(tier, Memory) else CheckpointFile(tier.folder, tier.budget_bytes)

    def compressed(self, compressor: Compressor, prepared: Field) -> Stream:
        """Compress an array; one that nothing compresses is not even copied, where the arena does that later."""
        if self.arena is not None and isinstance(compressor, Identity):
            return pack(prepared, (prepared.reshape(-1).view(np.uint8).data,), identity_of(compressor.spec))
        return compressor.encode(prepared)

    def to_arena(self, checkpoint: Checkpoint) -> None:
        """Copy the parts into the arena; raises AddressesRefused."""
        assert self.arena is not None
        checkpoint.piece = self.arena.take(checkpoint.size)
        view, start = self.arena.view(checkpoint.piece), 0
        for array in checkpoint.arrays:
            places = []
            for part in array.parts:
                places.append(view[start : start + len(part)])
                places[-1][:] = part
                start += len(part)
            array.parts = tuple(places)

    def to_disk(self, key: Hashable, checkpoint: Checkpoint) -> None:
        """Write the parts to the file and let go of them, if the file may grow so far.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge
            It may not.
        StorageError
            The disk is full or gone.
        """
        assert self.disk is not None
        size, disk = checkpoint.size, self.disk
        if size > disk.free_bytes:
            kind = CheckpointTooLarge if size > disk.budget_bytes else BudgetExceeded
            held = 0 if kind is CheckpointTooLarge else disk.held_bytes
            raise kind(key, "disk", checkpoint.raw_bytes, size, held, disk.budget_bytes)
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

    def fetch(self, array: Kept) -> Stream | bytearray:
        """Return an array's stream, read from the disk if it lies there; raises StorageError."""
        if not array.on_disk:
            return Stream(array.head, array.parts)
        assert self.disk is not None
        whole = bytearray(len(array.head) + array.size)
        whole[: len(array.head)] = array.head
        self.disk.read_into(array.extents, memoryview(whole)[len(array.head) :])
        return whole

    def free(self, checkpoint: Checkpoint) -> None:
        """Let go of what a checkpoint has on disk and, once nobody reads it, in the arena."""
        if self.disk is not None:
            for array in checkpoint.arrays:
                self.disk.free(array.extents)
        checkpoint.dropped = True
        self.free_unread(checkpoint)

    def free_unread(self, checkpoint: Checkpoint) -> None:
        """Let go of a dropped checkpoint's piece of the arena, unless somebody still reads there."""
        if self.arena is not None and checkpoint.dropped and not checkpoint.readers and checkpoint.piece is not None:
            self.arena.give(checkpoint.piece)
            checkpoint.piece = None

    def close(self) -> None:
        """Let go of the file on disk."""
        if self.disk is not None:
            self.disk.close()
