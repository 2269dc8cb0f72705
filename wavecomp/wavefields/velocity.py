"""From a recipe to its velocity array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wavecomp.wavefields.model_spec import ConstantModel, LayeredModel, OverthrustLikeModel
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.velocity_files import GridModel, read_model, resample
from wavecomp.wavefields.velocity_overthrust import overthrust_like


def build_velocity(recipe: Recipe) -> NDArray[np.float32]:
    """Return the P velocity at every grid point of a recipe's physical domain.

    Returns
    -------
    ndarray of float32, shape ``recipe.shape``, C order
        Velocity in m/s; axes x[, y], z.

    Raises
    ------
    ModelFileError
        The model's file is missing, has another layout, does not cover the grid, or holds impossible velocities.
    """
    match recipe.model:
        case ConstantModel(velocity):
            return np.full(recipe.shape, velocity, dtype=np.float32)
        case LayeredModel(interfaces, velocities):
            layer = np.searchsorted(np.array(interfaces), grid_axes(recipe)[-1], side="right")
            column = np.array(velocities, dtype=np.float32)[layer]
            return np.broadcast_to(column, recipe.shape).copy()
        case OverthrustLikeModel(section):
            axes = grid_axes(recipe)
            if section is None:
                return overthrust_like(*axes)
            return overthrust_like(axes[0], np.array([section]), axes[1])[:, 0, :]
        case spec:
            path, model = read_model(spec, recipe.folder, len(recipe.shape))
            return resample(model, GridModel.axes(recipe.shape, recipe.spacing_m, recipe.origin_m), str(path))


def grid_axes(recipe: Recipe) -> tuple[NDArray[np.float64], ...]:
    """Return the positions (m) of the recipe's grid points along x[, y] and z."""
    return GridModel.axes(recipe.shape, recipe.spacing_m, recipe.origin_m)
