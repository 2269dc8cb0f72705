"""In which order a study runs its cases: in rounds, so that what is compared was measured at nearly one moment.

The speed of a shared machine drifts by half within an hour. So a study does not finish one case after the other. Each
round runs the bare sweeps and then every case once, all shots of it, and a time is compared with the bare sweeps of its
own round only. Every second round goes through the cases backwards, so that none is always near the bare sweeps.

Where there are several rounds, one more comes first: it warms up. What touches memory for the first time in it finds
that memory touched later, as every iteration of an inversion but the first does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from wavecomp.impact.cases import BARE, EXACT, ImpactCase
from wavecomp.impact.worker import ShotTask

WARM_UP = 0
"""Number of the round whose times do not count; the others are counted from 1."""


def bare_of(case: ImpactCase) -> ImpactCase:
    """Return the bare sweeps that a case is compared with: those of its shots."""
    return ImpactCase(case.problem, case.shots, BARE, case.budget_bytes)


def plan_rounds(
    rounds: Mapping[ImpactCase, int], *, warm_up: bool, paced: bool, foreign: Callable[[ImpactCase], str]
) -> Iterator[ShotTask]:
    """Yield the runs of a study, one a shot of a case, in their order.

    Parameters
    ----------
    rounds : mapping of ImpactCase to int
        How many rounds each case takes part in.
    warm_up : bool
        Whether a round that warms up comes before the first.
    paced : bool
        Whether every round begins with the bare sweeps, asked for or not.
    foreign : callable
        Names the code of others that a case runs, "" for none: what it runs gets a process of its own, so that those
        cases come last, and together.
    """
    for problem in dict.fromkeys(case.problem.digest for case in rounds):
        mine = [case for case in rounds if case.problem.digest == problem]
        # The exact gradients that cases are compared with come first, each shot once.
        compared = [ImpactCase(case.problem, case.shots, EXACT, None) for case in mine if case.spec != BARE]
        alone = {shot: ShotTask(case, shot, WARM_UP) for case in compared for shot in case.shots}
        yield from alone.values()
        for turn in range(WARM_UP if warm_up else 1, max(rounds[case] for case in mine) + 1):
            taking = [case for case in mine if rounds[case] >= turn]
            for case in _order(taking, turn, paced, foreign):
                yield from (ShotTask(case, shot, turn) for shot in case.shots)


def _order(
    cases: Sequence[ImpactCase], turn: int, paced: bool, foreign: Callable[[ImpactCase], str]
) -> Iterator[ImpactCase]:
    for shots in dict.fromkeys(case.shots for case in cases):
        group = [case for case in cases if case.shots == shots]
        if paced:
            yield bare_of(group[0])
            group = [case for case in group if case.spec != BARE]
        yield from sorted(group if turn % 2 else reversed(group), key=foreign)
