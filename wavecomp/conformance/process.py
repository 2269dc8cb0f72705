"""In the process that runs a compressor's code: it builds the compressor once, and tries what it is told."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xxhash

from wavecomp.compressors import Compressor
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.checks import CHECKS, declared, finding_of
from wavecomp.conformance.findings import Broken, Finding, Unseen
from wavecomp.conformance.subject import Subject
from wavecomp.conformance.trail import Trail
from wavecomp.errors import CompressorUnavailable, SpecError

_MOST_FINDINGS = 3
"""Of one check: what comes after says the same in other words."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is asked.

    Attributes
    ----------
    subject : Subject
    check : str
        Name of a check whose cases are tried; "" to say what the compressor says of itself; ``DIGESTS`` for the digests
        of streams and values.
    cases : tuple of Case
    trail : pathlib.Path, optional
        Where to say how far it came.
    """

    subject: Subject
    check: str = ""
    cases: tuple[Case, ...] = ()
    trail: Path | None = None


DIGESTS = "digests"


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a task.

    Attributes
    ----------
    findings : tuple of (int, Finding)
        The first of each name, with the number of its case.
    note : str
        What is worth telling.
    unseen : str
        Why nothing can be said; "" where something can.
    declared : Declared, optional
    refused : str
        Why there is nothing to check; "" where there is.
    wrong_words : bool
        Whether that is because of the spec's own words.
    digests : tuple of str
        Of stream and values of each case.
    """

    findings: tuple[tuple[int, Finding], ...] = ()
    note: str = ""
    unseen: str = ""
    declared: Declared | None = None
    refused: str = ""
    wrong_words: bool = False
    digests: tuple[str, ...] = ()


class Checking:
    """Answers tasks."""

    def __init__(self) -> None:
        self._built: Compressor | None = None
        # What it prints is a finding of one check; in the others it would only be in the way.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        self._checks: dict[str, Check] = {check.name: check for check in CHECKS}

    def __call__(self, task: Task) -> Seen:
        """Do one task."""
        try:
            compressor = self._compressor(task.subject)
        except (SpecError, CompressorUnavailable) as error:
            return Seen(refused=str(error), wrong_words=isinstance(error, SpecError))
        if not task.check:
            try:
                return Seen(declared=declared(compressor))
            except Broken as broken:
                return Seen(((0, broken.finding),))
        if task.check == DIGESTS:
            return Seen(digests=tuple(_digest(compressor, case) for case in task.cases))
        return _tried(self._checks[task.check], compressor, task)

    def _compressor(self, subject: Subject) -> Compressor:
        if self._built is None:  # a process has one compressor
            self._built = subject.build()
        return self._built


def _tried(check: Check, compressor: Compressor, task: Task) -> Seen:
    assert task.trail is not None
    found: dict[str, tuple[int, Finding]] = {}
    notes: Counter[str] = Counter()
    with Trail(task.trail) as trail:
        for number, case in enumerate(task.cases):
            trail.go_to(number)
            try:
                came = finding_of(check, compressor, case)
            except Unseen as unseen:
                return Seen(tuple(found.values()), unseen=str(unseen))
            if isinstance(came, Finding):
                found.setdefault(came.name, (number, replace(came, example="" if check.measures else str(case))))
                if len(found) == _MOST_FINDINGS:
                    break
            elif came:
                notes[came] += 1
    told = (note if count == len(task.cases) == 1 else f"{count} {note}" for note, count in notes.items())
    return Seen(tuple(found.values()), "; ".join(told))


def _digest(compressor: Compressor, case: Case) -> str:
    stream = compressor.compress(case.field)
    out = np.full(case.field.shape, 3.0, case.field.dtype)
    compressor.decompress(stream, out)
    return xxhash.xxh3_128_hexdigest(stream + out.tobytes())
