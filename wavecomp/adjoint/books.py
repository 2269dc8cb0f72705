"""The books of a run's checkpoint store, for a schedule that is made up as it goes."""

from __future__ import annotations

from wavecomp.checkpoints.store import CheckpointStore, Receipt
from wavecomp.errors import BudgetExceeded


class StateBooks:
    """A :class:`~wavecomp.plans.ledger.Ledger` of a checkpoint store, in the store's own numbers.

    Attributes
    ----------
    sizes : dict of int to int
        What the state at each step took of the budget when it was stored last, whether it is held now or not.
    """

    def __init__(self, store: CheckpointStore) -> None:
        self._store = store
        self._refused: int | None = None
        self.sizes: dict[int, int] = {}

    @property
    def free_bytes(self) -> int:
        """Bytes that one more state may take."""
        return self._store.free_bytes

    def size_of(self, step: int) -> int:
        """Return what the state at a step took when it was stored last."""
        return self.sizes[step]

    @property
    def refused_bytes(self) -> int | None:
        """What the last state would have taken, if it was refused."""
        return self._refused

    def took(self, step: int, receipt: Receipt) -> None:
        """Take note of a state that was stored."""
        self._refused = None
        self.sizes[step] = receipt.held_bytes

    def refused(self, refusal: BudgetExceeded) -> None:
        """Take note of one that was not."""
        self._refused = refusal.needed_bytes
