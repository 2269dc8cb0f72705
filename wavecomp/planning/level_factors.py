r"""Tolerances over time in a prediction: the factor of each level's, and what all of them do to the gradient's error.

A run with ``weights=...`` finds its weights before its clock starts. A prediction takes those that the adjoint of the
calibrated shot had at the same part of its run: levels get the factors f that :mod:`wavecomp.plans.time_tolerances`
makes of them. By the linear theory of the error there, that of the gradient is
:math:`\big(\sum_n (\delta f_n w_n)^2\big)^{1/2}` instead of :math:`\delta \big(\sum_n w_n^2\big)^{1/2}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from wavecomp.errors import UsageError
from wavecomp.physics.coarse import weights_between
from wavecomp.planning.codecs import effective
from wavecomp.planning.costs import Costs
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.plans.actions import imaged
from wavecomp.plans.time_tolerances import exponents, factor, nearest


@dataclass(frozen=True, slots=True)
class LevelFactors:
    """The factors of a run's tolerances.

    Attributes
    ----------
    steps : range
        Those that are imaged, ascending.
    levels : tuple of int
        The exponent of each one's factor.
    weights : tuple of float
        What an error of each weighs, in any unit.
    """

    steps: range
    levels: tuple[int, ...]
    weights: tuple[float, ...]

    def exponent(self, step: int) -> int:
        """Return that of the level or state at a step: of the nearest one that is imaged."""
        return self.levels[nearest(self.steps, step)]

    def error_ratio(self, family: str, fraction: float, peak: float) -> float:
        r"""Return the gradient's error over that by one tolerance for all levels.

        :math:`\big( \langle (f w)^2 \rangle / \langle w^2 \rangle \big)^{1/2}`, with the tolerances that the compressor
        goes by: ZFP's are powers of two, others are as they are asked for.

        Parameters
        ----------
        family : str
            The compressor's.
        fraction : float
            The tolerance of the strategy's text, as a part of the peak.
        peak : float
            Greatest amplitude of the wavefield.
        """
        weights = np.array(self.weights)
        uniform = effective(family, fraction, peak)
        known = {k: effective(family, fraction * factor(k), peak) / uniform for k in set(self.levels)}
        factors = np.array([known[k] for k in self.levels])
        return sqrt(float(np.mean((factors * weights) ** 2)) / float(np.mean(weights**2)))


def level_factors(costs: Costs, sizes: ProblemSizes, every: int) -> LevelFactors:
    """Return the factors of a problem's levels, imaged at every k-th step, by the weights of the calibrated problem.

    Raises
    ------
    UsageError
        The costs have no weights.
    UnsupportedField
        The weights are not finite, or all zero.
    """
    if not costs.weights:
        raise UsageError(
            f"the costs measured on {costs.problem} have no weights of levels, from which weights=coarse and "
            "weights=earlier are predicted; calibrate again with this version"
        )
    steps = imaged(sizes.first, sizes.last, every)
    places, known = (np.array(column, dtype=np.float64) for column in zip(*costs.weights, strict=True))
    wanted = np.array([sizes.place(step) for step in steps], dtype=np.float64)
    weights = weights_between(known, places, wanted)
    return LevelFactors(steps, tuple(map(int, exponents(weights))), tuple(map(float, weights)))
