"""The verdict of a gate, and the exit status that goes with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wavecomp.gate.calibrated import judge_times
from wavecomp.gate.causes import causes
from wavecomp.gate.comparing import Comparison, compare
from wavecomp.gate.finding import Finding, Standing
from wavecomp.gate.runs import ComparedRun

WORSE, UNDECIDED = 1, 3


@dataclass(frozen=True)
class Verdict:
    """What a gate says.

    Attributes
    ----------
    old, new : str
        What was compared with what.
    causes : tuple of str
        What is another one now: libraries, processor, code; the likely reasons, named first.
    comparison : Comparison
        Of what a run determines.
    timed : tuple of Finding
        Of times and memory.
    unjudged : tuple of str
        Why times were not judged; empty where all were, or nobody asked.
    remarks : tuple of str
        What else is to be known, and changes nothing.
    times_count : bool
        Somebody asked for times: where they are undecided or were not judged, so is the verdict.
    """

    old: str
    new: str
    causes: tuple[str, ...]
    comparison: Comparison
    timed: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()
    times_count: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*self.comparison.findings, *self.timed)

    def of(self, standing: Standing) -> tuple[Finding, ...]:
        """Return the findings of one standing; the greatest changes first."""
        found = [finding for finding in self.findings if finding.standing is standing]
        # What came out of nothing, and words, are no matter of degree: they stand before all that is.
        return tuple(sorted(found, key=lambda one: (-abs((one.change or math.inf) - 1), one.case)))

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return bool(self.of(Standing.WORSE))

    @property
    def undecided(self) -> bool:
        """Whether something that was asked for could not be decided: a case is gone, or of another field; or nothing
        was there to compare."""
        asked = self.comparison.findings if not self.times_count else self.findings
        return (
            not self.findings
            or bool(self.comparison.gone or self.comparison.elsewhere)
            or any(finding.standing is Standing.UNDECIDED for finding in asked)
            or (self.times_count and bool(self.unjudged))
        )

    @property
    def exit_status(self) -> int:
        """0 the same or better, 1 something worse, 3 undecided or nothing to compare."""
        return WORSE if self.worse else UNDECIDED if self.undecided else 0


def judge(old: Sequence[ComparedRun], new: Sequence[ComparedRun], *, times: bool = False) -> Verdict:
    """Judge runs against repeated baselines: the last of each by its values, all of them together by their times.

    Parameters
    ----------
    old, new : sequence of ComparedRun
        In order of time; not empty.
    times : bool
        Judge times too, and count what cannot be judged of them as undecided.
    """
    timed, unjudged = judge_times(old, new) if times else ([], [])
    return Verdict(
        old[-1].name,
        new[-1].name,
        tuple(causes(old[-1], new[-1])),
        compare(old[-1], new[-1]),
        tuple(timed),
        tuple(unjudged),
        times,
    )
