"""From the shots of a study's cases to one outcome a case: what they cost together, and what the sum's error is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.impact_cases import BARE, EXACT, ImpactCase
from wavecomp.adjoint.impact_worker import Measured, ShotTask
from wavecomp.adjoint.result import spread
from wavecomp.adjoint.stacking import Stack
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.records import Failure, GradientImpact, Spread, WorkTimes

Outcome: TypeAlias = tuple[int, GradientImpact] | Failure
"""Number of time steps, and what came out; or why nothing did."""


class Gathered:
    """The shots of one case on their way to its outcome."""

    def __init__(self, case: ImpactCase) -> None:
        self.case = case
        self.failure: Failure | None = None
        self._parts: dict[int, Measured] = {}
        self._stack = Stack(case.shots)

    def take(self, shot: int, outcome: Measured | Failure) -> None:
        """Add what came out for one shot; the first failure is the case's."""
        if isinstance(outcome, Failure):
            which = f"shot {shot}: " if len(self.case.shots) > 1 else ""
            self.failure = self.failure or Failure(outcome.kind, which + outcome.message)
            return
        if outcome.gradient is not None:
            self._stack.add(shot, outcome.gradient)
        self._parts[shot] = replace(outcome, gradient=None)

    @property
    def complete(self) -> bool:
        """Whether nothing more has to be waited for."""
        return self.failure is not None or len(self._parts) == len(self.case.shots)

    @property
    def gradient(self) -> NDArray[np.floating] | None:
        """The sum; None for the bare sweeps, and until all shots are there."""
        return self._stack.total

    def outcome(self, exact: NDArray[np.floating] | None) -> Outcome:
        """Return what came out of a complete case; ``exact`` is the sum to compare with."""
        if self.failure is not None:
            return self.failure
        parts = [self._parts[shot] for shot in self.case.shots]
        gradient = self.gradient
        digest = None if gradient is None else hashlib.sha256(np.ascontiguousarray(gradient).tobytes()).hexdigest()
        return parts[0].steps, GradientImpact(
            seconds=WorkTimes(*(sum(getattr(part.seconds, f.name) for part in parts) for f in fields(WorkTimes))),
            walls_s=tuple(map(sum, zip(*(part.walls_s for part in parts), strict=False))),
            forward_steps=sum(part.forward_steps for part in parts),
            writes=sum(part.writes for part in parts),
            reads=sum(part.reads for part in parts),
            checkpoints_held=max(part.checkpoints_held for part in parts),
            ratio=_spread([ratio for part in parts for ratio in part.ratios]),
            peak_checkpoint_bytes=max(part.peak_checkpoint_bytes for part in parts),
            peak_disk_bytes=max(part.peak_disk_bytes for part in parts),
            misfit=sum(part.misfit or 0.0 for part in parts) if gradient is not None else None,
            distance={} if gradient is None or exact is None else asdict(gradient_distance(exact, gradient)),
            gradient_digest=digest,
        )


class Reduction:
    """Turns cases into tasks, one a shot, and what comes back, in any order, into one outcome a case.

    The exact gradients that cases are compared with are tasks, too, and come first. Nothing is kept of a case that is
    done, and no time is spent on the other shots of one that has failed.

    Parameters
    ----------
    cases : sequence of ImpactCase
        All different.
    repeat_s : float
        Seconds that may be spent on repeating what is short, a case.
    """

    def __init__(self, cases: Sequence[ImpactCase], repeat_s: float) -> None:
        self._open = {case.digest: Gathered(case) for case in cases}
        compared = [ImpactCase(case.problem, case.shots, EXACT, None) for case in cases if case.spec != BARE]
        self._exact = {_group(case): Gathered(case) for case in compared}
        alone = {(case.problem.digest, shot): ShotTask(case, shot, 0.0) for case in compared for shot in case.shots}
        self.tasks = (
            *alone.values(),
            *(ShotTask(case, shot, repeat_s / len(case.shots)) for case in cases for shot in case.shots),
        )

    def given_up(self, task: ShotTask) -> bool:
        """Whether the outcome of a task can change nothing any more: its case has failed."""
        return task.case.spec != EXACT and task.case.digest not in self._open

    def take(self, task: ShotTask, outcome: Measured | Failure) -> list[tuple[ImpactCase, Outcome]]:
        """Add what came out of one task; return the cases that are done with it."""
        if self.given_up(task):
            return []
        if task.case.spec != EXACT:
            self._open[task.case.digest].take(task.shot, outcome)
        else:
            for gathered in self._exact.values():
                if gathered.case.problem == task.case.problem and task.shot in gathered.case.shots:
                    gathered.take(task.shot, outcome)
        done = [(g.case, found) for g in self._open.values() if (found := self._outcome(g)) is not None]
        for case, _ in done:
            del self._open[case.digest]
        return done

    def _outcome(self, gathered: Gathered) -> Outcome | None:
        exact = self._exact[_group(gathered.case)] if gathered.case.spec != BARE else None
        if exact is not None and exact.failure is not None and gathered.failure is None:
            return Failure(exact.failure.kind, f"the exact gradient: {exact.failure.message}")
        if not gathered.complete or (exact is not None and not exact.complete):
            return None
        return gathered.outcome(exact.gradient if exact is not None else None)


def _group(case: ImpactCase) -> tuple[str, tuple[int, ...]]:
    return case.problem.digest, case.shots


def _spread(ratios: Sequence[float]) -> Spread | None:
    found = spread(ratios)
    return None if found is None else Spread(found.least, found.median, found.greatest)
