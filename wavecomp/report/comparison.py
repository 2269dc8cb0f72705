"""A comparison from its records: its table, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wavecomp.records import (
    ComparisonArchive,
    ComparisonRecord,
    GradientArchive,
    Provenance,
    RoundArchive,
    RoundRecord,
)
from wavecomp.report.comparison_rows import rounds_of
from wavecomp.report.comparison_sentences import comparison_sentences
from wavecomp.report.comparison_table import comparison_table, short_comparison
from wavecomp.report.gradient_comparison import gradient_comparison
from wavecomp.report.table import Table


def comparison_of(
    record: ComparisonRecord,
    rounds: Iterable[RoundRecord],
    provenances: Mapping[str, Provenance] | None = None,
    *,
    short: bool = False,
) -> tuple[Table, list[str]]:
    """Return the table of a comparison on a field, and its sentences; ``short`` for a terminal."""
    mine = rounds_of(record, rounds)
    table = comparison_table(record, mine, provenances)
    return (short_comparison(record, mine, table) if short else table), comparison_sentences(record, mine)


def shown(record: ComparisonRecord, folder: str | Path, *, short: bool = False) -> tuple[Table, list[str]]:
    """Return the table of a comparison of any kind, and its sentences, from what lies beside it in its archive."""
    archive = GradientArchive(folder)
    if record.of_gradients:
        return gradient_comparison(record, archive.latest().values(), archive.provenances(), short=short)
    return comparison_of(record, load_rounds(folder), archive.provenances(), short=short)


def load_comparisons(folder: str | Path) -> list[ComparisonRecord]:
    """Return the last record of every comparison of an archive, by subject and then in order of time."""
    records = ComparisonArchive(folder).latest().values()
    return sorted(records, key=lambda one: (one.of_gradients, one.subject, one.created_utc, one.case))


def load_rounds(folder: str | Path) -> Sequence[RoundRecord]:
    """Return all rounds of an archive."""
    return list(RoundArchive(folder))
