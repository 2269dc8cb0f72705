"""From a recipe to its velocity array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ModelFileError, RecipeError
from wavecomp.wavefields.grid_model import GridModel
from wavecomp.wavefields.model_contents import contents_digest
from wavecomp.wavefields.model_spec import ConstantModel, LayeredModel, OverthrustLikeModel
from wavecomp.wavefields.positions import levels_reached
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.velocity_files import read_model, resample
from wavecomp.wavefields.velocity_overthrust import EXTENT_M, overthrust_like


def build_velocity(recipe: Recipe, file_sha256: str | None = None) -> NDArray[np.float32]:
    """Return the P velocity at every grid point of a recipe's physical domain.

    Parameters
    ----------
    recipe : Recipe
        Grid and model.
    file_sha256 : str, optional
        What the model's file must hold; by default, anything.

    Returns
    -------
    ndarray of float32, shape ``recipe.shape``, C order
        Velocity in m/s; axes x[, y], z.

    Raises
    ------
    ModelFileError
        The model's file is missing, has another layout, does not cover the grid, holds impossible velocities, or
        other bytes than it must.
    """
    match recipe.model:
        case ConstantModel(velocity):
            return np.full(recipe.shape, velocity, dtype=np.float32)
        case LayeredModel(interfaces, velocities):
            axis = recipe.origin_m[-1], recipe.spacing_m[-1], recipe.shape[-1]
            layer = levels_reached(interfaces, *axis, side="right")
            column = np.array(velocities, dtype=np.float32)[layer]
            return np.broadcast_to(column, recipe.shape).copy()
        case OverthrustLikeModel(section):
            axes = grid_axes(recipe)
            _check_belt(recipe)
            if section is None:
                return overthrust_like(*axes)
            return overthrust_like(axes[0], np.array([section]), axes[1])[:, 0, :]
        case spec:
            path, model = read_model(spec, recipe.folder, len(recipe.shape))
            if file_sha256 is not None:
                _check_contents(path, file_sha256)
            return resample(model, recipe.shape, recipe.spacing_m, recipe.origin_m, str(path))


def grid_axes(recipe: Recipe) -> tuple[NDArray[np.float64], ...]:
    """Return the positions (m) of the recipe's grid points along x[, y] and z."""
    return GridModel.axes(recipe.shape, recipe.spacing_m, recipe.origin_m)


def _check_contents(path: Path, wanted: str) -> None:
    # After the file was read: one that is replaced in between has another digest by now.
    found = contents_digest(path)
    if found != wanted:
        raise ModelFileError(
            f"{path}: was replaced since this work began (SHA-256 {found[:12]}, at the beginning {wanted[:12]}); "
            "put the old file back, or start anew"
        )


def _check_belt(recipe: Recipe) -> None:
    # In UTM coordinates, say, the belt is nowhere, and what would come out is one velocity.
    boxes = EXTENT_M if len(recipe.shape) == 3 else EXTENT_M[::2]
    for axis, (first, last), end in zip("xyz" if len(boxes) == 3 else "xz", recipe.extent_m, boxes, strict=True):
        if last < 0.0 or first > end:
            raise RecipeError(
                recipe.source,
                "grid.origin_m",
                list(recipe.origin_m),
                f"lies beside the thrust belt, which reaches from 0 to {end:g} m along {axis}; the grid reaches from "
                f"{first:.12g} to {last:.12g} m",
            )
