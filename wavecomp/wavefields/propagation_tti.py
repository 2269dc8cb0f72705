"""Pseudo-acoustic propagation in a tilted transversely isotropic medium with the solver of Devito's examples.

With M = [[1 + 2ε, √(1 + 2δ)], [√(1 + 2δ), 1]], G_z the second derivative along the symmetry axis and G_h = ∇² − G_z
that across it, the equations of [Zhang2011]_ are

    m ∂²(u, v)/∂t² + d ∂(u, v)/∂t = M (G_h u, G_z v) + (q, q);

u is the stress across the axis and v that along it. With ε = δ = 0 both are the acoustic wavefield.
"""

from __future__ import annotations

import math

import numpy as np
from devito import TimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.amplitude_limit import MARGIN, second_order_sum
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.material import TtiMaterial
from wavecomp.wavefields.propagation_solver import SolverPropagator, wavelet
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.seismic_model import prepare


def plan(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> SolverPropagator:
    """Build the propagator; see :func:`wavecomp.wavefields.propagation.open_propagator`."""
    assert isinstance(recipe.material, TtiMaterial)
    with kernel_float_state():
        fastest_km_s = float(velocity_m_s.max()) / 1000.0
        prepared = prepare(recipe, velocity_m_s)
        fields = {
            name: TimeFunction(name=name, grid=prepared.model.grid, time_order=2, space_order=recipe.space_order)
            for name in "uv"
        }
        size = second_order_sum(wavelet(prepared), prepared.steps)
        bound = (fastest_km_s * float(prepared.dt_ms)) ** 2 * size * _spread(recipe.material, prepared.steps)
        return SolverPropagator(prepared, fields, bound)


def _spread(material: TtiMaterial, steps: int) -> float:
    """Return by how much an anisotropic field may exceed an isotropic one.

    With w = √m M^-½ (u, v) the scheme is symmetric, and the acoustic argument holds: ‖w‖ grows with √(eᵀ M⁻¹ e),
    e = (1, 1), taken at the source, and |u + v| ≤ √(eᵀ M e) v_max ‖w‖. Where the source's place is isotropic the first
    is 1. Elsewhere, as ε → δ, M becomes singular and this no limit: what M cannot reach of the source then stays in its
    place and feeds the rest, with 4 of itself a step at most.
    """
    cross = math.sqrt(1.0 + 2.0 * material.delta)
    own = 2.0 + 2.0 * material.epsilon
    source = 1.0
    if material.isotropic_radius_m == 0.0:
        most = 16.0 * float(steps) ** 2
        determinant = 2.0 * (material.epsilon - material.delta)
        source = most if determinant * most <= own - 2.0 * cross else (own - 2.0 * cross) / determinant
    return MARGIN * math.sqrt((own + 2.0 * cross) * max(source, 1.0))
