"""Relations that give density, S velocity and attenuation from the P velocity; plane by plane, in double precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Plane = NDArray[np.float64]

LEAST_Q = 5.0
"""A wave loses half of its amplitude in a wavelength there; weak-attenuation relations end before."""

GREATEST_Q = 1e5
"""Above it single precision does not hold the relaxation times apart."""


def gardner_density(velocity_m_s: Array) -> Array:
    """Return the density ρ = 310 v^¼, in kg/m³, of velocities in m/s: Gardner's relation [Gardner1974]_."""
    return by_plane(velocity_m_s, lambda v: 310.0 * v**0.25)


def li_quality(velocity_m_s: Array) -> Array:
    """Return Q = 3.516e-6 v^2.2 of velocities in m/s, about 14 v^2.2 in km/s: Li's empirical relation [Li1993]_."""
    return by_plane(velocity_m_s, lambda v: 3.516e-6 * v**2.2)


def relaxation(quality: Plane | float) -> Plane:
    """Return x = ω₀ τ_σ = √(1 + 1/Q²) − 1/Q of a standard linear solid whose Q is least at ω₀ [Blanch1995]_.

    The strain's relaxation time is τ_ε = 1 / (ω₀² τ_σ), so that the unrelaxed modulus is 1/x² of the relaxed one.
    """
    q = np.asarray(quality, dtype=np.float64)
    return np.asarray(np.sqrt(1.0 + 1.0 / q**2) - 1.0 / q)


def lame_quality(vp_vs_ratio: Plane | float, qp: Plane | float, qs: Plane | float) -> Plane:
    """Return the Q of λ with which P waves have ``qp`` and S waves ``qs``; not positive where there is none.

    The modulus of P waves is λ + 2μ and its loss the sum of both: (λ + 2μ)/Q_P = λ/Q_λ + 2μ/Q_S.
    """
    ratio = np.asarray(vp_vs_ratio, dtype=np.float64) ** 2
    loss = (ratio / np.asarray(qp) - 2.0 / np.asarray(qs)) / (ratio - 2.0)
    return np.asarray(1.0 / loss)


def by_plane(values: Array, relation: Callable[[Plane], Plane]) -> Array:
    """Return a relation of every value, of the same shape, in single precision; one plane at a time, to save memory."""
    found = np.empty_like(values)
    for out, plane in zip(found, values, strict=True):
        out[...] = relation(plane.astype(np.float64))
    return found
