"""What the reversal machine asks of a time-stepping code. This is all of it: the machine knows no grid and no equation.

Level n is what the reversal of step n reads: one array or several, of one time or several. The state at step n is what
the code needs to go on from there: its own buffers, which are read to store it and written over to bring it back. A run
begins with the state at step ``first`` and ends with that at step ``last``; the steps ``first <= n < last`` are
reversed, each once, from the top down, and step n takes the reversal from n + 1 to n.

For a code in NumPy :class:`~wavecomp.adjoint.array_code.ArrayCode` has the memory, and leaves less to write. Whether an
implementation keeps its word is told by :func:`~wavecomp.adjoint.conformance.check_code`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.imaging_step import Signature
from wavecomp.errors import UnsupportedStrategy

Array = NDArray[np.floating]


class Slot(Protocol):
    """Memory for one level, in whatever form the code reads it."""

    @property
    def stored(self) -> tuple[Array, ...]:
        """The same memory as a compressor takes it: C-contiguous arrays of float32 or float64."""

    @property
    def nbytes(self) -> int:
        """What it takes."""


S = TypeVar("S", bound=Slot)
S_contra = TypeVar("S_contra", bound=Slot, contravariant=True)


class Sweep(Protocol[S_contra]):
    """The way back: ``down_to_image`` and ``image`` in turn, at the steps that are imaged; ``down`` does the rest."""

    def down(self, last: int, first: int) -> None:
        """Reverse the steps ``last > n >= first``, none of which is imaged."""

    def down_to_image(self, last: int, step: int) -> None:
        """Reverse the steps ``last > n > step``, and of ``step`` what needs no level: while that is on its way."""

    def image(self, step: int, slot: S_contra | None) -> None:
        """Do the rest of ``step``, with the level in the slot.

        None stands for the level in the code's own buffers, which ``in_buffers`` promises.
        """


class TimeStepping(ABC, Generic[S]):
    """A code that goes forward in time, and an adjoint of it that goes back.

    Attributes
    ----------
    first, last : int
        The steps between which it runs.
    in_buffers : int
        How many levels are at hand in its buffers: with the state at step n the levels n, n - 1, … (0, 1 or 2).
    dtype : numpy.dtype
        Of a level's numbers.
    signature : Signature or None
        What ``every=auto`` finds its number from. None where the code has no source, or does not tell: then ``auto`` is
        refused.
    """

    first: int
    last: int
    in_buffers: int = 0
    dtype: np.dtype[np.floating]

    @property
    def signature(self) -> Signature | None:
        """None."""
        return None

    @property
    @abstractmethod
    def level_bytes(self) -> int:
        """Bytes of one level."""

    @property
    @abstractmethod
    def state_bytes(self) -> int:
        """Bytes of one state."""

    @abstractmethod
    def rest(self) -> None:
        """Begin anew: the state at step ``first``, no record, no gradient."""

    @abstractmethod
    def forward(self, first: int, last: int, *, record: bool) -> None:
        """Advance the state from step ``first`` to ``last``; ``record`` where it comes there for the first time."""

    @abstractmethod
    def state(self, step: int) -> tuple[Array, ...]:
        """Return the buffers in which the state at a step is, or comes to be: C-contiguous, read or written over."""

    def mend(self, step: int) -> None:
        """Set right what a lossy compressor may have left in a state that was brought back, such as a boundary."""

    @abstractmethod
    def slots(self, count: int) -> list[S]:
        """Allocate memory for so many levels, and touch it."""

    @abstractmethod
    def keep(self, step: int, slot: S) -> None:
        """Copy level ``step`` to a slot: the state is at that step, or the level still in the buffers."""

    @abstractmethod
    def prepare(self, every: int, *, taped: bool) -> None:
        """Have all there that a run takes that images every k-th step, before the clock runs.

        Raises
        ------
        UnsupportedStrategy
            ``every`` above 1 where each step of the reversal reads its level.
        """

    @abstractmethod
    def begin_reversal(self) -> float | None:
        """Begin the way back, with the state at step ``last``; return the misfit, if there is one."""

    @abstractmethod
    def sweep(self, every: int) -> Sweep[S]:
        """Return the way back for imaging at every k-th step."""

    def adjoint_weight(self, step: int, every: int) -> float:  # noqa: ARG002 (for those that tell)
        """Return the RMS of what multiplies level ``step`` in the gradient: what an error of that level weighs.

        Asked at an imaged step, between ``down_to_image`` and ``image`` of ``sweep(every)``, of runs with
        ``weights=...`` alone. In any unit; the factor ``every``, which all have, is left out. A code whose way back
        depends on its levels by more than that product does not tell.

        Raises
        ------
        UnsupportedStrategy
            The code does not tell: so it is by default.
        """
        raise UnsupportedStrategy(
            f"weights=: {type(self).__name__} does not tell what its reversal multiplies a level with, so nobody knows "
            "which levels may lose more; leave weights out, or implement adjoint_weight"
        )

    @property
    @abstractmethod
    def gradient(self) -> Array:
        """The gradient so far, in the code's own memory."""

    def forget_slots(self) -> None:
        """Hold no slot of the last run any more, so that its memory is free once its owner lets go of it."""


def total_bytes(arrays: Sequence[Array]) -> int:
    """Return what arrays take together."""
    return sum(array.nbytes for array in arrays)
