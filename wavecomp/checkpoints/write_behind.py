"""A store whose disk is written, and read ahead, in a thread beside whatever its caller does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.entries import StoredCheckpoint
from wavecomp.checkpoints.store import CheckpointStore, Place, table_bytes
from wavecomp.checkpoints.tiers import Disk, Memory, Tier, TwoTier
from wavecomp.compressors.stream import Stream
from wavecomp.errors import CheckpointKeyError, StorageError

MOST_WAITING = 2
"""Checkpoints on their way to the disk at one time: one that is written, one that waits."""

_SMALL = 1024
"""Bytes up to which no checkpoint is moved ahead of need: to remember where it lies takes as much."""


@dataclass(slots=True)
class _Ahead:
    """A checkpoint that is read before it is asked for, and what it takes of the memory's budget meanwhile."""

    key: Hashable
    checkpoint: StoredCheckpoint
    cost: int
    begun: bool = False
    streams: list[Stream | bytearray] | None = None
    unwanted: bool = False


class WriteBehindStore(CheckpointStore):
    """Does what its base does, and lets a thread do the disk's part.

    A checkpoint that goes to the disk gets its room there at once, so that a full budget is refused in the call that
    breaks it. Until a thread has written it, it stays in memory, counts there as well, and is read from there; dropped
    before that, it is never written. Where memory has no room for one more that waits, the call waits for those before;
    where none is on its way, the call writes by itself. In two tiers the oldest go to the disk a little before the room
    is needed.

    One checkpoint that will be read next (:meth:`expect`) is read ahead, if memory has room for it.

    What the disk has to complain about is raised by the next call, whichever that is; the checkpoint that was not
    written is still held, in memory. Closing waits for what is being written; what only waits to be is let go of.

    Parameters and errors are those of :class:`~wavecomp.checkpoints.store.CheckpointStore`.
    """

    def __init__(self, budget_bytes: int, tier: Disk | TwoTier, *, beside_bytes: int = 0) -> None:
        super().__init__(budget_bytes, tier, beside_bytes=beside_bytes)
        self._changed = threading.Condition(self._lock)
        self._queue: deque[tuple[Hashable, StoredCheckpoint]] = deque()
        self._writing: StoredCheckpoint | None = None
        self._ahead: _Ahead | None = None
        self._late: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def expect(self, keys: Sequence[Hashable]) -> None:
        """Begin to read the first of these checkpoints that lies on the disk alone."""
        with self._lock:
            self._listen()
            if self._ahead is not None:
                if self._ahead.key in keys:
                    return
                self._forgo()
                if self._ahead is not None:
                    return
            for key in keys:
                found = self._checkpoints.get(key)
                if found is None or found.in_memory or not found.disk_bytes:
                    continue
                if self._free_bytes >= found.stream_bytes:
                    self._ahead = _Ahead(key, found, found.stream_bytes)
                    self._costs += found.stream_bytes
                    self._note_peak()
                    self._wake()
                return

    def close(self) -> None:
        """Let go of everything, once nothing is being written; the file on disk is gone."""
        with self._lock:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        super().close()

    def flush(self) -> None:
        """Wait until nothing is on its way to the disk; raises what the disk complained about."""
        with self._lock:
            while self._underway:
                self._changed.wait()
            self._listen()

    @property
    def _underway(self) -> int:
        return len(self._queue) + (self._writing is not None)

    @property
    def _free_bytes(self) -> int:
        return self.budget_bytes - self._own_bytes

    def _room_for(self, cost: int) -> bool:
        return self._costs + table_bytes(self._most_keys_with_another) + cost <= self.budget_bytes

    def _listen(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            raise late

    def _admit(self, key: Hashable, checkpoint: StoredCheckpoint, place: Place | None) -> StoredCheckpoint:
        to_disk = isinstance(self._tier, Disk) or place == "disk"
        while not self._room_for(_on_its_way(checkpoint)) or (to_disk and self._underway >= MOST_WAITING):
            self._forgo()
            if self._room_for(_on_its_way(checkpoint)) and not (to_disk and self._underway >= MOST_WAITING):
                break
            if not self._underway and (self._ahead is None or not self._ahead.unwanted):
                break
            self._changed.wait()
            self._listen()
        if key in self._checkpoints:  # the lock was let go of
            raise CheckpointKeyError(f"checkpoint {key!r} is held already; drop it first")
        admitted = super()._admit(key, checkpoint, place)
        if place is None and isinstance(self._tier, TwoTier):
            self._write_ahead(admitted)
        return admitted

    def _to_disk(self, key: Hashable, checkpoint: StoredCheckpoint) -> StoredCheckpoint:
        waiting = self._shelves.reserve(key, checkpoint)
        if not self._room_for(waiting.cost):
            return super()._to_disk(key, self._shelves.unreserved(key, waiting))
        self._send(key, waiting)
        return waiting

    def _send(self, key: Hashable, waiting: StoredCheckpoint) -> None:
        self._queue.append((key, waiting))
        self._wake()

    def _write_ahead(self, newest: StoredCheckpoint) -> None:
        """Send the oldest checkpoints to the disk before there is no room for another one like the newest."""
        assert self._disk is not None
        for key, old in [*self._checkpoints.items()]:
            if self._free_bytes >= 2 * newest.cost or self._underway >= MOST_WAITING:
                return
            if old is newest or not old.in_memory or old.disk_bytes or old.size <= _SMALL:
                continue
            if old.size > self._disk.free_bytes or self._free_bytes < _on_its_way(old) - old.cost:
                return
            waiting = self._shelves.reserve(key, old)
            if self._free_bytes < waiting.cost - old.cost:  # scattered over more pieces than was thought
                self._shelves.unreserved(key, waiting)
                return
            self._checkpoints[key] = waiting
            self._costs += waiting.cost - old.cost
            self._note_peak()
            self._count(spills=1)
            self._send(key, waiting)

    def _lend(self, key: Hashable, checkpoint: StoredCheckpoint) -> list[Stream | bytearray]:
        ahead = self._ahead
        if ahead is None or ahead.checkpoint is not checkpoint:
            return super()._lend(key, checkpoint)
        while ahead.begun and ahead.streams is None and self._ahead is ahead:
            self._changed.wait()
        if self._find(key) is not checkpoint:  # the lock was let go of
            return self._lend(key, self._find(key))
        if ahead.streams is None or self._ahead is not ahead:
            self._forgo()
            return super()._lend(key, checkpoint)
        self._ahead = None
        self._costs -= ahead.cost
        checkpoint.readers += 1
        return ahead.streams

    def _let_go(self, key: Hashable, checkpoint: StoredCheckpoint) -> None:
        if self._ahead is not None and self._ahead.checkpoint is checkpoint:
            self._forgo()
        if checkpoint is self._writing:
            checkpoint.dropped = True  # its memory and its room on the disk are free once it is written
            return
        for entry in self._queue:
            if entry[1] is checkpoint:
                self._queue.remove(entry)
                break
        super()._let_go(key, checkpoint)

    def _forgo(self) -> None:
        """Have nothing read ahead; what is being read counts until it is."""
        ahead = self._ahead
        if ahead is None:
            return
        if ahead.begun and ahead.streams is None:
            ahead.unwanted = True
            return
        self._ahead = None
        self._costs -= ahead.cost

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="wavecomp-disk", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        """Write what waits, in turn, and read ahead where nothing does."""
        while True:
            with self._lock:
                while not (self._closed or self._queue or (self._ahead is not None and not self._ahead.begun)):
                    self._changed.wait()
                if self._closed:
                    return
                if self._queue:
                    key, waiting = self._queue.popleft()
                    self._writing = waiting
                    ahead = None
                else:
                    ahead = self._ahead
                    assert ahead is not None
                    ahead.begun = True
            if ahead is None:
                self._write(key, waiting)
            else:
                self._read(ahead)

    def _write(self, key: Hashable, waiting: StoredCheckpoint) -> None:
        late: BaseException | None = None
        try:
            self._shelves.write(waiting)
        except BaseException as error:  # whatever it is: whoever waits must hear of it
            late = error
        with self._lock:
            self._writing = None
            if waiting.dropped:
                self._costs -= waiting.cost
                self._shelves.free(waiting)
            else:
                turn = self._shelves.unreserved if late is not None else self._shelves.written
                after = turn(key, waiting)
                self._checkpoints[key] = after
                self._costs += after.cost - waiting.cost
            self._late = self._late or late
            self._changed.notify_all()

    def _read(self, ahead: _Ahead) -> None:
        streams: list[Stream | bytearray] | None = None
        try:
            streams = self._shelves.read(ahead.checkpoint)
        except (StorageError, MemoryError):
            ahead.unwanted = True  # whoever asks for it reads it again, and hears why that fails
        with self._lock:
            ahead.streams = streams
            if ahead.unwanted and self._ahead is ahead:
                self._ahead = None
                self._costs -= ahead.cost
            self._changed.notify_all()


def _on_its_way(checkpoint: StoredCheckpoint) -> int:
    """Return what a checkpoint takes at most of the memory while it waits: its extents are remembered besides."""
    return checkpoint.cost + 256 * len(checkpoint.arrays)


def open_store(
    budget_bytes: int, tier: Tier | None = None, arena: Arena | None = None, *, beside_bytes: int = 0
) -> CheckpointStore:
    """Return the store that a tier asks for; parameters and errors are those of CheckpointStore."""
    tier = Memory() if tier is None else tier
    if not isinstance(tier, Memory) and tier.asynchronous:
        assert arena is None
        return WriteBehindStore(budget_bytes, tier, beside_bytes=beside_bytes)
    return CheckpointStore(budget_bytes, tier, arena, beside_bytes=beside_bytes)
