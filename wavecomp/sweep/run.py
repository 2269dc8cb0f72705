"""Run many cases of a sweep into an archive: what a sweep adds to the engine of :mod:`wavecomp.study`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from wavecomp import study
from wavecomp.compressors import Registry, default_registry
from wavecomp.isolation import Limits
from wavecomp.records import Archive, Failure, Measurement, Provenance, Record
from wavecomp.records.record import key_of
from wavecomp.study import Kind, ReportingWorker, StudyResult, library_of, run_study
from wavecomp.sweep.case import Case, Repeats
from wavecomp.sweep.worker import CaseTask, SweepWorker

SweepProgress: TypeAlias = study.Progress[Record]
SweepResult: TypeAlias = StudyResult[Record]


def run_sweep(
    cases: Sequence[Case],
    archive: Archive,
    *,
    suite: str,
    repeats: Repeats | None = None,
    limits: Limits | None = None,
    workers: int = 1,
    retry: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
    registry: Registry | None = None,
) -> SweepResult:
    """Measure every case that the archive does not hold yet, as :func:`wavecomp.study.run_study` does.

    With one worker the cases run one after the other and nothing else is timed beside them. With more they run at the
    same time, their records are marked ``concurrent``, and a later run with one worker measures them again for their
    times.

    Parameters
    ----------
    cases : sequence of Case
        Duplicates are run once.
    archive : Archive
        Where records go, and where finished cases are found.
    suite : str
        Name kept in the records.
    repeats, limits : Repeats, Limits
        How often an operation is timed, and what a case may take. A record with fewer repeats than the least that are
        asked for is made again.
    workers : int
        Processes at a time.
    retry : bool
        Measure cases again whose record is a failure.
    progress : callable, optional
        Called in this thread after every case.
    registry : Registry, optional
        Where names and parameters for the records come from.

    Raises
    ------
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    known = registry if registry is not None else default_registry()
    kind = SweepKind(suite, repeats if repeats is not None else Repeats(), known, concurrent=workers > 1)
    return run_study(cases, archive, kind, limits=limits, workers=workers, retry=retry, progress=progress)


class SweepKind(Kind[Case, CaseTask, Measurement, Record]):
    """What a sweep adds to the engine of all studies.

    Parameters
    ----------
    suite : str
        Name kept in the records.
    repeats : Repeats
        How often an operation is timed.
    registry : Registry
        Where names and parameters for the records come from.
    concurrent : bool
        Whether several cases are measured at a time.
    """

    def __init__(self, suite: str, repeats: Repeats, registry: Registry, *, concurrent: bool = False) -> None:
        self._suite, self._repeats, self._concurrent, self._registry = suite, repeats, concurrent, registry

    def key(self, case: Case) -> str:
        """Return the case's digest, with what tells fields of the same bytes apart."""
        return key_of(case.digest, case.field.shape, case.field.dtype)

    def library(self, case: Case) -> str:
        """Return the distributions behind the compressor."""
        return library_of(self._registry, case.reading.names)

    def worker(self) -> ReportingWorker[CaseTask, Measurement]:
        """Return a process that measures cases."""
        return SweepWorker()

    def plan(self, todo: Sequence[Case], _held: object) -> Sequence[CaseTask]:
        """Return one task a case."""
        return [CaseTask(case, self._repeats) for case in todo]

    def sufficient(self, _case: Case, record: Record) -> bool:
        """Whether a record has as many repeats as are asked for."""
        # What runs beside others is not repeated for times that do not count.
        if self._concurrent or not isinstance(record.outcome, Measurement):
            return True
        times = (record.outcome.compress, record.outcome.decompress)
        return min(len(timing.samples_s) for timing in times) >= self._repeats.least

    def ask(
        self, worker: ReportingWorker[CaseTask, Measurement], task: CaseTask, limits: Limits
    ) -> Measurement | Failure:
        """Have a case measured; all that is spent on it counts."""
        start = time.perf_counter()
        outcome = worker.ask(task, limits)
        if isinstance(outcome, Failure):
            return outcome
        # All that the sweep spends on a case counts: starting a process, reading the field, sending the result.
        inside = outcome.compress.total_s + outcome.decompress.total_s
        return replace(outcome, outside_s=time.perf_counter() - start - inside)

    def take(self, task: CaseTask, outcome: Measurement | Failure, where: Provenance) -> Iterable[Record]:
        """Make the record of a case."""
        case = task.case
        yield Record(
            case=case.digest,
            suite=self._suite,
            spec=case.spec,
            compressor=case.reading.name,
            parameters=case.reading.all_values,
            library=self.library(case),
            threads=case.threads,
            concurrent=self._concurrent,
            field=case.field.name,
            field_digest=case.field.digest,
            step=case.field.step,
            time_s=case.field.time_s,
            shape=case.field.shape,
            dtype=case.field.dtype,
            raw_bytes=case.field.nbytes,
            provenance=where.digest,
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            outcome=outcome,
        )
