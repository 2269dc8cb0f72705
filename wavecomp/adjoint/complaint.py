"""What is wrong with an implementation of a time-stepping code, and how arrays are compared to find out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wavecomp.adjoint.time_stepping import Array


@dataclass(frozen=True, slots=True)
class Complaint:
    """One promise that is not kept.

    Attributes
    ----------
    method : str
        Whose promise it is.
    step : int or None
        Where it was seen, if it has a place.
    found, right : str
        What was seen, and what would be right.
    """

    method: str
    step: int | None
    found: str
    right: str

    def __str__(self) -> str:
        where = "" if self.step is None else f", step {self.step}"
        return f"{self.method}{where}: {self.found}; right: {self.right}"


def copies(arrays: Iterable[Array]) -> tuple[Array, ...]:
    """Return arrays of their own with the same contents."""
    return tuple(array.copy() for array in arrays)


def same(a: Iterable[Array], b: Iterable[Array]) -> bool:
    """Whether two sequences of arrays have the same bits."""
    return [array.tobytes() for array in a] == [array.tobytes() for array in b]


def finite(arrays: Iterable[Array]) -> bool:
    """Whether there is no NaN and no infinity."""
    return all(bool(np.isfinite(array).all()) for array in arrays)


def overlap(a: Iterable[Array], b: Iterable[Array]) -> bool:
    """Whether any array of one sequence shares memory with one of the other."""
    others = list(b)
    return any(np.may_share_memory(one, other) for one in a for other in others)
