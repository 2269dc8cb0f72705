"""Predicted against measured: many runs of one problem in rounds, each beside bare sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median
from time import perf_counter, sleep

import numpy as np

from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.errors import BudgetExceeded, ScheduleError, SlotsTooLarge
from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.catalogue import Notice
from wavecomp.experiments.look import looked_at
from wavecomp.metrics.gradient import deep_relative_l2, gradient_distance
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import is_steady
from wavecomp.planning.predict import Prediction, predict
from wavecomp.planning.published_form import published_seconds
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.two_grids import scaled_between
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.schedules import Schedule
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.records.experiment import ExperimentResult

Case = tuple[str, float | None]
"""A strategy, and its budget as a part of all uncompressed levels; None without one."""

CASES: tuple[Case, ...] = (
    ("store-all", None),
    ("store-all:every=4", None),
    ("trajectory", None),
    ("trajectory:every=4", None),
    ("trajectory:every=6", None),
    ("revolve:slots=4", None),
    ("revolve:slots=12", None),
    ("revolve:slots=40", None),
    ("revolve:slots=10,every=4", None),
    ("revolve", 0.1),
    ("revolve", 0.3),
    ("mixed", 0.1),
    ("mixed", 0.3),
    ("mixed:every=4", 0.1),
    ("trajectory:every=4/interp:abs=1e-4peak", None),
    ("trajectory:every=4/interp:abs=1e-3peak", None),
    ("trajectory:every=2/interp:abs=1e-4peak", None),
    ("trajectory:every=4,overlap/interp:abs=3e-4peak", None),
    ("trajectory:every=2,overlap/interp:abs=1e-3peak", None),
    ("trajectory:every=3,overlap/zfp:accuracy=1e-4peak", None),
    ("trajectory/zfp:accuracy=1e-3peak", None),
    ("trajectory:every=4/zfp:accuracy=1e-4peak", None),
    ("trajectory:every=6/zfp:accuracy=1e-3peak", None),
    ("trajectory:every=4/blosc2:codec=lz4,level=5,shuffle=shuffle", None),
    ("revolve:slots=10/zfp:accuracy=1e-4peak", None),
    ("revolve:slots=30/interp:abs=1e-4peak", None),
    ("revolve:ratio=8/zfp:accuracy=1e-3peak", 0.1),
    ("mixed:levels=20/zfp:accuracy=1e-4peak", None),
    ("mixed:ratio=10,every=4/interp:abs=3e-4peak", 0.05),
)
"""Strategies × compressors × budgets: most tolerances, steps and checkpoints are none of the calibrated ones."""

_MOST = 4
"""Rounds at most, over those that are wanted."""

_PATIENCE_S = 90.0
"""When rounds have taken so long, none is made over those that are wanted: large problems have no time for it."""

_PAUSE_S = 3.0

_REFUSALS = (BudgetExceeded, SlotsTooLarge, ScheduleError)


@dataclass(frozen=True)
class ValidateSettings:
    """What is predicted, by which costs, and how often it is run.

    Attributes
    ----------
    costs : str
        :class:`~wavecomp.planning.costs.Costs` as JSON, as they were measured.
    reference : str
        Name or file of the problem that they were measured on, where it is another one: this one was never calibrated.
        The bare sweeps of the other one are run in every round, and say how fast the machine is.
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
    speed of the moment, the calibrated problem's bare sweeps right before and after the run over those of the
    calibration. Of the rounds of a case the one counts whose wall time over these bare sweeps is the median. Where they
    were off by more than ``STEADY``, the machine was another one: a virtual machine whose two processors its host had
    moved apart took four times as long from one to the other, and three times for a step on a small grid, while copies
    and compressors took what they always do. Such rounds do not count, and others are made, four times as many at most.
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
    cases = [_Case(bench, sizes, text, part) for text, part in settings.cases]
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
        if turn >= settings.rounds and (min(steady) >= settings.rounds or perf_counter() - begun > _PATIENCE_S):
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
        "steady": fmean(case.steady(given.bare_s) for case in cases) / turn,
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


