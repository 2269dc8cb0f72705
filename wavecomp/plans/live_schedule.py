"""A schedule that is made up as it goes: what is known of it before the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from wavecomp.plans.actions import Action, Tape, imaged
from wavecomp.plans.ledger import Ledger
from wavecomp.plans.live import LiveActions
from wavecomp.plans.size_curve import SizeCurve


@dataclass(frozen=True)
class LiveSchedule:
    """What :class:`~wavecomp.plans.schedules.Schedule` is for a finished one; only states go into the store.

    Attributes
    ----------
    name : str
        ``adaptive`` or ``planned``.
    first, last, every : int
        As of a finished one.
    known_end : bool
        Whether ``last`` may be used before the run gets there.
    assumed_bytes : int
        Size of a state while none is known.
    budget_bytes : int
        What the store may hold: most that will be held.
    earlier : mapping of int to int or None
        Sizes in bytes by step, of a run before.
    """

    name: str
    first: int
    last: int
    every: int
    known_end: bool
    assumed_bytes: int
    budget_bytes: int
    earlier: Mapping[int, int] | None = field(default=None, repr=False)

    level_writes = 0
    loads: ClassVar[tuple[int, ...]] = ()

    @property
    def tapes(self) -> list[Tape]:
        """Tapes as they may come: that of the turning point, and one of those after it."""
        steps = imaged(self.first, self.last, self.every)
        turning = Tape(steps[-1], self.last, self.every)
        return [turning, *(Tape(step, step + self.every, self.every, to_last=False) for step in steps[:-1][-1:])]

    def actions_for(self, ledger: Ledger) -> Iterator[Action]:
        """Return the actions, each of which may hang on what the books say after the one before."""
        curve = SizeCurve(self.assumed_bytes, self.earlier)
        return LiveActions(
            self.first, self.every, lambda wanted: min(wanted, self.last), ledger, curve, known_end=self.known_end
        ).actions()

    def held_bytes_max(self, state_bytes: int, level_bytes: int) -> int:  # noqa: ARG002 (no level is stored)
        """Return the most bytes in the store at one time, without compression and bookkeeping; of states alone."""
        count = len(imaged(self.first, self.last, self.every))
        return min(count * state_bytes, self.budget_bytes)
