"""A problem that is open, whatever its physics: operators, observed data of its shots, memory of their runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.bare import Bare, bare_sweeps
from wavecomp.adjoint.level_tolerances import CoarseWeights
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED, Reversal
from wavecomp.plans.strategy import Strategy

if TYPE_CHECKING:
    from wavecomp.physics.acoustic import AcousticOperators
    from wavecomp.physics.solver_code import SolverCode

Array = NDArray[np.floating]
C = TypeVar("C", "AcousticOperators", "SolverCode")


class ShotBench(ABC, Generic[C]):
    """A problem's operators, ready for the gradient of any shot by any strategy.

    Parameters
    ----------
    code : AcousticOperators or SolverCode
        What is reversed.
    coarse : callable, optional
        Gives the weights of a shot's levels in a coarse run.
    """

    def __init__(self, code: C, coarse: CoarseWeights | None = None) -> None:
        self.code: C = code
        self._observed: dict[int, Array] = {}
        self._reversal: Reversal[Any] = Reversal(code, coarse)

    @property
    def steps(self) -> int:
        """The last step."""
        return self.code.last

    @property
    def threads(self) -> int:
        """OpenMP threads that the operators are run with."""
        return self.code.threads

    @property
    def spare_bytes(self) -> int:
        """Memory of the last run's checkpoints: taken over by the same run, let go of by another."""
        return self._reversal.spare_bytes

    def give_back(self) -> None:
        """Give the memory that earlier runs left touched back to the system."""
        self._reversal.give_back()

    def with_step(self, strategy: Strategy) -> Strategy:
        """Return a strategy whose imaging step is a number; as :meth:`wavecomp.adjoint.reversal.Reversal.with_step`."""
        return self._reversal.with_step(strategy)

    @abstractmethod
    def set_shot(self, shot: int) -> None:
        """Move the source to the place of a shot."""

    @abstractmethod
    def modelled(self, shot: int) -> Array:
        """Return the data that a shot has in the true model; the operators are left at the model where they were."""

    def observed(self, shot: int = 0) -> Array:
        """Return the observed data of a shot, shape (steps + 1, receivers): what the true model gives.

        Modelled at the first call. Sample n is u at time n·Δt; the last one, which no iteration records, is 0.
        """
        if shot not in self._observed:
            self._observed[shot] = self.modelled(shot)
        return self._observed[shot]

    def prepare(self, shot: int) -> None:
        """Have the observed data of a shot there."""
        self.observed(shot)

    def bare(self, shot: int = 0) -> Bare:
        """Run a shot's forward and adjoint sweep with nothing stored."""
        self._turn_to(shot)
        return bare_sweeps(self.code)

    def run(
        self,
        strategy: Strategy,
        *,
        shot: int = 0,
        budget_bytes: int = UNLIMITED,
        disk_folder: Path | None = None,
        disk_budget_bytes: int = UNLIMITED,
        traced: bool = False,
    ) -> GradientRun:
        """Compute the gradient of one shot's misfit at the operators' present model.

        Parameters and errors are those of :meth:`wavecomp.adjoint.reversal.Reversal.run`, for which a shot is a series.
        """
        self._turn_to(shot)
        return self._reversal.run(
            strategy,
            series=shot,
            budget_bytes=budget_bytes,
            disk_folder=disk_folder,
            disk_budget_bytes=disk_budget_bytes,
            traced=traced,
        )

    def _turn_to(self, shot: int) -> None:
        self.code.observed = self.observed(shot)
        self.set_shot(shot)
