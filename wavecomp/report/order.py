"""Why the measured order of the codecs differs from the published one: what the measured cases themselves can tell.

A cause is named only where holding it at the published value restores the published order in the measured data.
"""

from __future__ import annotations

import math

from wavecomp.report.names import chunk_label, join_words
from wavecomp.report.published import STUDY_BYTES
from wavecomp.report.table1 import CodecCases, LosslessCase, Table1

TIE = 0.01
_FACTORS = {"shuffle": "shuffle", "chunk": "chunk size", "level": "level"}
_SAME_CHUNK = 0.01  # the study's own 2^21.5 is printed with two digits exchanged
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def explain_order(table: Table1) -> list[str]:
    """Compare the order of the codecs by ratio with the published one.

    Returns
    -------
    list of str
        The two orders; one sentence for each codec that moved, with the cause as far as the measured cases show it;
        and what they show about the field where every ratio is far from the published one. Codecs without a measured
        case are left out of the comparison and named.
    """
    there = [entry for entry in table.entries if entry.best is not None]
    lines = []
    missing = [entry.published.label for entry in table.entries if entry.best is None]
    if missing:
        lines.append(f"Not compared, for want of a measured case: {join_words(missing)}.")
    if len(there) < 2:
        return lines
    published = sorted(there, key=lambda entry: -entry.published.ratio)
    measured = sorted(there, key=lambda entry: -_ratio(entry))  # stable: equal ratios keep the study's order
    if _labels(published) == _labels(measured):
        lines.append(f"The order by ratio is the published one: {_labels(measured)}.")
    else:
        lines.append(f"Order by ratio: {_labels(measured)}; published: {_labels(published)}.")
        lines += [_sentence(entry, published, measured, table.raw_bytes) for entry in _moved(published, measured)]
    return [*lines, *_about_field(table, there)]


def _ratio(entry: CodecCases) -> float:
    return entry.best.ratio if entry.best is not None else math.nan


def _labels(entries: list[CodecCases]) -> str:
    return " > ".join(entry.published.label for entry in entries)


def _moved(published: list[CodecCases], measured: list[CodecCases]) -> list[CodecCases]:
    """Return the fewest codecs that must be taken out for the two orders to agree, in the measured order."""
    places = [published.index(entry) for entry in measured]
    longest: list[list[int]] = []  # the longest increasing run of places that ends at each codec
    for number, place in enumerate(places):
        before = [longest[i] for i in range(number) if places[i] < place]
        longest.append([*max(before, key=len, default=[]), place])
    kept = max(longest, key=len)
    return [entry for entry, place in zip(measured, places, strict=True) if place not in kept]


def _sentence(entry: CodecCases, published: list[CodecCases], measured: list[CodecCases], raw_bytes: int) -> str:
    was, now = published.index(entry), measured.index(entry)
    above = {id(other) for other in published[:was]}
    # Both ways: a codec that moved may have passed some and been passed by others.
    passed = [other for other in measured[now + 1 :] if id(other) in above]
    passed_by = [other for other in measured[:now] if id(other) not in above]
    rivals = passed or passed_by
    verb = "ahead of" if passed else "behind"
    against = join_words([f"{other.published.label} ({_ratio(other):.3f})" for other in rivals])
    move = f"from {_ORDINALS[was]} to {_ORDINALS[now]}" if was != now else f"within the order, still {_ORDINALS[now]}"
    start = f"{entry.published.label} moved {move}, {verb} {against} with {_ratio(entry):.3f}"
    return f"{start}: {_cause(entry, rivals, raw_bytes)}."


