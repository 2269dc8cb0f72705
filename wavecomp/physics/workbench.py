"""The acoustic operators of a problem, with what all its shots share: observed data, and the memory of their runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.bare import Bare, bare_sweeps
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED, Reversal, settled
from wavecomp.physics.acoustic import FIRST, AcousticOperators
from wavecomp.plans.strategies import Strategy

Array = NDArray[np.floating]


class Workbench:
    """A problem's operators, ready for the gradient of any shot by any strategy.

    Parameters
    ----------
    operators : AcousticOperators
        From :func:`wavecomp.physics.opening.open_operators`.
    """

    def __init__(self, operators: AcousticOperators) -> None:
        self.operators = operators
        self._observed: dict[int, Array] = {}
        self._reversal = Reversal(operators)

    @property
    def code(self) -> AcousticOperators:
        """The operators, as what the machine reverses."""
        return self.operators

    @property
    def steps(self) -> int:
        """The last step."""
        return self.operators.last

    @property
    def threads(self) -> int:
        """OpenMP threads that the operators are run with."""
        return self.operators.threads

    @property
    def spare_bytes(self) -> int:
        """Memory of the last run's checkpoints: taken over by the same run, let go of by another."""
        return self._reversal.spare_bytes

    def give_back(self) -> None:
        """Give the memory that earlier runs left touched back to the system."""
        self._reversal.give_back()

    def prepare(self, shot: int) -> None:
        """Have the observed data of a shot there."""
        self.observed(shot)

    def bare(self, shot: int = 0) -> Bare:
        """Run a shot's forward and adjoint sweep with nothing stored."""
        self.operators.observed = self.observed(shot)
        self.operators.set_shot(shot)
        return bare_sweeps(self.operators)

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
        operators.forward(FIRST, operators.last, record=True)
        return np.array(operators.records.data)

    def peak(self, shot: int = 0) -> float:
        """Return the greatest amplitude of a shot's wavefield in the operators' model."""
        self.operators.set_shot(shot)
        return self._reversal.peak(shot)

    def settled(self, strategy: Strategy, shots: Iterable[int] = (0,)) -> Strategy:
        """Return a strategy whose tolerances are absolute, by the greatest peak of some shots; itself if they are."""
        return settled(strategy, max(self.peak(shot) for shot in shots)) if strategy.relative else strategy

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

        Parameters and errors are those of :meth:`wavecomp.adjoint.reversal.Reversal.run`, for which a shot is a series.
        """
        self.operators.observed = self.observed(shot)
        self.operators.set_shot(shot)
        return self._reversal.run(
            strategy,
            series=shot,
            budget_bytes=budget_bytes,
            disk_folder=disk_folder,
            disk_budget_bytes=disk_budget_bytes,
        )
