"""Obeying a schedule: actions in, a gradient out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.courier import Inline, Overlapped
from wavecomp.checkpoints.store import CheckpointStore, Receipt
from wavecomp.compressors import Compressor, Lossless
from wavecomp.physics.acoustic import FIRST, AcousticOperators
from wavecomp.physics.compiled import Slot
from wavecomp.plans.actions import Action, Forward, ForwardKeeping, LoadState, Reverse, SaveState, Tape

Array = NDArray[np.floating]


@dataclass(slots=True)
class Tally:
    """What a run counted."""

    forward_steps: int = 0
    writes: int = 0
    reads: int = 0
    held: int = 0
    held_most: int = 0
    receipts: list[Receipt] = field(default_factory=list)

    def wrote(self) -> None:
        """Count a checkpoint that goes into the store."""
        self.writes += 1
        self.held += 1
        self.held_most = max(self.held_most, self.held)


class Executor:
    """Runs the actions of a schedule on a problem's operators, which it finds and leaves in any state.

    Parameters
    ----------
    operators : AcousticOperators
        Operators with their buffers; model and shot are set.
    observed : ndarray, shape (steps + 1, receivers)
        Observed data.
    store : CheckpointStore
        Where checkpoints live; empty.
    compressor : Compressor
        For states and levels.
    courier : Inline or Overlapped
        Carries levels to and from the store.
    tape : list of Slot
        As many as the schedule's longest tape keeps.
    clock : Clock
        Running since the run began.
    quantum : float, optional
        Levels go into the store as multiples of it; the courier's slots are made for that.
    """

    def __init__(
        self,
        operators: AcousticOperators,
        observed: Array,
        store: CheckpointStore,
        compressor: Compressor,
        courier: Inline | Overlapped,
        tape: list[Slot],
        clock: Clock,
        quantum: float | None = None,
    ) -> None:
        self._operators = operators
        self._observed = observed
        self._store = store
        self._compressor = compressor
        self._courier = courier
        self._slots = tape
        self._clock = clock
        self._quantum = quantum
        self._step = FIRST
        self._adjoint_step = operators.steps
        self._recorded_to = FIRST
        self._taped: dict[int, Slot | None] = {}
        self._every: int | None = None
        self.misfit = float("nan")
        self.tally = Tally()

    def run(self, actions: Iterable[Action]) -> Array:
        """Obey the actions and return a copy of the gradient.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge
            A checkpoint does not fit into the store's budget.
        DamagedCheckpoint
            A checkpoint has changed in the store.
        """
        self._operators.rest()
        for action in actions:
            self._obey(action)
        self._courier.settle()
        assert self._adjoint_step == FIRST, f"the schedule ended with the adjoint at step {self._adjoint_step}"
        gradient = self._operators.gradient.copy()
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
            case SaveState(step):
                self._at(step)
                self._courier.settle()
                with self._clock.doing("compress"):
                    arrays = self._operators.state(step)
                    self.tally.receipts.append(self._store.put(("state", step), arrays, self._compressor))
                self.tally.wrote()
            case LoadState(step, keep):
                self._load(step, keep)
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
        with self._clock.doing("advance"):
            first, between = self._step, min(max(self._step, self._recorded_to), last)
            if first < between:
                self._operators.forward(first, between, record=False)
            if between < last:
                self._operators.forward(between, last, record=True)
        self.tally.forward_steps += last - first
        self._recorded_to = max(self._recorded_to, last)
        self._step = last

    def _store_level(self, step: int) -> None:
        slot = self._courier.free_slot()
        with self._clock.doing("advance"):
            if self._quantum is None:
                self._operators.keep(step, slot)
            else:
                self._operators.keep_quantised(step, slot, self._quantum)
        self._courier.send(step, slot)
        self.tally.wrote()

    def _lay(self, action: Tape) -> None:
        assert self._step in (action.first, action.first + 1), (
            f"the state is at step {self._step}, not at {action.first}"
        )
        self._taped = {}
        free = iter(self._slots)
        reach = action.reach
        if reach == self._operators.steps - 1 and self._recorded_to < self._operators.steps:
            reach += 1  # the level there is imaged by nobody, but the record needs the iteration that computes it
        for step in action.kept:
            self._advance(step)
            # The last two levels stay in the operator's own buffers until the reversal: no copy.
            slot = None if step >= reach - 1 else next(free)
            if slot is not None:
                with self._clock.doing("advance"):
                    self._operators.keep(step, slot)
            self._taped[step] = slot
        self._advance(reach)

    def _load(self, step: int, keep: bool) -> None:
        self._courier.settle()
        key = ("state", step)
        with self._clock.doing("decompress"):
            self._store.get_into(key, self._operators.state(step), self._compressor)
            if not isinstance(self._compressor.bound, Lossless):
                self._operators.clear_halo(step)
        self.tally.reads += 1
        if not keep:
            self._store.drop(key)
            self.tally.held -= 1
        self._step = step

    def _begin_adjoint(self) -> None:
        """Make the residual, once the whole record is there."""
        steps = self._operators.steps
        if self._adjoint_step < steps or not np.isnan(self.misfit):
            return
        assert self._recorded_to == steps, f"the record ends at step {self._recorded_to}, not at {steps}"
        residual = self._operators.residual.data
        residual[:] = self._operators.records.data - self._observed
        self.misfit = 0.5 * float(np.sum(np.square(residual, dtype=np.float64)))

    def _reverse(self, first: int, imaged: range, every: int, source: str) -> None:
        sweep = self._operators.sweep(every)
        if source == "store" and len(imaged):
            self._courier.expect(imaged[0])
        for index, step in enumerate(imaged):
            with self._clock.doing("reverse"):
                sweep.down_to_image(self._adjoint_step, step)
            slot = self._taped[step] if source == "tape" else self._courier.fetch(step)
            if source == "store":
                self.tally.reads += 1
                self.tally.held -= 1
                if index + 1 < len(imaged):
                    self._courier.expect(imaged[index + 1])
            with self._clock.doing("reverse"):
                sweep.image(step, slot, self._quantum if source == "store" else None)
            self._adjoint_step = step
        with self._clock.doing("reverse"):
            sweep.down(self._adjoint_step, first)
        self._adjoint_step = first
