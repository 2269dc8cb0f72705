"""What a prediction must know of a problem: steps, and the bytes of a level and of a state, array by array."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.errors import UsageError
from wavecomp.physics.sizes import sizes_of

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem


@dataclass(frozen=True, slots=True)
class ProblemSizes:
    """Sizes of a time-stepping code, without the code.

    Attributes
    ----------
    first, last : int
        The steps between which it runs.
    level_arrays, state_arrays : tuple of int
        Bytes of each array of a level and of a state.
    dimensions : int
        Axes of these arrays.
    in_buffers : int
        Levels that are at hand with a state.
    """

    first: int
    last: int
    level_arrays: tuple[int, ...]
    state_arrays: tuple[int, ...]
    dimensions: int
    in_buffers: int = 2

    def __post_init__(self) -> None:
        least = min((*self.level_arrays, *self.state_arrays), default=0)
        if self.last <= self.first or least < 1:
            raise UsageError(
                f"a run from step {self.first} to {self.last} with arrays of {least} bytes: at least one step and one "
                "byte are needed"
            )

    @classmethod
    def of(cls, code: TimeStepping[Any]) -> ProblemSizes:
        """Return those of a code, from its own buffers."""
        (slot,) = code.slots(1)
        state = code.state(code.first)
        return cls(
            code.first,
            code.last,
            tuple(array.nbytes for array in slot.stored),
            tuple(array.nbytes for array in state),
            state[0].ndim,
            code.in_buffers,
        )

    @classmethod
    def of_problem(cls, problem: GradientProblem, steps: int | None = None) -> ProblemSizes:
        """Return those of a problem that is not open, with its last step where the problem gives a duration.

        Raises
        ------
        UsageError
            The problem has no number of steps, and none is given.
        """
        last = problem.steps if steps is None else steps
        if last is None:
            raise UsageError(
                f"problem {problem.name} gives a duration and no number of steps; open it, or give its last step"
            )
        medium, sizes = problem.medium, sizes_of(problem.medium)
        return cls(
            problem.first,
            last,
            (problem.level_bytes // sizes.level,) * sizes.level,
            (problem.state_bytes // sizes.state,) * sizes.state,
            len(medium.shape),
            problem.in_buffers,
        )

    @classmethod
    def of_grid(
        cls,
        shape: tuple[int, ...],
        steps: int,
        *,
        absorbing_points: int = 40,
        space_order: int = 8,
        itemsize: int = 4,
    ) -> ProblemSizes:
        """Return those of an acoustic run on a grid of so many points and steps.

        Parameters
        ----------
        shape : tuple of int
            Points of the physical domain.
        steps : int
            The last step.
        absorbing_points, space_order : int
            Points of the layer on each side; the halo is as wide as the order.
        itemsize : int
            Bytes of a number.
        """
        margin = 2 * (absorbing_points + space_order)
        whole = itemsize * math.prod(n + margin for n in shape)
        return cls(1, steps, (itemsize * math.prod(shape),), (whole, whole), len(shape), 2)

    @property
    def steps(self) -> int:
        """Steps that are reversed."""
        return self.last - self.first

    @property
    def level_bytes(self) -> int:
        """Bytes of one level."""
        return sum(self.level_arrays)

    @property
    def state_bytes(self) -> int:
        """Bytes of one state."""
        return sum(self.state_arrays)

    def place(self, step: int) -> float:
        """Return at what part of the run a step is: 0 at the first one, 1 at the last."""
        return (step - self.first) / self.steps

    def resized(self, last: int) -> ProblemSizes:
        """Return the same with another last step."""
        return replace(self, last=last)
