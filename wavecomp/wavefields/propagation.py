"""Running a propagation in blocks of time steps, whatever the physics.

Time levels
-----------
Step ``n`` is the wavefield at time n · dt, n = 0 … ``steps``. In an equation of second order in time steps 0 and 1 are
zero everywhere; step n + 1 is computed from steps n and n − 1 and the source's sample at time n · dt, n ≥ 1. In
equations of first order step 0 is zero, and step n + 1 comes from step n and the sample at n · dt, n ≥ 0. This is what
Devito's own solvers do, so that step ``n`` equals ``u.data[n]`` of a run of them that keeps all steps.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import PropagationError
from wavecomp.wavefields.compiler import Compiler
from wavecomp.wavefields.devito_setup import open_devito
from wavecomp.wavefields.devito_words import import_words, operator_words
from wavecomp.wavefields.physics import PROPAGATORS
from wavecomp.wavefields.recipe_type import Recipe

StepsDone = Callable[[int, int], None]
"""Called with (step reached, last step) before the first and after every block of steps."""

BLOCK_SECONDS = 1.0
"""How long one call of the compiled operator should take: short enough for Ctrl-C and a progress bar."""


class Propagator(Protocol):
    """A wave equation on a grid, with its wavefield in memory, ready to step."""

    @property
    def dt_s(self) -> float:
        """Time step in s, as the compiled operator uses it."""

    @property
    def steps(self) -> int:
        """The last time step."""

    @property
    def at_rest(self) -> int:
        """The last of the steps that are zero before anything is computed: 1 or 0."""

    def advance(self, first: int, last: int) -> None:
        """Compute the steps ``first`` … ``last``, both included; ``first - 1`` was the last one computed."""

    def level(self, step: int) -> NDArray[np.float32]:
        """Return the step that was computed last: the domain, or all of it where the recipe says padded.

        A view where it can be one; it is not to be changed.
        """

    def trace(self, first: int, last: int) -> NDArray[np.float32]:
        """Return the wavefield at the source at the steps ``first`` … ``last``."""

    def amplitude_bound(self) -> float:
        """Return an upper limit of the absolute wavefield of a stable run."""


def open_propagator(recipe: Recipe, velocity_m_s: NDArray[np.float32]) -> tuple[Propagator, Compiler]:
    """Set Devito up and build the recipe's propagator.

    Parameters
    ----------
    recipe : Recipe
        What to propagate.
    velocity_m_s : ndarray of float32, shape ``recipe.shape``
        P velocity. It is used up: the propagator changes it, to save the memory of a copy.

    Raises
    ------
    CompilerMissing
        There is no C compiler.
    EnvironmentRefused
        An environment variable of Devito's, of the compiler's or of OpenMP's has a value that cannot work.
    PropagationError
        Devito cannot be imported, or fails.
    RecipeError
        The time step is unstable, the grid too coarse, or a kept step lies behind the last one.
    """
    compiler = open_devito()
    with import_words():
        module = importlib.import_module(PROPAGATORS[recipe.physics])
    with operator_words():
        propagator: Propagator = module.plan(recipe, velocity_m_s)
    return propagator, compiler


def run(
    propagator: Propagator, kept: tuple[int, ...], progress: StepsDone | None = None
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Step to the end and yield (step, view of the wavefield) at every kept step.

    The view is valid until the iteration goes on.

    Raises
    ------
    PropagationError
        The wavefield is not finite, or larger than a stable run can be.
    """
    reached, block = propagator.at_rest, 2
    bound = propagator.amplitude_bound()
    if progress is not None:
        progress(reached, propagator.steps)  # the first block is compiled on the way: much may pass before its end
    for step in kept:
        while reached < step:
            last = min(reached + block, step)
            started = time.perf_counter()
            propagator.advance(reached + 1, last)
            elapsed = time.perf_counter() - started
            _check(propagator.trace(reached + 1, last), last, bound)
            block = _next_block(last - reached, elapsed)
            reached = last
            if progress is not None:
                progress(reached, propagator.steps)
        level = propagator.level(step)
        for plane in level:
            _check(plane, step, bound)
        yield step, level


def _next_block(length: int, elapsed_s: float) -> int:
    """Return the length of a block that takes about :data:`BLOCK_SECONDS`, growing at most fourfold at once."""
    return max(1, min(4 * length, int(length * BLOCK_SECONDS / max(elapsed_s, 1e-6))))


def _check(values: NDArray[np.float32], step: int, bound: float) -> None:
    low, high = float(values.min()), float(values.max())
    # Written so that NaN, which compares false with everything, is caught as well.
    if not (-bound <= low and high <= bound):
        raise PropagationError(
            f"the wavefield blew up: at step {step} it reaches from {low:g} to {high:g}, while a stable run stays "
            f"within ±{bound:g}; a smaller dt_s helps, or leave dt_s out for the stable one"
        )
