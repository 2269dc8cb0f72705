"""Compressed checkpoints under a budget in bytes, checksummed."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import replace
from time import perf_counter
from types import TracebackType
from typing import Literal, Self, TypeAlias

from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.entries import StoredCheckpoint
from wavecomp.checkpoints.receipts import Counts, Receipt
from wavecomp.checkpoints.shelves import Shelves
from wavecomp.checkpoints.tiers import Disk, Memory, Tier, TwoTier
from wavecomp.compressors.base import Compressor, Field
from wavecomp.compressors.stream import Stream
from wavecomp.errors import (
    BudgetExceeded,
    CheckpointKeyError,
    CheckpointTooLarge,
    StreamError,
    UsageError,
)

__all__ = ["CheckpointStore", "Counts", "Receipt"]

Place: TypeAlias = Literal["memory", "disk"]

# A dict's table grows in jumps and never shrinks; this is at least sys.getsizeof of one that once had so many keys.
_TABLE_BYTES, _TABLE_BYTES_A_KEY = 256, 160


class CheckpointStore:
    """Holds compressed arrays by key, never more bytes than the budget.

    It knows keys, the budget and the counts. What is done to a checkpoint is done by its shelves: calls go that way
    alone.

    Everything that stays in memory from one call to the next counts: streams, checksums, and the objects that keep
    them. What a call needs while it runs does not: :meth:`put` has the streams of one checkpoint on its hands before it
    knows that they fit, :meth:`get_into` of a disk those that it reads.

    Every stream is sealed, and checked before it is decompressed, by its own 64-bit XXH3: it misses one of 2**64
    damages. It reads as fast as memory does (more than 30 GB/s, where zlib's CRC-32 reads 4 GB/s), which shows where
    checkpoints are large: an uncompressed state of 30 MB took 7 ms to check, as long as a time step.

    Calls may come from several threads.

    Parameters
    ----------
    budget_bytes : int
        What may be held in memory.
    tier : Memory, Disk or TwoTier
        Where checkpoints go.
    arena : Arena, optional
        Memory for what is stored, kept from one checkpoint to the next and beyond this store; all of it that is touched
        counts against the budget. Without it every checkpoint has memory of its own. Not with a tier on disk.
    beside_bytes : int
        What of the budget is taken by others: slots of levels on their way. Messages count it as held.

    Raises
    ------
    StorageError
        The disk's folder is not there or cannot be written to.
    UsageError
        A budget that is not positive.
    """

    def __init__(
        self,
        budget_bytes: int,
        tier: Tier = Memory(),  # noqa: B008 (frozen)
        arena: Arena | None = None,
        *,
        beside_bytes: int = 0,
    ) -> None:
        for name, budget in (("", budget_bytes), ("disk ", getattr(tier, "budget_bytes", 1))):
            if budget < 1:
                raise UsageError(f"a {name}budget of {budget} bytes holds no checkpoint; give at least 1 byte")
        self._beside = beside_bytes
        self.budget_bytes = budget_bytes - beside_bytes
        self._tier = tier
        self._shelves = Shelves(tier, arena)
        self._disk = self._shelves.disk
        self._shelves.shed(self.budget_bytes)
        self._checkpoints: dict[Hashable, StoredCheckpoint] = {}
        self._costs = 0
        self._most_keys = 0
        self._peak = 0
        self._counts = Counts()
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._checkpoints

    def __len__(self) -> int:
        return len(self._checkpoints)

    @property
    def held_bytes(self) -> int:
        """Bytes held in memory now, those included that wait in the arena for checkpoints to come."""
        return self._own_bytes + self._shelves.held_bytes

    @property
    def free_bytes(self) -> int:
        """Bytes of memory that are left for one more checkpoint; what waits in the arena counts as free.

        In an arena a hole between two checkpoints is taken to be of no use.
        """
        table = table_bytes(max(self._most_keys, len(self._checkpoints) + 1))
        return self.budget_bytes - self._costs - table - self._shelves.stacked_bytes

    @property
    def _own_bytes(self) -> int:
        return self._costs + table_bytes(self._most_keys)

    @property
    def peak_bytes(self) -> int:
        """Greatest number of bytes that its checkpoints took so far, whatever an earlier store left in the arena."""
        return self._peak

    @property
    def disk_held_bytes(self) -> int:
        """Bytes held on disk now."""
        return self._disk.held_bytes if self._disk else 0

    @property
    def disk_peak_bytes(self) -> int:
        """Greatest ``disk_held_bytes`` so far."""
        return self._disk.peak_bytes if self._disk else 0

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self._counts

    def put(
        self, key: Hashable, arrays: tuple[Field, ...], compressor: Compressor, place: Place | None = None
    ) -> Receipt:
        """Compress arrays and hold them.

        Parameters
        ----------
        key : hashable
            A name that is not taken.
        arrays : tuple of ndarray
            Not changed, and not needed afterwards.
        compressor : Compressor
            The same must be given to :meth:`get_into`.
        place : "memory" or "disk", optional
            In two tiers, where it goes; to memory by default. What memory does not hold goes to the disk all the same.
            A store of one tier has no choice.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge
            It does not fit; the text names what would. The store is as before.
        CheckpointKeyError
            The key is taken.
        StorageError
            The disk is full or gone. The store is as before.
        UnsupportedField
            The compressor cannot take one of the arrays.
        """
        if key in self._checkpoints:
            raise CheckpointKeyError(f"checkpoint {key!r} is held already; drop it first")
        checkpoint, compress_seconds, checksum_seconds = self._shelves.pack(key, arrays, compressor)
        raw, size = checkpoint.raw_bytes, checkpoint.stream_bytes
        with self._lock:
            self._listen()
            if key in self._checkpoints:
                raise CheckpointKeyError(f"checkpoint {key!r} is held already; drop it first")
            disk_begun = perf_counter()
            try:
                checkpoint = self._admit(key, checkpoint, place)
            except BudgetExceeded:
                self._count(refusals=1)
                raise
            finally:
                self._count(
                    compress_seconds=compress_seconds,
                    checksum_seconds=checksum_seconds,
                    disk_seconds=perf_counter() - disk_begun if self._disk else 0.0,
                )
            self._count(puts=1, raw_bytes=raw, stored_bytes=size)
            disk_bytes = checkpoint.disk_bytes
            return Receipt(
                key,
                size,
                checkpoint.cost + disk_bytes + (checkpoint.piece[-1] if checkpoint.piece else 0),
                raw / size if size else 1.0,
                compress_seconds,
                "disk" if disk_bytes else "memory",
            )

    def get_into(self, key: Hashable, outs: tuple[Field, ...], compressor: Compressor) -> None:
        """Check and decompress a checkpoint into memory that the caller owns. It stays held.

        Nothing is written to any of the outputs before all of the checkpoint is found whole.

        Raises
        ------
        CheckpointKeyError
            No such checkpoint.
        DamagedCheckpoint
            A checksum differs.
        StorageError
            The disk is gone.
        StreamError
            Another compressor, or other shapes or dtypes, than those that were put in.
        """
        with self._lock:
            self._listen()
            checkpoint = self._find(key)
            if compressor.spec != checkpoint.spec:
                raise StreamError(f"checkpoint {key!r} was compressed by {checkpoint.spec}, not by {compressor.spec}")
            if len(outs) != len(checkpoint.arrays):
                raise StreamError(f"checkpoint {key!r} holds {len(checkpoint.arrays)} arrays, {len(outs)} were given")
            begun = perf_counter()
            streams = self._lend(key, checkpoint)
            fetched = perf_counter()
        try:
            checksum_seconds, decompress_seconds = self._shelves.unpack(key, checkpoint, streams, outs, compressor)
        finally:
            with self._lock:
                self._shelves.take_back(checkpoint)
        with self._lock:
            self._count(
                gets=1,
                disk_seconds=fetched - begun if self._disk else 0.0,
                checksum_seconds=checksum_seconds,
                decompress_seconds=decompress_seconds,
            )

    def drop(self, key: Hashable) -> None:
        """Let go of a checkpoint.

        Raises
        ------
        CheckpointKeyError
            No such checkpoint.
        """
        with self._lock:
            self._listen()
            checkpoint = self._find(key)
            del self._checkpoints[key]
            self._let_go(key, checkpoint)
            if not self._checkpoints:
                self._checkpoints, self._most_keys = {}, 0
            self._count(drops=1)

    def close(self) -> None:
        """Let go of everything; the file on disk is gone."""
        with self._lock:
            self._shelves.close(self._checkpoints.values())
            self._checkpoints, self._most_keys, self._costs = {}, 0, 0

    def _find(self, key: Hashable) -> StoredCheckpoint:
        try:
            return self._checkpoints[key]
        except KeyError:
            raise CheckpointKeyError(f"checkpoint {key!r} is not held; {len(self)} others are") from None

    def expect(self, keys: Sequence[Hashable]) -> None:
        """Say what will be read next, soonest first; a store that reads beside its caller begins."""

    def _listen(self) -> None:
        """Raise what another thread of the store has to say."""

    def _admit(self, key: Hashable, checkpoint: StoredCheckpoint, place: Place | None) -> StoredCheckpoint:
        """Find room, moving older checkpoints to the disk where there is one, and hold the checkpoint; return it."""
        if isinstance(self._tier, TwoTier):
            if place == "disk" or not self._make_room(checkpoint.cost):
                checkpoint = self._to_disk(key, checkpoint)
        elif isinstance(self._tier, Disk):
            checkpoint = self._to_disk(key, checkpoint)
        keys = self._most_keys_with_another
        left = self.budget_bytes - self._costs - table_bytes(keys) - checkpoint.cost
        missing = self._shelves.beyond(checkpoint, left)
        if missing > 0:
            self._shelves.free(checkpoint)
            needed = checkpoint.cost + self._shelves.alone_bytes(checkpoint)
            alone = needed + table_bytes(1) > self.budget_bytes
            held = table_bytes(1) if alone else self.budget_bytes + missing - needed
            kind = CheckpointTooLarge if alone else BudgetExceeded
            raise kind(
                key, "memory", checkpoint.raw_bytes, needed, held + self._beside, self.budget_bytes + self._beside
            )
        self._shelves.to_arena(checkpoint)
        self._checkpoints[key] = checkpoint
        self._costs += checkpoint.cost
        self._most_keys = keys
        self._note_peak()
        return checkpoint

    @property
    def _most_keys_with_another(self) -> int:
        return max(self._most_keys, len(self._checkpoints) + 1)

    def _note_peak(self) -> None:
        self._peak = max(self._peak, self._own_bytes + self._shelves.stacked_bytes)

    def _to_disk(self, key: Hashable, checkpoint: StoredCheckpoint) -> StoredCheckpoint:
        """Write a new checkpoint to the disk, and return it as it is to be held."""
        self._shelves.to_disk(key, checkpoint)
        return checkpoint

    def _lend(self, key: Hashable, checkpoint: StoredCheckpoint) -> list[Stream | bytearray]:  # noqa: ARG002
        """Return the streams of a checkpoint."""
        return self._shelves.lend(checkpoint)

    def _let_go(self, key: Hashable, checkpoint: StoredCheckpoint) -> None:  # noqa: ARG002
        """Give back what a checkpoint has that is held no more."""
        self._costs -= checkpoint.cost
        self._shelves.free(checkpoint)

    def _make_room(self, cost: int) -> bool:
        """Move checkpoints to the disk, the oldest first, until there is memory for another one of that cost."""
        needed = cost + table_bytes(self._most_keys_with_another)
        for key, checkpoint in self._checkpoints.items():
            if self._costs + needed <= self.budget_bytes:
                break
            if not checkpoint.in_memory:
                continue
            # Its entry is replaced, not changed: another thread may be reading the parts.
            moved = replace(checkpoint)
            self._shelves.to_disk(key, moved)
            if moved.cost >= checkpoint.cost:  # to remember where a small one lies takes more than to hold it
                self._shelves.free(moved)
                continue
            self._costs += moved.cost - checkpoint.cost
            self._checkpoints[key] = moved
            self._count(spills=1)
        return self._costs + needed <= self.budget_bytes

    def _count(self, **more: float) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + n for name, n in more.items()})


def table_bytes(keys: int) -> int:
    """Return what a dict that once had so many keys takes at most."""
    return _TABLE_BYTES + _TABLE_BYTES_A_KEY * keys if keys else 0
