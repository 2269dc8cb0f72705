"""What came out of a run of two sides: every round that was measured, and how the run ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wavecomp.records import Failure
from wavecomp.side_by_side.tasks import QUANTITIES, Task, Values, Which, quantities_of

WARM_UP = 0
"""Number of the round whose times do not count: it shows how often each case can be repeated."""

_GIVEN_UP_AFTER = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """One case on one side in one round.

    Attributes
    ----------
    case : str
    side : {"old", "new"}
    round : int
        From 1; 0 is the one that warms up.
    outcome : mapping or Failure
        What the side answered, by name (see :mod:`wavecomp.side_by_side.worker_program`), or why there is no answer.
    """

    case: str
    side: Which
    round: int
    outcome: Values | Failure


@dataclass(slots=True)
class PairedRounds:
    """All trials of a run.

    Attributes
    ----------
    tasks : sequence of Task
        What was asked for.
    rounds : int
        Whole rounds that count.
    seconds : float
        Wall time so far.
    ended : str
        Why the run ended: "decided", "time", "rounds", or in words that somebody stopped it or that a side does not
        start any more; "" before.
    introductions : dict
        What each side said about itself when it was started first: ``wavecomp`` (its file), ``version``,
        ``provenance``, and in ``no_counter`` why it counts no instructions.
    """

    tasks: Sequence[Task]
    rounds: int = 0
    seconds: float = 0.0
    ended: str = ""
    introductions: dict[Which, dict[str, Any]] = field(default_factory=dict)
    _trials: dict[tuple[str, Which], dict[int, Values | Failure]] = field(default_factory=dict)

    def add(self, trial: Trial) -> None:
        """Add what came out of one case."""
        self._trials.setdefault((trial.case, trial.side), {})[trial.round] = trial.outcome

    def pairs(self, case: str, quantity: str) -> list[tuple[float | None, float | None]]:
        """Return a quantity on the old side and on the new one, one pair a round; None where a side has none.

        Raises
        ------
        KeyError
            Nobody knows such a quantity.
        """
        take = QUANTITIES[quantity][1]

        def value(side: Which, number: int) -> float | None:
            outcome = self._trials.get((case, side), {}).get(number)
            return None if outcome is None or isinstance(outcome, Failure) else take(outcome)

        return [(value("old", number), value("new", number)) for number in range(1, self.rounds + 1)]

    def quantities(self) -> list[tuple[Task, str]]:
        """Return what is compared round by round: each task with each of its quantities."""
        return [(task, quantity) for task in self.tasks for quantity in quantities_of(task)]

    def answer(self, case: str, side: Which) -> Values | Failure | None:
        """Return what a side last answered, for what does not change from round to round; a failure only if all failed.

        None before its first answer.
        """
        found = self._trials.get((case, side), {})
        good = [outcome for outcome in found.values() if not isinstance(outcome, Failure)]
        return good[-1] if good else next(reversed(found.values()), None)

    def failures(self, case: str, side: Which) -> list[Failure]:
        """Return every failure of a case on a side, that of the first round included."""
        return [one for one in self._trials.get((case, side), {}).values() if isinstance(one, Failure)]

    def given_up(self, case: str) -> bool:
        """Whether a case is not tried again: it ran over its time, or failed twice on one side."""
        sides: tuple[Which, Which] = ("old", "new")
        kinds = {side: Counter(one.kind for one in self.failures(case, side)) for side in sides}
        return any(found["time"] or found.total() >= _GIVEN_UP_AFTER for found in kinds.values())
