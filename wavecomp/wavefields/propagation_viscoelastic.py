"""Isotropic visco-elastic propagation with Devito's solver: a standard linear solid for each modulus [Robertsson1994]_.

The elastic equations with unrelaxed moduli, and a tensor r of memory variables that takes the relaxation back:

    ∂τ/∂t = (λ/x²) (∇·v) I + μ (1 + Q_S x)/(Q_S x − x²) (∇v + ∇vᵀ) + r + s(t) I,    x = ω₀ τ_σ = √(1 + 1/Q_λ²) − 1/Q_λ.
"""

from __future__ import annotations

import numpy as np
from devito import TensorTimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.propagation_elastic import amplitude_bound, tensor_parts, velocity_and_stress
from wavecomp.wavefields.propagation_solver import SolverPropagator
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.seismic_model import prepare


def plan(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> SolverPropagator:
    """Build the propagator; see :func:`wavecomp.wavefields.propagation.open_propagator`."""
    with kernel_float_state():
        prepared = prepare(recipe, velocity_m_s)
        fields = velocity_and_stress(prepared, "t")
        common = {"grid": prepared.model.grid, "time_order": 1, "space_order": recipe.space_order}
        axes = "xyz" if len(recipe.shape) == 3 else "xz"
        fields |= tensor_parts("r", TensorTimeFunction(name="r", **common), axes)
        return SolverPropagator(prepared, fields, amplitude_bound(prepared), ("rec1", "rec2"))
