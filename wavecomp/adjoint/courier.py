"""Carrying levels between a code's memory and the checkpoint store, if wanted beside the time steps.

A level waits in a slot until it is compressed, or lies there decompressed until it is imaged. With ``overlap`` a thread
of its own does the work while the code goes on: there is one slot more, and at most one level on its way in each
direction. An error of that thread is raised at the next call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, Protocol, TypeAlias

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.time_stepping import S
from wavecomp.checkpoints.store import CheckpointStore, Receipt
from wavecomp.compressors import Compressor

Key = tuple[str, int]

CompressorOf: TypeAlias = Callable[[int], Compressor]
"""The compressor of whatever is stored of a step."""


class Courier(Protocol[S]):
    """Puts levels into the store and brings them back."""

    def free_slot(self) -> S:
        """Return a slot that may be overwritten."""

    def send(self, step: int, slot: S) -> None:
        """Compress a slot's level into the store; the slot belongs to the courier until :meth:`free_slot` gives it."""

    def expect(self, step: int) -> None:
        """Say which level will be fetched next."""

    def fetch(self, step: int) -> S:
        """Return a level out of the store, decompressed; it is dropped there. Valid until the next fetch."""

    def settle(self, step: int) -> None:
        """Wait until nothing is on its way; the run is at a step."""


class Inline(Generic[S]):
    """Everything at once, in the caller's thread."""

    def __init__(self, store: CheckpointStore, compressor_of: CompressorOf, slots: list[S], clock: Clock) -> None:
        self._store, self._compressor_of, self._clock = store, compressor_of, clock
        self._slots = slots  # none where no level goes into the store
        self.receipts: list[Receipt] = []

    def free_slot(self) -> S:
        """Return the one slot."""
        return self._slots[0]

    def send(self, step: int, slot: S) -> None:
        """Compress."""
        with self._clock.doing("put", step):
            self.receipts.append(self._store.put(("level", step), slot.stored, self._compressor_of(step)))

    def expect(self, step: int) -> None:
        """Tell the store, which may read ahead."""
        self._store.expect([("level", step)])

    def fetch(self, step: int) -> S:
        """Decompress."""
        with self._clock.doing("get", step):
            key = ("level", step)
            self._store.get_into(key, self._slots[0].stored, self._compressor_of(step))
            self._store.drop(key)
        return self._slots[0]

    def settle(self, step: int) -> None:
        """Nothing is ever on its way."""


class Overlapped(Generic[S]):
    """One level on its way in a thread, while the operators work with the other slot."""

    def __init__(
        self,
        store: CheckpointStore,
        compressor_of: CompressorOf,
        slots: list[S],
        clock: Clock,
        submit: Callable[[Callable[[], object]], Future[object]],
    ) -> None:
        self._store, self._compressor_of, self._clock = store, compressor_of, clock
        self._slots, self._submit = slots, submit
        self._turn = 0
        self._underway: Future[object] | None = None
        self._expected: tuple[int, S] | None = None
        self.receipts: list[Receipt] = []

    def free_slot(self) -> S:
        """Return the slot that is not on its way."""
        self._turn = 1 - self._turn
        return self._slots[self._turn]

    def send(self, step: int, slot: S) -> None:
        """Wait for the level before, then compress this one beside what follows."""
        with self._clock.doing("put", step):
            self._wait()

        def work() -> None:
            self.receipts.append(self._store.put(("level", step), slot.stored, self._compressor_of(step)))

        self._underway = self._submit(work)

    def expect(self, step: int) -> None:
        """Begin to decompress."""
        slot = self.free_slot()
        with self._clock.doing("settle", step):
            self._wait()

        def work() -> None:
            key = ("level", step)
            self._store.get_into(key, slot.stored, self._compressor_of(step))
            self._store.drop(key)

        self._expected = (step, slot)
        self._underway = self._submit(work)

    def fetch(self, step: int) -> S:
        """Wait for the expected level."""
        if self._expected is None or self._expected[0] != step:
            self.expect(step)
        assert self._expected is not None
        slot = self._expected[1]
        with self._clock.doing("get", step):
            self._wait()
        self._expected = None
        return slot

    def settle(self, step: int) -> None:
        """Wait."""
        with self._clock.doing("settle", step):
            self._wait()

    def _wait(self) -> None:
        underway, self._underway = self._underway, None
        if underway is not None:
            underway.result()


@contextmanager
def open_courier(
    store: CheckpointStore, compressor_of: CompressorOf, slots: list[S], clock: Clock, *, overlap: bool
) -> Iterator[Inline[S] | Overlapped[S]]:
    """Give a courier for one run; an overlapped one needs two slots."""
    if not overlap:
        yield Inline(store, compressor_of, slots, clock)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="wavecomp-courier") as pool:
        yield Overlapped(store, compressor_of, slots, clock, pool.submit)
