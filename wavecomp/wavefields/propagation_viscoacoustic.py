"""Visco-acoustic propagation with the solver of Devito's examples: three rheologies, all with density.

``sls``, the standard linear solid [Blanch1995]_, first order, with a memory variable r:

    m ∂p/∂t = −ρ/x² ∇·v − r + q,  ∂v/∂t = −∇p/ρ,  ∂r/∂t = −(r + (1/x² − 1) ρ ∇·v)/τ_σ,  x = ω₀ τ_σ;

``kv``, Kelvin–Voigt [Ren2014]_, and ``maxwell`` [Deng2007]_, second order:

    m ∂²p/∂t² = ρ ∇·(1/ρ) ∇(p + ∂p/∂t / (ω₀ Q)) + q,    m (∂²p/∂t² + (ω₀/Q) ∂p/∂t) = ρ ∇·(1/ρ) ∇p + q.
"""

from __future__ import annotations

import numpy as np
from devito import NODE, TimeFunction, VectorTimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.amplitude_limit import MARGIN, first_order_sum, second_order_sum
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.material import ViscoacousticMaterial
from wavecomp.wavefields.propagation_solver import SolverPropagator, wavelet
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.seismic_model import prepare


def plan(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> SolverPropagator:
    """Build the propagator; see :func:`wavecomp.wavefields.propagation.open_propagator`.

    The limits are those of :mod:`wavecomp.wavefields.amplitude_limit`, in the symmetric variables √(m/ρ) p, or
    p / (√ρ v) and √ρ v.
    """
    assert isinstance(recipe.material, ViscoacousticMaterial)
    with kernel_float_state():
        speed = float(velocity_m_s.max()) / 1000.0
        prepared = prepare(recipe, velocity_m_s)
        order = 1 if recipe.material.kernel == "sls" else 2
        grid, model = prepared.model.grid, prepared.model
        common = {"grid": grid, "time_order": order, "space_order": recipe.space_order}
        fields = {"p": TimeFunction(name="p", staggered=NODE, **common)}
        samples, dt = wavelet(prepared), float(prepared.dt_ms)
        light, dense = (float(1.0 / extreme) for extreme in (model.b.data.max(), model.b.data.min()))
        contrast = np.sqrt(dense / light)
        if order == 2:
            bound = (speed * dt) ** 2 * contrast * second_order_sum(samples, prepared.steps)
            return SolverPropagator(prepared, fields, MARGIN * bound)
        fields["r"] = TimeFunction(name="r", staggered=NODE, **common)
        velocity = VectorTimeFunction(name="v", **common)
        axes = "xyz" if len(recipe.shape) == 3 else "xz"
        fields |= {f"v{axis}": part for axis, part in zip(axes, velocity, strict=True)}
        bound = speed * dt * max(speed * contrast, 1.0 / light) * first_order_sum(samples, prepared.steps)
        return SolverPropagator(prepared, fields, MARGIN * bound)
