"""The type of a recipe: everything that determines a reference wavefield, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wavecomp.errors import RecipeError
from wavecomp.wavefields.material import Material, material_items
from wavecomp.wavefields.model_spec import LayeredModel, ModelSpec, model_items
from wavecomp.wavefields.positions import exact_in_single, from_origin, levels_reached, same_in_single

GENERATOR_VERSION = 1
"""Raised whenever a change of this package changes the wavefield of an unchanged recipe, or the gradient of an
unchanged problem; part of every digest."""

POINTS_PER_WAVELENGTH = 5.0
"""Fewest grid points in the shortest wavelength at the peak frequency.

Five points there are two points, the Nyquist limit, at 2.5 times the peak frequency, where the amplitude spectrum
of the Ricker wavelet, (f/f0)² exp(1 − (f/f0)²), has fallen to 3.3 % of its peak.
"""


@dataclass(frozen=True)
class KeptSteps:
    """Which time steps become snapshots: the listed ones, or every k-th; the last step of the run always does."""

    steps: tuple[int, ...] = ()
    every: int | None = None

    def of(self, last: int) -> tuple[int, ...]:
        """Return the kept steps of a run that ends with step ``last``, ascending."""
        chosen = self.steps if self.every is None else tuple(range(self.every, last + 1, self.every))
        return tuple(sorted({*chosen, last}))


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a wavefield. Axes are ordered x[, y], z, with z pointing down.

    Attributes
    ----------
    shape : tuple of int
        Grid points of the physical domain, without the absorbing layer.
    spacing_m, origin_m, source_m : tuple of float
        Grid spacing, position of the first grid point, and source position, in m.
    absorbing_points : int
        Thickness of the absorbing layer on every side, in grid points.
    space_order : int
        Order of the finite-difference stencil in space; the scheme is of second order in time.
    peak_frequency_hz : float
        Peak frequency of the Ricker wavelet, whose peak is at time 1 / ``peak_frequency_hz``.
    steps, duration_s : int or None, float or None
        Exactly one is given: the last time step, or the time that the last time step reaches.
    dt_s : float or None
        Time step; None takes Devito's stable one.
    padded : bool
        Keep the absorbing layer and the stencil's halo (``space_order`` points a side) in the snapshots.
    material : Material or None
        What the physics needs beside the velocity; None where that is all.
    component : str
        What the snapshots hold, such as ``u``, ``vz``, or a sum, ``txx+tzz``.
    source, folder : str, pathlib.Path or None
        Where the recipe was read from, for messages, and the folder in which model files may lie. Not part of the
        recipe's identity.
    """

    name: str
    description: str
    physics: str
    model: ModelSpec
    shape: tuple[int, ...]
    spacing_m: tuple[float, ...]
    origin_m: tuple[float, ...]
    absorbing_points: int
    space_order: int
    source_m: tuple[float, ...]
    peak_frequency_hz: float
    steps: int | None
    duration_s: float | None
    dt_s: float | None
    kept: KeptSteps
    padded: bool
    material: Material | None = None
    component: str = "u"
    source: str = field(default="recipe", compare=False, repr=False)
    folder: Path | None = field(default=None, compare=False, repr=False)

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Shape of every snapshot of this recipe."""
        margin = self.absorbing_points + self.space_order if self.padded else 0
        return tuple(n + 2 * margin for n in self.shape)

    @property
    def extent_m(self) -> tuple[tuple[float, float], ...]:
        """First and last grid position along each axis, in m."""
        ends = zip(self.origin_m, self.spacing_m, self.shape, strict=True)
        return tuple((o, o + h * (n - 1)) for o, h, n in ends)

    @property
    def source_from_origin_m(self) -> tuple[float, ...]:
        """Source position relative to the first grid point, in m: what the kernels are given."""
        return from_origin(self.source_m, self.origin_m, self.spacing_m)

    def depth_from_origin_m(self, depth_m: float) -> float:
        """Return how far a depth lies below the first grid point, in m."""
        return from_origin((depth_m,), self.origin_m[-1:], self.spacing_m[-1:])[0]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON text without name and description, in hexadecimal.

        The contents of a model file are no part of it: the manifest of a stored field has their own SHA-256, and so has
        the digest of a gradient problem.
        """
        content = {key: value for key, value in self._content().items() if key not in ("name", "description")}
        content["generator_version"] = GENERATOR_VERSION
        if not (self.placed_as_before(self.source_m) and self._layered_as_before()):
            content["positions"] = "from the first grid point"
        return hashlib.sha256(_dump(content).encode()).hexdigest()

    def placed_as_before(self, *places_m: tuple[float, ...]) -> bool:
        """Say whether positions are where kernels saw them that were given all coordinates in single precision.

        They were, before they were given distances from the first grid point. Where that moves something it is another
        wavefield, under another digest.
        """
        if any(self.origin_m):
            numbers = [*self.origin_m, *self.spacing_m, *(end for _, end in self.extent_m)]
            return exact_in_single([*numbers, *(x for place in places_m for x in place)])
        return all(same_in_single(place, from_origin(place, self.origin_m, self.spacing_m)) for place in places_m)

    def _layered_as_before(self) -> bool:
        if not isinstance(self.model, LayeredModel):
            return True
        origin, spacing, count = self.origin_m[-1], self.spacing_m[-1], self.shape[-1]
        depths = self.model.interfaces_m
        before = np.searchsorted(np.array(depths), origin + spacing * np.arange(count), side="right")
        return np.array_equal(before, levels_reached(depths, origin, spacing, count, side="right"))

    def canonical_json(self) -> str:
        """Return the one JSON text of this recipe, which :func:`~wavecomp.wavefields.recipe.recipe_from_json` reads."""
        return _dump(self._content())

    def _content(self) -> dict[str, object]:
        clock = {"steps": self.steps} if self.steps is not None else {"duration_s": self.duration_s}
        kept = {"every": self.kept.every} if self.kept.every is not None else {"steps": self.kept.steps}
        content: dict[str, object] = {
            "name": self.name,
            "description": self.description,
            "physics": self.physics,
            "model": model_items(self.model),
            "grid": {
                "shape": self.shape,
                "spacing_m": self.spacing_m,
                "origin_m": self.origin_m,
                "absorbing_points": self.absorbing_points,
                "space_order": self.space_order,
            },
            "source": {"position_m": self.source_m, "peak_frequency_hz": self.peak_frequency_hz},
            "time": clock if self.dt_s is None else clock | {"dt_s": self.dt_s},
            "snapshots": {**kept, "padded": self.padded},
        }
        if self.material is not None:  # acoustic recipes keep the digests that they had before there was anything else
            content["material"] = material_items(self.material)
            content["snapshots"] = {**kept, "padded": self.padded, "component": self.component}
        return content


