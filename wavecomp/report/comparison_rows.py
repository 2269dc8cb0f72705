"""The rows of a comparison on a field: its answers, with what the rounds gave at the settings found."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from wavecomp.records import ComparisonRecord, ContestantAnswer, RoundEntry, RoundRecord
from wavecomp.report.comparison_words import contestant_labels
from wavecomp.report.median_interval import MedianInterval, median_interval

Direction = Literal["compress", "decompress"]
DIRECTIONS: tuple[Direction, Direction] = ("compress", "decompress")


@dataclass(frozen=True, slots=True)
class Standing:
    """One setting in the rounds, and the answer that it is.

    Attributes
    ----------
    label : str
        Short name of the contestant.
    spec : str or None
        The setting; None where there is none.
    answer : ContestantAnswer or None
        None for what is beside the contestants.
    entries : tuple of RoundEntry or None
        One a round, in their order; None where a round has none.
    raw_bytes : int
        Of the field.
    measure : str
        That of the comparison.
    """

    label: str
    spec: str | None
    answer: ContestantAnswer | None
    entries: tuple[RoundEntry | None, ...]
    raw_bytes: int
    measure: str

    @property
    def ratio(self) -> float | None:
        """Uncompressed / compressed bytes."""
        if self.answer is not None:
            return self.answer.ratio
        return next((entry.ratio for entry in self.entries if entry is not None and entry.ratio is not None), None)

    @property
    def takes_part(self) -> bool:
        """Whether it meets the target, in every round too, so that it may be compared with the others there."""
        if self.answer is None:
            return True
        worst = self.worst_error()
        return self.answer.meets and not self.failures and (worst is None or worst <= self.answer.limit)

    def seconds(self, direction: Direction) -> list[float | None]:
        """Return the median time of each round; None where there is none."""
        samples = [() if entry is None else getattr(entry, f"{direction}_samples_s") for entry in self.entries]
        return [statistics.median(some) if some else None for some in samples]

    def speed_mb_s(self, direction: Direction) -> float | None:
        """Return uncompressed MB/s (10^6 bytes) at the median of the rounds' times."""
        found = [seconds for seconds in self.seconds(direction) if seconds]
        return self.raw_bytes / statistics.median(found) / 1e6 if found else None

    def times_as_fast(self, other: Standing, direction: Direction) -> MedianInterval | None:
        """Return how many times as fast as another one this is: the median of the ratios of single rounds."""
        pairs = zip(self.seconds(direction), other.seconds(direction), strict=True)
        ratios = [theirs / ours for ours, theirs in pairs if ours and theirs]
        return median_interval(ratios) if ratios else None

    def first_s(self, direction: Direction) -> float | None:
        """Return the median of the first calls, one in each round's process."""
        found = [getattr(entry, f"{direction}_first_s") for entry in self.entries if entry is not None]
        return statistics.median(some) if (some := [one for one in found if one is not None]) else None

    def peak_bytes(self, direction: Direction) -> int | None:
        """Return the greatest growth of memory in any round."""
        found = [getattr(entry, f"{direction}_peak_bytes") for entry in self.entries if entry is not None]
        return max((one for one in found if one is not None), default=None)

    def worst_error(self) -> float | None:
        """Return the largest error of the search and of all rounds, which verify it anew."""
        column = "max_absolute" if self.measure == "max-error" else "nrmse"
        seen = [getattr(entry, column) for entry in self.entries if entry is not None and entry.failure is None]
        known = [math.inf if one is None else one for one in seen]
        if self.answer is not None and self.answer.error is not None:
            known.append(self.answer.error)
        return max(known, default=None)

    @property
    def failures(self) -> list[str]:
        """Why it failed in rounds, each reason once."""
        return list(dict.fromkeys(one.failure for one in self.entries if one is not None and one.failure is not None))

    @property
    def breaks_bound(self) -> bool:
        """Whether a round found its own promise broken."""
        return any(one is not None and one.bound_status == "violated" for one in self.entries)


def rounds_of(record: ComparisonRecord, rounds: Iterable[RoundRecord]) -> list[RoundRecord]:
    """Return the rounds of a comparison, in their order: the last of each number, of the record's libraries."""
    mine = {one.turn: one for one in rounds if one.race == record.race and one.library == record.library}
    return [mine[turn] for turn in sorted(mine)]


def standings(record: ComparisonRecord, rounds: Sequence[RoundRecord], target: str) -> list[Standing]:
    """Return the contestants at one target, the highest ratio first, then those that miss it, then what is beside."""
    labels = contestant_labels((*record.contestants, *record.beside))
    raw_bytes = rounds[0].raw_bytes if rounds else 0
    answers = [one for one in record.answers if one.target == target]

    def standing(label: str, spec: str | None, answer: ContestantAnswer | None) -> Standing:
        return Standing(label, spec, answer, tuple(_entry(one, spec) for one in rounds), raw_bytes, record.measure)

    rows = [standing(labels[one.contestant], one.spec, one) for one in answers]
    rows.sort(key=lambda row: (not row.takes_part, -(row.ratio or 0.0), row.label))
    named = {row.spec for row in rows}
    return rows + [standing(labels[one], one, None) for one in reversed(record.beside) if one not in named]


def first_of(record: ComparisonRecord, rows: Sequence[Standing]) -> Standing:
    """Return the row of the contestant that was named first: others are compared with it."""
    return next(row for row in rows if row.answer is not None and row.answer.contestant == record.contestants[0])


def _entry(record: RoundRecord, spec: str | None) -> RoundEntry | None:
    return next((entry for entry in record.entries if entry.spec == spec), None)
