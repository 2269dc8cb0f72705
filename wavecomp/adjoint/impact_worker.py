"""The process in which gradients are measured: it keeps operators and the exact gradient from one case to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.impact_cases import BARE, ImpactCase
from wavecomp.adjoint.impact_memory import memory_for_levels, memory_there
from wavecomp.adjoint.opening import open_operators
from wavecomp.adjoint.schedules import FIRST_STEP
from wavecomp.adjoint.strategies import Strategy, parse_strategy
from wavecomp.compressors import default_registry
from wavecomp.errors import CheckpointTooLarge
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.records import GradientImpact, Spread, WorkTimes

if TYPE_CHECKING:
    from wavecomp.adjoint.gradient import Workbench
    from wavecomp.adjoint.result import GradientRun

T = TypeVar("T")

_SPEND_S = 2.0
_MOST_REPEATS = 5
_SPARE_LEVELS = 4  # two of a courier's, a run's gradient and the exact one; a state on its way comes on top


@dataclass(frozen=True, slots=True)
class Measured:
    """What comes back from the process: the outcome, and what only the operators know."""

    steps: int
    impact: GradientImpact


class Measuring:
    """Answers cases in the worker's process.

    Parameters
    ----------
    memory_bytes : int
        What the process may hold.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._stored_all = False
        self._key: tuple[str, int] | None = None
        self._bench: Workbench
        self._exact: NDArray[np.floating]

    def __call__(self, case: ImpactCase) -> Measured:
        """Measure one case; raises WavecompError."""
        self._open(case)
        operators = self._bench.operators
        if case.spec == BARE:
            times, walls_s = _repeated(lambda: self._bare(case.shot), lambda times: times.wall)
            forward_steps = operators.steps - FIRST_STEP
            impact = GradientImpact(times, walls_s, forward_steps, 0, 0, 0, None, 0, 0, None, {}, None)
            return Measured(operators.steps, impact)
        strategy = parse_strategy(case.spec, default_registry())
        if strategy.name == "store-all":
            self._fits(case, strategy.every)
        from wavecomp.adjoint.gradient import UNLIMITED  # Devito comes with it

        # Without a budget the store still refuses, with numbers, what would end this process and all it holds.
        budget = self._free() if case.budget_bytes is None else case.budget_bytes
        disk_budget = UNLIMITED if case.disk_budget_bytes is None else case.disk_budget_bytes

        def gradient() -> GradientRun:
            return self._bench.run(
                strategy,
                shot=case.shot,
                budget_bytes=budget,
                disk_folder=case.scratch,
                disk_budget_bytes=disk_budget,
            )

        run, walls_s = _repeated(gradient, lambda run: run.seconds.wall)
        return Measured(operators.steps, _impact(run, walls_s, self._exact))

    def _open(self, case: ImpactCase) -> None:
        key = (case.problem.digest, case.shot)
        if self._key == key:
            return
        from wavecomp.adjoint.gradient import Workbench

        if self._key is None or self._key[0] != key[0]:
            self._key = None
            self._stored_all = False
            self._bench = Workbench(open_operators(case.problem))
        self._bench.observed(case.shot)
        # Every later run of this process finds its operators compiled and their memory touched.
        strategy, budget = self._exact_strategy()
        self._exact = self._bench.run(strategy, shot=case.shot, budget_bytes=budget).gradient
        self._stored_all = strategy.name == "store-all"
        self._key = key

    def _exact_strategy(self) -> tuple[Strategy, int]:
        """Store everything where the memory holds it; otherwise the same bits by recomputation in what there is."""
        free = self._free()
        if self._stored_all or self._needed(1) <= self._for_levels():
            return parse_strategy("store-all"), free
        return parse_strategy("mixed"), free

    def _needed(self, every: int) -> int:
        operators = self._bench.operators
        return (operators.steps - FIRST_STEP) // every * operators.level_bytes

    def _free(self) -> int:
        """Return what a store may take of the memory that is there."""
        operators = self._bench.operators
        spare = _SPARE_LEVELS * operators.level_bytes + operators.state_bytes
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

    def _bare(self, shot: int) -> WorkTimes:
        """Run both sweeps with nothing between them."""
        observed, operators = self._bench.observed(shot), self._bench.operators
        operators.set_shot(shot)
        operators.rest()
        clock = Clock()
        with clock.doing("advance"):
            operators.forward(FIRST_STEP, operators.steps, record=True)
        operators.residual.data[:] = operators.records.data - observed
        with clock.doing("reverse"):
            operators.adjoint(operators.steps, FIRST_STEP)
        seconds = clock.read()
        return WorkTimes(seconds.advance, 0.0, 0.0, seconds.reverse, seconds.other, seconds.wall)


def _repeated(run: Callable[[], T], wall: Callable[[T], float]) -> tuple[T, tuple[float, ...]]:
    """Repeat what is short; return the fastest run and the wall time of every one."""
    best = run()
    walls = [wall(best)]
    while sum(walls) < _SPEND_S and len(walls) < _MOST_REPEATS:
        again = run()
        walls.append(wall(again))
        if walls[-1] < wall(best):
            best = again
    return best, tuple(walls)


def _impact(run: GradientRun, walls_s: tuple[float, ...], exact: NDArray[np.floating]) -> GradientImpact:
    seconds, ratios = run.seconds, run.ratios
    return GradientImpact(
        seconds=WorkTimes(
            seconds.advance, seconds.compress, seconds.decompress, seconds.reverse, seconds.other, seconds.wall
        ),
        walls_s=walls_s,
        forward_steps=run.forward_steps,
        writes=run.writes,
        reads=run.reads,
        checkpoints_held=run.checkpoints_held,
        ratio=None if ratios is None else Spread(ratios.least, ratios.median, ratios.greatest),
        peak_checkpoint_bytes=run.peak_checkpoint_bytes,
        peak_disk_bytes=run.peak_disk_bytes,
        misfit=run.misfit,
        distance=asdict(gradient_distance(exact, run.gradient)),
        gradient_digest=hashlib.sha256(np.ascontiguousarray(run.gradient).tobytes()).hexdigest(),
    )
