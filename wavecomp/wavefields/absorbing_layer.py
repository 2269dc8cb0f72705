"""The damping of the layer around a model, which takes up what comes to its edge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from wavecomp.wavefields.recipe_type import Recipe

if TYPE_CHECKING:
    from examples.seismic import SeismicModel


def fill_layer(model: SeismicModel, recipe: Recipe) -> None:
    """Set the damping d of the layer, a sum over the axes of ln(1/R) · 3 / (v L) · q².

    q grows from 0 at the domain's edge to 1 at the end of the layer, whose thickness is L. A plane wave at normal
    incidence loses d v / 2 of its amplitude a metre, at any velocity, so that R of it comes back from the end. A
    smaller R throws more back on the way in; R = (n + 1)^-1.2 with n points proved best for layers of one to four
    wavelengths. Devito's own profile damps in proportion to the velocity instead, and throws back 1.6
    to 5 times as much.
    """
    points = recipe.absorbing_points
    strength = 1.2 * math.log(points + 1.0)
    ramps = []
    for n, spacing in zip(recipe.shape, recipe.spacing_m, strict=True):
        inside = np.arange(n + 2 * points)
        q = np.maximum(np.maximum(points - inside, inside - (n - 1 + points)), 0) / points
        ramps.append((strength * 3.0 / (points * spacing) * q**2).astype(np.float32))
    across = sum(np.ix_(*ramps[1:])) if len(ramps) == 3 else ramps[1]
    for plane, (damping, speed) in enumerate(zip(model.damp.data, model.vp.data, strict=True)):
        damping[:] = (ramps[0][plane] + across) / speed
