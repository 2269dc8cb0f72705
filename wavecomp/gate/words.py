"""A verdict in words: its sentence, and its findings as a table."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence

from wavecomp.gate.finding import Finding, Standing, Value
from wavecomp.gate.values import CHECKPOINT_BYTES, GRADIENT_ERROR
from wavecomp.gate.verdict import Verdict
from wavecomp.report.table import Column, Row, Table

SHOWN = 40
"""Rows of a table; the JUnit file has all of them."""

_NAMES = 12
_SEVERAL = 3
_OPEN = 10


def sentence(verdict: Verdict) -> str:
    """Return the verdict in one line."""
    worse, better = len(verdict.of(Standing.WORSE)), len(verdict.of(Standing.BETTER))
    counts = f"{_many(verdict.comparison.cases or len({one.case for one in verdict.timed}), 'case')} compared"
    improved = f"; {_many(better, 'value')} better" if better else ""
    if worse:
        return f"WORSE: {_many(worse, 'value')}{improved} ({counts})"
    if not verdict.findings:
        return "NOTHING COMPARED: no case is in both with the same field or problem"
    if verdict.undecided:
        return f"UNDECIDED: nothing is known to be worse{improved} ({counts})"
    return f"{'BETTER' if better else 'SAME'}: nothing is worse{improved} ({counts})"


def notes(verdict: Verdict) -> list[str]:
    """Return what is to be known beside the findings, a line each: what changed first, as the likely cause."""
    compared = verdict.comparison
    changed = any(one.standing is not Standing.SAME for one in verdict.findings)
    lines = [f"changed: {cause}" for cause in verdict.causes] if changed else _harmless(verdict.causes)
    lines += [f"another field or problem, not compared: {one}" for one in compared.elsewhere]
    if compared.other_bits:
        lines.append(
            f"the wavefields of {', '.join(compared.other_bits)} have other bits here (another processor or "
            f"compiler): errors and sizes of those gradients are compared within {GRADIENT_ERROR:.0%} and "
            f"{CHECKPOINT_BYTES:.0%}"
        )
    lines += _cases("gone, so not compared", compared.gone)
    lines += _cases("new, compared with nothing", compared.added)
    return [*lines, *(f"not judged: {reason}" for reason in verdict.unjudged), *verdict.remarks]


def table(verdict: Verdict, most: int = SHOWN) -> Table:
    """Return what is worse, undecided and better, in that order, as a table."""
    undecided = verdict.of(Standing.UNDECIDED)
    found = [*verdict.of(Standing.WORSE), *undecided[:_OPEN], *verdict.of(Standing.BETTER)]
    columns = (
        Column("", left=True),
        Column("Case", left=True),
        Column("Value", left=True),
        Column("Before"),
        Column("Now"),
        Column("Change"),
        Column("How sure", left=True),
    )
    rows = tuple(Row(_cells(one), muted=one.standing is Standing.BETTER) for one in found[:most])
    more = [f"and {len(found) - most} more"] if len(found) > most else []
    if len(undecided) > _OPEN:
        more.append(f"and {len(undecided) - _OPEN} more are undecided")
    return Table(f"{verdict.old} → {verdict.new}", columns, rows, tuple(more))


def summary(verdict: Verdict) -> list[str]:
    """Return a line for every compressor and value that has changed in several cases, the most frequent first."""
    groups: dict[tuple[Standing, str, str], list[Finding]] = defaultdict(list)
    for standing in (Standing.WORSE, Standing.BETTER):
        for one in verdict.of(standing):
            groups[standing, _compressor(one.case), one.quantity].append(one)
    lines = []
    for (standing, compressor, quantity), found in sorted(groups.items(), key=lambda item: -len(item[1])):
        if len(found) < _SEVERAL:
            continue
        changes = [(one.change - 1) * 100 for one in found if one.change is not None]
        much = f", {statistics.median(changes):+.3g} % in the median" if changes else ""
        lines.append(f"{standing}: {quantity} of {compressor} in {len(found)} cases{much}")
    undecided: dict[str, int] = defaultdict(int)
    for one in verdict.of(Standing.UNDECIDED):
        undecided[one.quantity] += 1
    if len(verdict.of(Standing.UNDECIDED)) >= _SEVERAL:
        counts = sorted(undecided.items(), key=lambda item: -item[1])
        words = [f"{quantity} of {_many(count, 'case')}" for quantity, count in counts]
        lines.append(f"undecided: {', '.join(words)}")
    return lines


def _compressor(case: str) -> str:
    """Return the compressor's name in a case's label, or the strategy's for a gradient."""
    if case.startswith("all of "):
        return case
    spec = case.rpartition(" by ")[2] if case.startswith("gradient of ") else case
    return spec.partition(" ")[0].partition(":")[0].partition("/")[0]


def shown(value: Value, unit: str) -> str:
    """Return a value as people read it; bytes with every digit, since one of them may be the finding."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if unit == "s":
        return f"{value * 1e3:.4g} ms"
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def percent(finding: Finding) -> str:
    """Return how much a value has changed, signed."""
    change = finding.change
    if change is None:
        return "–"
    share = (change - 1) * 100
    return f"{share:+.3g} %" if abs(share) < 1000 else f"× {change:.3g}"


def _cells(one: Finding) -> tuple[str, ...]:
    values = shown(one.old, one.unit), shown(one.new, one.unit)
    return (str(one.standing), one.case, one.quantity, *values, percent(one), one.basis)


def _harmless(causes: Sequence[str]) -> list[str]:
    """Return in one line what changed where no value did."""
    return [f"changed, and no value with it: {'; '.join(causes)}"] if causes else []


def _cases(what: str, labels: Sequence[str]) -> list[str]:
    if not labels:
        return []
    more = f" and {len(labels) - _NAMES} more" if len(labels) > _NAMES else ""
    return [f"{what}: {'; '.join(labels[:_NAMES])}{more}"]


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
