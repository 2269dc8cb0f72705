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
from numpy.typing import NDArray

from wavecomp.adjoint.time_stepping import Array, TimeStepping, total_bytes
from wavecomp.errors import UnsupportedField, UnsupportedStrategy

MOST_QUANTA = 32767
"""A level's greatest multiple of the quantum: what 16 bits hold, the same on both sides of zero."""


class ArraySlot:
    """One level in memory of its own.

    Attributes
    ----------
    arrays : tuple of ndarray
        The level: its arrays, or their multiples of a quantum as 16-bit integers.
    stored : tuple of ndarray
        The same memory as a compressor takes it: of integers the bytes, under the name of float32.
    nbytes : int
    """

    def __init__(self, like: Sequence[Array], quantised: bool) -> None:
        if quantised:
            # An even number of integers each, so that they can go under the name of float32.
            raws = [np.ones(array.size + array.size % 2, np.int16) for array in like]
            self.arrays: tuple[NDArray[np.generic], ...] = tuple(
                raw[: array.size].reshape(array.shape) for raw, array in zip(raws, like, strict=True)
            )
            self.stored: tuple[Array, ...] = tuple(raw.view(np.float32) for raw in raws)
        else:
            self.stored = tuple(np.ones(array.shape, array.dtype) for array in like)
            self.arrays = self.stored
        self.nbytes = sum(array.nbytes for array in self.arrays)


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

    def slots(self, count: int, *, quantised: bool = False) -> list[ArraySlot]:
        """Allocate memory for so many levels, and touch it."""
        like = self.level(self.first)
        return [ArraySlot(like, quantised) for _ in range(count)]

    def keep(self, step: int, slot: ArraySlot) -> None:
        """Copy a level."""
        for array, out in zip(self.level(step), slot.stored, strict=True):
            np.copyto(out, array)

    def keep_quantised(self, step: int, slot: ArraySlot, quantum: float) -> None:
        """Round a level to multiples of a quantum: the error is at most half of it.

        Raises
        ------
        UnsupportedField
            The level reaches further than 16-bit integers count, or is not finite.
        """
        for number, (array, out) in enumerate(zip(self.level(step), slot.arrays, strict=True)):
            if not np.isfinite(array).all():
                raise UnsupportedField(f"quantum={quantum:g}: array {number} of level {step} is not finite")
            counted = np.rint(array / array.dtype.type(quantum))
            if not (np.abs(counted) < MOST_QUANTA).all():
                most = float(np.abs(array).max())
                raise UnsupportedField(
                    f"quantum={quantum:g}: array {number} of level {step} reaches {most:.4g}, beyond {MOST_QUANTA} "
                    f"quanta; give a quantum of at least {most / (MOST_QUANTA - 1):.3g}"
                )
            np.copyto(out, counted, casting="unsafe")

    def prepare(self, every: int, *, taped: bool, quantised: bool) -> None:  # noqa: ARG002 (nothing to compile)
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

    def image(self, step: int, slot: ArraySlot | None, quantum: float | None = None) -> None:
        """Reverse a step with its level."""
        if slot is None:
            level: tuple[Array, ...] = self.level(step)
        elif quantum is None:
            level = slot.stored
        else:
            like = self.level(self.first)
            level = tuple(
                counted.astype(array.dtype) * array.dtype.type(quantum)
                for counted, array in zip(slot.arrays, like, strict=True)
            )
        self.reverse(step, level)
