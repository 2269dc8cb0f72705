"""How large a wavefield can become in a stable run: what a run that blows up goes beyond.

In every mode of a stable scheme of second order in time, a unit impulse gives at most j after j steps (the sum of
z₁^i z₂^(j−i), |z| ≤ 1). In the leapfrog scheme of two first-order equations it gives at most
|cos((j + ½)θ) / cos(θ/2)| ≤ 2j + 1. Layers and losses take energy out. So the field's norm, in the variables in which
the scheme is symmetric, stays below the norm of the source times one of the sums here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MARGIN = 10.0
"""For what is left out where parameters vary: means between points of a staggered grid, unrelaxed moduli, the loss's
own variation. A run that blows up takes a few dozen steps more to pass a limit ten times as high."""


def second_order_sum(samples: NDArray[np.float32], steps: int) -> float:
    """Return Σ_k (N − k) |s_k| of a wavelet's samples and N steps."""
    return float((_remaining(samples, steps) * _absolute(samples)).sum())


def first_order_sum(samples: NDArray[np.float32], steps: int) -> float:
    """Return Σ_k (2 (N − k) + 1) |s_k| of a wavelet's samples and N steps."""
    return float(((2.0 * _remaining(samples, steps) + 1.0) * _absolute(samples)).sum())


def _absolute(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.abs(np.asarray(samples, dtype=np.float64))


def _remaining(samples: NDArray[np.float32], steps: int) -> NDArray[np.float64]:
    return np.maximum(steps - np.arange(samples.size, dtype=np.float64), 0.0)
