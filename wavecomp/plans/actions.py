"""What an adjoint run does, as small values: the words that a schedule speaks and an executor obeys.

Step :math:`n` is the time :math:`n \\Delta t`, level :math:`u_n` the wavefield there. The *state* at step n is what the
second-order scheme needs to go on: the two levels (u[n-1], u[n]) in the operator's buffers. Advancing the state from n
to n + 1 is one forward step.

A run begins with the state at step ``first`` (two levels at rest; with Devito's acoustic operators ``first`` is 1) and
ends with the state at step ``first + steps``. The steps ``first <= n < first + steps`` are reversed, each exactly once,
from the top down; the imaging condition at n reads the one level u[n]. With ``every = k`` it is evaluated only where
``n % k == 0``, with weight k.

Two memories are at hand besides the buffers:

- the *store*: states and levels, each under its kind and step, compressed or not, under a budget
  (:class:`wavecomp.checkpoints.store.CheckpointStore`);
- the *tape*: consecutive levels, never compressed, that are imaged next. It may live in the buffers themselves, so it
  lasts only until the state moves again: until the next :class:`Forward`, :class:`LoadState` or :class:`Tape`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Source: TypeAlias = Literal["tape", "store"]

Place: TypeAlias = Literal["memory", "disk"]
"""Where the store is to put a state."""


def imaged(first: int, last: int, every: int) -> range:
    """Return the steps n with ``first <= n < last`` and ``n % every == 0``, ascending."""
    return range(-(-first // every) * every, last, every)


@dataclass(frozen=True, slots=True)
class Forward:
    """Advance and keep nothing.

    ``Forward(3, 8)`` reads as: the state is at step 3; advance it to step 8, 5 forward steps.
    """

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ForwardKeeping:
    """Advance, and put levels into the store on the way.

    ``ForwardKeeping(3, 8, 2)`` reads as: the state is at step 3; advance it to step 8, and put u[4] and u[6] into the
    store as levels of their own (every n with ``3 <= n < 8`` and ``n % 2 == 0``; u[3] would be taken before the first
    step).
    """

    first: int
    last: int
    every: int

    @property
    def kept(self) -> range:
        """Steps of the levels that are stored."""
        return imaged(self.first, self.last, self.every)


@dataclass(frozen=True, slots=True)
class SaveState:
    """Put the state into the store.

    ``SaveState(5)`` reads as: the state is at step 5; put the pair (u[4], u[5]) into the store. The buffers stay.
    ``SaveState(5, "disk")`` reads as: the same, and there on the disk. Without a place the store finds one.
    ``SaveState(5, optional=True)`` reads as: the same, but if there is no room for it, go on without.
    """

    step: int
    place: Place | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class DropState:
    """Give up a state.

    ``DropState(5)`` reads as: let go of the state at step 5 in the store. The buffers stay.
    """

    step: int


@dataclass(frozen=True, slots=True)
class LoadState:
    """Bring a state back.

    ``LoadState(5, keep=True)`` reads as: fill the operator's buffers with the state at step 5 from the store, where it
    stays for another time. Without ``keep`` it is dropped from the store.
    """

    step: int
    keep: bool


@dataclass(frozen=True, slots=True)
class Tape:
    """Lay consecutive levels on the tape, for the reversal that follows.

    ``Tape(3, 8, 1)`` reads as: the state is at step 3; put u[3], u[4], …, u[7] on the tape and advance to step 8.
    ``Tape(3, 8, 1, to_last=False)`` reads as: the same levels, but stop at step 7, since nobody needs step 8: 4 forward
    steps, not 5.
    ``Tape(3, 5, 1, to_last=False)`` with the state at step 4 reads as: put u[3] and u[4], which are both in the
    buffers, on the tape; no forward step. (The state may be one step ahead of ``first``.)
    ``Tape(3, 8, 2, to_last=False)`` reads as: put u[4] and u[6] on the tape and stop at step 6.

    What was on the tape before is gone.
    """

    first: int
    last: int
    every: int
    to_last: bool = True

    @property
    def kept(self) -> range:
        """Steps of the levels that are laid on the tape."""
        return imaged(self.first, self.last, self.every)

    @property
    def reach(self) -> int:
        """The step at which the state is left."""
        return self.last if self.to_last or not self.kept else self.kept[-1]


@dataclass(frozen=True, slots=True)
class Reverse:
    """Run the adjoint, with the imaging condition.

    ``Reverse(8, 3, 1, "tape")`` reads as: the adjoint stands at step 8; take it down to step 3, with the imaging
    condition at n = 7, 6, 5, 4, 3, each with u[n] from the tape.
    ``Reverse(8, 3, 2, "store")`` reads as: the same way down, with the imaging condition at n = 6 and 4, weight 2, each
    with the level u[n] from the store, where it is dropped afterwards.
    """

    last: int
    first: int
    every: int
    source: Source

    @property
    def imaged(self) -> range:
        """Steps at which the imaging condition is evaluated, in this order: from the top down."""
        return imaged(self.first, self.last, self.every)[::-1]


Action: TypeAlias = Forward | ForwardKeeping | SaveState | DropState | LoadState | Tape | Reverse
