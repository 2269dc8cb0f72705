r"""A gradient at some points, in two bare sweeps: what imaging steps and errors of levels will do to it.

Forward and back are run with nothing stored but u at the points of :mod:`wavecomp.physics.sampled_points`, all along
the run. On the way back the imaging condition is evaluated there, for every imaging step k at once, in the operators'
own precision and order of sums: the differences between these sums are what leaving steps out will cost, what waves
that arrive while the record ends leave at the receivers and rounding included. And what multiplies a level,
:math:`w_n`, is looked at there too: an error of each level that is independent of the others and of the place, with an
RMS of δ, makes an error of

.. math:: \lVert e \rVert = \delta \Big( \sum_n \lVert w_n \rVert^2 \Big)^{1/2}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.level_weights import Weights
from wavecomp.errors import MeaninglessGradient
from wavecomp.physics.acoustic import AcousticOperators
from wavecomp.physics.sampled_points import RECEIVERS, SampledPoints, sampled_points
from wavecomp.plans.actions import imaged

MOST_EVERY = 24
"""The greatest imaging step that is looked at."""

_STRATUM = 4096
_LEAST_STRATUM = 64
_BYTES = 128 << 20
_STRATA = 6 + 2 * RECEIVERS


@dataclass(frozen=True, eq=False)
class SampledGradient:
    """What two bare sweeps told of a gradient.

    Attributes
    ----------
    imaging : mapping of int to (float, float)
        By imaging step k from 2 on, the relative L2 error of a gradient that is imaged at every k-th step, and that
        below the top tenth of the depth.
    noise : (float, float)
        Relative L2 error, of the whole and of the deep gradient, by errors of all levels whose RMS is one unit of u.
    weights : ndarray of float64, shape (steps,)
        RMS of what multiplies each level, ascending, in any unit.
    """

    imaging: Mapping[int, tuple[float, float]]
    noise: tuple[float, float]
    weights: Weights


def sampled_gradient(code: AcousticOperators, shot: int) -> SampledGradient:
    """Run operators forward and back for a shot, and return what its gradient will be sensitive to.

    The operators have the shot's source and observed data; what they hold afterwards is to be thrown away.

    Raises
    ------
    MeaninglessGradient
        The gradient is zero, or not finite, at all points or below.
    """
    first, last = code.first, code.last
    most = _BYTES // (code.dtype.itemsize * (last - first) * _STRATA)
    points = sampled_points(code.problem, shot, max(_LEAST_STRATUM, min(_STRATUM, most)))
    code.rest()
    levels = np.empty((last - first, len(points.weights)), code.dtype)
    for step in range(first, last):
        levels[step - first] = code.level(step)[points.at]
        code.forward(step, step + 1, record=True)
    code.begin_reversal()
    sums, weights, squares = _way_back(code, points, levels)
    whole, deep = points.norms(sums[1])
    if not (0.0 < whole < np.inf and 0.0 < deep < np.inf):
        raise MeaninglessGradient(
            f"the gradient of shot {shot} of problem {code.problem.name} has a norm of {whole:g}, and of {deep:g} "
            "below the top tenth of its depth: nothing is relative to that"
        )
    errors = {k: points.norms(sums[k].astype(np.float64) - sums[1]) for k in sums if k > 1}
    noise, below = points.norms(np.sqrt(squares))
    return SampledGradient(
        {k: (error / whole, lower / deep) for k, (error, lower) in errors.items()},
        (noise / whole, below / deep),
        weights,
    )


def _way_back(
    code: AcousticOperators, points: SampledPoints, levels: NDArray[np.floating]
) -> tuple[dict[int, NDArray[np.floating]], Weights, NDArray[np.float64]]:
    """Return the sums at the points by k, the RMS of what multiplies each level, and its squares summed up by point."""
    first, last = code.first, code.last
    every = [k for k in range(1, MOST_EVERY + 1) if imaged(first, last, k)]
    sums = {k: np.zeros(levels.shape[1], code.dtype) for k in every}
    squares = np.zeros(levels.shape[1])
    weights = np.empty(last - first)
    sweep, per_dt2, number = code.sweep(1), code.per_dt2, float(points.weights.sum())
    for step in range(last - 1, first - 1, -1):
        sweep.down_to_image(step + 1, step)
        above, here, below = (per_dt2 * level[points.at] for level in sweep.levels(step))
        bent = -2 * here + below + above
        square = np.square(bent, dtype=np.float64)
        squares += square
        # No BLAS: its threads would wait for more work, spinning, on the cores of the next step.
        weights[step - first] = np.sqrt(float((points.weights * square).sum()) / number)
        level = levels[step - first]
        sums[1] -= bent * level
        apart = -((above - 2 * here) + below) * level  # rounded as where the adjoint runs in place
        for k in every[1:]:
            if step % k == 0:
                sums[k] += apart
    for k in every:
        sums[k] *= k
    return sums, weights, squares
