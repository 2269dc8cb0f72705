"""Isotropic acoustic propagation with the solver of Devito's seismic examples.

The equation is m ∂²u/∂t² − ∇²u + d ∂u/∂t = q with m = 1/v², a damping d in the absorbing layer, and the Ricker
wavelet s(t) added to the right-hand side at the source's grid point; in the continuum this is
q = s(t) · h_x h_y h_z · δ(x − x_s). Devito counts in ms, kHz, m and km/s: converted here, once.
"""

from __future__ import annotations

import warnings

import numpy as np
from devito import TimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.absorbing_layer import fill_layer
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.recipe_type import Recipe, check_sampling
from wavecomp.wavefields.seismic_examples import examples_importable
from wavecomp.wavefields.time_axis import last_step, time_step_ms

with examples_importable():
    from examples.seismic import AcquisitionGeometry, SeismicModel
    from examples.seismic.acoustic import AcousticWaveSolver

_FIRST_COMPUTED_FROM = 1  # Devito's loop begins at time index 1, which gives step 2.


class AcousticPropagator:
    """The acoustic solver with one wavefield of three time levels that all blocks of steps share."""

    def __init__(self, recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> None:
        check_sampling(recipe, float(velocity_m_s.min()))
        self._fastest_km_s = float(velocity_m_s.max()) / 1000.0
        model = _model(recipe, velocity_m_s)
        dt_ms = time_step_ms(recipe, np.float32(model.critical_dt))
        self._recipe = recipe
        self._dt_ms = dt_ms
        self._steps = last_step(recipe, self.dt_s)
        place = np.array([recipe.source_from_origin_m])
        geometry = AcquisitionGeometry(
            model,
            place,  # one receiver, at the source: the operator wants one, and it shows early when a run blows up
            place,
            t0=0.0,
            tn=(self._steps - 0.5) * float(dt_ms),  # half a step short, so that rounding cannot add a sample
            f0=recipe.peak_frequency_hz / 1000.0,
            src_type="Ricker",
        ).resample(dt_ms)
        solver = AcousticWaveSolver(model, geometry, space_order=recipe.space_order)
        self._operator = solver.op_fwd(save=False)
        self._wavefield = TimeFunction(name="u", grid=model.grid, time_order=2, space_order=recipe.space_order)
        self._source = geometry.src
        self._receiver = geometry.rec
        self._arguments = {
            "src": self._source,
            "rec": self._receiver,
            "u": self._wavefield,
            "dt": dt_ms,
            **model.physical_params(),
        }

    @property
    def dt_s(self) -> float:
        """Time step in s: the single-precision number of milliseconds that the operator is given."""
        return float(self._dt_ms) / 1000.0

    @property
    def steps(self) -> int:
        """The last time step."""
        return self._steps

    def advance(self, first: int, last: int) -> None:
        """Compute the steps ``first`` … ``last``."""
        assert first > _FIRST_COMPUTED_FROM
        with kernel_float_state():
            self._operator.apply(time_m=first - 1, time_M=last - 1, **self._arguments)

    def level(self, step: int) -> NDArray[np.float32]:
        """Return a view of the step computed last, of shape ``recipe.stored_shape``."""
        buffer = step % 3
        if self._recipe.padded:
            return np.asarray(self._wavefield.data_with_halo[buffer])
        inner = tuple(slice(self._recipe.absorbing_points, -self._recipe.absorbing_points) for _ in self._recipe.shape)
        return np.asarray(self._wavefield.data[buffer])[inner]

    def trace(self, first: int, last: int) -> NDArray[np.float32]:
        """Return the wavefield at the source; the operator records step n while it computes step n + 1."""
        return np.asarray(self._receiver.data[first - 1 : last, 0])

    def amplitude_bound(self) -> float:
        """Return v_max² · dt² · Σ_k (N − k) |s_k|, which no stable run exceeds.

        With w = √m u the scheme is w⁺ − 2w + w⁻ = −dt² A w + dt² s_k √(1/m) δ, A symmetric. Within the stability
        limit every eigenvector answers a unit impulse with sin(jθ)/sin θ after j steps, at most j; the layer only takes
        energy out. So ‖w‖₂ ≤ v_max dt² Σ_k (N − k) |s_k|, and |u| ≤ v_max ‖w‖₂.
        """
        samples = np.abs(np.asarray(self._source.data[:, 0], dtype=np.float64))
        remaining = self._steps - np.arange(samples.size)
        return float((self._fastest_km_s * float(self._dt_ms)) ** 2 * (remaining * samples).sum())


def plan(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> AcousticPropagator:
    """Build the propagator; see :func:`wavecomp.wavefields.propagation.open_propagator`."""
    with kernel_float_state():
        return AcousticPropagator(recipe, velocity_m_s)


def _model(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> SeismicModel:
    velocity_m_s /= np.float32(1000.0)
    with warnings.catch_warnings():
        # Devito's examples use an interface that Devito itself has begun to retire.
        warnings.filterwarnings("ignore", message="Passing `SubDomain`s", category=DeprecationWarning)
        model = SeismicModel(
            origin=(0.0,) * len(recipe.shape),  # coordinates are single precision: they count from the first point
            spacing=recipe.spacing_m,
            shape=recipe.shape,
            space_order=recipe.space_order,
            vp=velocity_m_s,
            nbl=recipe.absorbing_points,
            bcs=lambda _damp, _points: None,
        )
    fill_layer(model, recipe)
    return model
