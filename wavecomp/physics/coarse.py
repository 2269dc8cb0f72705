"""The same gradient problem with half the resolution: what is known of a shot before its first gradient.

Half as many points along each axis and steps twice as long: a sixteenth of the work in three dimensions, an eighth in
two, and more where much of the grid is absorbing layer. Nothing is imaged on it and no gradient taken; how strong the
adjoint is at which time is all that it is for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.level_weights import Weights
from wavecomp.physics.problem import GradientProblem, Velocity
from wavecomp.plans.time_tolerances import RANGE
from wavecomp.wavefields.recipe_type import POINTS_PER_WAVELENGTH


@dataclass(frozen=True)
class CoarseProblem(GradientProblem):
    """Half a problem; made by :func:`coarse_problem`.

    Attributes
    ----------
    fine : GradientProblem
        Whose models these are, at every second grid point.
    """

    fine: GradientProblem | None = None

    def true_velocity(self) -> Velocity:
        """Return the true P velocity in m/s, shape ``medium.shape``; raises ModelFileError."""
        assert self.fine is not None
        return self._halved(self.fine.true_velocity())

    def initial_velocity(self) -> Velocity:
        """Return the P velocity in m/s where the gradient is taken; errors as of the fine problem."""
        assert self.fine is not None
        return self._halved(self.fine.initial_velocity())

    def receivers_from_origin_m(self) -> NDArray[np.float64]:
        """Return the receivers' positions, those of the fine problem, shape (receivers, dimensions)."""
        assert self.fine is not None
        return self.fine.receivers_from_origin_m()

    def _halved(self, velocity: Velocity) -> Velocity:
        every_second = velocity[(slice(None, None, 2),) * velocity.ndim]
        beyond = [(0, n - m) for n, m in zip(self.medium.shape, every_second.shape, strict=True)]
        return np.ascontiguousarray(np.pad(every_second, beyond, mode="edge"))


def coarse_problem(problem: GradientProblem, duration_s: float) -> CoarseProblem:
    """Return a problem with twice the spacing, over the same extent or one spacing of it more.

    Shots, receivers and models stay where they are. The wavelet's peak frequency is the same, or what the coarser grid
    still carries with :data:`~wavecomp.wavefields.recipe_type.POINTS_PER_WAVELENGTH` points in the shortest wavelength,
    whichever is less: waves that a grid does not carry are a tail that dies too slowly. The absorbing layer has as many
    points as before, for these waves are longer: with half of them what it reflects is seen in the late residuals.

    Parameters
    ----------
    problem : GradientProblem
    duration_s : float
        How long its run takes, in s.

    Raises
    ------
    ModelFileError
        A velocity model cannot be read.
    """
    medium = problem.medium
    slowest_m_s = min(float(velocity.min()) for velocity in (problem.true_velocity(), problem.initial_velocity()))
    spacing = tuple(2 * h for h in medium.spacing_m)
    carried = slowest_m_s / (POINTS_PER_WAVELENGTH * max(spacing))
    coarse = replace(
        medium,
        shape=tuple(n // 2 + 1 for n in medium.shape),
        spacing_m=spacing,
        peak_frequency_hz=min(medium.peak_frequency_hz, carried),
        steps=None,
        duration_s=duration_s,
        dt_s=None,
    )
    return CoarseProblem(
        coarse, problem.initial, problem.receivers, problem.shots_m, problem.files_sha256, fine=problem
    )


def weights_between(weights: Weights, times_s: NDArray[np.float64], wanted_s: NDArray[np.float64]) -> Weights:
    """Return weights at other times, by their logarithms, which is how they differ; beyond the ends those at the ends.

    Parameters
    ----------
    weights : ndarray, shape (levels,)
        At least 0, in any unit.
    times_s : ndarray, shape (levels,)
        Where they are, ascending, in s.
    wanted_s : ndarray, shape (wanted,)
        In s.
    """
    least = float(weights.max(initial=0.0)) / RANGE
    if least == 0.0:
        return np.zeros(len(wanted_s))
    return np.exp(np.interp(wanted_s, times_s, np.log(np.maximum(weights, least))))
