"""One gradient by one strategy, under a budget: a time-stepping code with the memory that its runs share."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Generator, Hashable
from pathlib import Path
from typing import Generic

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.courier import open_courier
from wavecomp.adjoint.executor import Executor
from wavecomp.adjoint.imaging_step import step_for
from wavecomp.adjoint.level_tolerances import CoarseWeights, LevelTolerances
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.time_stepping import S, TimeStepping
from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.tiers import Disk, Memory, Tier, TwoTier
from wavecomp.checkpoints.write_behind import open_store
from wavecomp.compressors.identity import Identity
from wavecomp.errors import UnsupportedField, UnsupportedStrategy
from wavecomp.machine_memory import trim_heap
from wavecomp.plans.budget import Plan, plan
from wavecomp.plans.strategy import Strategy

UNLIMITED = 1 << 62

_LOOK_EVERY = 4


class Reversal(Generic[S]):
    """A time-stepping code with the memory that runs share, so that the second run finds all of it touched.

    Parameters
    ----------
    code : TimeStepping
        Whatever determines its gradient is set before each run.
    coarse : callable, optional
        Gives the weights of levels for ``weights=coarse``.
    """

    def __init__(self, code: TimeStepping[S], coarse: CoarseWeights | None = None) -> None:
        self.code = code
        self._tolerances = LevelTolerances(code, coarse)
        self._slots: dict[str, list[S]] = {}
        self._arena = Arena()
        self._arena_of: tuple[str, int] | None = None
        self._peaks: dict[Hashable, float] = {}
        self._sizes: dict[tuple[str, int, Hashable], dict[int, int]] = {}
        self._stacked: dict[tuple[str, int, Hashable], int] = {}

    @property
    def spare_bytes(self) -> int:
        """Memory of the last run's checkpoints: taken over by the same run, let go of by another."""
        return self._arena.held_bytes

    def give_back(self) -> None:
        """Give the memory that earlier runs left touched back to the system: a run with a budget has no more than that.

        The next run pays for fresh pages once; those that repeat it find them touched again.
        """
        self._slots.clear()
        self.code.forget_slots()
        self._arena.shed()
        gc.collect()
        trim_heap()

    def peak(self, series: Hashable = None) -> float:
        """Return the greatest amplitude in the states of a forward run: what tolerances may relate to.

        A short look, at the first call of a series: at one state in four, of a wavefield the two levels of it, a tenth
        of a period apart at most. It is kept: an inversion has one tolerance for all its models.

        Raises
        ------
        UnsupportedField
            It is zero, or not finite.
        """
        if series not in self._peaks:
            code = self.code
            code.rest()
            greatest, step = 0.0, code.first
            while step < code.last:
                reached = min(step + _LOOK_EVERY, code.last)
                code.forward(step, reached, record=False)
                step = reached
                greatest = max(greatest, *(max(float(u.max()), -float(u.min())) for u in code.state(step)))
            if not 0.0 < greatest < float("inf"):
                which = "" if series is None else f"shot {series}: "
                raise UnsupportedField(
                    f"{which}the wavefield's peak is {greatest:g}; no tolerance can be relative to it"
                )
            self._peaks[series] = greatest
        return self._peaks[series]

    def with_step(self, strategy: Strategy) -> Strategy:
        """Return a strategy whose imaging step is a number: found from the code's source where it is none.

        Raises
        ------
        UnsupportedField
            The source is zero.
        UnsupportedStrategy
            The code does not tell its source.
        """
        if strategy.step_error is None:
            return strategy
        signature = self.code.signature
        if signature is None:
            raise UnsupportedStrategy(
                f"every=auto: {type(self.code).__name__} has no signature, so nobody can tell what step its source "
                "allows; give a number, as in every=4"
            )
        return strategy.with_step(step_for(signature, strategy.step_error))

    def forget_peaks(self) -> None:
        """Look anew where a tolerance is relative, or goes by weights: the code has another wavefield."""
        self._peaks.clear()
        self._tolerances.forget()

    def run(
        self,
        strategy: Strategy,
        *,
        series: Hashable = None,
        budget_bytes: int = UNLIMITED,
        disk_folder: Path | None = None,
        disk_budget_bytes: int = UNLIMITED,
        traced: bool = False,
    ) -> GradientRun:
        """Compute the gradient.

        Parameters
        ----------
        strategy : Strategy
            How the forward wavefield is kept; tolerances relative to the peak are those of this series, and
            ``every=auto`` is what the code's source allows. With ``weights=...`` each level's tolerance is found before
            the clock of the first run of a series starts, and kept for the others: an inversion has one set for all its
            models. ``planned`` takes the sizes of its states from the last run of the series with the same compressor
            that stored any; without one it is run, and called in what is returned, ``adaptive``.
        series : hashable, optional
            Runs of one series, such as those of one shot, have checkpoints of much the same sizes.
        budget_bytes, disk_budget_bytes : int
            What may be held in memory, by the checkpoint store and by the slots of levels on their way, and, with a
            tier on disk, there.
        disk_folder : pathlib.Path, optional
            Where the disk tier lives; the system's temporary folder by default.
        traced : bool
            Keep what it did when, and what became of each checkpoint.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge, SlotsTooLarge
            A checkpoint does not fit, or the slots leave no room for one.
        StorageError
            The disk is full or gone.
        SpecError
            The compressor cannot have the tolerance that a level's weight asks for.
        UnsupportedField
            A tolerance is relative to a wavefield that is zero, or goes by weights that are.
        UnsupportedStrategy
            The code cannot do what the strategy asks for.
        """
        halves = self.halves(
            strategy,
            series=series,
            budget_bytes=budget_bytes,
            disk_folder=disk_folder,
            disk_budget_bytes=disk_budget_bytes,
            traced=traced,
        )
        next(halves)
        return finished(halves)

    def halves(
        self,
        strategy: Strategy,
        *,
        series: Hashable = None,
        budget_bytes: int = UNLIMITED,
        disk_folder: Path | None = None,
        disk_budget_bytes: int = UNLIMITED,
        traced: bool = False,
    ) -> Generator[None, None, GradientRun]:
        """Do the same in two halves: stop once, where the forward run has come to its end and nothing is reversed yet.

        Parameters and errors are those of :meth:`run`; :func:`finished` runs the second half. Closing the generator
        lets go of the checkpoints.
        """
        strategy = self.with_step(strategy)
        strategy = strategy.at(self.peak(series)) if strategy.relative else strategy
        levels = self._tolerances.of(strategy, series) if strategy.weights is not None else None
        compressor_of = levels or (lambda _step: strategy.compressor)
        code = self.code
        same = (strategy.compressor_spec, strategy.every, series)
        earlier = self._sizes.get(same)
        strategy = strategy if earlier else strategy.without_sizes()
        tier = _tier(strategy, disk_folder, disk_budget_bytes)
        planned = plan(
            strategy,
            code.last - code.first,
            code.state_bytes,
            code.level_bytes,
            budget_bytes,
            disk_budget_bytes,
            first=code.first,
            in_buffers=code.in_buffers,
            earlier=earlier if strategy.name == "planned" else None,
        )
        beside = planned.slots_bytes if strategy.name != "store-all" else 0  # which puts nothing into the store
        taped = bool(planned.schedule.tapes)
        code.prepare(strategy.every, taped=taped)
        carried = self._take("carried", planned.carried)
        tape = self._take("tape", planned.taped)
        room = budget_bytes - beside
        # States that are dropped in any order would leave holes in an arena, which serves a stack.
        stacked = strategy.tier == "memory" and not strategy.live
        arena = self._prepare_arena(strategy, planned, series, room) if stacked else None
        with open_store(budget_bytes, tier, arena, beside_bytes=beside) as store:
            clock = Clock(traced=traced)
            with open_courier(store, compressor_of, carried, clock, overlap=strategy.overlap) as courier:
                executor = Executor(code, store, compressor_of, courier, tape, clock, planned.schedule.loads)
                left = executor.forward(planned.schedule.actions_for(executor.books))
                with clock.standing():
                    yield
                gradient = executor.finish(left)
            seconds = clock.read()
            if arena is not None:
                self._stacked[strategy.spec, room, series] = store.peak_bytes
            self._sizes[same] = executor.books.sizes or self._sizes.get(same, {})
            tally = executor.tally
            return GradientRun(
                strategy=strategy.spec,
                gradient=gradient,
                misfit=executor.misfit,
                seconds=seconds,
                forward_steps=tally.forward_steps,
                writes=tally.writes,
                refused=tally.refused,
                reads=tally.reads,
                checkpoints_held=tally.held_most,
                checkpoint_ratios=tuple(receipt.ratio for receipt in tally.receipts),
                peak_checkpoint_bytes=store.peak_bytes
                + store.disk_peak_bytes
                + sum(slot.nbytes for slot in (*carried, *tape)),
                peak_store_bytes=store.peak_bytes,
                peak_disk_bytes=store.disk_peak_bytes,
                timeline=tuple(clock.spans),
                receipts=tuple(tally.receipts) if traced else (),
                weights=levels.digest if levels is not None else "",
                weights_s=levels.seconds if levels is not None else 0.0,
            )

    def _prepare_arena(self, strategy: Strategy, planned: Plan, series: Hashable, budget_bytes: int) -> Arena:
        """Have the memory of a run's checkpoints there before it, like everything else that it writes to.

        Without compression the schedule tells how much it takes, with it the same run before, if there was one: the
        sizes of one gradient predict the next one's. What another strategy left behind goes back to the system.
        """
        same = (strategy.spec, budget_bytes)
        known = self._stacked.get((*same, series))
        if known is None and isinstance(strategy.compressor, Identity):
            known = planned.schedule.held_bytes_max(self.code.state_bytes, self.code.level_bytes)
        if same != self._arena_of:
            self._arena.shed()
        self._arena_of = same
        self._arena.prepare(known or 0, budget_bytes)
        return self._arena

    def _take(self, kind: str, count: int) -> list[S]:
        """Return slots that are kept from run to run, more of them where it needs."""
        if count > len(self._slots.get(kind, ())):
            self._slots[kind] = []  # let go of the old ones first
            self._slots[kind] = self.code.slots(count)
        return self._slots.get(kind, [])[:count]


def finished(halves: Generator[None, None, GradientRun]) -> GradientRun:
    """Run the second half of a gradient, and return what came of both."""
    try:
        next(halves)
    except StopIteration as end:
        run: GradientRun = end.value
        return run
    raise AssertionError("a gradient has two halves")


def _tier(strategy: Strategy, folder: Path | None, budget_bytes: int) -> Tier:
    if strategy.tier == "memory":
        return Memory()
    place = folder if folder is not None else Path(tempfile.gettempdir())
    kind = Disk if strategy.tier == "disk" else TwoTier
    return kind(place, budget_bytes, strategy.asynchronous)
