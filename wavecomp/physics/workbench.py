"""One gradient of one shot: problem × strategy, under a budget."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.courier import open_courier
from wavecomp.adjoint.executor import Executor
from wavecomp.adjoint.result import GradientRun
from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import Disk, Memory, Tier, TwoTier
from wavecomp.compressors.identity import Identity
from wavecomp.errors import UnsupportedField
from wavecomp.machine_memory import trim_heap
from wavecomp.physics.acoustic import FIRST, AcousticOperators
from wavecomp.physics.compiled import Slot
from wavecomp.plans.actions import Tape
from wavecomp.plans.budget import plan
from wavecomp.plans.relative import absolute_text
from wavecomp.plans.schedules import Schedule
from wavecomp.plans.strategies import Strategy, parse_alone

Array = NDArray[np.floating]

UNLIMITED = 1 << 62

_LOOK_EVERY = 4


class Workbench:
    """A problem's operators with the memory that runs share, so that the second run finds all of it touched.

    Parameters
    ----------
    operators : AcousticOperators
        From :func:`wavecomp.physics.opening.open_operators`.
    """

    def __init__(self, operators: AcousticOperators) -> None:
        self.operators = operators
        self._slots: dict[str, list[Slot]] = {}
        self._observed: dict[int, Array] = {}
        self._arena = Arena()
        self._arena_of: tuple[str, int] | None = None
        self._peaks: dict[int, float] = {}
        self._stacked: dict[tuple[str, int, int], int] = {}

    @property
    def spare_bytes(self) -> int:
        """Memory of the last run's checkpoints: taken over by the same run, let go of by another."""
        return self._arena.held_bytes

    def give_back(self) -> None:
        """Give the memory that earlier runs left touched back to the system: a run with a budget has no more than that.

        The next run pays for fresh pages once; those that repeat it find them touched again.
        """
        self._slots.clear()
        self.operators.forget_slots()
        self._arena.shed()
        gc.collect()
        trim_heap()

    def observed(self, shot: int = 0) -> Array:
        """Return the observed data of a shot, shape (steps + 1, receivers): what the true model gives.

        Modelled at the first call. Sample n is u at time n·Δt; the last one, which no iteration records, is 0.
        """
        if shot not in self._observed:
            problem, operators = self.operators.problem, self.operators
            here = operators.model.vp.data.copy(), operators.model.damp.data.copy()
            operators.set_velocity(problem.true_velocity(), renew_layer=True)
            self._observed[shot] = self.synthetic(shot)
            operators.model.vp.data[:], operators.model.damp.data[:] = here
        return self._observed[shot]

    def synthetic(self, shot: int = 0) -> Array:
        """Return the data of a shot in the operators' present model."""
        operators = self.operators
        operators.set_shot(shot)
        operators.rest()
        operators.forward(FIRST, operators.steps, record=True)
        return np.array(operators.records.data)

    def peak(self, shot: int = 0) -> float:
        """Return the greatest amplitude of a shot's wavefield in the operators' model: what tolerances may relate to.

        A short look, at the first call: at two levels in four, which are a tenth of a period apart at most. It is kept:
        an inversion has one tolerance for all its models.
        """
        if shot not in self._peaks:
            operators = self.operators
            operators.set_shot(shot)
            operators.rest()
            greatest, step = 0.0, FIRST
            while step < operators.steps:
                last = min(step + _LOOK_EVERY, operators.steps)
                operators.forward(step, last, record=False)
                step = last
                greatest = max(greatest, *(max(float(u.max()), -float(u.min())) for u in operators.state(step)))
            if not 0.0 < greatest < float("inf"):
                raise UnsupportedField(
                    f"shot {shot}: the wavefield's peak is {greatest:g}; no tolerance can be relative to it"
                )
            self._peaks[shot] = greatest
        return self._peaks[shot]

    def settled(self, strategy: Strategy, shots: Iterable[int] = (0,)) -> Strategy:
        """Return a strategy whose tolerances are absolute, by the greatest peak of some shots; itself if they are."""
        if not strategy.relative:
            return strategy
        peak = max(self.peak(shot) for shot in shots)
        return parse_alone(absolute_text(strategy.spec, peak))

    def run(
        self,
        strategy: Strategy,
        *,
        shot: int = 0,
        budget_bytes: int = UNLIMITED,
        disk_folder: Path | None = None,
        disk_budget_bytes: int = UNLIMITED,
    ) -> GradientRun:
        """Compute the gradient of one shot's misfit at the operators' present model.

        Parameters
        ----------
        strategy : Strategy
            How the forward wavefield is kept; tolerances relative to the peak are those of this shot's.
        shot : int
            Which of the problem's shots.
        budget_bytes, disk_budget_bytes : int
            What may be held in memory, by the checkpoint store and by the slots of levels on their way, and, with a
            tier on disk, there.
        disk_folder : pathlib.Path, optional
            Where the disk tier lives; the system's temporary folder by default.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge, SlotsTooLarge
            A checkpoint does not fit, or the slots leave no room for one.
        StorageError
            The disk is full or gone.
        UnsupportedField
            A tolerance is relative to a wavefield that is zero; or a quantum is too small for the wavefield.
        """
        observed = self.observed(shot)
        strategy = self.settled(strategy, (shot,))
        operators = self.operators
        operators.set_shot(shot)
        tier = _tier(strategy.tier, disk_folder, disk_budget_bytes)
        planned = plan(
            strategy,
            operators.steps - FIRST,
            operators.state_bytes,
            operators.level_bytes,
            budget_bytes,
            disk_budget_bytes,
            itemsize=operators.dtype.itemsize,
        )
        schedule = planned.schedule
        beside = planned.slots_bytes if strategy.name != "store-all" else 0  # which puts nothing into the store
        quantum = strategy.quantum
        taped = any(isinstance(action, Tape) for action in schedule)
        operators.prepare(strategy.every, taped=taped, quantised=quantum is not None)
        carried = self._take("carried" if quantum is None else "quantised", planned.carried)
        tape = self._take("tape", planned.taped)
        room = budget_bytes - beside
        arena = self._prepare_arena(strategy, schedule, shot, room) if strategy.tier == "memory" else None
        with CheckpointStore(budget_bytes, tier, arena, beside_bytes=beside) as store:
            clock = Clock()
            with open_courier(store, strategy.compressor, carried, clock, overlap=strategy.overlap) as courier:
                executor = Executor(operators, observed, store, strategy.compressor, courier, tape, clock, quantum)
                gradient = executor.run(schedule)
            seconds = clock.read()
            if arena is not None:
                self._stacked[strategy.spec, room, shot] = store.peak_bytes
            tally = executor.tally
            # The store saw levels of integers where there is a quantum; a ratio is that to the uncompressed numbers.
            widened = operators.level_bytes / carried[0].stored.nbytes if quantum is not None else 1.0
            slots_bytes = sum(slot.array.nbytes for slot in (*carried, *tape))
            return GradientRun(
                strategy=strategy.spec,
                gradient=gradient,
                misfit=executor.misfit,
                seconds=seconds,
                forward_steps=tally.forward_steps,
                writes=tally.writes,
                reads=tally.reads,
                checkpoints_held=tally.held_most,
                checkpoint_ratios=tuple(widened * receipt.ratio for receipt in tally.receipts),
                peak_checkpoint_bytes=store.peak_bytes + store.disk_peak_bytes + slots_bytes,
                peak_store_bytes=store.peak_bytes,
                peak_disk_bytes=store.disk_peak_bytes,
            )

    def _prepare_arena(self, strategy: Strategy, schedule: Schedule, shot: int, budget_bytes: int) -> Arena:
        """Have the memory of a run's checkpoints there before it, like everything else that it writes to.

        Without compression the schedule tells how much it takes, with it the same run before, if there was one: the
        sizes of one gradient predict the next one's. What another strategy left behind goes back to the system.
        """
        same = (strategy.spec, budget_bytes)
        known = self._stacked.get((*same, shot))
        if known is None and isinstance(strategy.compressor, Identity) and strategy.quantum is None:
            known = schedule.held_bytes_max(self.operators.state_bytes, self.operators.level_bytes)
        if same != self._arena_of:
            self._arena.shed()
        self._arena_of = same
        self._arena.prepare(known or 0, budget_bytes)
        return self._arena

    def _take(self, kind: str, count: int) -> list[Slot]:
        """Return slots that are kept from run to run, more of them where it needs."""
        if count > len(self._slots.get(kind, ())):
            self._slots[kind] = []  # let go of the old ones first
            self._slots[kind] = self.operators.slots(count, quantised=kind == "quantised")
        return self._slots.get(kind, [])[:count]


def _tier(kind: str, folder: Path | None, budget_bytes: int) -> Tier:
    if kind == "memory":
        return Memory()
    place = folder if folder is not None else Path(tempfile.gettempdir())
    return Disk(place, budget_bytes) if kind == "disk" else TwoTier(place, budget_bytes)
