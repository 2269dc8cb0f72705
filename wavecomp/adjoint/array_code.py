"""A time-stepping code in NumPy: what is left to write of :class:`~wavecomp.adjoint.time_stepping.TimeStepping`.

Six methods: rest, forward, the state's arrays, begin the reversal, reverse one step, and the gradient. A level is what
the state holds, unless :meth:`ArrayCode.level` says otherwise. Step n is reversed with level n at hand: for a nonlinear
code u[n+1] = F(u[n]) that is λ[n] = F'(u[n])ᵀ λ[n+1], with whatever this adds to the gradient.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np

from wavecomp.adjoint.time_stepping import Array, TimeStepping, total_bytes
from wavecomp.errors import UnsupportedStrategy


class ArraySlot:
    """One level in memory of its own.

    Attributes
    ----------
    stored : tuple of ndarray
        The level's arrays.
    nbytes : int
    """

    def __init__(self, like: Sequence[Array]) -> None:
        self.stored: tuple[Array, ...] = tuple(np.ones(array.shape, array.dtype) for array in like)
        self.nbytes = total_bytes(self.stored)


class ArrayCode(TimeStepping[ArraySlot]):
    """A code whose levels are NumPy arrays of float32 or float64, and whose reversal goes one step at a time.

    Set ``first`` and ``last`` before the first run. Where the reversal is linear in the levels, so that it may leave
    most of them out and weight the others, ``separable`` is True, and :meth:`reverse` is given None for a level that
    was not kept. ``threads`` is how many it computes with, which records say.
    """

    separable: bool = False
    threads: int = 1

    @abstractmethod
    def state(self, step: int) -> tuple[Array, ...]:
        """Return the arrays of the state, to be read or written over."""

    def level(self, step: int) -> tuple[Array, ...]:
        """Return what the reversal of a step reads, with the state at that step: the state's arrays by default."""
        return self.state(step)

    @abstractmethod
    def reverse(self, step: int, level: tuple[Array, ...] | None) -> None:
        """Take the reversal from ``step + 1`` to ``step``; the level must not be changed, nor kept."""

    @property
    def dtype(self) -> np.dtype[np.floating]:  # type: ignore[override]  # asked of the arrays, not declared
        """Of a level's first array."""
        return self.level(self.first)[0].dtype

    @property
    def level_bytes(self) -> int:
        """Bytes of one level."""
        return total_bytes(self.level(self.first))

    @property
    def state_bytes(self) -> int:
        """Bytes of one state."""
        return total_bytes(self.state(self.first))

    def slots(self, count: int) -> list[ArraySlot]:
        """Allocate memory for so many levels, and touch it."""
        like = self.level(self.first)
        return [ArraySlot(like) for _ in range(count)]

    def keep(self, step: int, slot: ArraySlot) -> None:
        """Copy a level."""
        for array, out in zip(self.level(step), slot.stored, strict=True):
            np.copyto(out, array)

    def prepare(self, every: int, *, taped: bool) -> None:  # noqa: ARG002 (nothing to compile)
        """Refuse ``every`` above 1 where the reversal needs each level."""
        if every > 1 and not self.separable:
            raise UnsupportedStrategy(
                f"every={every}: {type(self).__name__} reads its level at every step of the reversal, so none can be "
                "left out; every=1 is right, or separable = True where the reversal is linear in the levels"
            )

    def sweep(self, every: int) -> Self:  # noqa: ARG002 (the same way back for all)
        """Return itself."""
        return self

    def down(self, last: int, first: int) -> None:
        """Reverse steps whose levels were not kept."""
        for step in range(last - 1, first - 1, -1):
            self.reverse(step, None)

    def down_to_image(self, last: int, step: int) -> None:
        """Reverse the steps above ``step``."""
        self.down(last, step + 1)

    def image(self, step: int, slot: ArraySlot | None) -> None:
        """Reverse a step with its level."""
        self.reverse(step, self.level(step) if slot is None else slot.stored)
