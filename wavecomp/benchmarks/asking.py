"""Cases measured when a benchmark asks for them, by the engines of ``wavecomp sweep`` and ``wavecomp gradient``.

Nothing is timed in the process that asks: a compressor that crashes is one case that failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

from wavecomp.benchmarks.named import SweepBenchmark
from wavecomp.compressors import Registry
from wavecomp.impact.cases import ImpactCase
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.records import Archive, GradientArchive, GradientRecord, Measurement, Provenance, Record
from wavecomp.study import Asking, open_study
from wavecomp.sweep import ONCE, Case, FieldRef, Repeats, SweepKind
from wavecomp.sweep.worker import CaseTask

_Study: TypeAlias = Asking[Case, CaseTask, Measurement, Record]


class SweepAsking:
    """Measures cases of sweeps into one archive, each when it is asked for, unless the archive holds it.

    Parameters
    ----------
    archive : Archive
        Where records go; it is locked from the first case to :meth:`close`.
    about : FieldRef
        What is compressed.
    registry : Registry
    limits : Limits
        What a case may take.
    once : bool
        Whether each operation is called as seldom as can be, for its result alone.
    """

    def __init__(
        self, archive: Archive, about: FieldRef, registry: Registry, limits: Limits, *, once: bool = False
    ) -> None:
        self._archive, self._about, self._registry, self._limits, self._once = archive, about, registry, limits, once
        self._open = ExitStack()
        self._study: _Study | None = None
        self._suite: tuple[str, Repeats] | None = None

    def __call__(self, benchmark: SweepBenchmark) -> Record:
        """Return the record of a benchmark's case.

        Raises
        ------
        SpecError, ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
            Nothing that was recorded is lost by any of them.
        """
        case = benchmark.case(self._about, self._registry)
        suite = benchmark.suite, ONCE if self._once else benchmark.repeats
        if self._study is None or suite != self._suite:
            self.close()
            kind = SweepKind(*suite, self._registry)
            self._study = self._open.enter_context(open_study(self._archive, kind, limits=self._limits))
            self._suite = suite
        return self._study(case)

    def close(self) -> None:
        """End the measuring process, and unlock the archive; a later case opens both again."""
        self._study = None
        self._open.close()


def ask_gradients(
    cases: Sequence[ImpactCase], folder: Path, registry: Registry, limits: Limits, *, once: bool = False
) -> dict[str, GradientRecord]:
    """Measure all gradients that are asked for in one study, so that their rounds interleave.

    Parameters
    ----------
    cases : sequence of ImpactCase
    folder : pathlib.Path
        Of the archive.
    registry : Registry
    limits : Limits
        What a shot of a case may take.
    once : bool
        Whether one round is enough.

    Returns
    -------
    dict
        Records by the digest of their cases.

    Raises
    ------
    MeaninglessGradient, ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
    """
    archive = GradientArchive(folder)
    result = run_impact(cases, archive, rounds=1 if once else None, limits=limits, registry=registry)
    return {record.case: record for record in result.records}


def provenances_in(folder: Path) -> dict[str, Provenance]:
    """Return where the records of an archive's folder were made, by the digests that they name."""
    return Archive(folder).provenances()
