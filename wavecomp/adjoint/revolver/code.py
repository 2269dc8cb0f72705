"""A user's checkpoint object and two operators as a time-stepping code.

Step n is reversed by ``rev_operator.apply(n, n + 1)``. pyrevolve calls it where the forward state has just gone from n
to n + 1: the reverse operator may read what that step left in buffers which no checkpoint lists, so the step is run
anew before each reversal, except the last one, at the end of the forward run. A state is what the checkpoint object
lists. What the reversal reads is the operator's own affair, so a level is the state, whole.

Many operators need no such step: Devito's acoustic and TTI ones read one level, which the state at n has and the state
at n + 1 has as well. ``forward_before_reverse=False`` says so. Then a state serves two reversals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.array_code import ArrayCode, ArraySlot
from wavecomp.adjoint.time_stepping import Array, total_bytes
from wavecomp.errors import UnsupportedField, UnsupportedStrategy

_AS_FLOATS = {"f4": "f4", "f8": "f8", "c8": "f4", "c16": "f8", "i4": "f4", "u4": "f4", "i8": "f8", "u8": "f8"}
_NUMBERS = ("f", "c")

_ENDED = -1


class PairSlot(ArraySlot):
    """One state in memory of its own.

    Attributes
    ----------
    ahead : int
        0, or 1 for the state one step further, which serves the same reversal.
    """

    ahead = 0


class OperatorPair(ArrayCode):
    """What pyrevolve is given, as the reversal machine wants it.

    Parameters
    ----------
    checkpoint : Checkpoint
        Lists the state's arrays, of float32, float64, complex numbers of them, or integers of 32 or 64 bits.
    forward, reverse : Operator
        Called with ``t_start`` and ``t_end``.
    steps : int
        From step 0 on.
    forward_before_reverse : bool
        Whether the reverse operator needs the forward step of its own step just before it.

    Attributes
    ----------
    in_buffers : int
        2: with the state at n, the reversal of n - 1 finds what it needs, and that of n goes one step on before. Where
        it does so, it is one of both: schedules that count on two must not be run.
    forward_steps : int
        Steps that the forward operator was asked for since :meth:`begin`.
    """

    first = 0
    in_buffers = 2

    def __init__(
        self, checkpoint: Any, forward: Any, reverse: Any, steps: int, *, forward_before_reverse: bool = True
    ) -> None:
        self.last = steps
        self._checkpoint, self._forward, self._reverse = checkpoint, forward, reverse
        self._before = forward_before_reverse
        self._like: tuple[Array, ...] = ()
        self._own: list[tuple[tuple[int, ...], np.dtype[Any]]] = []
        self._start: list[Array] = []
        self._position = 0
        self.forward_steps = 0

    def begin(self, *, looked_at: bool) -> None:
        """Take the state that the arrays hold now as that of step 0.

        Parameters
        ----------
        looked_at : bool
            A forward run will go before the run itself: keep a copy, to begin from again.

        Raises
        ------
        UnsupportedField
            A list without arrays, an array of a dtype that no compressor takes, or copies to bring a state back into.
        """
        arrays = [np.asarray(array) for array in self._checkpoint.get_data(0)]
        if not sum(array.size for array in arrays):
            raise UnsupportedField(f"the checkpoint object lists {len(arrays)} arrays without a number at step 0")
        once, again = (self._checkpoint.get_data_location(0) for _ in range(2))
        if not all(np.may_share_memory(a, b) for a, b in zip(once, again, strict=True)):
            raise UnsupportedField(
                "get_data_location(0) returns new arrays at each call, so no state could be brought back; it must "
                "return the arrays that the operators work on"
            )
        self._own = [(array.shape, array.dtype) for array in arrays]
        floats = [_floats(array, f"array {number} of the state") for number, array in enumerate(arrays)]
        self._like = tuple(np.broadcast_to(np.zeros((), array.dtype), array.shape) for array in floats)
        self._start = [array.copy() for array in floats] if looked_at else []
        self._position = self.forward_steps = 0

    @property
    def counts(self) -> bool:
        """Whether an array holds integers, of which a lossy compressor would make others."""
        return any(dtype.kind not in _NUMBERS for _, dtype in self._own)

    @property
    def dtype(self) -> np.dtype[np.floating]:  # type: ignore[override]  # asked of the arrays, not declared
        """Of the state's first array, as the compressor takes it."""
        return self._like[0].dtype

    @property
    def level_bytes(self) -> int:
        """Bytes of one level: a whole state."""
        return self.state_bytes

    @property
    def state_bytes(self) -> int:
        """Bytes of one state."""
        return total_bytes(self._like)

    @property
    def gradient(self) -> Array:
        """None of ours: the reverse operator keeps it."""
        return np.zeros(0)

    def rest(self) -> None:
        """Begin at step 0: with what the arrays held at :meth:`begin`."""
        if self._position != 0:
            self._write(0, self._start)
            self._position = 0

    def forward(self, first: int, last: int, *, record: bool) -> None:  # noqa: ARG002 (the operator is always the same)
        """Advance."""
        self._forward.apply(t_start=first, t_end=last)
        self.forward_steps += last - first
        self._position = last

    def state(self, step: int) -> tuple[Array, ...]:
        """Return the arrays: asked for where the state is not, they are those that it comes to be in."""
        if step == self._position:
            return self._arrays(self._checkpoint.get_data, step)
        self._position = step
        return self._arrays(self._checkpoint.get_data_location, step)

    def mend(self, step: int) -> None:
        """Call ``mend(timestep)`` of the checkpoint object, if it has one."""
        mend = getattr(self._checkpoint, "mend", None)
        if mend is not None:
            mend(step)

    def slots(self, count: int) -> list[ArraySlot]:
        """Allocate memory for so many states, and touch it."""
        return [PairSlot(self._like) for _ in range(count)]

    def level(self, step: int) -> tuple[Array, ...]:  # noqa: ARG002 (the state that is there serves the step)
        """Return the state's arrays."""
        return self._arrays(self._checkpoint.get_data, self._position)

    def keep(self, step: int, slot: ArraySlot) -> None:
        """Copy the state."""
        assert isinstance(slot, PairSlot)
        slot.ahead = self._position - step
        super().keep(step, slot)

    def prepare(self, every: int, *, taped: bool) -> None:  # noqa: ARG002 (nothing to compile)
        """Refuse what the reverse operator cannot do."""
        if every > 1:
            raise UnsupportedStrategy(
                f"every={every}: the reverse operator reads the state of each step, so none can be left out; "
                "every=1 is right"
            )

    def begin_reversal(self) -> None:
        """The user has made the residual."""

    def image(self, step: int, slot: ArraySlot | None) -> None:
        """Reverse a step, with its state from the slot or in the arrays. The state is used up."""
        if slot is not None and self._position != step + 1:
            assert isinstance(slot, PairSlot)
            self._position = step + slot.ahead
            self._write(self._position, slot.stored)
        if self._before and self._position == step:
            self.forward(step, step + 1, record=False)
        self.reverse(step, None)
        self._position = _ENDED

    def reverse(self, step: int, level: tuple[Array, ...] | None) -> None:  # noqa: ARG002 (it is in the user's arrays)
        """Call the reverse operator."""
        self._reverse.apply(t_start=step, t_end=step + 1)

    def _write(self, step: int, stored: Sequence[Array]) -> None:
        for array, out in zip(stored, self._arrays(self._checkpoint.get_data_location, step), strict=True):
            np.copyto(out, array)
        self.mend(step)

    def _arrays(self, listed: Callable[[int], Sequence[NDArray[Any]]], step: int) -> tuple[Array, ...]:
        arrays = [np.asarray(array) for array in listed(step)]
        if [(array.shape, array.dtype) for array in arrays] != self._own:
            raise UnsupportedField(
                f"the checkpoint object lists other arrays at step {step} than at step 0: {_described(arrays)}; "
                f"it must list {', '.join(f'{dtype} {shape}' for shape, dtype in self._own)} at every step"
            )
        return tuple(_floats(array, f"array {number} of the state") for number, array in enumerate(arrays))


def _floats(array: NDArray[Any], what: str) -> Array:
    """View an array's memory as floating-point numbers, which compressors take."""
    dtype = array.dtype
    kind = _AS_FLOATS.get(dtype.str[1:]) if dtype.isnative else None
    if kind is None:
        raise UnsupportedField(
            f"{what} is of dtype {dtype}; give float32, float64, complex64, complex128, or integers of 32 or 64 bits"
        )
    if array.ndim == 0:
        array = array.reshape(1)
    try:
        return array.view(kind)
    except ValueError:
        raise UnsupportedField(f"{what} is of dtype {dtype}, and its last axis is not contiguous; make it so") from None


def _described(arrays: Sequence[NDArray[Any]]) -> str:
    return ", ".join(f"{array.dtype} {array.shape}" for array in arrays) or "none"
