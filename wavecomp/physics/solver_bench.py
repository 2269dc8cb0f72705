"""A problem of other physics than the acoustic one, open: one of Devito's solvers, and what all its runs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from wavecomp.physics.shot_bench import Array, ShotBench
from wavecomp.physics.solver_code import SolverCode
from wavecomp.physics.tti import tti_code
from wavecomp.physics.viscoacoustic import viscoacoustic_code
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.seismic_model import prepare, seismic_model, stable_step_ms

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

_CODES: dict[str, Callable[..., SolverCode]] = {"tti": tti_code, "viscoacoustic": viscoacoustic_code}


class SolverBench(ShotBench[SolverCode]):
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
            code = _CODES[medium.physics](ready.solver, dt=ready.dt_ms, region=region)
        super().__init__(code)
        self.dt_s = float(ready.dt_ms) / 1000.0
        self._true: Any = None

    def set_shot(self, shot: int) -> None:
        """Move the source to the place of another shot."""
        self.code.source.coordinates.data[:] = np.array([self.problem.shot_from_origin_m(shot)])

    def modelled(self, shot: int) -> Array:
        """Return the data that a shot has in the true model."""
        if self._true is None:
            with kernel_float_state():
                true = self.problem.true_velocity()
                self._true = prepare(self.problem.medium, true, self._receivers, self._longest).model
        self.set_shot(shot)
        return self.code.modelled(self._true)
