"""What a sweep fell short of: cases that failed, bounds that were broken, plug-ins that could not take part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from wavecomp.catalogue import Suite
from wavecomp.cli.console import err
from wavecomp.cli.plain_text import one_line
from wavecomp.errors import WavecompError
from wavecomp.records.shortfall import broken_bound_of, failure_of
from wavecomp.sweep import SweepResult

_SHOWN = 10


class SweepFellShort(WavecompError):
    """The sweep ran to its end, and some of its cases failed or broke their bounds."""


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """How many cases fell short, of how many; and how many compressors, or settings of plug-ins, were left out."""

    cases: int
    failed: int
    broken: int
    left_out: int

    def end(self, records: Path) -> None:
        """Raise SweepFellShort unless everything went well; ``records`` is where more is said."""
        words = []
        if self.failed:
            words.append(f"{self.failed} of {self.cases} cases failed")
        if self.broken:
            words.append(f"{self.broken} of {self.cases} cases broke their bounds")
        if self.left_out:
            words.append(f"{self.left_out} compressors or settings were left out")
        if self.failed or self.broken:
            words[-1] += f"; their records in {records} say more"
        if words:
            raise SweepFellShort(" and ".join(words))


def report_shortfalls(results: Sequence[SweepResult], suites: Sequence[Suite] = ()) -> Shortfalls:
    """Print what fell short, at most ten lines of each kind, and return how much it was.

    A bound that is exceeded by no more than the rounding of the field's own dtype is not broken, nor is a target that
    is no guarantee.
    """
    # Suites share cases, the copy above all.
    records = list({record.key: record for result in results for record in result.records}.values())
    left_out = [f"left out: {reason}" for suite in suites for reason in suite.left_out]
    failed = [line for record in records if (line := failure_of(record)) is not None]
    broken = [line for record in records if (line := broken_bound_of(record)) is not None]
    for lines in (left_out, failed, broken):
        _show(lines)
    return Shortfalls(len(records), len(failed), len(broken), len(left_out))


def _show(lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        err.print(Text(one_line(line), style="red"))
    if len(lines) > _SHOWN:
        err.print(f"… and {len(lines) - _SHOWN} more")
