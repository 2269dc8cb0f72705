"""Models and receivers as arrays, where no file and no formula stands for them: those of a coarse run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class AsGiven:
    """What :mod:`wavecomp.physics.coarse` takes from a finer grid.

    Attributes
    ----------
    true, initial : ndarray of float32, of the grid's shape
        P velocities in m/s.
    receivers_from_origin_m : ndarray, shape (receivers, dimensions)
        Positions relative to the first grid point, in m.
    """

    true: NDArray[np.float32]
    initial: NDArray[np.float32]
    receivers_from_origin_m: NDArray[np.float64]