class _Case:
    """One case on its way through the rounds."""

    def __init__(self, bench: ExperimentBench, sizes: ProblemSizes, text: str, part: float | None) -> None:
        self._bench, self._sizes, self.text = bench, sizes, text
        self._strategy: Strategy = parse_strategy(text)
        self.budget = None if part is None else round(part * sizes.steps * sizes.level_bytes)
        self._granted = UNLIMITED if self.budget is None else self.budget
        self.walls: list[float] = []
        self.beside: list[tuple[float, float]] = []  # bare sweeps around each of them: its own, and the reference's
        self._found: Row = {}
        self._refused: str | None = None

    def run(self, shot: int, *, keep: bool) -> GradientRun | None:
        """Run it once; None where the budget does not hold it."""
        if self._refused is not None:
            return None
        try:
            run = self._bench.workbench.run(self._strategy, shot=shot, budget_bytes=self._granted)
        except _REFUSALS as error:
            self._refused, self.walls = str(error), []
            return None
        if keep:
            self.walls.append(run.seconds.wall)
        return run

    def compare(self, exact: np.ndarray, run: GradientRun) -> None:
        """Note what a run counted, and its gradient's error."""
        self._found = {
            "relative_l2": gradient_distance(exact, run.gradient).relative_l2,
            "deep_l2": deep_relative_l2(exact, run.gradient),
            "peak_bytes": run.peak_checkpoint_bytes,
            "forward_steps": run.forward_steps,
            "writes": run.writes,
        }

    def steady(self, reference_bare_s: float) -> int:
        """Return how many of its rounds were made on the machine that the costs are of."""
        return sum(map(partial(_is_steady, reference_bare_s), self.beside))

    def counted(self, reference_bare_s: float) -> int:
        """Return the round that counts: of the steady ones, or else of all, the median over the bare sweeps beside.

        Of two the faster: what disturbs a run makes it slower.
        """
        made = range(len(self.walls))
        rounds = [number for number in made if _is_steady(reference_bare_s, self.beside[number])] or made
        ordered = sorted(rounds, key=lambda number: self.walls[number] / self.beside[number][1])
        return ordered[(len(ordered) - 1) // 2] if ordered else 0

    def row(self, costs: Costs, reference_bare_s: float) -> Row:
        """Return what was predicted beside what came out, by costs whose reference took so long for its bare sweeps."""
        row: Row = {
            "strategy": self._strategy.spec,
            "compressed": bool(self._strategy.compressor_spec) and self._strategy.compressor_spec != "identity",
            "budget_bytes": self.budget,
            "refused": self._refused,
            **dict.fromkeys(("measured_s", "least_s", "greatest_s")),
            **dict.fromkeys(("relative_l2", "deep_l2", "peak_bytes", "forward_steps", "writes")),
            **self._found,
        }
        counted = self.counted(reference_bare_s)
        own, theirs = self.beside[counted]
        if self.walls:
            row |= {"measured_s": self.walls[counted], "least_s": min(self.walls), "greatest_s": max(self.walls)}
        row["speed"] = speed = theirs / reference_bare_s
        return row | self._expected(costs.at_speed(speed), own / costs.bare_s / speed)

    def _expected(self, costs: Costs, own: float) -> Row:
        try:
            seen: Prediction = predict(self._strategy, self._sizes, costs, self._granted)
            schedule = virtual_run(self._strategy, self._sizes, budget_bytes=self._granted).schedule
            published = None  # of a schedule that is made up as it goes the equations know nothing
            if isinstance(schedule, Schedule):
                published = published_seconds(self._strategy, schedule, self._sizes, costs)
        except _REFUSALS:
            return dict.fromkeys(_EXPECTED) | {"fits": False}
        values = (
            seen.seconds, seen.low, seen.high, seen.seconds * own, seen.peak_bytes, seen.forward_steps, seen.writes,
            seen.gradient_error, seen.deep_error, seen.beyond,
            published, seen.fits,
        )  # fmt: skip
        return dict(zip(_EXPECTED, values, strict=True))


def _is_steady(reference_bare_s: float, beside: tuple[float, float]) -> bool:
    return is_steady(beside[1] / reference_bare_s)


_EXPECTED: Sequence[str] = (
    "predicted_s", "low_s", "high_s", "predicted_own_speed_s", "predicted_peak_bytes", "predicted_forward_steps",
    "predicted_writes", "predicted_l2", "predicted_deep_l2", "beyond", "published_s", "fits",
)  # fmt: skip
