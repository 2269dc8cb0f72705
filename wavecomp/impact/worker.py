"""The process in which gradients are measured: it keeps operators and memory from one shot to the next."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.result import GradientRun
from wavecomp.errors import CheckpointTooLarge
from wavecomp.impact.cases import EXACT, ImpactCase
from wavecomp.impact.memory import memory_for_levels, memory_there
from wavecomp.impact.problem import Bench
from wavecomp.plans.actions import imaged
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.records import Provenance, collect_provenance
from wavecomp.records.own_code import own_code

OWN = ("adjoint", "checkpoints", "compressors", "metrics", "physics", "plans", "wavefields")
"""Our packages whose code is in a gradient and in its times."""

_SPARE_LEVELS = 2  # a run's gradient and the last answer's; a state on its way comes on top
_OWN_BYTES = 32 << 20  # for plans and counts, and for memory that was let go of and that the system has not back yet


@dataclass(frozen=True, slots=True)
class ShotTask:
    """One shot of a case, once: in which round, counted from 1, or 0 for one that warms up."""

    case: ImpactCase
    shot: int
    turn: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """What comes back from the process for one shot.

    Attributes
    ----------
    run : GradientRun
        What the machine gave.
    steps : int
        How many steps a record says that a run has.
    threads : int
        What the code was run with.
    absolute_spec : str or None
        What was run where tolerances were asked for relative to the wavefield, or the imaging step by an error.
    one_level : bool
        Whether the way back of bare sweeps was given one level at every step.
    """

    run: GradientRun
    steps: int
    threads: int = 1
    absolute_spec: str | None = None
    one_level: bool = False

    def without_gradient(self) -> Measured:
        """Return the same with the gradient let go of."""
        return replace(self, run=replace(self.run, gradient=np.empty(0, np.float32)))

    @property
    def gradient(self) -> NDArray[np.floating] | None:
        """The gradient; None where there is none."""
        return self.run.gradient if self.run.gradient.size else None

    @property
    def misfit(self) -> float | None:
        """The misfit; None where there is none."""
        return None if math.isnan(self.run.misfit) else self.run.misfit


class Measuring:
    """Answers tasks in the worker's process.

    Parameters
    ----------
    memory_bytes : int
        What the process may hold.
    threads : int, optional
        Of OpenMP; what the environment says, by default.
    devito : bool
        Whether kernels of Devito's run here, so that how they are built belongs to where this is.
    """

    def __init__(self, memory_bytes: int, threads: int | None = None, *, devito: bool = True) -> None:
        if threads is not None:
            os.environ["OMP_NUM_THREADS"] = str(threads)  # Devito asks when its operators are prepared
        self._memory_bytes, self._devito = memory_bytes, devito
        self._stored_all = False
        self._problem: str | None = None
        self._strategies: dict[str, Strategy] = {}
        self._granted: dict[tuple[str, int], tuple[int, int]] = {}
        self._bench: Bench

    def provenance(self) -> Provenance:
        """Set Devito up where it does the work, and say where and with what is measured."""
        if not self._devito:
            return collect_provenance(code=own_code(*OWN))
        from wavecomp.wavefields.devito_setup import build_identity

        return collect_provenance(build=build_identity().mapping(), code=own_code(*OWN))

    def __call__(self, task: ShotTask) -> Measured:
        """Measure one shot of a case; raises WavecompError."""
        case, shot = task.case, task.shot
        first = self._open(task)
        if case.way == EXACT:
            run = first or self._exact(shot)
            return self._measured(run)
        del first  # nobody asked for it, and the next runs need its memory
        if case.strategy is None:
            return self._bare(shot)
        # Its compressor is built once, and run for every shot and round.
        strategy = self._bench.with_step(self._strategies.setdefault(case.spec, case.strategy))
        if strategy.name == "store-all":
            self._fits(case, strategy.every)
        from wavecomp.adjoint.reversal import UNLIMITED

        if case.budget_bytes is not None:
            # A budget is all that a user's machine has beyond the bare sweeps: nothing of earlier runs is kept.
            self._bench.give_back()
            self._stored_all = False
        disk_budget = UNLIMITED if case.disk_budget_bytes is None else case.disk_budget_bytes
        budget = self._budget(task, strategy)
        run = self._bench.run(
            strategy, shot=shot, budget_bytes=budget, disk_folder=case.scratch, disk_budget_bytes=disk_budget
        )
        self._granted[case.digest, shot] = budget, run.peak_store_bytes
        return self._measured(run, run.strategy if case.strategy.unsettled or case.strategy.name == "planned" else None)

    def _budget(self, task: ShotTask, strategy: Strategy) -> int:
        """Return what the store may hold in memory.

        Without a budget it still refuses, with numbers, what would end this process and all it holds. A later round of
        a case has the budget of its first one, as long as what it took then is free: with another one it would be
        another run, whose memory nobody has prepared.
        """
        from wavecomp.adjoint.reversal import UNLIMITED

        if task.case.budget_bytes is not None:
            return task.case.budget_bytes
        if strategy.name == "store-all":
            return UNLIMITED  # it fits, or is there already
        free = self._free()
        granted, taken = self._granted.get((task.case.digest, task.shot), (0, 0))
        return granted if 0 < taken <= free else free

    def _open(self, task: ShotTask) -> GradientRun | None:
        """Have a problem open; return the exact gradient of the shot if it was computed for that."""
        if self._problem == task.case.problem.digest:
            return None
        self._problem = None
        self._stored_all = False
        self._bench = task.case.problem.open()
        # Every later run of this process finds what it calls compiled and its memory touched.
        run = self._exact(task.shot)
        self._problem = task.case.problem.digest
        return run

    def _exact(self, shot: int) -> GradientRun:
        self._bench.prepare(shot)  # its memory is not free any more when the strategy is chosen
        strategy, budget = self._exact_strategy()
        run = self._bench.run(strategy, shot=shot, budget_bytes=budget)
        self._stored_all = strategy.name == "store-all"
        return run

    def _exact_strategy(self) -> tuple[Strategy, int]:
        """Store everything where the memory holds it; otherwise the same bits by recomputation in what there is."""
        from wavecomp.adjoint.reversal import UNLIMITED

        if self._stored_all or self._needed(1) <= self._for_levels():
            return parse_strategy("store-all"), UNLIMITED
        # Not all of it: the allocator gives little of what many small checkpoints took back for the runs to come.
        return parse_strategy("mixed"), self._for_levels()

    def _needed(self, every: int) -> int:
        code = self._bench.code
        return len(imaged(code.first, code.last, every)) * code.level_bytes

    def _free(self) -> int:
        """Return what a store may take of the memory that is there."""
        code = self._bench.code
        spare = _OWN_BYTES + _SPARE_LEVELS * code.level_bytes + code.state_bytes
        return max(1, memory_there(self._memory_bytes) + self._bench.spare_bytes - spare)

    def _for_levels(self) -> int:
        return min(memory_for_levels(self._memory_bytes), self._free())

    def _fits(self, case: ImpactCase, every: int) -> None:
        needed = self._needed(every)
        budget = case.budget_bytes
        if budget is None:
            # The memory in which the exact gradient's levels were is still there.
            budget = needed if self._stored_all else self._for_levels()
        if needed > budget:
            raise CheckpointTooLarge(("all levels", every), "memory", needed, needed, 0, budget)

    def _bare(self, shot: int) -> Measured:
        """Run both sweeps with nothing between them."""
        bench = self._bench
        bench.prepare(shot)
        bare = bench.bare(shot)
        return Measured(bare.run, bench.steps, bench.threads, one_level=bare.one_level)

    def _measured(self, run: GradientRun, absolute_spec: str | None = None) -> Measured:
        return Measured(run, self._bench.steps, self._bench.threads, absolute_spec)
