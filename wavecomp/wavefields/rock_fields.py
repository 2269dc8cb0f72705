"""From a recipe's material and velocities to the parameters of Devito's seismic model, in Devito's units.

Devito's units: km/s, and densities in g/cm³, so that moduli are in GPa.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import RecipeError
from wavecomp.wavefields.material import (
    LEAST_VP_VS,
    Density,
    ElasticMaterial,
    Quality,
    TtiMaterial,
    ViscoacousticMaterial,
    ViscoelasticMaterial,
)
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.rock_physics import GREATEST_Q, LEAST_Q, by_plane, gardner_density, lame_quality, li_quality

Array = NDArray[np.float32]
Parameters = dict[str, Array | float]


def model_parameters(recipe: Recipe, velocity_m_s: Array) -> Parameters:
    """Return what Devito's ``SeismicModel`` takes for a recipe beside ``vp``.

    Parameters
    ----------
    recipe : Recipe
        Its material.
    velocity_m_s : ndarray of float32, shape ``recipe.shape``
        P velocity in m/s; it is not changed.

    Returns
    -------
    dict
        ``epsilon``, ``delta`` (arrays), ``theta``, ``phi`` (rad, numbers); ``b`` (cm³/g, always an array: some of
        Devito's kernels lose a number, and then refuse it); ``vs`` (km/s, an array); ``qp``, ``qs`` (a number where the
        recipe has one). ``qp`` of a viscoelastic model is the Q of λ, an array: Devito's equations mean that by it.

    Raises
    ------
    RecipeError
        The velocities of the model and the material do not go together.
    """
    match recipe.material:
        case None:
            return {}
        case TtiMaterial(epsilon, delta, theta, phi):
            angles = {"theta": float(np.deg2rad(theta))} | ({} if phi is None else {"phi": float(np.deg2rad(phi))})
            share = _anisotropic_share(recipe)
            return {"epsilon": np.float32(epsilon) * share, "delta": np.float32(delta) * share, **angles}
        case ViscoacousticMaterial(_, quality, density):
            return {"b": _buoyancy(density, velocity_m_s), "qp": _quality(recipe, quality, velocity_m_s)}
        case ViscoelasticMaterial() as material:
            vs = _shear(recipe, material, velocity_m_s)
            losses = _losses(recipe, material, velocity_m_s, vs)
            return {"b": _buoyancy(material.density_kg_m3, velocity_m_s), "vs": _in_km_s(vs), **losses}
        case ElasticMaterial() as material:
            vs = _shear(recipe, material, velocity_m_s)
            return {"b": _buoyancy(material.density_kg_m3, velocity_m_s), "vs": _in_km_s(vs)}


def _anisotropic_share(recipe: Recipe) -> Array:
    """Return 0 at the source, 1 from the isotropic radius on, and sin²(π r / 2R) between them, on the recipe's grid."""
    assert isinstance(recipe.material, TtiMaterial)
    radius = recipe.material.isotropic_radius_m
    if radius == 0.0:
        return np.ones(recipe.shape, dtype=np.float32)
    away = [
        (h * np.arange(n) - at) / radius
        for n, h, at in zip(recipe.shape, recipe.spacing_m, recipe.source_from_origin_m, strict=True)
    ]
    share = np.empty(recipe.shape, dtype=np.float32)
    across = sum(np.square(part) for part in np.ix_(*away[1:]))
    for plane, x in zip(share, away[0], strict=True):
        plane[...] = np.square(np.sin(np.pi / 2.0 * np.minimum(np.sqrt(x**2 + across), 1.0)))
    return share


def _buoyancy(density: Density, velocity_m_s: Array) -> Array:
    if isinstance(density, float):
        return np.full_like(velocity_m_s, 1000.0 / density)
    found = gardner_density(velocity_m_s)
    return np.divide(np.float32(1000.0), found, out=found)


def _quality(recipe: Recipe, quality: Quality, velocity_m_s: Array) -> Array | float:
    if isinstance(quality, float):
        return quality
    found = li_quality(velocity_m_s)
    least, slowest = float(found.min()), float(velocity_m_s.min())
    if least < LEAST_Q:
        _refuse(
            recipe, "qp", "li", f"gives Q = {least:.3g} at {slowest:g} m/s, and {LEAST_Q:g} is the least; give a number"
        )
    return found


def _shear(recipe: Recipe, material: ElasticMaterial, velocity_m_s: Array) -> Array:
    if material.vs_m_s is None:
        ratio = material.vp_vs_ratio
        assert ratio is not None
        return by_plane(velocity_m_s, lambda v: v / ratio)
    slowest = float(velocity_m_s.min())
    if material.vs_m_s * LEAST_VP_VS > slowest:
        _refuse(
            recipe,
            "vs_m_s",
            material.vs_m_s,
            f"must be at most {slowest / LEAST_VP_VS:.6g} m/s where P waves have {slowest:g} m/s: no solid has more",
        )
    return np.full_like(velocity_m_s, material.vs_m_s)


def _losses(recipe: Recipe, material: ViscoelasticMaterial, velocity_m_s: Array, vs_m_s: Array) -> Parameters:
    qp = _quality(recipe, material.qp, velocity_m_s)
    if material.qs is not None:
        qs: Array | float = material.qs
    else:
        assert material.qp_qs_ratio is not None
        qs = qp / material.qp_qs_ratio if isinstance(qp, float) else qp / np.float32(material.qp_qs_ratio)
    if float(np.min(qs)) < LEAST_Q:
        _refuse(
            recipe,
            "qp_qs_ratio",
            material.qp_qs_ratio,
            f"gives Q_S = {float(np.min(qs)):.3g}, and {LEAST_Q:g} is the least",
        )
    of_lambda = np.empty_like(velocity_m_s)
    p, s = (np.broadcast_to(np.float32(q), velocity_m_s.shape) for q in (qp, qs))
    for out, vp, vs, plane_p, plane_s in zip(of_lambda, velocity_m_s, vs_m_s, p, s, strict=True):
        ratio = vp.astype(np.float64) / vs
        if ratio.min() ** 2 <= 2.0:
            key = "vp_vs_ratio" if material.vs_m_s is None else "vs_m_s"
            expected = f"v_P/v_S must be above √2, here it is {ratio.min():.4g}: λ is not positive below, and has no Q"
            _refuse(recipe, key, getattr(material, key), expected)
        with np.errstate(divide="ignore"):
            q = lame_quality(ratio, plane_p.astype(np.float64), plane_s.astype(np.float64))
        if not (q >= LEAST_Q).all():
            most = float((ratio**2 / 2.0 * plane_s).min())
            _refuse(
                recipe,
                "qp",
                material.qp,
                f"with this Q_S, λ has no Q of {LEAST_Q:g} or more: Q_P must stay below Q_S (v_P/v_S)²/2, here "
                f"{most:.4g}, and not be far below Q_S",
            )
        out[...] = np.minimum(q, GREATEST_Q)
    return {"qp": of_lambda, "qs": qs}


def _in_km_s(speed_m_s: Array) -> Array:
    speed_m_s /= np.float32(1000.0)
    return speed_m_s


def _refuse(recipe: Recipe, key: str, value: object, expected: str) -> NoReturn:
    raise RecipeError(recipe.source, f"material.{key}", value, expected)
