"""The table of a comparison on a field: one row a contestant at each target, and its short form for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from wavecomp.records import ComparisonRecord, Provenance, RoundRecord
from wavecomp.report.comparison_rows import DIRECTIONS, Standing, first_of, standings
from wavecomp.report.comparison_words import contestant_labels, digits, found_value, target_words, times_text
from wavecomp.report.machine import machine_words
from wavecomp.report.median_interval import MedianInterval
from wavecomp.report.table import Cell, Column, Row, Table

_MEASURED = {"psnr": "PSNR reached (dB)", "max-error": "Largest error", "nrmse": "nrmse"}


def comparison_table(
    record: ComparisonRecord, rounds: Sequence[RoundRecord], provenances: Mapping[str, Provenance] | None = None
) -> Table:
    """Return every number of a comparison.

    Parameters
    ----------
    record : ComparisonRecord
        Of a field.
    rounds : sequence of RoundRecord
        Its own, as :func:`wavecomp.report.comparison_rows.rounds_of` returns them.
    provenances : mapping, optional
        By digest, for the note on the machine.
    """
    first_label = contestant_labels((*record.contestants, *record.beside))[record.contestants[0]]
    columns = (
        Column("Target", left=True),
        Column("Contestant", left=True),
        Column("Setting", left=True),
        Column("Meets it", left=True),
        Column(_MEASURED[record.measure], ".2f" if record.measure == "psnr" else ".3e"),
        Column("Of allowed", ".3f"),
        Column("Ratio", ".2f"),
        *(column for word in ("Compress", "Decompress") for column in _speed_columns(word, first_label)),
        Column("Tried", "d"),
        Column("Coarsest tried", ".4g"),
    )
    body: list[Row] = []
    for target in record.targets:
        rows = standings(record, rounds, target)
        first = first_of(record, rows)
        body += [_row(record, row, target, first) for row in rows]
        body[-1] = Row(body[-1].cells, body[-1].muted, gap_after=True)
    title = f"Compressors at equal error on {record.subject}"
    return Table(title, columns, tuple(body), tuple(_notes(record, rounds, provenances or {})))


def _speed_columns(word: str, first: str) -> tuple[Column, ...]:
    return (
        Column(f"{word} (MB/s)", ".0f"),
        Column(f"{word}: × {first}", ".3f"),
        Column(f"{word}: from", ".3f"),
        Column(f"{word}: to", ".3f"),
        Column(f"{word}: first (ms)", ".2f"),
        Column(f"{word}: peak (MB)", ".2f"),
    )


def _row(record: ComparisonRecord, row: Standing, target: str, first: Standing) -> Row:
    answer = row.answer
    cells: list[Cell] = [target_words(record, target), row.label, row.spec, _meets(row), _reached(record, row)]
    worst = row.worst_error()
    cells.append(None if answer is None or worst is None or math.isinf(worst) else worst / answer.limit)
    cells.append(row.ratio)
    for direction in DIRECTIONS:
        times = row.times_as_fast(first, direction)
        first_call, peak = row.first_s(direction), row.peak_bytes(direction)
        cells += [
            row.speed_mb_s(direction),
            *((None, None, None) if times is None else (times.median, times.low, times.high)),
            None if first_call is None else first_call * 1e3,
            None if peak is None else peak / 1e6,
        ]
    cells += [None, None] if answer is None else [answer.tried, answer.coarsest]
    return Row(tuple(cells), muted=answer is None)


def _meets(row: Standing) -> str:
    if row.answer is None:
        return "beside"
    return "failed" if row.answer.status == "failed" else "yes" if row.takes_part else "no"


def _reached(record: ComparisonRecord, row: Standing) -> Cell:
    worst = row.worst_error()
    if worst is None or math.isinf(worst):
        return None
    if record.measure == "psnr":
        return "∞" if worst == 0.0 else -20.0 * math.log10(worst)
    return worst


def _notes(record: ComparisonRecord, rounds: Sequence[RoundRecord], provenances: Mapping[str, Provenance]) -> list[str]:
    at = f" at t = {record.time_s:.4g} s" if record.time_s is not None else ""
    peak = "" if record.peak is None else f", peak {record.peak:.4g}"
    shape = " × ".join(map(str, record.shape))
    notes = [
        f"Field {record.subject}{at}: {shape} {record.dtype}{peak}, SHA-256 {record.subject_digest[:12]}. For each "
        "contestant the setting with the highest ratio among all tried that meet the target; its error is the largest "
        "of the search and of all rounds, each of which verifies it anew."
    ]
    if rounds:
        count = len(rounds)
        first = contestant_labels((*record.contestants, *record.beside))[record.contestants[0]]
        sure = next((one.coverage for one in _intervals(record, rounds)), math.nan)
        notes.append(
            f"Times are of {count} round{'s' if count > 1 else ''}, each in a process of its own, in which all run in "
            "turn, every second one backwards; compared is round by round. [a, b] holds the median of such ratios with "
            f"{sure:.0%} confidence. × {first}: times its speed. A first call is the first in its process but for a "
            "corner of the field."
        )
    known = provenances.get(record.provenance)
    where = machine_words(known) if known is not None else f"provenance {record.provenance}"
    notes.append(f"Measured on {where}, with {record.library}.")
    return notes


def _intervals(record: ComparisonRecord, rounds: Sequence[RoundRecord]) -> list[MedianInterval]:
    rows = standings(record, rounds, record.targets[0])
    return [times for row in rows if (times := row.times_as_fast(rows[0], "compress")) is not None]


def short_comparison(record: ComparisonRecord, rounds: Sequence[RoundRecord], table: Table) -> Table:
    """Return what answers at a glance, in columns for a terminal."""
    first_label = contestant_labels((*record.contestants, *record.beside))[record.contestants[0]]
    columns = (
        Column("Target\n  setting", left=True),
        Column("Of the error\nallowed", ".3f"),
        Column("Ratio", ".2f"),
        Column("Compress\n(MB/s)", ".0f"),
        Column(f"× {first_label}\n[from, to]"),
        Column("Decompress\n(MB/s)", ".0f"),
        Column(f"× {first_label}\n[from, to]"),
        Column("Peak\n(MB)", ".2f"),
    )
    body: list[Row] = []
    for target in record.targets:
        rows = standings(record, rounds, target)
        first = first_of(record, rows)
        body.append(Row((target_words(record, target), *("" for _ in columns[1:]))))
        for row in rows:
            whole = _row(record, row, target, first)
            peaks = [peak for direction in DIRECTIONS if (peak := row.peak_bytes(direction)) is not None]
            cells: list[Cell] = [f"  {_short_setting(row)}", _allowed(row, whole.cells[5]), row.ratio]
            for direction in DIRECTIONS:
                times = row.times_as_fast(first, direction)
                cells += [row.speed_mb_s(direction), None if times is None else times_text(times)]
            cells.append(max(peaks) / 1e6 if peaks else None)
            body.append(Row(tuple(cells), whole.muted))
        body[-1] = Row(body[-1].cells, body[-1].muted, gap_after=True)
    return Table(table.title, columns, tuple(body), table.notes)


def _short_setting(row: Standing) -> str:
    found = None if row.answer is None else found_value(row.answer)
    if found is None:
        return row.label
    key, value = found
    return f"{row.label} {value}" if row.label.endswith(f" {key}") else f"{row.label} {key} {value}"


def _allowed(row: Standing, share: Cell) -> Cell:
    if row.answer is not None and not row.takes_part:
        return "failed" if share is None else f"missed: {digits(float(share))}"
    return share
