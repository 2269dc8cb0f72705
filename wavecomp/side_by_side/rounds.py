"""Rounds: in each, both sides do every case once, in fresh processes, back to back and in alternating order.

What could favour one side is made to favour both alike. First calls, addresses and pages are of a process: each round
has new ones. Speed drifts: a case is measured on both sides within a moment. The second of two finds other caches than
the first: who begins alternates from case to case and from round to round, and so does whose process is started first.
A warm-up round shows how often each case can be repeated; from then on both sides repeat it equally often, since the
quickest of more calls is quicker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from wavecomp.errors import UsageError
from wavecomp.isolation import Limits
from wavecomp.records import Failure
from wavecomp.side_by_side.errors import SideBroken
from wavecomp.side_by_side.paired_rounds import WARM_UP, PairedRounds, Trial
from wavecomp.side_by_side.side_process import SideProcess
from wavecomp.side_by_side.sides import Side
from wavecomp.side_by_side.tasks import GradientTask, SweepTask, Task, Values, Which, joined

_LEAST, _MOST = 5, 100
STOPPED = "stopped by hand"
_BOTH: tuple[Which, Which] = ("old", "new")


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """How far a run is: the round at work (0 warms up), cases done in it and of how many, and the last case."""

    round: int
    done: int
    total: int
    case: str


def run_rounds(
    old: Side,
    new: Side,
    tasks: Sequence[Task],
    *,
    decided: Callable[[PairedRounds], bool] = lambda _: False,
    budget_s: float = float("inf"),
    most_rounds: int = 400,
    limits: Limits | None = None,
    progress: Callable[[RoundProgress], None] = lambda _: None,
) -> PairedRounds:
    """Measure tasks on both sides, round by round.

    Parameters
    ----------
    old, new : Side
    tasks : sequence of Task
        Each with a ``case`` of its own.
    decided : callable
        Asked after each round whether to stop.
    budget_s : float
        Wall time for all of it, in seconds. A round that would end later, as far as the last ones tell, is not begun.
    most_rounds : int
        Rounds that count, at most.
    limits : Limits, optional
        What one case on one side may take.
    progress : callable, optional
        Called in this thread after each case.

    Returns
    -------
    PairedRounds
        Failures are part of it: the other cases go on. Ctrl-C ends the run, and keeps the rounds that were whole.

    Raises
    ------
    UsageError
        Two tasks bear one name, or there are none.
    SideBroken
        A side cannot be started at all. One that starts no more in a later round only ends the run.
    KeyboardInterrupt
        Somebody stopped it before the first round that counts was whole.
    """
    names = [task.case for task in tasks]
    if not names or len({*names}) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise UsageError(
            f"two cases of a comparison have one name: {twice}" if twice else "there is nothing to compare"
        )
    ordered = sorted(tasks, key=lambda task: task.foreign)
    run = _Run({"old": old, "new": new}, ordered, limits or Limits(), progress)
    found = run.found
    start = time.monotonic()
    run.round(WARM_UP)
    while not found.ended:
        found.seconds = time.monotonic() - start
        a_round = found.seconds / (found.rounds + 1)
        if found.rounds and decided(found):
            found.ended = "decided"
        elif found.rounds >= most_rounds or all(found.given_up(name) for name in names):
            found.ended = "rounds"
        elif found.seconds + a_round > budget_s:
            found.ended = "time"
        else:
            try:
                run.round(found.rounds + 1)
            except SideBroken as error:
                found.ended = str(error)
            except KeyboardInterrupt:
                if not found.rounds:
                    raise
                found.ended = STOPPED  # the rounds before tell what they tell
            else:
                found.rounds += 1
    found.seconds = time.monotonic() - start
    return found


class _Run:
    def __init__(
        self,
        sides: Mapping[Which, Side],
        tasks: Sequence[Task],
        limits: Limits,
        progress: Callable[[RoundProgress], None],
    ) -> None:
        self._sides, self._limits, self._progress = sides, limits, progress
        self.found = PairedRounds(tasks)
        self._counts: dict[str, int] = {}

    def round(self, number: int) -> None:
        """Do one round; raises SideBroken."""
        order = _BOTH if number % 2 else _BOTH[::-1]
        going = [task for task in self.found.tasks if not self.found.given_up(task.case)]
        with ExitStack() as ending:
            running: dict[Which, SideProcess] = {}
            ending.callback(_end_all, running)
            for side in order:
                running[side] = SideProcess(self._sides[side])
            for side in order:  # both, before anything is timed
                self.found.introductions.setdefault(side, running[side].introduction())
            for index, task in enumerate(going):
                outcomes = self._both(task, running, order if index % 2 else order[::-1])
                for side, outcome in outcomes.items():
                    self.found.add(Trial(task.case, side, number, outcome))
                if number == WARM_UP and isinstance(task, SweepTask):
                    self._counts[task.case] = self._count(task)
                self._progress(RoundProgress(number, index + 1, len(going), task.case))

    def _both(
        self, task: Task, running: dict[Which, SideProcess], order: tuple[Which, ...]
    ) -> dict[Which, Values | Failure]:
        """Have a task done on both sides in turn, as often as it wants; a failure is final for its side."""
        found: dict[Which, Values | Failure] = {}
        for turn in range(task.repeats if isinstance(task, GradientTask) else 1):
            for side in order[::-1] if turn % 2 else order:
                before = found.get(side)
                if isinstance(before, Failure):
                    continue
                if running[side].closed:  # another case ended it
                    running[side] = SideProcess(self._sides[side])
                    running[side].introduction()
                outcome: Values | Failure = running[side].ask(self._asked(task, self._sides[side]), self._limits)
                if before is not None and not isinstance(outcome, Failure):
                    outcome = joined(before, outcome)
                found[side] = outcome
        return found

    def _asked(self, task: Task, side: Side) -> dict[str, Any]:
        plugins = [str(path) for path in side.plugins] if task.foreign else []
        if isinstance(task, GradientTask):
            return {"kind": "gradient", "problem": task.problem, "strategy": task.strategy, "plugins": plugins}
        count = self._counts.get(task.case)
        return {
            "kind": "sweep",
            "spec": task.spec,
            "field": str(task.field.absolute()),
            "threads": task.threads,
            "seconds": task.seconds,
            "least": count or _LEAST,
            "most": count or _MOST,
            "plugins": plugins,
            "instructions": task.instructions,
        }

    def _count(self, task: SweepTask) -> int:
        """Return how many repeats of both operations take the seconds that each may have, by the slower side."""
        a_call = 0.0
        for side in _BOTH:
            answer = self.found.answer(task.case, side)
            if answer is None or isinstance(answer, Failure):
                continue
            quickest = [min(answer[operation]["samples_s"]) for operation in ("compress", "decompress")]
            a_call = max(a_call, fmean(quickest))
        return max(_LEAST, min(_MOST, int(task.seconds / a_call))) if a_call else _LEAST


def _end_all(running: Mapping[Which, SideProcess]) -> None:
    for process in running.values():
        if not process.closed:
            process.end()