def check_sampling(recipe: Recipe, slowest_p_m_s: float) -> None:
    """Refuse a grid that is too coarse for the source.

    The condition is max(h) ≤ v_min / (:data:`POINTS_PER_WAVELENGTH` · f_peak), v_min the speed of the slowest wave.

    Parameters
    ----------
    recipe : Recipe
        Grid, source, and the material that says how much slower than P waves others are.
    slowest_p_m_s : float
        Least P velocity of the model in m/s.

    Raises
    ------
    RecipeError
        Fewer grid points in the shortest wavelength at the peak frequency than that.
    """
    slowest_m_s = slowest_p_m_s if recipe.material is None else recipe.material.slowest_m_s(slowest_p_m_s)
    coarsest = slowest_m_s / (POINTS_PER_WAVELENGTH * recipe.peak_frequency_hz)
    if max(recipe.spacing_m) > coarsest * (1 + 1e-9):
        raise RecipeError(
            recipe.source,
            "grid.spacing_m",
            list(recipe.spacing_m),
            f"too coarse for {recipe.peak_frequency_hz:g} Hz at {slowest_m_s:g} m/s: {POINTS_PER_WAVELENGTH:g} points "
            f"in the shortest wavelength at the peak frequency need a spacing of at most {coarsest:.4g} m "
            f"(or a peak frequency of at most {slowest_m_s / (POINTS_PER_WAVELENGTH * max(recipe.spacing_m)):.4g} Hz)",
        )


def _dump(content: Mapping[str, object]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
