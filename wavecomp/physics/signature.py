r"""What a wave propagator tells of its source and its grid, so that an imaging step can be chosen: ``every=auto``.

Along an axis with spacing h the second difference of order 2M makes :math:`\kappa^2 / h^2` of the shortest wave, two
points long, with

.. math:: \kappa^2 = 2 \sum_{m=1}^{M} \frac{4^m}{m^2 \binom{2m}{m}},

the series of :math:`4 \arcsin^2(\sin(kh/2))` cut after M terms: 2.55² for order 8, where the exact number is π². So
with velocity v no wave along the axis has a higher frequency than :math:`\kappa v / (2 \pi h)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.imaging_step import Signature

_PARTS = 20
"""Quantiles of the velocity that stand for the model; with a hundred the estimates change by a few percent."""


def highest_frequency(velocity_m_s: float, spacing_m: float, space_order: int) -> float:
    """Return the highest frequency of a wave along an axis, in Hz.

    Examples
    --------
    >>> round(highest_frequency(2000.0, 10.0, 2), 1), round(highest_frequency(2000.0, 10.0, 8), 1)
    (63.7, 81.2)
    """
    squared = 2.0 * sum(4.0**m / (m**2 * math.comb(2 * m, m)) for m in range(1, space_order // 2 + 1))
    return math.sqrt(squared) * velocity_m_s / (2.0 * math.pi * spacing_m)


def signature_of(
    wavelet: NDArray[np.floating],
    dt_ms: float,
    velocity_km_s: NDArray[np.floating],
    spacing_m: Sequence[float],
    space_order: int,
) -> Signature:
    """Return the signature of a propagator, from Devito's units.

    Parameters
    ----------
    wavelet : ndarray, shape (samples, sources)
        What is injected.
    dt_ms : float
        Time step in ms.
    velocity_km_s : ndarray
        P velocity in km/s, of the physical domain.
    spacing_m : sequence of float
        Grid spacing in m, of which the finest counts.
    space_order : int
        Of the differences.
    """
    shares = (np.arange(_PARTS) + 0.5) / _PARTS
    velocities = 1000.0 * np.quantile(np.asarray(velocity_km_s, dtype=np.float64), shares)
    carried = tuple(highest_frequency(float(v), min(spacing_m), space_order) for v in velocities)
    return Signature(np.array(wavelet, dtype=np.float64), dt_ms / 1000.0, carried)
