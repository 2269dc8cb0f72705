"""A problem of other physics than the acoustic one, open: one of Devito's solvers, and what all its runs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.bare import Bare, bare_sweeps
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED, Reversal
from wavecomp.physics.solver_code import SolverCode
from wavecomp.physics.tti import tti_code
from wavecomp.physics.viscoacoustic import viscoacoustic_code
from wavecomp.plans.strategies import Strategy
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.seismic_model import prepare, seismic_model, stable_step_ms

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

Array = NDArray[np.floating]

_CODES: dict[str, Callable[..., SolverCode]] = {"tti": tti_code, "viscoacoustic": viscoacoustic_code}


class SolverBench:
    """A problem's operators, ready for the gradient of any shot by any strategy.

    The gradient is taken at the initial model, with the density, Q or anisotropy that the recipe gives it; the observed
    data are those of the true model with its own. Only the physical domain is imaged.

    Parameters
    ----------
    problem : GradientProblem
        Of a physics in this module's table.
    """

    def __init__(self, problem: GradientProblem) -> None:
        self.problem = problem = problem.pinned()
        medium = problem.medium
        self._receivers = problem.receivers_from_origin_m()
        with kernel_float_state():
            models = problem.initial_velocity(), problem.true_velocity()
            # Stable for the true and the initial model alike: both run with one clock.
            self._longest = min(stable_step_ms(medium, seismic_model(medium, velocity)) for velocity in models)
            ready = prepare(medium, problem.initial_velocity(), self._receivers, self._longest)
            points = medium.absorbing_points
            region = tuple(slice(points, points + n) for n in medium.shape)
            self.code = _CODES[medium.physics](ready.solver, dt=ready.dt_ms, region=region)
        self.dt_s = float(ready.dt_ms) / 1000.0
        self._observed: dict[int, Array] = {}
        self._true: Any = None
        self._reversal = Reversal(self.code)

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

    def set_shot(self, shot: int) -> None:
        """Move the source to the place of another shot."""
        self.code.source.coordinates.data[:] = np.array([self.problem.shot_from_origin_m(shot)])

    def observed(self, shot: int = 0) -> Array:
        """Return the observed data of a shot, shape (steps + 1, receivers): what the true model gives."""
        if shot not in self._observed:
            if self._true is None:
                with kernel_float_state():
                    true = self.problem.true_velocity()
                    self._true = prepare(self.problem.medium, true, self._receivers, self._longest).model
            self.set_shot(shot)
            self._observed[shot] = self.code.modelled(self._true)
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
    ) -> GradientRun:
        """Compute the gradient of one shot's misfit at the initial model.

        Parameters and errors are those of :meth:`wavecomp.adjoint.reversal.Reversal.run`, for which a shot is a series.
        """
        self._turn_to(shot)
        return self._reversal.run(
            strategy,
            series=shot,
            budget_bytes=budget_bytes,
            disk_folder=disk_folder,
            disk_budget_bytes=disk_budget_bytes,
        )

    def _turn_to(self, shot: int) -> None:
        self.code.observed = self.observed(shot)
        self.set_shot(shot)
