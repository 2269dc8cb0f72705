"""What every experiment starts from: a problem's workbench with its exact gradients, and one measurement as a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.result import GradientRun
from wavecomp.impact.exact import check_exact
from wavecomp.inversion.shots import OneByOne, ShotPool, Shots
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem import GradientProblem
from wavecomp.plans.schedules import FIRST_STEP
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.records.experiment import Cell

if TYPE_CHECKING:
    from wavecomp.physics.workbench import Workbench

Row: TypeAlias = dict[str, Cell]


class ExperimentBench:
    """A problem, ready to be experimented on.

    Parameters
    ----------
    problem : GradientProblem
        What is modelled.
    workbench : Workbench, optional
        The problem's own, if it is there already: to compile its operators takes seconds.

    Attributes
    ----------
    shots : Shots
        What computes the gradients of several shots: the workbench, or in :meth:`spread` other processes.
    """

    def __init__(self, problem: GradientProblem, workbench: Workbench | None = None) -> None:
        self.problem = problem.pinned()
        self.workbench = workbench or _workbench(self.problem)
        self.operators = self.workbench.operators
        self.shots: Shots = OneByOne(self.workbench)
        self._exact: dict[int, NDArray[np.floating]] = {}
        self._peaks: dict[int, float] = {}

    @contextmanager
    def spread(self, workers: int) -> Iterator[None]:
        """Have the shots of :meth:`runs` and :meth:`exacts` computed by so many processes while the block runs."""
        if workers <= 1:
            yield
            return
        here = self.shots
        with ShotPool(self.problem, workers) as self.shots:
            try:
                yield
            finally:
                self.shots = here

    @property
    def middle_shot(self) -> int:
        """The shot that experiments with one shot take."""
        return len(self.problem.shots_m) // 2

    def run(self, strategy: str, shot: int) -> GradientRun:
        """Compute one gradient at the initial model."""
        return self.workbench.run(parse_strategy(strategy), shot=shot)

    def runs(self, strategy: Strategy, shots: Sequence[int]) -> Iterator[GradientRun]:
        """Yield the gradients of several shots at the initial model, in their order; raises ShotFailed."""
        return self.shots.runs(strategy, shots)

    def exacts(self, shots: Sequence[int]) -> Iterator[NDArray[np.floating]]:
        """Yield what :meth:`exact` returns for several shots, in their order; raises ShotFailed too."""
        missing = [shot for shot in shots if shot not in self._exact]
        runs = self.runs(parse_strategy("store-all"), missing)
        for shot in shots:
            if shot not in self._exact:
                self._exact[shot] = self._checked(next(runs), shot)
            yield self._exact[shot]
        next(runs, None)  # to its end

    def exact(self, shot: int) -> NDArray[np.floating]:
        """Return the gradient with every level kept and every step imaged.

        Raises
        ------
        MeaninglessGradient
            Nothing can be compared with it.
        """
        if shot not in self._exact:
            self._exact[shot] = self._checked(self.run("store-all", shot), shot)
        return self._exact[shot]

    def _checked(self, run: GradientRun, shot: int) -> NDArray[np.floating]:
        check_exact(self.problem.name, (shot,), run.misfit, run.gradient)
        return run.gradient

    def peak(self, shot: int) -> float:
        """Return the greatest amplitude of the wavefield over space and time."""
        if shot not in self._peaks:
            operators = self.operators
            operators.set_shot(shot)
            operators.rest()
            greatest = 0.0
            for step in range(FIRST_STEP, operators.last):
                operators.forward(step, step + 1, record=False)
                greatest = max(greatest, float(np.abs(operators.state(step + 1)[1]).max()))
            self._peaks[shot] = greatest
        return self._peaks[shot]

    def measure(self, strategy: str, shot: int) -> Row:
        """Run a strategy and compare its gradient with the exact one: what it cost and what it did."""
        exact = self.exact(shot)
        return measured(self.run(strategy, shot), exact)

    def facts(self, shot: int | None = None) -> Row:
        """Return what holds for every row of an experiment."""
        operators = self.operators
        facts: Row = {
            "steps": operators.last,
            "dt_s": operators.dt_s,
            "level_bytes": operators.level_bytes,
            "state_bytes": operators.state_bytes,
        }
        if shot is not None:
            facts |= {"shot": shot, "peak_amplitude": self.peak(shot)}
        return facts


def _workbench(problem: GradientProblem) -> Workbench:
    operators = open_operators(problem)
    from wavecomp.physics.workbench import Workbench  # Devito comes with it, and is set up by now

    return Workbench(operators)


def measured(run: GradientRun, exact: NDArray[np.floating]) -> Row:
    """Put a run and its gradient's distance from the exact one into a row."""
    distance = gradient_distance(exact, run.gradient)
    spread = run.ratios
    return {
        "strategy": run.strategy,
        "relative_l2": distance.relative_l2,
        "relative_linf": distance.relative_linf,
        "angle_rad": distance.angle_rad,
        "norm_ratio": distance.norm_ratio,
        "ratio_least": spread.least if spread else None,
        "ratio_median": spread.median if spread else None,
        "peak_checkpoint_bytes": run.peak_checkpoint_bytes,
        "checkpoints_held": run.checkpoints_held,
        "forward_steps": run.forward_steps,
        "writes": run.writes,
        "reads": run.reads,
        "wall_s": run.seconds.wall,
    }


def power_text(exponent: float) -> str:
    """Return a power of ten as specs print it: ``1e-3``, and ``3.1622776601683795e-3`` for half a power."""
    return f"{10.0**exponent!r}" if exponent != int(exponent) else f"1e{int(exponent)}"
