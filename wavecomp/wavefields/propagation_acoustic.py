"""Isotropic acoustic propagation with the solver of Devito's seismic examples.

The equation is m ∂²u/∂t² − ∇²u + d ∂u/∂t = q with m = 1/v², a damping d in the absorbing layer, and the Ricker
wavelet s(t) added to the right-hand side at the source's grid point; in the continuum this is
q = s(t) · h_x h_y h_z · δ(x − x_s).
"""

from __future__ import annotations

import numpy as np
from devito import TimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.amplitude_limit import second_order_sum
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.propagation_solver import SolverPropagator, wavelet
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.seismic_model import prepare


def plan(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> SolverPropagator:
    """Build the propagator; see :func:`wavecomp.wavefields.propagation.open_propagator`.

    No stable run exceeds v_max² · dt² · Σ_k (N − k) |s_k|. With w = √m u the scheme is
    w⁺ − 2w + w⁻ = −dt² A w + dt² s_k √(1/m) δ, A symmetric. Within the stability limit every eigenvector answers a unit
    impulse with sin(jθ)/sin θ after j steps, at most j; the layer only takes energy out. So
    ‖w‖₂ ≤ v_max dt² Σ_k (N − k) |s_k|, and |u| ≤ v_max ‖w‖₂.
    """
    with kernel_float_state():
        fastest_km_s = float(velocity_m_s.max()) / 1000.0
        prepared = prepare(recipe, velocity_m_s)
        wavefield = TimeFunction(name="u", grid=prepared.model.grid, time_order=2, space_order=recipe.space_order)
        bound = (fastest_km_s * float(prepared.dt_ms)) ** 2 * second_order_sum(wavelet(prepared), prepared.steps)
        return SolverPropagator(prepared, {"u": wavefield}, bound)
