"""Points of a physical domain that stand for all of it, dense where a gradient is singular.

A gradient is largest in the cells of the source and of the receivers: on ``quick`` a hundred points of a million have
96 % of its squared norm. So the domain falls into strata: the source's cube and the shell around it, the cells of the
receivers, and the rest, each above and below the depth from which on an error counts as deep. Of a stratum that is
small enough all points are taken, of others as many as there is room for, drawn without replacement. A sum over the
domain is that over the points, each with the number that it stands for: unbiased, and exact on grids of a few thousand
points (Cochran, Sampling Techniques, chapter 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wavecomp.metrics.gradient import deep_points

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

CUBE = 6
"""Points from the source to a face of its cube; of the shell around it four times as many."""

RECEIVERS = 4
"""Points of the receivers' cells to one of another stratum: what the end of a record leaves there differs most."""

_SEED = 20261130


@dataclass(frozen=True, eq=False)
class SampledPoints:
    """Points, and what each stands for.

    Attributes
    ----------
    at : tuple of ndarray of int, each of shape (points,)
        Indices into an array of the physical domain, one array an axis.
    weights : ndarray of float, shape (points,)
        How many points each stands for: at least 1; their sum is the number of points of the domain.
    deep : ndarray of bool, shape (points,)
        Whether it lies below the top tenth of the depth.
    """

    at: tuple[NDArray[np.intp], ...]
    weights: NDArray[np.float64]
    deep: NDArray[np.bool_]

    def norms(self, values: NDArray[np.floating]) -> tuple[float, float]:
        """Return the L2 norms over the domain and over its deep part of an array that has these values here."""
        squares = self.weights * np.square(values, dtype=np.float64)
        return float(np.sqrt(squares.sum())), float(np.sqrt(squares[self.deep].sum()))


def sampled_points(problem: GradientProblem, shot: int, most: int) -> SampledPoints:
    """Choose points for a shot: the same ones each time.

    Parameters
    ----------
    problem : GradientProblem
    shot : int
    most : int
        Points of a stratum; of the receivers' cells :data:`RECEIVERS` times as many.
    """
    shape = problem.medium.shape
    spacing = np.array(problem.medium.spacing_m)
    source = np.array(problem.shot_from_origin_m(shot)) / spacing
    away = np.zeros(shape)  # Chebyshev distance from the source, in points
    for axis, n in enumerate(shape):
        along = np.abs(np.arange(n) - source[axis])
        away = np.maximum(away, along.reshape([-1 if a == axis else 1 for a in range(len(shape))]))
    deep = np.zeros(shape, dtype=bool)
    deep[..., shape[-1] - deep_points(shape[-1]) :] = True
    # 0 is the source's cube, 1 the shell around it, 2 the rest, and 3 to 5 the same below; 6 and 7 are the receivers'.
    stratum = np.where(away <= CUBE, 0, np.where(away <= 4 * CUBE, 1, 2)) + 3 * deep
    received = np.zeros(shape, dtype=bool)
    received[_cells(problem.receivers_from_origin_m() / spacing, shape)] = True
    stratum = np.where(received & (away > CUBE), 6 + deep, stratum).reshape(-1)
    chosen, weights = [], []
    generator = np.random.default_rng(_SEED)
    for number in range(8):
        mine = np.flatnonzero(stratum == number)
        room = most * (RECEIVERS if number >= 6 else 1)
        picked = mine if len(mine) <= room else np.sort(generator.choice(mine, room, replace=False))
        chosen.append(picked)
        weights.append(np.full(len(picked), len(mine) / max(len(picked), 1)))
    flat = np.concatenate(chosen)
    return SampledPoints(tuple(np.unravel_index(flat, shape)), np.concatenate(weights), deep.reshape(-1)[flat])


def _cells(places: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    """Return the corners of the cells in which places lie, in points: what interpolation reads there."""
    lowest = np.floor(places + 1e-6).astype(np.intp)
    corners = np.concatenate([lowest + np.array(offset) for offset in np.ndindex(*(2,) * len(shape))])
    return tuple(np.clip(corners[:, axis], 0, n - 1) for axis, n in enumerate(shape))
