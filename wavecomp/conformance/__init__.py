"""Does a compressor keep its word? What its contract says, tried out; of what fails, the smallest counterexample."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wavecomp.compressors import Compressor, Registry
from wavecomp.conformance.checks import CHECKS
from wavecomp.conformance.examination import Examination
from wavecomp.conformance.findings import NAMES, Finding
from wavecomp.conformance.report import Outcome, Report
from wavecomp.conformance.subject import NotThere, subject_of
from wavecomp.errors import SpecError

__all__ = ["NAMES", "Finding", "Outcome", "Report", "check"]

PATIENCE_S = 20.0
"""How long one case may take: a few thousand values, or ten times as long for megabytes (memory, GIL)."""


def check(
    what: str | Compressor,
    registry: Registry | None = None,
    *,
    patience_s: float = PATIENCE_S,
    advance: Callable[[int, int, str], None] = lambda _done, _of, _name: None,
) -> Report:
    """Try out everything that a compressor's contract says, in processes of their own.

    Parameters
    ----------
    what : str or Compressor
        A spec, or a compressor; that is pickled, so its class is to stand in a module.
    registry : Registry, optional
        What the names of the spec mean; by default the built-in compressors and all installed plug-ins.
    patience_s : float
        Seconds that one case may take before it hangs.
    advance : callable
        Called before each check with how many are done, of how many, and its name.

    Returns
    -------
    Report
        A crash, a hang, an exception are findings in it.

    Raises
    ------
    SpecError
        The text is no compressor's.
    NotThere, CompressorUnavailable
        It cannot be had on this machine.
    NotPortable
        What was given cannot be handed to another process.
    WorkerStartError
        No process could be started.
    """
    began = time.monotonic()
    subject = subject_of(what, registry)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="wavecomp-check-") as folder:
        examination = Examination(subject, Path(folder), patience_s)
        try:
            seen = examination.declared()
            if not isinstance(seen, Finding) and seen.refused:
                raise (SpecError if seen.wrong_words else NotThere)(seen.refused)
            findings = (seen,) if isinstance(seen, Finding) else tuple(finding for _, finding in seen.findings)
            outcomes.append(Outcome("declaration", "failed" if findings else "passed", findings=findings))
            said = None if isinstance(seen, Finding) else seen.declared
            for number, one in enumerate(CHECKS):
                advance(number, len(CHECKS) + 1, one.name)
                if said is None:
                    outcomes.append(Outcome(one.name, "not run", "it does not say what it can do"))
                else:
                    outcomes.append(examination.outcome(one, said))
            if said is not None:
                advance(len(CHECKS), len(CHECKS) + 1, "two processes")
                outcomes.append(examination.two_processes(said))
        finally:
            examination.stop()
    return Report(subject.spec, "" if said is None else str(said.bound), tuple(outcomes), time.monotonic() - began)
