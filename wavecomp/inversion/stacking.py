"""The sum of gradients over shots: in float64 and in the order of the shots, so that it has the same bits always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def add_up(gradients: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Return the sum of at least one gradient in float64, added in the order in which they come."""
    total: NDArray[np.float64] | None = None
    for gradient in gradients:
        if total is None:
            total = gradient.astype(np.float64)
        else:
            total += gradient
    if total is None:
        raise ValueError("no gradient to add up")
    return total


class Stack:
    """A sum over shots whose gradients come in any order; those that came too early wait.

    Parameters
    ----------
    shots : sequence of int
        In the order in which they are added.
    """

    def __init__(self, shots: Sequence[int]) -> None:
        self._left = list(reversed(shots))
        self._early: dict[int, NDArray[np.floating]] = {}
        self._alone = len(shots) == 1
        self._total: NDArray[np.floating] | None = None

    def add(self, shot: int, gradient: NDArray[np.floating]) -> None:
        """Take the gradient of one of the shots."""
        self._early[shot] = gradient
        while self._left and self._left[-1] in self._early:
            following = self._early.pop(self._left.pop())
            if self._total is None:
                # One shot alone is no sum: it keeps its own precision.
                self._total = following if self._alone else following.astype(np.float64)
            else:
                self._total += following

    @property
    def total(self) -> NDArray[np.floating] | None:
        """The sum, in float64, or the gradient itself where there is one shot; None until all are there."""
        return None if self._left else self._total
