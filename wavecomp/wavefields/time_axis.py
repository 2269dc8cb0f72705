"""The time step of a run, and the number of its last one."""

from __future__ import annotations

import math

import numpy as np

from wavecomp.errors import RecipeError
from wavecomp.wavefields.recipe_type import Recipe


def time_step_ms(recipe: Recipe, stable_ms: np.float32) -> np.float32:
    """Return the recipe's time step in ms, the greatest stable one where it gives none.

    Parameters
    ----------
    recipe : Recipe
        Its ``dt_s`` is in s.
    stable_ms : float32
        Greatest stable time step in ms.

    Raises
    ------
    RecipeError
        The recipe's time step is unstable, by more than the rounding of single precision.
    """
    if recipe.dt_s is None:
        return stable_ms
    if recipe.dt_s * 1000.0 > float(stable_ms) * (1 + 1e-6):
        raise RecipeError(
            recipe.source, "time.dt_s", recipe.dt_s, f"unstable: must be at most {float(stable_ms) / 1000.0:.6g} s here"
        )
    return np.float32(recipe.dt_s * 1000.0)


def last_step(recipe: Recipe, dt_s: float) -> int:
    """Return the number of the last step; a duration in s is rounded up to whole steps of ``dt_s``.

    Raises
    ------
    RecipeError
        A snapshot is asked for behind the last step.
    """
    if recipe.steps is not None:
        return recipe.steps
    assert recipe.duration_s is not None
    last = max(2, math.ceil(recipe.duration_s / dt_s - 1e-6))
    behind = [step for step in (*recipe.kept.steps, recipe.kept.every or 0) if step > last]
    if behind:
        raise RecipeError(recipe.source, "snapshots", behind[0], f"must be at most {last}, the last step of this run")
    return last
