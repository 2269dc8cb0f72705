"""The same gradient problem with half the resolution: what is known of a shot before its first gradient.

Half as many points along each axis and steps twice as long: a sixteenth of the work in three dimensions, an eighth in
two, and more where much of the grid is absorbing layer. Nothing is imaged on it and no gradient taken; how strong the
adjoint is at which time is all that it is for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.level_weights import Weights
from wavecomp.physics.as_given import AsGiven
from wavecomp.plans.time_tolerances import RANGE
from wavecomp.wavefields.recipe_type import POINTS_PER_WAVELENGTH

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem, Velocity


def coarse_problem(problem: GradientProblem, duration_s: float) -> GradientProblem:
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
    true, initial = problem.true_velocity(), problem.initial_velocity()
    spacing = tuple(2 * h for h in medium.spacing_m)
    carried = float(min(true.min(), initial.min())) / (POINTS_PER_WAVELENGTH * max(spacing))
    shape = tuple(n // 2 + 1 for n in medium.shape)
    coarse = replace(
        medium,
        shape=shape,
        spacing_m=spacing,
        peak_frequency_hz=min(medium.peak_frequency_hz, carried),
        steps=None,
        duration_s=duration_s,
        dt_s=None,
    )
    receivers = problem.receivers_from_origin_m()
    return replace(problem, medium=coarse, as_given=AsGiven(_halved(true, shape), _halved(initial, shape), receivers))


def _halved(velocity: Velocity, shape: tuple[int, ...]) -> Velocity:
    """Return every second point, and the last one again where the grid goes a point further."""
    every_second = velocity[(slice(None, None, 2),) * velocity.ndim]
    beyond = [(0, n - m) for n, m in zip(shape, every_second.shape, strict=True)]
    return np.ascontiguousarray(np.pad(every_second, beyond, mode="edge"))


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
