"""What a comparison on a field shows, in sentences: who is ahead, by how much, and what no round can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wavecomp.records import ComparisonRecord, RoundRecord
from wavecomp.report.comparison_rows import DIRECTIONS, Direction, Standing, standings
from wavecomp.report.comparison_words import digits, target_words, times_text
from wavecomp.report.names import join_words

_VERBS = {"compress": "compresses", "decompress": "decompresses"}


def comparison_sentences(record: ComparisonRecord, rounds: Sequence[RoundRecord]) -> list[str]:
    """Return a few sentences for each target."""
    lines: list[str] = []
    for target in record.targets:
        rows = standings(record, rounds, target)
        where = target_words(record, target)
        taking = [row for row in rows if row.answer is not None and row.takes_part]
        if taking:
            lines.append(f"{where}: {_most(taking, [row for row in rows if row.answer is None])}")
        lines += [f"{where}: {line}" for direction in DIRECTIONS if (line := _fastest(taking, direction))]
        lines += [f"{where}: {line}" for line in _missed(rows)]
    return lines


def front(rows: Sequence[Standing], direction: Direction) -> list[Standing]:
    """Return those that nobody surpasses: with at least their ratio, and faster beyond what the rounds leave open."""
    return [row for row in rows if not any(_surpasses(other, row, direction) for other in rows if other is not row)]


def _surpasses(one: Standing, other: Standing, direction: Direction) -> bool:
    times = one.times_as_fast(other, direction)
    return (one.ratio or 0.0) >= (other.ratio or 0.0) and times is not None and times.is_above(1.0)


def _most(taking: Sequence[Standing], beside: Sequence[Standing]) -> str:
    best, *others = sorted(taking, key=lambda row: -(row.ratio or 0.0))
    words = [f"{digits(_times(best, one))} times {one.label} ({digits(one.ratio or 0.0)})" for one in others]
    lossless = [f"{one.label} without loss {digits(one.ratio)}" for one in beside[:-1] if one.ratio is not None]
    rest = "".join(f"; {one}" for one in ([join_words(words)] if words else []) + lossless)
    return f"{best.label} compresses most, {digits(best.ratio or 0.0)}{rest}."


def _times(one: Standing, other: Standing) -> float:
    return (one.ratio or 0.0) / other.ratio if other.ratio else float("inf")


def _fastest(taking: Sequence[Standing], direction: Direction) -> str:
    timed = [row for row in taking if row.speed_mb_s(direction)]
    if len(timed) < 2:
        return ""
    best, *others = sorted(timed, key=lambda row: -(row.speed_mb_s(direction) or 0.0))
    ahead, open_ones = [], []
    for other in others:
        times = best.times_as_fast(other, direction)
        if times is not None and times.is_above(1.0):
            ahead.append(f"{times_text(times)} times as fast as {other.label}")
        elif times is not None:
            open_ones.append(f"{other.label} ({times_text(times)})")
    speed = best.speed_mb_s(direction) or 0.0
    words = [f"{best.label} {_VERBS[direction]} fastest, {speed:.0f} MB/s"]
    words += [join_words(ahead)] if ahead else []
    if open_ones:
        words.append(f"inside the noise, no difference that these rounds can tell: {join_words(open_ones)}")
    unsurpassed = [row.label for row in front(timed, direction)]
    words += [f"surpassed by nobody in ratio and speed together: {join_words(unsurpassed)}"]
    return "; ".join(words) + "."


def _missed(rows: Sequence[Standing]) -> Iterator[str]:
    for row in rows:
        answer = row.answer
        if answer is None:
            continue
        if answer.status == "failed":
            yield f"{row.label} failed: {answer.message}."
        elif not answer.meets:
            share = (
                "no finite error"
                if answer.error is None
                else f"{digits(answer.error / answer.limit)} times what is allowed"
            )
            best = (
                "stands at"
                if answer.status == "stands"
                else f"does not get there: of {answer.tried} settings the best has"
            )
            yield f"{row.label} {best} {share} ({row.spec})."
        elif not row.takes_part and not row.failures:
            yield f"{row.label} met the target in the search and missed it in a round ({row.spec})."
        if row.failures:
            yield f"{row.label} failed in rounds: {'; '.join(row.failures)}."
        if row.breaks_bound:
            yield f"{row.label} breaks the bound that it promises ({row.spec})."
