"""The rows of a comparison of gradients: its answers, with what the rounds gave at the settings found."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from wavecomp.promise import QUANTUM
from wavecomp.records import ComparisonRecord, ContestantAnswer, GradientImpact, GradientRecord
from wavecomp.report.comparison_words import contestant_labels
from wavecomp.report.gradient_rows import over_bare
from wavecomp.report.median_interval import MedianInterval, median_interval
from wavecomp.spec_text import SpecText


@dataclass(frozen=True, slots=True)
class Way:
    """One way of keeping the wavefield in the rounds, and the answer that it is.

    Attributes
    ----------
    label : str
        Short name.
    spec : str or None
        The strategy; None where there is none.
    answer : ContestantAnswer or None
        None for what is beside the contestants.
    record : GradientRecord or None
        What was measured; None where nothing was.
    deep : bool
        The target is about the error below the top tenth of the depth, not over the whole.
    """

    label: str
    spec: str | None
    answer: ContestantAnswer | None
    record: GradientRecord | None
    deep: bool

    @property
    def impact(self) -> GradientImpact | None:
        """What came out; None where nothing did."""
        outcome = None if self.record is None else self.record.outcome
        return outcome if isinstance(outcome, GradientImpact) else None

    @property
    def failure(self) -> str | None:
        """Why nothing came out in the rounds."""
        outcome = None if self.record is None else self.record.outcome
        return None if outcome is None or isinstance(outcome, GradientImpact) else f"{outcome.kind}: {outcome.message}"

    @property
    def takes_part(self) -> bool:
        """Whether it meets the target in the rounds too."""
        if self.answer is None:
            return self.impact is not None
        return self.answer.meets and self.impact is not None and (self.judged or 0.0) <= self.answer.limit

    @property
    def error(self) -> float | None:
        """Relative L2 error of the gradient: the largest of all rounds; that of the search where there are none."""
        return self._error("relative_l2", not self.deep)

    @property
    def deep_error(self) -> float | None:
        """The same below the top tenth of the depth; None where it is not known."""
        return self._error("deep_relative_l2", self.deep)

    @property
    def judged(self) -> float | None:
        """That of the two which the target is about."""
        return self.deep_error if self.deep else self.error

    def _error(self, name: str, asked: bool) -> float | None:
        if self.impact is not None:
            return self.impact.distance.get(name)
        return self.answer.error if asked and self.answer is not None else None

    @property
    def peak_mb(self) -> float | None:
        """Peak memory for keeping the wavefield, in 10^6 bytes."""
        return None if self.impact is None else self.impact.peak_checkpoint_bytes / 1e6

    @property
    def over_bare(self) -> list[float]:
        """Wall time over that of the bare sweeps, round by round."""
        if self.record is None:
            return []
        row: dict[Hashable, Any] = {name: value for name, value in self.record.to_row().items()}  # noqa: C416
        return over_bare(row)

    @property
    def time(self) -> MedianInterval | None:
        """The median of :attr:`over_bare`, and where it lies."""
        return median_interval(self.over_bare) if self.over_bare else None

    def times_as_fast(self, other: Way) -> MedianInterval | None:
        """Return how many times as fast as another one this is, each over the bare sweeps of its round."""
        ratios = [theirs / ours for ours, theirs in zip(self.over_bare, other.over_bare, strict=False)]
        return median_interval(ratios) if ratios else None


def ways(record: ComparisonRecord, gradients: Iterable[GradientRecord], target: str) -> list[Way]:
    """Return the contestants at one target, the least memory first, then those that miss it, then what is beside."""
    measured = {
        one.spec: one
        for one in gradients
        if one.problem_digest == record.subject_digest
        and one.shots == record.shots
        and one.budget_bytes is None
        and not one.concurrent
    }
    labels = way_labels(record.contestants)
    answers = [one for one in record.answers if one.target == target]
    deep = record.measure == "deep-error"
    rows = [Way(labels[one.contestant], one.spec, one, measured.get(one.spec or ""), deep) for one in answers]
    rows.sort(key=lambda row: (not row.takes_part, row.peak_mb or 0.0, row.label))
    named = {row.spec for row in rows}
    return rows + [Way(spec, spec, None, measured.get(spec), deep) for spec in record.beside if spec not in named]


def way_labels(texts: Iterable[str]) -> dict[str, str]:
    """Return a short name for each contestant: of its compressor, and of its strategy where that is not most others'.

    In older archives a quantum stands before the compressor that kept its integers.

    Examples
    --------
    >>> list(way_labels(["trajectory:every=4/zfp:accuracy", "trajectory:every=4,quantum/blosc2:codec=lz4"]).values())
    ['ZFP', 'quantum/blosc2']
    >>> list(way_labels(["trajectory/zfp:accuracy", "revolve:slots=5/zfp:accuracy"]).values())
    ['ZFP (trajectory)', 'ZFP (revolve slots 5)']
    >>> list(way_labels(["trajectory/zfp:accuracy", "revolve:slots=5/zfp:accuracy", "trajectory/sz3:abs"]).values())
    ['ZFP', 'ZFP (revolve slots 5)', 'SZ3']
    """
    specs = {text: SpecText.parse(text) for text in texts}
    heads = [str(spec.head.without(QUANTUM)) for spec in specs.values() if spec.inner is not None]
    usual = next((head for head in heads if 2 * heads.count(head) > len(heads)), None)
    inner = contestant_labels([str(spec.inner or spec) for spec in specs.values()])
    labels = {}
    for text, spec in specs.items():
        name = inner[str(spec.inner or spec)]
        if QUANTUM in spec.head.values:
            name = f"{QUANTUM}/{name}"
        head = spec.head.without(QUANTUM)
        if spec.inner is not None and str(head) != usual:
            items = [f"{key} {value}".strip() for key, value in head.values.items()]
            name = f"{name} ({' '.join([head.name, *items])})"
        labels[text] = name
    return labels
