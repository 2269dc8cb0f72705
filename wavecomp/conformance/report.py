"""What a conformance run comes to: a line for every check, as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from wavecomp import __version__
from wavecomp.conformance.findings import Finding
from wavecomp.plain_text import one_line

Status = Literal["passed", "failed", "not applicable", "not run"]

_LONGEST = 400
"""Characters of what a check found."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check.

    Attributes
    ----------
    check : str
        Its name.
    status : str
        ``not applicable`` where the check says nothing about this compressor, ``not run`` where an earlier one kept it
        from being run.
    note : str
        Why it was not run, or what is worth telling.
    cases : int
        How many were tried, the one at which it stopped included.
    findings : tuple of Finding
    seconds : float
        Wall time.
    """

    check: str
    status: Status
    note: str = ""
    cases: int = 0
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        told = f"{self.cases} cases" if self.cases > 1 else ""
        head = f"{self.check:<20}  {self.status:<14}  {'; '.join(filter(None, (told, self.note)))}".rstrip()
        lines = [one_line(head)]
        lines += [f"    {one_line(str(finding), _LONGEST)}" for finding in self.findings]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`wavecomp.conformance.check` found; printed, it is a table.

    Attributes
    ----------
    spec : str
        Canonical text of the compressor.
    bound : str
        What it promises, in words; "" where it could not be asked.
    outcomes : tuple of Outcome
        One for each check, in the order in which they were made.
    seconds : float
        Wall time in all.
    """

    spec: str
    bound: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether everything that was asked was answered, and nothing is wrong."""
        return not any(outcome.status in ("failed", "not run") for outcome in self.outcomes)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is wrong, each once."""
        return tuple(dict.fromkeys(finding.name for finding in self.findings))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "wavecomp": __version__,
            "spec": self.spec,
            "bound": self.bound,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "outcomes": [asdict(outcome) | {"seconds": round(outcome.seconds, 3)} for outcome in self.outcomes],
        }

    def __str__(self) -> str:
        lines = [f"{self.spec}: {self.bound}" if self.bound else self.spec, *map(str, self.outcomes)]
        count = {status: sum(outcome.status == status for outcome in self.outcomes) for status in _ORDER}
        ending = ", ".join(f"{number} {status}" for status, number in count.items() if number or status == "passed")
        lines.append(f"{ending}; {self.seconds:.0f} s")
        return "\n".join(lines)


_ORDER: tuple[Status, ...] = ("passed", "failed", "not applicable", "not run")