def _cause(entry: CodecCases, rivals: list[CodecCases], raw_bytes: int) -> str:
    gap = max(abs(_ratio(entry) / _ratio(other) - 1.0) for other in rivals)
    if gap <= TIE:
        return f"a tie, the ratios are within {gap:.1%}"
    restoring = [name for name in _FACTORS if _restores((name,), entry, rivals)]
    if restoring:
        return "; ".join(_named(name, entry, rivals, raw_bytes) for name in restoring)
    together = tuple(_FACTORS)
    if _held(entry, together) is None or any(_held(other, together) is None for other in rivals):
        return "the published settings were not all measured here, so the cause cannot be told from these records"
    if _restores(together, entry, rivals):
        return "at the published shuffle, chunk size and level together the order is the published one"
    own, others = _held(entry, together), [_held(other, together) for other in rivals]
    values = join_words([f"{ratio:.3f}" for ratio in others if ratio is not None])
    return (
        f"no setting explains it, at the published shuffle, chunk size and level it is {own:.3f} against {values}; "
        f"the field differs ({raw_bytes / 1e6:.4g} MB here, the study's has {STUDY_BYTES / 1e6:.0f} MB)"
    )


def _held(entry: CodecCases, factors: tuple[str, ...]) -> float | None:
    """Return a codec's best ratio among the cases that have the published value of each factor."""
    return max(
        (case.ratio for case in entry.cases if all(_as_published(case, entry, f) for f in factors)), default=None
    )


def _as_published(case: LosslessCase, entry: CodecCases, factor: str) -> bool:
    row = entry.published
    if factor == "shuffle":
        return case.shuffle == row.shuffle
    if factor == "level":
        return case.level == row.level
    return abs(math.log(case.chunk_bytes / row.chunk_bytes)) < _SAME_CHUNK


def _restores(factors: tuple[str, ...], entry: CodecCases, rivals: list[CodecCases]) -> bool:
    own = _held(entry, factors)
    for other in rivals:
        theirs = _held(other, factors)
        if own is None or theirs is None:
            return False
        if (own > theirs) != (entry.published.ratio > other.published.ratio):
            return False
    return True


def _named(factor: str, entry: CodecCases, rivals: list[CodecCases], raw_bytes: int) -> str:
    gains = join_words([_own_choice(factor, each, raw_bytes) for each in [entry, *rivals] if _differs(factor, each)])
    return f"the {_FACTORS[factor]} makes it, at the published one the order is the published one ({gains})"


def _differs(factor: str, entry: CodecCases) -> bool:
    return entry.best is not None and not _as_published(entry.best, entry, factor)


def _own_choice(factor: str, entry: CodecCases, raw_bytes: int) -> str:
    """Say which value a codec's best case has instead of the published one."""
    case, label = entry.best, entry.published.label
    assert case is not None
    if factor == "shuffle":
        return f"{label} is best with {'no shuffle' if case.shuffle == 'none' else case.shuffle}"
    if factor == "level":
        return f"{label} is best at level {case.level}, published {entry.published.level}"
    whole = ", the whole field in one chunk" if case.chunk_bytes >= raw_bytes else ""
    published = chunk_label(entry.published.chunk_bytes)
    return f"{label} is best at {chunk_label(case.chunk_bytes)}, published {published}{whole}"


def _about_field(table: Table1, there: list[CodecCases]) -> list[str]:
    lines = []
    whole = [e.published.label for e in there if e.best is not None and e.best.chunk_bytes >= table.raw_bytes]
    if whole:
        lines.append(
            f"Best with the whole field in one chunk, which the study's chunks never held: {join_words(whole)}."
        )
    factors = [_ratio(entry) / entry.published.ratio for entry in there]
    if max(factors) < 1.1:
        return lines
    lines += [
        f"The ratios are {min(factors):.3g} to {max(factors):.3g} times the published ones; this field has "
        f"{table.raw_bytes / 1e6:.4g} MB, the study's {STUDY_BYTES / 1e6:.0f} MB."
    ]
    plain = [
        (case.ratio, entry.published.label)
        for entry in there
        for case in entry.cases
        if case.shuffle == "none" and entry.published.codec in ("lz4", "lz4hc", "blosclz")
    ]
    ratio, label = max(plain, default=(1.0, ""))
    if ratio >= 1.1:
        # These three only replace repeated bytes, so what they save was there before, byte for byte.
        lines.append(
            f"Without any shuffle {label} alone reaches {ratio:.3g}: at least {1 - 1 / ratio:.0%} of the field's bytes "
            "repeat earlier ones, as in parts that the wave has not reached or that mirror each other."
        )
    return lines
