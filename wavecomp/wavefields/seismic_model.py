"""Devito's seismic model of a recipe, with the acquisition and the solver that belong to it; nothing propagates here.

Devito counts in ms, kHz, m and km/s: converted here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.wavefields.absorbing_layer import fill_layer, fill_layer_complement, fill_layer_factor
from wavecomp.wavefields.material import ElasticMaterial, TtiMaterial, ViscoacousticMaterial, ViscoelasticMaterial
from wavecomp.wavefields.recipe_type import Recipe, check_sampling
from wavecomp.wavefields.rock_fields import model_parameters
from wavecomp.wavefields.rock_physics import relaxation
from wavecomp.wavefields.seismic_examples import examples_importable, examples_quiet
from wavecomp.wavefields.stable_step import greatest_rate, kelvin_voigt_step, lossless_step, maxwell_step
from wavecomp.wavefields.time_axis import last_step, time_step_ms

with examples_importable():
    from examples.seismic import AcquisitionGeometry, SeismicModel
    from examples.seismic.acoustic import AcousticWaveSolver
    from examples.seismic.elastic import ElasticWaveSolver
    from examples.seismic.tti import AnisotropicWaveSolver
    from examples.seismic.viscoacoustic import ViscoacousticWaveSolver
    from examples.seismic.viscoelastic import ViscoelasticWaveSolver

Array = NDArray[np.float32]


class ReferencedGeometry(AcquisitionGeometry):  # type: ignore[misc]
    """An acquisition whose loss is given at another frequency than the wavelet's peak.

    Devito's kernels take the frequency at which Q holds from ``_f0``, some as a frequency and some as an angular one;
    wavelets take theirs from ``f0``. Both are in kHz (or rad/ms).
    """

    def __init__(self, *args: object, reference: float, f0: float, **kwargs: object) -> None:
        super().__init__(*args, f0=f0, **kwargs)
        self._peak = f0
        self._f0 = reference

    @property
    def f0(self) -> float:
        """The wavelet's peak frequency in kHz."""
        return self._peak


@dataclass(frozen=True)
class Prepared:
    """A recipe's model, acquisition and solver, ready to be given wavefields.

    Attributes
    ----------
    model : SeismicModel
        All parameters, and the absorbing layer in the form that the solver's equations take.
    geometry : AcquisitionGeometry
        The recipe's source and wavelet, samples 0 … ``steps``, and the receivers.
    solver : one of Devito's solvers
        Its operators: ``op_fwd``, and what else it has.
    dt_ms : float32
        Time step in ms.
    steps : int
        The last time step.
    """

    recipe: Recipe
    model: SeismicModel
    geometry: AcquisitionGeometry
    solver: Any
    dt_ms: np.float32
    steps: int


def prepare(
    recipe: Recipe,
    velocity_m_s: Array,
    receivers_m: NDArray[np.float64] | None = None,
    longest_ms: np.float32 | None = None,
) -> Prepared:
    """Build model, acquisition and solver of a recipe.

    Parameters
    ----------
    recipe : Recipe
        What would be propagated.
    velocity_m_s : ndarray of float32, shape ``recipe.shape``
        P velocity. It is used up: changed, to save the memory of a copy.
    receivers_m : ndarray, shape (receivers, dimensions), optional
        Positions relative to the first grid point, in m; by default one receiver, at the source.
    longest_ms : float32, optional
        The greatest time step that is stable in another model that shares the clock.

    Raises
    ------
    RecipeError
        The time step is unstable, the grid too coarse, a kept step lies behind the last one, or the material does not
        go with the velocities.
    """
    check_sampling(recipe, float(velocity_m_s.min()))
    model = seismic_model(recipe, velocity_m_s)
    stable_ms = stable_step_ms(recipe, model)
    dt_ms = time_step_ms(recipe, stable_ms if longest_ms is None else min(stable_ms, longest_ms))
    steps = last_step(recipe, float(dt_ms) / 1000.0)
    _fill(model, recipe, dt_ms)
    geometry = acquisition(recipe, model, dt_ms, steps, receivers_m)
    return Prepared(recipe, model, geometry, _solver(recipe, model, geometry), dt_ms, steps)


def seismic_model(recipe: Recipe, velocity_m_s: Array) -> SeismicModel:
    """Return Devito's model with all parameters of a recipe's physics; its absorbing layer is zero still.

    ``velocity_m_s`` is used up as in :func:`prepare`; raises RecipeError where it does not go with the material.
    """
    parameters = model_parameters(recipe, velocity_m_s)
    velocity_m_s /= np.float32(1000.0)
    with examples_quiet():
        model = SeismicModel(
            origin=(0.0,) * len(recipe.shape),  # coordinates are single precision: they count from the first point
            spacing=recipe.spacing_m,
            shape=recipe.shape,
            space_order=recipe.space_order,
            vp=velocity_m_s,
            nbl=recipe.absorbing_points,
            bcs=lambda _damp, _points: None,
            **parameters,
        )
    if isinstance(recipe.material, ViscoelasticMaterial):
        model.dt_scale = 0.9  # as its solver will set it
    return model


