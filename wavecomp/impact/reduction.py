"""From the runs of a study, in any order, to what is to be recorded of its cases, round by round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wavecomp.impact.cases import BARE, EXACT, ImpactCase
from wavecomp.impact.rounds import WARM_UP, bare_of, plan_rounds
from wavecomp.impact.stack import Gathered, Outcome, merged
from wavecomp.impact.worker import Measured, ShotTask
from wavecomp.records import Failure, GradientImpact


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many rounds of a case are missing, and what those before them came to."""

    rounds: int
    before: GradientImpact | None = None


class Reduction:
    """Turns cases into runs, and what comes back into outcomes, one after each round of a case.

    Nothing is kept of a case that has failed, and no time is spent on the rest of it.

    Parameters
    ----------
    cases : mapping of ImpactCase to Wanted
        What is asked for.
    warm_up : bool
        Whether a round that warms up comes before the first.
    paced : bool
        Whether the times of rounds count, each beside its own bare sweeps. Where they do not, there is one round.
    foreign : callable, optional
        Names the code of others that a case runs.
    """

    def __init__(
        self,
        cases: Mapping[ImpactCase, Wanted],
        *,
        warm_up: bool = False,
        paced: bool = True,
        foreign: Callable[[ImpactCase], str] = lambda _: "",
    ) -> None:
        self._paced = paced
        self._cases = {case.digest: case for case in cases}
        self._so_far = {case.digest: wanted.before for case, wanted in cases.items()}
        compared = [case for case in cases if case.spec != BARE]
        self._exact = {_group(case): Gathered(ImpactCase(case.problem, case.shots, EXACT, None)) for case in compared}
        self._under_way: dict[tuple[str, int], Gathered] = {}
        self._bare_walls: dict[tuple[str, int], float | None] = {}
        self._given_up: set[str] = set()
        rounds = {case: wanted.rounds for case, wanted in cases.items()}
        self.tasks = tuple(plan_rounds(rounds, warm_up=warm_up, paced=paced, foreign=foreign))

    def asked(self, task: ShotTask) -> bool:
        """Whether a run is one of a case that is asked for, and not only needed for others."""
        return task.case.digest in self._so_far

    def given_up(self, task: ShotTask) -> bool:
        """Whether the outcome of a task can change nothing any more: its case has failed."""
        return task.case.digest in self._given_up

    def take(self, task: ShotTask, outcome: Measured | Failure) -> list[tuple[ImpactCase, Outcome]]:
        """Add what came out of one task; return what cases come to after it, those alone that it changes.

        Raises
        ------
        MeaninglessGradient
            The task completes an exact gradient with which nothing can be compared.
        """
        if self.given_up(task):
            return []
        if task.case.spec != EXACT:
            place = task.case.digest, task.turn
            self._under_way.setdefault(place, Gathered(task.case)).take(task.shot, outcome)
        else:
            for gathered in self._exact.values():
                if gathered.case.problem == task.case.problem and task.shot in gathered.case.shots:
                    gathered.take(task.shot, outcome)
                    gathered.check_exact()
        done = self._without_exact() if task.case.spec == EXACT else []
        for place, gathered in list(self._under_way.items()):
            if (found := self._outcome(gathered)) is not None:
                del self._under_way[place]
                done += self._close(gathered, place[1], found)
        return done

    def _without_exact(self) -> list[tuple[ImpactCase, Outcome]]:
        """Give up what has nothing to be compared with."""
        done: list[tuple[ImpactCase, Outcome]] = []
        for digest, case in self._cases.items():
            exact = self._exact.get(_group(case)) if case.spec != BARE else None
            if exact is not None and exact.failure is not None and digest not in self._given_up:
                self._given_up.add(digest)
                done.append((case, Failure(exact.failure.kind, f"the exact gradient: {exact.failure.message}")))
        self._under_way = {place: under for place, under in self._under_way.items() if place[0] not in self._given_up}
        return done

    def _outcome(self, gathered: Gathered) -> Outcome | None:
        exact = self._exact[_group(gathered.case)] if gathered.case.spec != BARE else None
        if not gathered.complete or (exact is not None and not exact.complete):
            return None
        return gathered.outcome(exact.gradient if exact is not None else None)

    def _close(self, gathered: Gathered, turn: int, outcome: Outcome) -> list[tuple[ImpactCase, Outcome]]:
        case = gathered.case
        if case.spec == BARE:
            self._bare_walls[case.digest, turn] = gathered.wall_s
        if isinstance(outcome, Failure):
            self._given_up.add(case.digest)
            return [(case, outcome)] if case.digest in self._so_far else []
        if case.digest not in self._so_far:
            return []
        measured, impact = outcome
        before = self._so_far[case.digest]
        counts = self._paced and turn != WARM_UP
        bare_wall_s = self._bare_walls.get((bare_of(case).digest, turn))
        after = merged(before, impact, bare_wall_s, counts=counts)
        self._so_far[case.digest] = after
        return [(case, (measured, after))] if after != before else []


def _group(case: ImpactCase) -> tuple[str, tuple[int, ...]]:
    return case.problem.digest, case.shots
