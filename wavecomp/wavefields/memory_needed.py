"""What a propagation takes of memory, known before any of it is taken; and the grid that would fit.

With P bytes of a single-precision array of the physical domain and G bytes of one of the whole grid, layer and halo of
``space_order`` points included, a process holds at its highest the greater of two sums, beside what Python and Devito
take themselves (:data:`PROCESS_BYTES`).

While the model is built: P for the velocity, and what its kind needs besides,

- ``overthrust_like``: 80 bytes a point of a slab of two million points (or of one plane, if that is more): ten arrays
  in double precision are alive at one time;
- a file: 10 bytes a byte of it (conversion to m/s in double precision, and the axes' order), and 20 bytes a point of
  the interpolation, five arrays as large as the greater of model and grid along each axis.

While it is propagated: :func:`whole_arrays` times G, and 2 P. For the acoustic equation that is 6 G: three levels of u,
velocity and damping, and Devito pads the velocity with one more. The velocity that was passed in and a level on its way
to the disk are P each. Other physics hold more of both, and parameters on the domain beside them while their model is
built.

Measured in fresh processes (``tests/wavefields/test_memory_needed.py``), it was 85 to 95 per cent of this.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import psutil

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall
from wavecomp.wavefields.material import ElasticMaterial, TtiMaterial, ViscoacousticMaterial, ViscoelasticMaterial
from wavecomp.wavefields.model_spec import ConstantModel, LayeredModel, OverthrustLikeModel
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.velocity_files import find_model_file
from wavecomp.wavefields.velocity_overthrust import SLAB_POINTS

PROCESS_BYTES = 200 * 10**6
"""Resident memory of a process that has propagated next to nothing (measured: 187 MB)."""

LONGER_EQUATIONS_BYTES = 80 * 10**6
"""What the symbolic layer takes besides for equations longer than the acoustic one."""

_BYTES = 4


def grid_bytes(recipe: Recipe) -> int:
    """Return the bytes of one array on the whole grid, absorbing layer and halo included."""
    margin = 2 * (recipe.absorbing_points + recipe.space_order)
    return _BYTES * math.prod(n + margin for n in recipe.shape)


def whole_arrays(recipe: Recipe) -> int:
    """Return how many arrays on the whole grid a propagation holds at most.

    The levels of every component (three in an equation of second order in time, two in one of first order), the
    parameters with the damping, what the kernel computes of them before its loop, and one that Devito pads with.
    """
    rank = len(recipe.shape)
    velocity, stress = 2 * rank, rank * (rank + 1)  # two levels of each component
    match recipe.material:
        case TtiMaterial():  # u, v; vp, ε, δ, damping; one product of them
            return 6 + 4 + 1 + 1
        case ViscoacousticMaterial(kernel, quality):  # p (and r, v); vp, b, damping (and Q)
            fields, products = (4 + velocity, 1) if kernel == "sls" else (3, 2)
            return fields + 3 + (quality == "li") + products + 1
        case ViscoelasticMaterial(qs=shear):  # v, τ, r; λ, μ, b, damping, Q (and Q_S); means of μ
            return velocity + 2 * stress + 5 + (shear is None) + (4 if rank == 3 else 2) + 1
        case ElasticMaterial():
            return velocity + stress + 4 + (3 if rank == 3 else 1) + 1
    return 6


def propagation_bytes(recipe: Recipe) -> int:
    """Return what a process that generates a recipe's field holds at most; raises ModelFileError."""
    domain = _BYTES * math.prod(recipe.shape)
    # Parameters on the domain go when the wavefields come, which are more.
    building = domain + _model_bytes(recipe)
    process = PROCESS_BYTES + (0 if recipe.material is None else LONGER_EQUATIONS_BYTES)
    return process + max(building, whole_arrays(recipe) * grid_bytes(recipe) + 2 * domain)


def check_propagation(recipe: Recipe) -> None:
    """Refuse a recipe that does not fit into the memory that this process may have.

    Raises
    ------
    MemoryTooSmall
        The text says what is needed and what is there, and which grid over the same extent would fit.
    ModelFileError
        The model's file is missing.
    """
    share = machine_memory.available()
    there = share.free_bytes + psutil.Process().memory_info().rss
    needed = propagation_bytes(recipe)
    if needed > there:
        raise MemoryTooSmall(
            f"the propagation of {recipe.name}, {_points(recipe.shape)} points,",
            needed,
            there,
            share.source,
            smaller_grid(recipe, propagation_bytes, there),
        )


def smaller_grid(recipe: Recipe, needed: Callable[[Recipe], int], there_bytes: int) -> str:
    """Say which grid over the same extent would fit into so much memory.

    Parameters
    ----------
    recipe : Recipe
        One that does not fit.
    needed : callable
        What one takes.
    there_bytes : int
        What there is.
    """
    least = recipe.space_order + 1
    fine, coarse = 1.0, max(recipe.shape) / least
    if needed(_coarser(recipe, coarse)) > there_bytes:
        return "no grid over this extent would fit"
    while coarse - fine > 1e-3 * fine:
        middle = (fine + coarse) / 2
        fine, coarse = (fine, middle) if needed(_coarser(recipe, middle)) <= there_bytes else (middle, coarse)
    found = _coarser(recipe, coarse)
    spacing = " x ".join(f"{h:.4g}" for h in dict.fromkeys(found.spacing_m))
    return f"{_points(found.shape)} points with a spacing of {spacing} m over the same extent would fit"


def _coarser(recipe: Recipe, factor: float) -> Recipe:
    shape = tuple(max(recipe.space_order + 1, math.floor((n - 1) / factor) + 1) for n in recipe.shape)
    return replace(recipe, shape=shape, spacing_m=tuple(h * factor for h in recipe.spacing_m))


def _model_bytes(recipe: Recipe) -> int:
    match recipe.model:
        case ConstantModel() | LayeredModel():
            return 0
        case OverthrustLikeModel():
            plane = math.prod(recipe.shape[1:])
            return 80 * min(max(SLAB_POINTS, plane), math.prod(recipe.shape))
    path = find_model_file(recipe.model, recipe.folder)
    size = path.stat().st_size if path is not None else 0
    # How the file's points lie along the axes is not known before it is read: as many in all as the greater grid has.
    return 10 * size + 20 * max(math.prod(recipe.shape), size // _BYTES)


def _points(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
