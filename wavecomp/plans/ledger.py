"""What a schedule that is made up as it goes asks of the store, between one action and the next."""

from __future__ import annotations

from typing import Protocol


class Ledger(Protocol):
    """The books of a store of states, as they stand after the last action."""

    @property
    def free_bytes(self) -> int:
        """Bytes that one more state may take, bookkeeping included; where memory lies in pieces, roughly."""

    def size_of(self, step: int) -> int:
        """Return what the state at a step takes of the budget: all of it comes back when the state is dropped."""

    @property
    def refused_bytes(self) -> int | None:
        """What the last state that was to be stored would have taken, if it was refused; None if it was taken."""
