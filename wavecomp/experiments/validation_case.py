"""The cases of a validation, and one of them on its way through the rounds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.errors import BudgetExceeded, ScheduleError, SlotsTooLarge
from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.metrics.gradient import deep_relative_l2, gradient_distance
from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import STEADY, is_steady
from wavecomp.planning.predict import Prediction, predict
from wavecomp.planning.published_form import published_seconds
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.schedules import Schedule
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy

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

_REFUSALS = (BudgetExceeded, SlotsTooLarge, ScheduleError)


_EXPECTED: Sequence[str] = (
    "predicted_s", "low_s", "high_s", "predicted_reference_speed_s", "predicted_peak_bytes", "predicted_forward_steps",
    "predicted_writes", "predicted_l2", "predicted_deep_l2", "beyond", "published_s", "fits",
)  # fmt: skip


class RunCase:
    """One case on its way through the rounds.

    Attributes
    ----------
    text : str
        Its strategy, as it was asked for.
    budget : int or None
        Bytes that it is given.
    walls : list of float
        Wall times of its runs, in s, but for the one that warms up; none where the budget did not hold it.
    beside : list of (float, float)
        Bare sweeps around each of these, in s: its own problem's, and those of the problem that costs are of.
    """

    def __init__(self, bench: ExperimentBench, sizes: ProblemSizes, text: str, part: float | None) -> None:
        self._bench, self._sizes, self.text = bench, sizes, text
        self._strategy: Strategy = parse_strategy(text)
        self.budget = None if part is None else round(part * sizes.steps * sizes.level_bytes)
        self._granted = UNLIMITED if self.budget is None else self.budget
        self.walls: list[float] = []
        self.beside: list[tuple[float, float]] = []
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

    def faster(self, reference_bare_s: float) -> bool:
        """Return whether its last round was on a faster machine than that of the costs, which waiting cannot mend."""
        return self.beside[-1][1] < reference_bare_s / STEADY

    def counted(self, reference_bare_s: float) -> int:
        """Return the round that counts: of the steady ones, or else of all, the median over the bare sweeps beside.

        Of two the faster: what disturbs a run makes it slower.
        """
        made = range(len(self.walls))
        rounds = [number for number in made if _is_steady(reference_bare_s, self.beside[number])] or made
        ordered = sorted(rounds, key=lambda number: self.walls[number] / self.beside[number][1])
        return ordered[(len(ordered) - 1) // 2] if ordered else 0

    def row(self, costs: Costs, reference_bare_s: float) -> Row:
        """Return what was predicted beside what came out.

        The prediction is for the speed of the moment, which the problem's own bare sweeps tell. What those of the
        calibrated problem would have said, which took so long when it was calibrated, stands beside it.
        """
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
        row["own_speed"] = own_speed = own / costs.bare_s
        return row | self._expected(costs.at_speed(own_speed), speed / own_speed)

    def _expected(self, costs: Costs, by_reference: float) -> Row:
        try:
            seen: Prediction = predict(self._strategy, self._sizes, costs, self._granted)
            schedule = virtual_run(self._strategy, self._sizes, budget_bytes=self._granted).schedule
            published = None  # of a schedule that is made up as it goes the equations know nothing
            if isinstance(schedule, Schedule):
                published = published_seconds(self._strategy, schedule, self._sizes, costs)
        except _REFUSALS:
            return dict.fromkeys(_EXPECTED) | {"fits": False}
        values = (
            seen.seconds, seen.low, seen.high, seen.seconds * by_reference,
            seen.peak_bytes, seen.forward_steps, seen.writes,
            seen.gradient_error, seen.deep_error, seen.beyond,
            published, seen.fits,
        )  # fmt: skip
        return dict(zip(_EXPECTED, values, strict=True))


def _is_steady(reference_bare_s: float, beside: tuple[float, float]) -> bool:
    return is_steady(beside[1] / reference_bare_s)
