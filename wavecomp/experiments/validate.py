"""Predicted against measured: many runs of one problem in rounds, each beside bare sweeps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import fmean, median
from time import perf_counter, sleep

import numpy as np

from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.catalogue import Notice
from wavecomp.experiments.look import looked_at
from wavecomp.experiments.validation_case import CASES, Case, RunCase
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.costs import Costs
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.two_grids import scaled_between
from wavecomp.records.experiment import ExperimentResult

_MOST = 4
"""Rounds at most, over those that are wanted."""

_PATIENCE_S = 90.0
"""When rounds have taken so long, none is made over those that are wanted: large problems have no time for it."""

_PAUSE_S = 3.0


@dataclass(frozen=True)
class ValidateSettings:
    """What is predicted, by which costs, and how often it is run.

    Attributes
    ----------
    costs : str
        :class:`~wavecomp.planning.costs.Costs` as JSON, as they were measured.
    reference : str
        Name or file of the problem that they were measured on, where it is another one: this one was never calibrated.
        The bare sweeps of the other one are run in every round, and say whether the machine is the one of the costs.
    other_costs : str
        With a reference: costs of a second problem of the same dimension, so that its grid lies between two; or empty.
    cases : tuple of (str, float or None)
    rounds : int
        Times that each case is run on a steady machine, after one that warms up.
    """

    costs: str
    reference: str = ""
    other_costs: str = ""
    cases: tuple[Case, ...] = CASES
    rounds: int = 3


def validate(bench: ExperimentBench, settings: ValidateSettings, progress: Notice) -> ExperimentResult:
    """Predict each case, then run it in rounds; each row holds what was predicted and what came out.

    A problem that was never calibrated is looked at beforehand (:mod:`wavecomp.experiments.look`): bare sweeps tell
    what its steps take, a forward sweep the peak, which tolerances are parts of, and the sizes of compressed levels and
    states, and two bare sweeps what errors of levels and imaging steps do to its gradient. All other times are those of
    the calibrated problem, scaled.

    The speed of a machine differs from process to process, and from one second to the next: each prediction is for the
    speed of the moment, the problem's bare sweeps right before and after the run over those of its calibration or look.
    Of the rounds of a case the one counts whose wall time over the calibrated problem's bare sweeps is the median.
    Where these were off the calibration's by more than ``STEADY``, the machine was another one: a virtual machine whose
    two processors its host had moved apart took four times as long from one to the other, and three times for a step on
    a small grid, while copies and compressors took what they always do. Such rounds do not count, and others are made,
    four times as many at most. The fact ``untold`` is how many cases have no round that counts.
    """
    workbench, shot = bench.workbench, bench.middle_shot
    exact = bench.exact(shot)
    sizes = ProblemSizes.of(bench.operators)
    given = Costs.from_json(settings.costs)
    other = ExperimentBench(find_problem(settings.reference)) if settings.reference else None
    costs = given
    if other is not None:
        far = Costs.from_json(settings.other_costs) if settings.other_costs else None
        costs = scaled_between(given, far, sizes.level_bytes, sizes.state_bytes, sizes.dimensions, sizes.steps)
        costs = looked_at(bench, costs, reference=partial(_speed, other, given.bare_s))
    begun = perf_counter()
    cases = [RunCase(bench, sizes, text, part) for text, part in settings.cases]
    bares: list[list[float]] = []
    reference_bares: list[list[float]] = []
    total = (settings.rounds + 1) * len(cases)
    for turn in range(_MOST * settings.rounds + 1):
        own: list[float] = []
        theirs: list[float] = []

        def sweep(own: list[float] = own, theirs: list[float] = theirs) -> None:
            own.append(workbench.bare(shot).run.seconds.wall)
            if other is not None:
                theirs.append(other.workbench.bare(other.middle_shot).run.seconds.wall)

        ordered = cases if turn % 2 else cases[::-1]
        for number, case in enumerate(ordered):
            sweep()
            progress(min(turn, settings.rounds) * len(cases) + number, total, case.text)
            run = case.run(shot, keep=turn > 0)
            if turn == settings.rounds and run is not None:
                case.compare(exact, run)
        sweep()
        if turn:
            bares.append(own)
            reference_bares.append(theirs)
            for number, case in enumerate(ordered):
                case.beside.append((fmean(own[number : number + 2]), fmean((theirs or own)[number : number + 2])))
        steady = [case.steady(given.bare_s) for case in cases]
        if turn >= settings.rounds and (
            min(steady) >= settings.rounds
            or perf_counter() - begun > _PATIENCE_S
            or all(case.faster(given.bare_s) for case in cases)
        ):
            break
        if turn and max(steady) < turn:
            sleep(_PAUSE_S)  # not one was steady this time: until the machine is itself again
    own_bare = median(map(median, bares))
    rows = tuple(case.row(costs, given.bare_s) for case in cases)
    facts: Row = {
        **bench.facts(),
        "shot": shot,
        "calibrated_on": given.problem,
        "never_calibrated": other is not None,
        "looked_at": other is not None,
        "speed": median(case.beside[case.counted(given.bare_s)][1] for case in cases) / given.bare_s,
        "own_speed": own_bare / costs.bare_s,
        "bare_s": own_bare,
        "rounds": turn,
        "steady": fmean(steady) / turn,
        "untold": steady.count(0),
    }
    arrays = {
        "wall_s": np.array([case.walls for case in cases if case.walls]),
        "bare_s": np.array(bares),
        "reference_bare_s": np.array(reference_bares),
    }
    return ExperimentResult(
        "validate", bench.problem.name, bench.problem.digest, dict(vars(settings)), facts, rows, arrays=arrays
    )


def _speed(bench: ExperimentBench, bare_s: float) -> float:
    """Return a problem's bare sweeps now over those that its costs are for."""
    return bench.workbench.bare(bench.middle_shot).run.seconds.wall / bare_s
