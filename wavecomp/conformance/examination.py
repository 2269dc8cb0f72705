"""One compressor's examination, seen from the process that asks: what it runs may crash, hang or eat the memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.checks_calls import CHECKS as CALLS
from wavecomp.conformance.findings import Finding, Name
from wavecomp.conformance.process import DIGESTS, Checking, Seen, Task
from wavecomp.conformance.report import Outcome
from wavecomp.conformance.shrinking import smallest
from wavecomp.conformance.subject import Subject
from wavecomp.conformance.trail import Trail
from wavecomp.isolation import Limits, Worker
from wavecomp.records import Failure

_WHOLE = Limits(seconds=600.0, memory_bytes=4 * 2**30)
_SHRINKING_S = 6.0
_SHRINKING_PATIENCE_S = 2.0
_UNWATCHED_S = 60.0
"""How long what leaves no trail may take: to build the compressor, to make a few digests."""
_LONGER = 10
"""Times as long as a case of a few thousand values one with megabytes may take."""
_MOST_DEATHS = 3
"""After so many crashes and hangs the checks that are left would only meet the same ones."""

_DEATHS: dict[str, tuple[Name, str]] = {
    "crash": ("crashes", "its process lives"),
    "time": ("hangs", "an answer"),
    "memory": ("takes too much memory", "memory that is a small multiple of the field's"),
    "exception": ("raises", "one of wavecomp's errors, or none"),
}


class _Silent(Exception):
    """One case takes too long."""


class Examination:
    """Has checks done in processes of their own, one after the other.

    Parameters
    ----------
    subject : Subject
    folder : pathlib.Path
        An empty one, for files that last as long as this.
    patience_s : float
        How long one case may take.
    """

    def __init__(self, subject: Subject, folder: Path, patience_s: float) -> None:
        self._subject, self._trail, self._patience_s = subject, folder / "trail", patience_s
        self._worker: Worker[Task, Seen] = Worker(Checking, foreign=lambda _: "compressor")
        self._deaths = 0

    def stop(self) -> None:
        """End the process."""
        self._worker.stop()

    def declared(self) -> Seen | Finding:
        """Ask the compressor what it says of itself."""
        return self._ask(Task(self._subject))

    def outcome(self, check: Check, said: Declared) -> Outcome:
        """Make one check."""
        reason = check.why_not(said)
        if reason is not None:
            return Outcome(check.name, "not applicable", reason)
        if self._deaths >= _MOST_DEATHS:
            return Outcome(check.name, "not run", f"it crashed or hung {self._deaths} times before")
        began = time.monotonic()
        cases = tuple(check.cases(said))
        seen = self._tried(check, cases)
        tried = self._at() + 1
        if isinstance(seen, Finding):
            self._deaths += 1
            findings = [self._with_smallest(check, cases[max(0, self._at())], seen)]
            note = "the cases behind the last one were not tried"
        elif seen.unseen:
            return Outcome(check.name, "not applicable", seen.unseen, tried, (), time.monotonic() - began)
        else:
            findings = [self._with_smallest(check, cases[number], finding) for number, finding in seen.findings]
            note = seen.note
        status = "failed" if findings else "passed"
        return Outcome(check.name, status, note, tried, tuple(findings), time.monotonic() - began)  # type: ignore[arg-type]

    def two_processes(self, said: Declared) -> Outcome:
        """See that another process makes the same streams, in whatever order it is asked."""
        name = "two processes"
        if self._deaths >= _MOST_DEATHS:
            return Outcome(name, "not run", f"it crashed or hung {self._deaths} times before")
        began = time.monotonic()
        cases = tuple(CALLS[0].cases(said))
        here = self._ask(Task(self._subject, DIGESTS, cases))
        self._worker.stop()
        there = self._ask(Task(self._subject, DIGESTS, cases[::-1]))
        findings: list[Finding] = []
        if isinstance(here, Finding) or isinstance(there, Finding):
            self._deaths += 1
            findings = [one for one in (here, there) if isinstance(one, Finding)][:1]
        else:
            pairs = zip(cases, here.digests, there.digests[::-1], strict=True)
            differing = next((case for case, one, other in pairs if one != other), None)
            if differing is not None:
                found = (
                    "another process, asked in another order, makes another stream or other values of the same field"
                )
                findings = [
                    Finding("gives different streams", found, "the same bytes in every process", str(differing))
                ]
        seconds = time.monotonic() - began
        return Outcome(name, "failed" if findings else "passed", "", len(cases), tuple(findings), seconds)

    def _tried(self, check: Check, cases: Sequence[Case]) -> Seen | Finding:
        with Trail(self._trail, 0):
            pass
        task = Task(self._subject, check.name, tuple(cases), self._trail)
        return self._ask(task, self._patience_s * (_LONGER if check.measures else 1))

    def _at(self) -> int:
        with Trail(self._trail) as trail:
            return trail.at

    def _with_smallest(self, check: Check, case: Case, finding: Finding) -> Finding:
        """Give a finding the smallest example for which it is seen again, alone."""
        seen_alone: list[Finding] = []

        def fails(candidate: Case) -> bool:
            again = self._tried(check, (candidate,))
            found = [again] if isinstance(again, Finding) else [one for _, one in again.findings]
            same = [one for one in found if one.name == finding.name]
            seen_alone.extend(same)
            return bool(same)

        if check.measures:
            return finding
        patience, self._patience_s = self._patience_s, min(self._patience_s, _SHRINKING_PATIENCE_S)
        try:
            if not fails(case):
                self._worker.stop()  # what it has kept of other fields may hide it
                if not fails(case):
                    return replace(finding, example=f"{case}, after others; alone it is not seen")
            case = smallest(case, fails, _SHRINKING_S)
        finally:
            self._patience_s = patience
        return replace(seen_alone[-1], example=str(case))

    def _ask(self, task: Task, patience_s: float | None = None) -> Seen | Finding:
        longest = patience_s if patience_s is not None else _UNWATCHED_S
        try:
            answer = self._worker.ask(task, _WHOLE, self._watch(task, longest))
        except _Silent:
            self._worker.stop()
            return Finding("hangs", f"no result within {longest:g} s", "an answer")
        if isinstance(answer, Failure):
            name, right = _DEATHS[answer.kind]
            return Finding(name, answer.message, right)
        return answer

    def _watch(self, task: Task, longest: float) -> Callable[[], None]:
        """Return what raises _Silent if a case takes too long."""
        began, last = time.monotonic(), -2

        def watch() -> None:
            nonlocal began, last
            at = self._at() if task.trail is not None else -1
            if at != last:
                began, last = time.monotonic(), at
            elif time.monotonic() - began > longest:
                raise _Silent

        return watch