def stable_step_ms(recipe: Recipe, model: SeismicModel) -> np.float32:
    """Return the greatest stable time step in ms: Devito's, or a shorter one where the loss asks for it."""
    devitos = np.float32(model.critical_dt)
    longest = _longest_with_loss(recipe, model)
    return devitos if longest >= float(devitos) else np.float32(f"{longest:.3e}")


def reference_frequency(recipe: Recipe) -> float:
    """Return what Devito's kernels have to take for f₀ so that Q is the recipe's at the peak frequency.

    The Kelvin–Voigt and Maxwell kernels make an angular frequency of it, in kHz. Those of the standard linear solid use
    it as one, in rad/ms.
    """
    peak = recipe.peak_frequency_hz / 1000.0
    match recipe.material:
        case ViscoacousticMaterial(kernel="sls") | ViscoelasticMaterial():
            return 2.0 * np.pi * peak
    return peak


def acquisition(
    recipe: Recipe,
    model: SeismicModel,
    dt_ms: np.float32,
    steps: int,
    receivers_m: NDArray[np.float64] | None = None,
) -> AcquisitionGeometry:
    """Return the recipe's source with samples 0 … ``steps`` of its wavelet, and receivers as in :func:`prepare`."""
    place = np.array([recipe.source_from_origin_m])
    return ReferencedGeometry(
        model,
        place if receivers_m is None else receivers_m,
        place,
        t0=0.0,
        tn=(steps - 0.5) * float(dt_ms),  # half a step short, so that rounding cannot add a sample
        f0=recipe.peak_frequency_hz / 1000.0,
        reference=reference_frequency(recipe),
        src_type="Ricker",
    ).resample(dt_ms)


def _fill(model: SeismicModel, recipe: Recipe, dt_ms: np.float32) -> None:
    match recipe.material:
        case None | TtiMaterial():
            fill_layer(model, recipe)
        case ViscoacousticMaterial(kernel="kv" | "maxwell"):
            fill_layer_complement(model, recipe)
        case _:
            fill_layer_factor(model, recipe, float(dt_ms))


def _solver(recipe: Recipe, model: SeismicModel, geometry: AcquisitionGeometry) -> Any:
    order = recipe.space_order
    match recipe.material:
        case None:
            return AcousticWaveSolver(model, geometry, space_order=order)
        case TtiMaterial():
            return AnisotropicWaveSolver(model, geometry, space_order=order)
        case ViscoacousticMaterial(kernel):
            first = kernel == "sls"
            return ViscoacousticWaveSolver(
                model, geometry, space_order=order, kernel=kernel, time_order=1 if first else 2
            )
        case ViscoelasticMaterial():
            return ViscoelasticWaveSolver(model, geometry, space_order=order)
        case ElasticMaterial():
            return ElasticWaveSolver(model, geometry, space_order=order)


def _longest_with_loss(recipe: Recipe, model: SeismicModel) -> float:
    """Return the longest step in ms that the loss allows; infinite where there is none."""
    angular = 2.0 * np.pi * recipe.peak_frequency_hz / 1000.0
    match recipe.material:
        case ViscoacousticMaterial("sls"):
            speed = float((model.vp.data / relaxation(model.qp.data)).max())
            return lossless_step(_rate(recipe, speed))
        case ViscoacousticMaterial(kernel):
            rate = _rate(recipe, float(model.vp.data.max()))
            loss = 1.0 / float(np.min(model.qp.data))
            return kelvin_voigt_step(rate, loss / angular) if kernel == "kv" else maxwell_step(rate, loss * angular)
        case ViscoelasticMaterial():
            return lossless_step(_rate(recipe, unrelaxed_speed(model)))
    return float("inf")


def unrelaxed_speed(model: SeismicModel) -> float:
    """Return the greatest unrelaxed P velocity of a viscoelastic model, in km/s.

    The unrelaxed moduli are λ/x² and μ (1 + Q_S x)/(Q_S x − x²), x = ω₀ τ_σ of Q_λ: both solids share τ_σ.
    """
    fastest = 0.0
    qs = np.broadcast_to(model.qs.data, model.lam.data.shape)
    for lam, mu, b, qp, s in zip(model.lam.data, model.mu.data, model.b.data, model.qp.data, qs, strict=True):
        x = relaxation(np.asarray(qp, dtype=np.float64))
        shear = mu * (1.0 + s * x) / (s * x - x**2)
        fastest = max(fastest, float((b * (lam / x**2 + 2.0 * shear)).max()))
    return float(np.sqrt(fastest))


def _rate(recipe: Recipe, speed_km_s: float) -> float:
    return greatest_rate(speed_km_s, recipe.spacing_m, recipe.space_order)
