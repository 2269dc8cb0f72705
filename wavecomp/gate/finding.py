"""What a gate found: one value of one case, before and now, and how that counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

Value = float | int | str | None


class Standing(StrEnum):
    """How a value stands against the one before."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """One value of one case.

    Attributes
    ----------
    case : str
        For people and for matching: spec, field or problem, threads; the same text for the same case on every machine.
    quantity : str
        What was looked at, such as ``stream bytes``.
    unit : str
        ``bytes``, ``s``, or "" where it is a pure number or a word.
    old, new : float, int, str or None
        Of times and memory the medians. None where there is none.
    standing : Standing
    basis : str
        How sure that is: ``exact``, a rounding, or the interval and the number of rounds.
    estimate : float or None
        New over old, where it is known better than from the two values: of rounds in which both were measured.
    """

    case: str
    quantity: str
    unit: str
    old: Value
    new: Value
    standing: Standing
    basis: str
    estimate: float | None = None

    @property
    def change(self) -> float | None:
        """New over old; None where that says nothing."""
        if self.estimate is not None:
            return self.estimate if math.isfinite(self.estimate) else None
        numbers = [one for one in (self.old, self.new) if isinstance(one, float | int)]
        if len(numbers) < 2 or not numbers[0] or not all(map(math.isfinite, numbers)):
            return None
        return numbers[1] / numbers[0]
