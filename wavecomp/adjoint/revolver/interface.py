"""What a user of pyrevolve gives it: an object that lists the forward state, and two operators.

Nothing has to be derived from these classes: whatever has their methods is taken, such as Devito's ``DevitoCheckpoint``
and ``CheckpointOperator``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wavecomp.errors import UsageError


class Operator(ABC):
    """An operator in time, forward or reverse."""

    @abstractmethod
    def apply(self, t_start: int, t_end: int) -> None:
        """Forward: advance the state from step ``t_start`` to ``t_end``. Reverse: the same steps, from the top down."""


class Checkpoint(ABC):
    """The forward state as arrays.

    ``dtype`` and ``size`` (in entries) are pyrevolve's; here the arrays themselves tell both, whatever is declared.
    """

    dtype: DTypeLike
    size: int

    @abstractmethod
    def get_data(self, timestep: int) -> Sequence[NDArray[Any]]:
        """Return the arrays that hold the state of a step now: they are read, not kept."""

    def get_data_location(self, timestep: int) -> Sequence[NDArray[Any]]:
        """Return the arrays that the state of a step belongs into: they are written over."""
        return self.get_data(timestep)

    @property
    def nbytes(self) -> int:
        """What the declared size and dtype make, in bytes."""
        return self.size * np.dtype(self.dtype).itemsize


def check_parts(checkpoint: object, forward: object, reverse: object) -> None:
    """Raise UsageError where one of the three lacks what will be called."""
    for role, thing, names in (
        ("checkpoint", checkpoint, ("get_data", "get_data_location")),
        ("fwd_operator", forward, ("apply",)),
        ("rev_operator", reverse, ("apply",)),
    ):
        missing = [name for name in names if not callable(getattr(thing, name, None))]
        if missing:
            arguments = "t_start, t_end" if role.endswith("operator") else "timestep"
            words = " and ".join(f"{name}({arguments})" for name in missing)
            raise UsageError(f"{role}: {thing!r} has no method {words}, which the revolver calls")
