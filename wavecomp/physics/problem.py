"""The gradient problem: what is observed, from where, and from which model the gradient is taken.

With the data d of a true model, the synthetic data F(m) of another one, and r = F(m) − d, the misfit is
J(m) = ½ Σ r² over all receivers and time steps, and the gradient is dJ/dm = (dF/dm)ᵀ r, m = 1/v² the squared slowness.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import RecipeError
from wavecomp.physics.as_given import AsGiven
from wavecomp.physics.memory_needed import operators_bytes
from wavecomp.physics.sizes import sizes_of
from wavecomp.physics.smoothing import smooth_slowness
from wavecomp.plans.actions import imaged
from wavecomp.wavefields.memory_needed import PROCESS_BYTES
from wavecomp.wavefields.model_contents import model_digest
from wavecomp.wavefields.model_spec import ModelSpec, model_items
from wavecomp.wavefields.positions import from_origin, levels_reached
from wavecomp.wavefields.recipe_type import Recipe
from wavecomp.wavefields.velocity import build_velocity

if TYPE_CHECKING:
    from wavecomp.physics.solver_bench import SolverBench
    from wavecomp.physics.workbench import Workbench

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
    files_sha256 : tuple of (str or None), or None
        Contents of the model files of the true and of the initial model that this problem was :meth:`pinned` to; None
        where the files may hold whatever they hold.
    as_given : AsGiven or None
        What stands for the models and receivers of a coarse run. No part of the digest: it has no records.
    """

    medium: Recipe
    initial: Initial
    receivers: Receivers
    shots_m: tuple[tuple[float, ...], ...] = field(default=())
    files_sha256: tuple[str | None, str | None] | None = field(default=None, compare=False, repr=False)
    as_given: AsGiven | None = field(default=None, compare=False, repr=False)

    dtype: ClassVar[str] = "float32"
    libraries: ClassVar[tuple[str, ...]] = ("devito",)
    foreign: ClassVar[str] = ""
    devito: ClassVar[bool] = True

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
        """SHA-256, in hexadecimal, of everything that determines the exact gradient.

        The contents of model files are part of it, and so this raises ModelFileError where one cannot be read.
        """
        initial = model_items(self.initial.model) if isinstance(self.initial, GivenInitial) else vars(self.initial)
        content: dict[str, object] = {
            "medium": self.medium.digest,
            "initial": {"kind": self.initial.kind, **initial},
            "receivers": vars(self.receivers),
            "shots_m": self.shots_m,
        }
        if not self._placed_as_before:
            content["positions"] = "from the first grid point"
        files = self._files()
        if any(files):
            content["model_files"] = files
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=list).encode()).hexdigest()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the physical domain, and of the gradient."""
        return self.medium.shape

    @property
    def steps(self) -> int | None:
        """The last step; None where a duration is given and not a number of steps."""
        return self.medium.steps

    @property
    def first(self) -> int:
        """The step at which a run begins."""
        return sizes_of(self.medium).first

    @property
    def in_buffers(self) -> int:
        """Levels that are at hand with a state."""
        return sizes_of(self.medium).in_buffers

    @property
    def shot_count(self) -> int:
        """How many shots there are."""
        return len(self.shots_m)

    @property
    def sweeps_bytes(self) -> int:
        """What a process with the operators takes at most, in single precision."""
        return PROCESS_BYTES + operators_bytes(self)

    @property
    def level_bytes(self) -> int:
        """Bytes of one level in single precision, on the physical domain: what the imaging condition reads."""
        return 4 * sizes_of(self.medium).level * math.prod(self.medium.shape)

    @property
    def state_bytes(self) -> int:
        """Bytes of one state in single precision, on the whole grid, absorbing layer and halo included."""
        margin = 2 * (self.medium.absorbing_points + self.medium.space_order)
        return 4 * sizes_of(self.medium).state * math.prod(n + margin for n in self.medium.shape)

    def levels_bytes(self, every: int = 1) -> int | None:
        """Return the bytes of all levels that are imaged; None where a duration is given and not a number of steps."""
        steps = self.medium.steps
        return None if steps is None else len(imaged(self.first, steps, every)) * self.level_bytes

    def pinned(self) -> GradientProblem:
        """Return this problem with its model files as they are now: it reads no others, and keeps its digest.

        A study takes hours, and a file can be replaced meanwhile; then reading it is an error, and no gradient stands
        under the digest of another model.

        Raises
        ------
        ModelFileError
            A model file is missing or unreadable.
        """
        return replace(self, files_sha256=self._files())

    def open(self) -> Workbench | SolverBench:
        """Compile the operators; errors as in :func:`wavecomp.physics.opening.open_operators`."""
        from wavecomp.physics.opening import open_bench

        return open_bench(self)

    def receivers_m(self) -> NDArray[np.float64]:
        """Return the receivers' positions, in m, shape (receivers, dimensions)."""
        return self._spread(self.medium.origin_m, self.receivers.depth_m)

    def receivers_from_origin_m(self) -> NDArray[np.float64]:
        """Return the receivers' positions relative to the first grid point, in m, shape (receivers, dimensions)."""
        if self.as_given is not None:
            return self.as_given.receivers_from_origin_m
        return self._spread((0.0,) * len(self.medium.shape), self.medium.depth_from_origin_m(self.receivers.depth_m))

    def shot_from_origin_m(self, shot: int) -> tuple[float, ...]:
        """Return a shot's position relative to the first grid point, in m."""
        return from_origin(self.shots_m[shot], self.medium.origin_m, self.medium.spacing_m)

    def true_velocity(self) -> Velocity:
        """Return the true P velocity in m/s, shape ``medium.shape``; raises ModelFileError."""
        return self.as_given.true if self.as_given else build_velocity(self.medium, self._pinned_to(0))

    def initial_velocity(self) -> Velocity:
        """Return the P velocity in m/s where the gradient is taken, shape ``medium.shape``.

        Raises
        ------
        ModelFileError
            A model file cannot be read, or is not the one that the problem was pinned to.
        RecipeError
            All of the model shall be kept.
        """
        if self.as_given is not None:
            return self.as_given.initial
        if isinstance(self.initial, GivenInitial):
            return build_velocity(replace(self.medium, model=self.initial.model), self._pinned_to(1))
        check_kept(self.medium, self.initial.keep_above_m)
        return smooth_slowness(self.true_velocity(), self.medium.spacing_m, self.initial.radius_m, self._kept())

    def resized(self, *, steps: int | None = None, every_receiver: int | None = None) -> GradientProblem:
        """Return the same problem with another number of time steps or another spacing of receivers."""
        medium = self.medium if steps is None else replace(self.medium, steps=steps, duration_s=None)
        if steps is not None and steps < 3:
            raise RecipeError(medium.source, "time.steps", steps, "must be at least 3")
        receivers = self.receivers if every_receiver is None else replace(self.receivers, every=every_receiver)
        return replace(self, medium=medium, receivers=receivers)

    def _kept(self) -> int:
        """Return how many planes at the top a smoothed initial model has from the true one."""
        if not isinstance(self.initial, SmoothedTrue):
            return 0
        axis = self.medium.origin_m[-1], self.medium.spacing_m[-1], self.medium.shape[-1]
        return int((levels_reached([self.initial.keep_above_m], *axis, side="right") == 0).sum())

    def _spread(self, origin_m: tuple[float, ...], depth_m: float) -> NDArray[np.float64]:
        horizontal = [
            origin + spacing * np.arange(0, count, self.receivers.every)
            for origin, spacing, count in zip(origin_m, self.medium.spacing_m, self.medium.shape, strict=True)
        ][:-1]
        axes = np.meshgrid(*horizontal, np.array([depth_m]), indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)

    def _files(self) -> tuple[str | None, str | None]:
        """Return the SHA-256 of the true and of the initial model's file, None where there is none."""
        if self.files_sha256 is not None:
            return self.files_sha256
        folder = self.medium.folder
        given = self.initial.model if isinstance(self.initial, GivenInitial) else None
        return model_digest(self.medium.model, folder), None if given is None else model_digest(given, folder)

    def _pinned_to(self, which: int) -> str | None:
        return None if self.files_sha256 is None else self.files_sha256[which]

    @cached_property
    def _placed_as_before(self) -> bool:
        """Say whether kernels that were given all coordinates in single precision computed this gradient as well."""
        medium, depth_m = self.medium, self.receivers.depth_m
        listening = tuple((*shot[:-1], depth_m) for shot in self.shots_m[:1])
        depth = medium.origin_m[-1] + medium.spacing_m[-1] * np.arange(medium.shape[-1])
        kept = isinstance(self.initial, GivenInitial) or self._kept() == np.searchsorted(
            depth, self.initial.keep_above_m
        )
        return bool(kept) and medium.placed_as_before(*self.shots_m, *listening)


def check_kept(medium: Recipe, keep_above_m: float) -> None:
    """Refuse an initial model that keeps all of the true one.

    Raises
    ------
    RecipeError
        No grid point lies at ``keep_above_m`` or below it.
    """
    top, bottom = medium.extent_m[-1]
    if not medium.depth_from_origin_m(keep_above_m) <= medium.spacing_m[-1] * (medium.shape[-1] - 1):
        raise RecipeError(
            medium.source,
            "initial.keep_above_m",
            keep_above_m,
            f"lies below the model, of which nothing would be smoothed: must be at most {bottom:.12g} m "
            f"(the model reaches from {top:.12g} to {bottom:.12g} m)",
        )
