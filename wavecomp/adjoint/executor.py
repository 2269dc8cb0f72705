"""Obeying a schedule: actions in, a gradient out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic

from wavecomp.adjoint.books import StateBooks
from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.courier import CompressorOf, Inline, Overlapped
from wavecomp.adjoint.time_stepping import Array, S, TimeStepping
from wavecomp.checkpoints.store import CheckpointStore, Receipt
from wavecomp.compressors import Lossless
from wavecomp.errors import BudgetExceeded
from wavecomp.plans.actions import (
    Action,
    DropState,
    Forward,
    ForwardKeeping,
    LoadState,
    Place,
    Reverse,
    SaveState,
    Tape,
)

_LOOK_AHEAD = 8
"""States that will be brought back next, of which the store may begin to read one."""


@dataclass(slots=True)
class Tally:
    """What a run counted."""

    forward_steps: int = 0
    writes: int = 0
    reads: int = 0
    held: int = 0
    held_most: int = 0
    refused: int = 0
    receipts: list[Receipt] = field(default_factory=list)

    def wrote(self) -> None:
        """Count a checkpoint that goes into the store."""
        self.writes += 1
        self.held += 1
        self.held_most = max(self.held_most, self.held)


class Executor(Generic[S]):
    """Runs the actions of a schedule on a time-stepping code, which it finds and leaves in any state.

    A schedule that is made up as it goes looks into its ``books`` between one action and the next.

    Parameters
    ----------
    code : TimeStepping
        With its buffers; whatever determines the gradient is set.
    store : CheckpointStore
        Where checkpoints live; empty.
    compressor_of : callable
        Of a step: for the state and the level there.
    courier : Inline or Overlapped
        Carries levels to and from the store.
    tape : list of Slot
        As many as the schedule's longest tape keeps.
    clock : Clock
        Running since the run began.
    loads : sequence of int
        Steps of the states that will be brought back, in their order, as far as anybody knows: the store may begin to
        read them.
    """

    def __init__(
        self,
        code: TimeStepping[S],
        store: CheckpointStore,
        compressor_of: CompressorOf,
        courier: Inline[S] | Overlapped[S],
        tape: list[S],
        clock: Clock,
        loads: Sequence[int] = (),
    ) -> None:
        self._code = code
        self._store = store
        self._compressor_of = compressor_of
        self._courier = courier
        self._slots = tape
        self._clock = clock
        self._step = self._recorded_to = code.first
        self._adjoint_step = code.last
        self._turned = False
        self._taped: dict[int, S | None] = {}
        self._every: int | None = None
        self._loads = list(loads)[::-1]
        self.misfit = float("nan")
        self.tally = Tally()
        self.books = StateBooks(store)

    def run(self, actions: Iterable[Action]) -> Array:
        """Obey the actions and return a copy of the gradient.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge
            A checkpoint does not fit into the store's budget.
        DamagedCheckpoint
            A checkpoint has changed in the store.
        """
        return self.finish(self.forward(actions))

    def forward(self, actions: Iterable[Action]) -> Iterator[Action]:
        """Obey the actions before the first reversal; return those that are left, for :meth:`finish`."""
        self._code.rest()
        left = iter(actions)
        for action in left:
            if isinstance(action, Reverse):
                return chain((action,), left)
            self._obey(action)
        return left

    def finish(self, actions: Iterable[Action]) -> Array:
        """Obey the rest of a run's actions and return a copy of the gradient."""
        if self._loads:
            self._look_ahead()
        for action in actions:
            self._obey(action)
        self._courier.settle(self._adjoint_step)
        assert self._adjoint_step == self._code.first, (
            f"the schedule ended with the adjoint at step {self._adjoint_step}"
        )
        gradient = self._code.gradient.copy()
        if self._every is not None and self._every > 1:
            gradient *= gradient.dtype.type(self._every)
        self.tally.receipts.extend(self._courier.receipts)
        return gradient

    def _obey(self, action: Action) -> None:
        match action:
            case Forward(first, last):
                self._at(first)
                self._advance(last)
            case ForwardKeeping(first, last):
                self._at(first)
                for step in action.kept:
                    self._advance(step)
                    self._store_level(step)
                self._advance(last)
            case Tape(first):
                self._lay(action)
            case SaveState(step, place, optional):
                self._at(step)
                self._save(step, place, optional=optional)
            case DropState(step):
                self._store.drop(("state", step))
                self.tally.held -= 1
            case LoadState(step, keep):
                self._load(step, keep)
                if self._loads:
                    self._loads.pop()
                    self._look_ahead()
            case Reverse(last, first, every, source):
                assert last == self._adjoint_step, f"the adjoint is at step {self._adjoint_step}, not at {last}"
                self._begin_adjoint()
                self._reverse(first, action.imaged, every, source)
                self._every = every

    def _at(self, step: int) -> None:
        assert self._step == step, f"the state is at step {self._step}, the schedule takes it to be at {step}"

    def _advance(self, last: int) -> None:
        """Advance; what goes beyond the last record is recorded."""
        if last <= self._step:
            return
        first, between = self._step, min(max(self._step, self._recorded_to), last)
        if first < between:
            with self._clock.doing("forward", first, between):
                self._code.forward(first, between, record=False)
        if between < last:
            with self._clock.doing("record", between, last):
                self._code.forward(between, last, record=True)
        self.tally.forward_steps += last - first
        self._recorded_to = max(self._recorded_to, last)
        self._step = last

    def _save(self, step: int, place: Place | None, *, optional: bool) -> None:
        self._courier.settle(step)
        with self._clock.doing("save", step):
            arrays = self._code.state(step)
            try:
                receipt = self._store.put(("state", step), arrays, self._compressor_of(step), place)
            except BudgetExceeded as refusal:
                if not optional:
                    raise
                self.tally.refused += 1
                self.books.refused(refusal)
                return
        self.tally.receipts.append(receipt)
        self.books.took(step, receipt)
        self.tally.wrote()

    def _store_level(self, step: int) -> None:
        slot = self._courier.free_slot()
        with self._clock.doing("keep", step):
            self._code.keep(step, slot)
        self._courier.send(step, slot)
        self.tally.wrote()

    def _lay(self, action: Tape) -> None:
        assert self._step in (action.first, action.first + 1), (
            f"the state is at step {self._step}, not at {action.first}"
        )
        self._taped = {}
        free = iter(self._slots)
        reach = action.reach
        if reach == self._code.last - 1 and self._recorded_to < self._code.last:
            reach += 1  # the level there is imaged by nobody, but the record needs the iteration that computes it
        for step in action.kept:
            self._advance(step)
            # The last levels stay in the code's own buffers until the reversal: no copy.
            slot = None if step > reach - self._code.in_buffers else next(free)
            if slot is not None:
                with self._clock.doing("keep", step):
                    self._code.keep(step, slot)
            self._taped[step] = slot
        self._advance(reach)

    def _load(self, step: int, keep: bool) -> None:
        self._courier.settle(step)
        key, compressor = ("state", step), self._compressor_of(step)
        with self._clock.doing("load", step):
            self._store.get_into(key, self._code.state(step), compressor)
            if not isinstance(compressor.bound, Lossless):
                self._code.mend(step)
        self.tally.reads += 1
        if not keep:
            self._store.drop(key)
            self.tally.held -= 1
        self._step = step

    def _look_ahead(self) -> None:
        self._store.expect([("state", step) for step in self._loads[: -_LOOK_AHEAD - 1 : -1]])

    def _begin_adjoint(self) -> None:
        """Turn round, once the forward run has come to its end."""
        if self._turned:
            return
        last = self._code.last
        assert self._step == self._recorded_to == last, f"the state is at step {self._step}, not at the end, {last}"
        misfit = self._code.begin_reversal()
        self.misfit = float("nan") if misfit is None else float(misfit)
        self._turned = True

    def _reverse(self, first: int, imaged: range, every: int, source: str) -> None:
        sweep = self._code.sweep(every)
        if source == "store" and len(imaged):
            self._courier.expect(imaged[0])
        for index, step in enumerate(imaged):
            with self._clock.doing("down", self._adjoint_step, step):
                sweep.down_to_image(self._adjoint_step, step)
            slot = self._taped[step] if source == "tape" else self._courier.fetch(step)
            if source == "store":
                self.tally.reads += 1
                self.tally.held -= 1
                if index + 1 < len(imaged):
                    self._courier.expect(imaged[index + 1])
            with self._clock.doing("image", step):
                sweep.image(step, slot)
            self._adjoint_step = step
        with self._clock.doing("down", self._adjoint_step, first):
            sweep.down(self._adjoint_step, first)
        self._adjoint_step = first
