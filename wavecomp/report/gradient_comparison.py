"""A comparison at equal error of the gradient: its table, its short form, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from wavecomp.records import ComparisonRecord, GradientRecord, Provenance
from wavecomp.report.comparison_words import digits, found_value, target_words, times_text
from wavecomp.report.gradient_rows import shots_text
from wavecomp.report.gradient_standings import Way, ways
from wavecomp.report.imaging_steps import steps_found
from wavecomp.report.machine import machine_words
from wavecomp.report.names import join_words
from wavecomp.report.table import Cell, Column, Row, Table

_COLUMNS = (
    Column("Target", left=True),
    Column("Contestant", left=True),
    Column("Setting", left=True),
    Column("Meets it", left=True),
    Column("Relative L2", ".2e"),
    Column("below the top tenth", ".2e"),
    Column("Of the error allowed", ".3f"),
    Column("Peak (MB)", ".3f"),
    Column("of all levels: 1 /", ".1f"),
    Column("Wall (s)", ".3f"),
    Column("Wall / bare", ".2f"),
    Column("from", ".2f"),
    Column("to", ".2f"),
    Column("Rounds", "d"),
    Column("Gradients tried", "d"),
)


def gradient_comparison(
    record: ComparisonRecord,
    gradients: Iterable[GradientRecord],
    provenances: Mapping[str, Provenance] | None = None,
    *,
    short: bool = False,
) -> tuple[Table, list[str]]:
    """Return the table of a comparison of gradients, and its sentences.

    Parameters
    ----------
    record : ComparisonRecord
        Of a gradient problem.
    gradients : iterable of GradientRecord
        All of the archive.
    provenances : mapping, optional
        By digest, for the note on the machine.
    short : bool
        The columns that answer at a glance, for a terminal.
    """
    measured = list(gradients)
    found = {target: ways(record, measured, target) for target in record.targets}
    shots = f", {shots_text(record.shots)}" if record.shots else ""
    title = f"Ways of keeping the wavefield at equal error of the gradient: {record.subject}{shots}"
    notes = tuple(_notes(record, found, provenances or {}))
    body = _short_rows(record, found) if short else _rows(record, found)
    table = Table(title, _short_columns() if short else _COLUMNS, tuple(body), notes)
    return table, [line for target in record.targets for line in _sentences(record, target, found[target])]


def _rows(record: ComparisonRecord, found: Mapping[str, Sequence[Way]]) -> list[Row]:
    body: list[Row] = []
    for target, rows in found.items():
        body += [Row(_cells(target_words(record, target), row), muted=row.answer is None) for row in rows]
        body[-1] = Row(body[-1].cells, body[-1].muted, gap_after=True)
    return body


def _cells(where: str, row: Way) -> tuple[Cell, ...]:
    answer, impact, time = row.answer, row.impact, row.time
    return (
        where,
        row.label,
        row.spec,
        "beside" if answer is None else "failed" if answer.status == "failed" else "yes" if row.takes_part else "no",
        row.error,
        row.deep_error,
        None if answer is None or row.judged is None else row.judged / answer.limit,
        row.peak_mb,
        None if answer is None else answer.ratio,
        None if impact is None else impact.seconds.wall,
        *((None, None, None, None) if time is None else (time.median, time.low, time.high, time.count)),
        None if answer is None else answer.tried,
    )


def _short_columns() -> tuple[Column, ...]:
    return (
        Column("Target\n  setting", left=True),
        Column("Relative\nL2", ".2e"),
        Column("below the\ntop tenth", ".2e"),
        Column("Of the error\nallowed", ".3f"),
        Column("Peak\n(MB)", ".3f"),
        Column("Wall / bare\n[from, to]"),
        Column("Gradients\ntried", "d"),
    )


def _short_rows(record: ComparisonRecord, found: Mapping[str, Sequence[Way]]) -> list[Row]:
    body: list[Row] = []
    for target, rows in found.items():
        body.append(Row((target_words(record, target), *("" for _ in _short_columns()[1:]))))
        for row in rows:
            cells = _cells("", row)
            share = cells[6]
            if isinstance(share, float) and not row.takes_part:
                share = f"missed: {digits(share)}"
            time = None if row.time is None else times_text(row.time)
            shown = (f"  {_setting(row)}", *cells[4:6], share, row.peak_mb, time, cells[-1])
            body.append(Row(shown, muted=row.answer is None))
        body[-1] = Row(body[-1].cells, body[-1].muted, gap_after=True)
    return body


def _setting(row: Way) -> str:
    found = None if row.answer is None else found_value(row.answer)
    return row.label if found is None else f"{row.label}: {' '.join(found)}"


def _notes(
    record: ComparisonRecord, found: Mapping[str, Sequence[Way]], provenances: Mapping[str, Provenance]
) -> Iterator[str]:
    where = "below the top tenth" if record.measure == "deep-error" else "over the whole"
    yield (
        "Errors are relative to the exact gradient, over the whole and below the top tenth of the depth; peak: all "
        "that is held to keep the wavefield. For each contestant the setting with the least memory among all tried "
        f"that meet the target {where}; beside them what loses nothing, and what only leaves levels out."
    )
    yield from steps_found(
        (row.spec, row.impact.absolute_specs) for rows in found.values() for row in rows if row.spec and row.impact
    )
    times = [row.time for rows in found.values() for row in rows if row.time is not None]
    if times:
        count = min(time.count for time in times)
        sure = min(time.coverage for time in times)
        yield (
            f"Wall / bare: each of {count} round{'s' if count > 1 else ''} runs the bare sweeps and then every row, "
            "and a time is compared with the bare sweeps of its own round; [a, b] holds the median with "
            f"{sure:.0%} confidence."
        )
    known = provenances.get(record.provenance)
    machine = machine_words(known) if known is not None else f"provenance {record.provenance}"
    yield f"Measured on {machine}, with {record.library}."


def _sentences(record: ComparisonRecord, target: str, rows: Sequence[Way]) -> Iterator[str]:
    where = target_words(record, target)
    taking = [row for row in rows if row.answer is not None and row.takes_part and row.peak_mb]
    if taking:
        yield f"{where}: {_least(taking, [row for row in rows if row.answer is None])}"
        if line := _fastest(taking):
            yield f"{where}: {line}"
        if record.measure == "gradient-error":
            yield from (f"{where}: {line}" for line in _deep(taking))
    yield from (f"{where}: {line}" for line in _missed(rows))


def _least(taking: Sequence[Way], beside: Sequence[Way]) -> str:
    best, *others = sorted(taking, key=lambda row: row.peak_mb or 0.0)
    least = best.peak_mb or 0.0
    words = [f"{row.label} {digits((row.peak_mb or 0.0) / least)} times that" for row in others]
    words += [f"{row.label} {digits(row.peak_mb / least)} times" for row in beside if row.peak_mb]
    return f"{best.label} holds least, {digits(least)} MB; {join_words(words)}."


def _fastest(taking: Sequence[Way]) -> str:
    timed = [row for row in taking if row.time is not None]
    if len(timed) < 2:
        return ""
    best, *others = sorted(timed, key=lambda row: row.time.median if row.time else 0.0)
    ahead, open_ones = [], []
    for other in others:
        times = best.times_as_fast(other)
        if times is not None and times.is_above(1.0):
            ahead.append(f"{times_text(times)} times as fast as {other.label}")
        elif times is not None:
            open_ones.append(f"{other.label} ({times_text(times)})")
    time = best.time
    words = [f"{best.label} is fastest, {digits(time.median) if time else '?'} times the bare sweeps"]
    words += [join_words(ahead)] if ahead else []
    if open_ones:
        words.append(f"inside the noise, no difference that these rounds can tell: {join_words(open_ones)}")
    return "; ".join(words) + "."


def _deep(taking: Sequence[Way]) -> Iterator[str]:
    """Name those whose error below the top tenth is beyond what was allowed over the whole."""
    worse = [
        f"{row.label} {row.deep_error:.2g}"
        for row in taking
        if row.deep_error is not None and row.answer is not None and row.deep_error > row.answer.limit
    ]
    if worse:
        yield f"below the top tenth of the depth the error is larger than allowed over the whole: {join_words(worse)}."


def _missed(rows: Sequence[Way]) -> Iterator[str]:
    for row in rows:
        answer = row.answer
        if answer is None:
            continue
        if answer.status == "failed":
            yield f"{row.label} failed: {answer.message}."
        elif not answer.meets:
            share = "no finite error" if answer.error is None else f"{digits(answer.error / answer.limit)} times"
            how = (
                "stands at"
                if answer.status == "stands"
                else f"does not get there: of {answer.tried} settings the best has"
            )
            yield f"{row.label} {how} {share} what is allowed ({row.spec})."
        elif row.failure is not None:
            yield f"{row.label} failed in the rounds: {row.failure}."
        elif row.impact is not None and not row.takes_part:
            yield f"{row.label} met the target in the search and missed it in a round ({row.spec})."
