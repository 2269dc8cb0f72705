"""The greatest stable time step of kernels that Devito's ``critical_dt`` knows too little of: those with loss.

With c_max the greatest velocity, the squared frequencies of the differences reach λ = c_max² Σ_i (D/h_i)², where D is
what the staggered first derivative makes of the shortest wave. Von Neumann's condition then says

    standard linear solid   Δt ≤ 2/√λ, with the unrelaxed c, which is faster than the relaxed one by 1/(ω₀ τ_σ);
    Kelvin–Voigt            λ Δt² + 2 λ τ Δt ≤ 4, τ = 1/(ω₀ Q);
    Maxwell                 λ Δt² + 2 (ω₀/Q) Δt ≤ 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_SPARE = 0.95
"""Devito leaves as much to the averaging of density between the points of a staggered grid."""


def staggered_symbol(space_order: int) -> float:
    """Return D, the sum of the absolute weights of the first derivative half-way between points, for spacing 1.

    The derivative of order 2M is 2 arcsin(s) cut after M terms, s = sin(kh/2), which is 1 for the shortest wave.
    """
    terms = range(space_order // 2)
    return 2.0 * sum(math.comb(2 * n, n) / (4.0**n * (2 * n + 1)) for n in terms)


def greatest_rate(speed: float, spacing: Sequence[float], space_order: int) -> float:
    """Return √λ, the greatest angular frequency of the differences; of speed in km/s and spacing in m it is per ms."""
    return speed * staggered_symbol(space_order) * math.sqrt(sum(1.0 / h**2 for h in spacing))


def lossless_step(rate: float) -> float:
    """Return the longest step of the leapfrog scheme, and of the standard linear solid with its unrelaxed rate."""
    return _SPARE * 2.0 / rate


def kelvin_voigt_step(rate: float, tau: float) -> float:
    """Return the longest step of the Kelvin–Voigt scheme; ``tau`` is the greatest 1/(ω₀ Q)."""
    return _SPARE * (math.sqrt(tau**2 + 4.0 / rate**2) - tau)


def maxwell_step(rate: float, loss: float) -> float:
    """Return the longest step of the Maxwell scheme; ``loss`` is the greatest ω₀/Q."""
    return _SPARE * (math.sqrt(loss**2 + 4.0 * rate**2) - loss) / rate**2
