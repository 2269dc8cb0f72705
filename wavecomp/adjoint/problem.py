"""The gradient problem: what is observed, from where, and from which model the gradient is taken.

With the data d of a true model, the synthetic data F(m) of another one, and r = F(m) − d, the misfit is
J(m) = ½ Σ r² over all receivers and time steps, and the gradient is dJ/dm = (dF/dm)ᵀ r, m = 1/v² the squared slowness.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.smoothing import smooth_slowness
from wavecomp.errors import RecipeError
from wavecomp.wavefields.model_spec import ModelSpec, model_items
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.velocity import build_velocity

Velocity = NDArray[np.float32]


@dataclass(frozen=True)
class SmoothedTrue:
    """The true model's slowness, smoothed by a Gaussian; the water and all above ``keep_above_m`` is kept as it is."""

    kind: ClassVar[str] = "smoothed"
    radius_m: float
    keep_above_m: float = 0.0


@dataclass(frozen=True)
class GivenInitial:
    """A velocity model of its own."""

    kind: ClassVar[str] = "model"
    model: ModelSpec


Initial = SmoothedTrue | GivenInitial


@dataclass(frozen=True)
class Receivers:
    """Receivers on every ``every``-th grid point of each horizontal axis, at one depth.

    ``every`` is at least 2: two receivers in one cell inject into the same grid points, in an order that differs from
    run to run, and the gradient would not be the same to the last bit.
    """

    depth_m: float
    every: int


@dataclass(frozen=True)
class GradientProblem:
    """One gradient problem. Axes are ordered x[, y], z, with z pointing down.

    Attributes
    ----------
    medium : Recipe
        Grid, true velocity model, wavelet and clock; its ``source_m`` is the first shot's.
    initial : SmoothedTrue or GivenInitial
        The model at which the gradient is taken.
    receivers : Receivers
        Where the wavefield is recorded.
    shots_m : tuple of tuple of float
        Source positions, one a shot.
    """

    medium: Recipe
    initial: Initial
    receivers: Receivers
    shots_m: tuple[tuple[float, ...], ...] = field(default=())

    @property
    def name(self) -> str:
        """Name of the problem."""
        return self.medium.name

    @property
    def description(self) -> str:
        """One line."""
        return self.medium.description

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that determines the exact gradient."""
        initial = model_items(self.initial.model) if isinstance(self.initial, GivenInitial) else vars(self.initial)
        content = {
            "medium": self.medium.digest,
            "initial": {"kind": self.initial.kind, **initial},
            "receivers": vars(self.receivers),
            "shots_m": self.shots_m,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=list).encode()).hexdigest()

    @property
    def level_bytes(self) -> int:
        """Bytes of one level of the physical domain in single precision: what the imaging condition reads."""
        return 4 * math.prod(self.medium.shape)

    @property
    def state_bytes(self) -> int:
        """Bytes of one state in single precision: two levels of the whole grid, absorbing layer and halo included."""
        margin = 2 * (self.medium.absorbing_points + self.medium.space_order)
        return 2 * 4 * math.prod(n + margin for n in self.medium.shape)

    def levels_bytes(self, every: int = 1) -> int | None:
        """Return the bytes of all levels that are imaged; None where a duration is given and not a number of steps."""
        steps = self.medium.steps
        return None if steps is None else (steps - 1) // every * self.level_bytes

    def receivers_m(self) -> NDArray[np.float64]:
        """Return the receivers' positions, in m, shape (receivers, dimensions)."""
        medium = self.medium
        horizontal = [
            origin + spacing * np.arange(0, count, self.receivers.every)
            for origin, spacing, count in zip(medium.origin_m, medium.spacing_m, medium.shape, strict=True)
        ][:-1]
        axes = np.meshgrid(*horizontal, np.array([self.receivers.depth_m]), indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)

    def true_velocity(self) -> Velocity:
        """Return the true P velocity in m/s, shape ``medium.shape``; raises ModelFileError."""
        return build_velocity(self.medium)

    def initial_velocity(self) -> Velocity:
        """Return the P velocity in m/s where the gradient is taken, shape ``medium.shape``; raises ModelFileError."""
        if isinstance(self.initial, GivenInitial):
            return build_velocity(replace(self.medium, model=self.initial.model))
        depth = self.medium.origin_m[-1] + self.medium.spacing_m[-1] * np.arange(self.medium.shape[-1])
        kept = int(np.searchsorted(depth, self.initial.keep_above_m))
        return smooth_slowness(self.true_velocity(), self.medium.spacing_m, self.initial.radius_m, kept)

    def resized(self, *, steps: int | None = None, every_receiver: int | None = None) -> GradientProblem:
        """Return the same problem with another number of time steps or another spacing of receivers."""
        medium = self.medium if steps is None else replace(self.medium, steps=steps, duration_s=None)
        if steps is not None and steps < 3:
            raise RecipeError(medium.source, "time.steps", steps, "must be at least 3")
        receivers = self.receivers if every_receiver is None else replace(self.receivers, every=every_receiver)
        return replace(self, medium=medium, receivers=receivers)
