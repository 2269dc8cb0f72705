"""Predicted against measured: the rows of validations, their errors, and whether the bars are met."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from wavecomp.records.experiment import Cell, ExperimentResult

WALL_MEDIAN, WALL_WORST, MEMORY_WORST, ERROR_FACTOR = 0.10, 0.20, 0.05, 2.0
"""What a prediction may be off by: wall time (median and worst), peak memory, and the gradient's error as a factor."""

ROUNDING = 1e-6
"""Errors of a gradient below it are the rounding of single-precision sums, and nobody predicts them."""

FactRow: TypeAlias = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Judged:
    """One case of a validation.

    Attributes
    ----------
    problem : str
    never_calibrated : bool
        Whether its costs are scaled from another problem's.
    row : mapping
        As the record holds it.
    """

    problem: str
    never_calibrated: bool
    row: FactRow

    @property
    def refused(self) -> bool:
        """Whether the budget did not hold it, or that was predicted."""
        return self.row["refused"] is not None or self.row["predicted_s"] is None

    @property
    def foreseen(self) -> bool:
        """Whether it was known beforehand if the budget would hold it."""
        return (self.row["refused"] is not None) is (not self.row["fits"])

    def off(self, expected: str, found: str) -> float | None:
        """Return predicted over measured, less one; None where there is either not."""
        return _off(self.row[expected], self.row[found])

    @property
    def wall(self) -> float | None:
        """Of the wall time, at the speed of the moment."""
        return self.off("predicted_s", "measured_s")

    @property
    def memory(self) -> float | None:
        """Of the peak memory."""
        return self.off("predicted_peak_bytes", "peak_bytes")

    @property
    def published(self) -> float | None:
        """Of the published equations' wall time."""
        return self.off("published_s", "measured_s")

    @property
    def exact(self) -> bool:
        """Whether forward steps and writes are those that were predicted."""
        return all(self.row[f"predicted_{key}"] == self.row[key] for key in ("forward_steps", "writes"))

    @property
    def error_factors(self) -> tuple[float | None, float | None]:
        """Predicted over measured error of the gradient, whole and deep; None where either is rounding alone."""
        return tuple(self._factor(f"predicted_{key}", key) for key in ("l2", "deep_l2"))  # type: ignore[return-value]

    def _factor(self, expected: str, key: str) -> float | None:
        found = self.row["relative_l2" if key == "l2" else key]
        if found is None or float(found) <= ROUNDING or self.row[expected] is None:
            return None
        return max(float(self.row[expected] or 0.0), ROUNDING) / float(found)


def latest_validations(results: Sequence[ExperimentResult]) -> list[ExperimentResult]:
    """Return the last validation of each problem that came to its end."""
    kept: dict[str, ExperimentResult] = {}
    for result in sorted(results, key=lambda one: one.created_utc):
        if result.experiment == "validate" and not result.failed and result.rows:
            kept[result.problem_digest] = result
    return list(kept.values())


def judged(results: Sequence[ExperimentResult]) -> list[Judged]:
    """Return the cases of all validations."""
    return [
        Judged(result.problem, bool(result.facts["never_calibrated"]), row) for result in results for row in result.rows
    ]


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing that a validation must show: what, in words with its numbers, and whether it does."""

    words: str
    met: bool


def bars(cases: Sequence[Judged]) -> list[Bar]:
    """Hold all cases together against what a prediction may be off by."""
    run = [case for case in cases if not case.refused]
    walls = _values(run, lambda case: case.wall)
    memory = _values(run, lambda case: case.memory)
    factors = [factor for case in run for factor in case.error_factors if factor is not None]
    inexact = sum(not case.exact for case in run)
    unforeseen = sum(not case.foreseen for case in cases)
    found = [
        _at_most("wall time: median", median(walls), WALL_MEDIAN),
        _at_most("wall time: worst", max(walls), WALL_WORST),
        _at_most("peak memory: worst", max(memory), MEMORY_WORST),
        Bar(f"forward steps and writes: {len(run) - inexact} of {len(run)} exact", not inexact),
        Bar(f"does the budget hold it: {len(cases) - unforeseen} of {len(cases)} foreseen", not unforeseen),
    ] if walls else []  # fmt: skip
    if factors:
        worst = max(max(factor, 1 / factor) for factor in factors)
        found.append(Bar(f"gradient error: worst factor {worst:.2f} (at most {ERROR_FACTOR:g})", worst <= ERROR_FACTOR))
    return found


def _at_most(words: str, value: float, most: float) -> Bar:
    return Bar(f"{words} {_percent(value)} (at most {_percent(most)})", value <= most)


def _values(cases: Sequence[Judged], of: Callable[[Judged], float | None]) -> list[float]:
    return [abs(value) for case in cases if (value := of(case)) is not None]


def _off(expected: Cell, found: Cell) -> float | None:
    if expected is None or found is None or not float(found):
        return None
    return float(expected) / float(found) - 1.0


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
