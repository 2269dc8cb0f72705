"""The damping of the layer around a model, which takes up what comes to its edge."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wavecomp.wavefields.recipe_type import Recipe

if TYPE_CHECKING:
    from examples.seismic import SeismicModel

Array = NDArray[np.float32]


def fill_layer(model: SeismicModel, recipe: Recipe) -> None:
    """Set the damping d of the layer, a sum over the axes of ln(1/R) · 3 / (v L) · q².

    q grows from 0 at the domain's edge to 1 at the end of the layer, whose thickness is L. A plane wave at normal
    incidence loses d v / 2 of its amplitude a metre, at any velocity, so that R of it comes back from the end. A
    smaller R throws more back on the way in; R = (n + 1)^-1.2 with n points proved best for layers of one to four
    wavelengths. Devito's own profile damps in proportion to the velocity instead, and throws back 1.6
    to 5 times as much.
    """
    for damping, strength, speed in _planes(model, recipe):
        damping[:] = strength / speed


def fill_layer_complement(model: SeismicModel, recipe: Recipe) -> None:
    """Set 1 − d, which the equations of second order with loss take: they damp with (1 − damp) ∂p/∂t."""
    for damping, strength, speed in _planes(model, recipe):
        damping[:] = 1 - strength / speed


def fill_layer_factor(model: SeismicModel, recipe: Recipe, dt_ms: float) -> None:
    """Set the factor exp(−d v² Δt / 2) by which first-order equations multiply all fields in every step of Δt ms.

    A wave then loses d v / 2 of its amplitude a metre as with :func:`fill_layer`; v is the P velocity, and slower S
    waves lose more. All fields are damped alike, and so nothing is thrown back at normal incidence but by the
    differences.
    """
    for damping, strength, speed in _planes(model, recipe):
        damping[:] = np.exp(-0.5 * np.float32(dt_ms) * strength * speed)


def _planes(model: SeismicModel, recipe: Recipe) -> Iterator[tuple[Array, Array, Array]]:
    """Yield a plane of the model's damping, to be set, the layer's strength d v there, and the P velocity in km/s."""
    points = recipe.absorbing_points
    strength = 1.2 * math.log(points + 1.0)
    ramps = []
    for n, spacing in zip(recipe.shape, recipe.spacing_m, strict=True):
        inside = np.arange(n + 2 * points)
        q = np.maximum(np.maximum(points - inside, inside - (n - 1 + points)), 0) / points
        ramps.append((strength * 3.0 / (points * spacing) * q**2).astype(np.float32))
    across = sum(np.ix_(*ramps[1:])) if len(ramps) == 3 else ramps[1]
    for plane, damping in enumerate(model.damp.data):
        yield damping, ramps[0][plane] + across, _speed(model, plane)


def _speed(model: SeismicModel, plane: int) -> Array:
    if hasattr(model, "vp"):
        return np.asarray(model.vp.data[plane])
    return np.asarray(np.sqrt(model.b.data[plane] * (model.lam.data[plane] + 2 * model.mu.data[plane])))
