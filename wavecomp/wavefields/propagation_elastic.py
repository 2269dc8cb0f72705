"""Isotropic elastic propagation, velocity and stress on staggered grids [Virieux1986]_, with Devito's example solver.

ρ ∂v/∂t = ∇·τ,    ∂τ/∂t = λ (∇·v) I + μ (∇v + ∇vᵀ) + s(t) I at the source: an explosion.
"""

from __future__ import annotations

import numpy as np
from devito import TensorTimeFunction, TimeFunction, VectorTimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.amplitude_limit import MARGIN, first_order_sum
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.propagation_solver import SolverPropagator, wavelet
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.seismic_model import Prepared, prepare


def plan(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> SolverPropagator:
    """Build the propagator; see :func:`wavecomp.wavefields.propagation.open_propagator`."""
    with kernel_float_state():
        prepared = prepare(recipe, velocity_m_s)
        fields = velocity_and_stress(prepared, "tau")
        return SolverPropagator(prepared, fields, amplitude_bound(prepared), ("rec1", "rec2"))


def velocity_and_stress(prepared: Prepared, stress: str) -> dict[str, TimeFunction]:
    """Return the wavefields by recipes' names, vx … and txx …; ``stress`` is the solver's name for the tensor."""
    common = {"grid": prepared.model.grid, "time_order": 1, "space_order": prepared.recipe.space_order}
    velocity = VectorTimeFunction(name="v", **common)
    axes = "xyz" if len(prepared.recipe.shape) == 3 else "xz"
    found = {f"v{axis}": part for axis, part in zip(axes, velocity, strict=True)}
    return found | tensor_parts("t", TensorTimeFunction(name=stress, **common), axes)


def tensor_parts(letter: str, tensor: TensorTimeFunction, axes: str) -> dict[str, TimeFunction]:
    """Return the upper triangle of a symmetric tensor by names such as txz."""
    pairs = [(i, j) for i in range(len(axes)) for j in range(i, len(axes))]
    return {f"{letter}{axes[i]}{axes[j]}": tensor[i, j] for i, j in pairs}


def amplitude_bound(prepared: Prepared) -> float:
    """Return a limit for all components, in GPa and km/s.

    In the energy norm, √ρ v and C^-½ τ, the source's step Δt s I is √(D / (D λ + 2μ)) Δt s in D dimensions. A stress
    is at most √max(D λ + 2μ, 2μ) of the norm, a sum of D of them D times that, and a velocity 1/√ρ.
    """
    model, rank = prepared.model, len(prepared.recipe.shape)
    soft, stiff, light = np.inf, 0.0, 0.0
    for lam, mu, b in zip(model.lam.data, model.mu.data, model.b.data, strict=True):
        bulk = rank * lam + 2 * mu
        soft, stiff = min(soft, float(bulk.min())), max(stiff, float(bulk.max()), float(2 * mu.max()))
        light = max(light, float(b.max()))
    norm = float(prepared.dt_ms) * np.sqrt(rank / soft) * first_order_sum(wavelet(prepared), prepared.steps)
    return MARGIN * float(norm * max(rank * np.sqrt(stiff), np.sqrt(light)))
