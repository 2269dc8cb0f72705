"""Run many cases into an archive: isolated, resumable, one record a case."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from wavecomp.compressors import Registry, default_registry
from wavecomp.isolation import Limits, outcomes
from wavecomp.records import Archive, Failure, Measurement, Record, collect_provenance
from wavecomp.records.provenance import library_version
from wavecomp.sweep.case import Case, Repeats
from wavecomp.sweep.worker import Worker


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sweep is: ``done`` of ``total`` cases, and the record that was just written (None at the start)."""

    done: int
    total: int
    record: Record | None


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one call of :func:`run_sweep` did.

    Attributes
    ----------
    records : tuple of Record
        All records of the asked cases, those of earlier runs too, in the order of the cases.
    measured : int
        Cases run now.
    """

    records: tuple[Record, ...]
    measured: int

    @property
    def failures(self) -> tuple[Record, ...]:
        """Records that hold a failure."""
        return tuple(record for record in self.records if record.failed)


def run_sweep(
    cases: Sequence[Case],
    archive: Archive,
    *,
    suite: str,
    repeats: Repeats | None = None,
    limits: Limits | None = None,
    workers: int = 1,
    retry: bool = False,
    progress: Callable[[Progress], None] | None = None,
    registry: Registry | None = None,
) -> SweepResult:
    """Measure every case that the archive does not hold yet, and append a record for each as soon as it is there.

    A case is never measured twice on one machine with one version of its library: a sweep that was interrupted, or
    killed, continues where it stood. Records of another machine or version stay, and are not taken for ours. With one
    worker
    the cases run one after the other and nothing else is timed beside them. With more they run at the same time, their
    records are marked ``concurrent``, and a later run with one worker measures them again for their times.

    Parameters
    ----------
    cases : sequence of Case
        Duplicates are run once.
    archive : Archive
        Where records go, and where finished cases are found.
    suite : str
        Name kept in the records.
    repeats, limits : Repeats, Limits
        How often an operation is timed, and what a case may take.
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
    # Idle OpenMP threads that spin take a core from the compressor; whoever set it otherwise is left alone.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    known = registry if registry is not None else default_registry()
    repeats = repeats if repeats is not None else Repeats()
    limits = limits if limits is not None else Limits()
    provenance = collect_provenance()
    concurrent = workers > 1
    unique = list({case.digest: case for case in cases}.values())
    with archive.writer(provenance) as writer:
        here = {digest for digest, made in archive.provenances().items() if made.comparable(provenance)}
        held = {key: record for key, record in archive.latest().items() if record.provenance in here}

        def found(case: Case) -> Record | None:
            alone = held.get((case.digest, False))
            return alone if alone is not None or not concurrent else held.get((case.digest, True))

        def wanted(case: Case) -> bool:
            record = found(case)
            if record is None or (retry and record.failed):
                return True
            return record.library != library_version(known.distribution(record.spec))

        todo = [case for case in unique if wanted(case)]
        done = len(unique) - len(todo)
        if progress is not None:
            progress(Progress(done, len(unique), None))
        for case, outcome in outcomes(todo, workers, Worker, partial(_timed_run, repeats=repeats, limits=limits)):
            record = _record(case, outcome, suite, concurrent, provenance.digest, known)
            writer.append(record)
            held[record.key] = record
            done += 1
            if progress is not None:
                progress(Progress(done, len(unique), record))
        return SweepResult(tuple(r for case in unique if (r := found(case)) is not None), len(todo))


def _timed_run(worker: Worker, case: Case, repeats: Repeats, limits: Limits) -> Measurement | Failure:
    start = time.perf_counter()
    outcome = worker.run(case, repeats, limits)
    if isinstance(outcome, Failure):
        return outcome
    # All that the sweep spends on a case counts: starting a process, reading the field, sending the result.
    inside = outcome.compress.total_s + outcome.decompress.total_s
    return replace(outcome, outside_s=time.perf_counter() - start - inside)


def _record(
    case: Case,
    outcome: Measurement | Failure,
    suite: str,
    concurrent: bool,
    provenance: str,
    registry: Registry,
) -> Record:
    return Record(
        case=case.digest,
        suite=suite,
        spec=case.spec,
        compressor=case.spec.partition("/")[0].partition(":")[0],
        parameters=registry.values(case.spec),
        library=library_version(registry.distribution(case.spec)),
        threads=case.threads,
        concurrent=concurrent,
        field=case.field.name,
        field_digest=case.field.digest,
        step=case.field.step,
        time_s=case.field.time_s,
        shape=case.field.shape,
        dtype=case.field.dtype,
        raw_bytes=case.field.nbytes,
        provenance=provenance,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        outcome=outcome,
    )
