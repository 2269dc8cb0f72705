"""Run many ways of keeping the forward wavefield into an archive: isolated, resumable, one record a case.

A task is one shot of a case. Each runs in an isolated process, with limits of its own, and hands its gradient over; the
sum over shots, its distance from the exact sum and the record are made here, when all shots of a case are there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from wavecomp.adjoint.impact_cases import BARE, EXACT, ImpactCase
from wavecomp.adjoint.impact_stack import Outcome, Reduction
from wavecomp.adjoint.impact_worker import Measured, Measuring, ShotTask
from wavecomp.adjoint.opening import threads_each
from wavecomp.compressors import Registry, default_registry
from wavecomp.isolation import Limits, Worker, outcomes
from wavecomp.records import Failure, GradientArchive, GradientRecord, collect_provenance
from wavecomp.records.provenance import library_version

REPEAT_S = 2.0
"""Seconds that may be spent on repeating what is short, a case."""

_NOT_ASKED = Failure("exception", "not measured: another shot of its case has failed")


@dataclass(frozen=True, slots=True)
class ImpactProgress:
    """Where a study is: ``done`` of ``total`` runs, one a shot of a case, and the last record that was written.

    The record is None at the start.
    """

    done: int
    total: int
    record: GradientRecord | None


@dataclass(frozen=True, slots=True)
class ImpactResult:
    """What one call of :func:`run_impact` did.

    Attributes
    ----------
    records : tuple of GradientRecord
        All records of the asked cases, those of earlier runs too, in the order of the cases.
    measured : int
        Cases run now.
    """

    records: tuple[GradientRecord, ...]
    measured: int

    @property
    def failures(self) -> tuple[GradientRecord, ...]:
        """Records that hold a failure."""
        return tuple(record for record in self.records if record.failed)


def run_impact(
    cases: Sequence[ImpactCase],
    archive: GradientArchive,
    *,
    limits: Limits | None = None,
    workers: int = 1,
    retry: bool = False,
    progress: Callable[[ImpactProgress], None] | None = None,
    registry: Registry | None = None,
) -> ImpactResult:
    """Measure every case that the archive does not hold yet, and append a record for each as soon as it is there.

    The runs, one for each shot of a case, share a process as long as it lives; the exact gradient of a shot is computed
    once. With one worker they follow one after the other. With more they run at the same time, the cores are divided
    among them, their records are marked ``concurrent``, and a later run with one worker measures them again for their
    times. Gradients have the same bits for any number of workers. Records of another machine or version are not taken
    for ours.

    Parameters
    ----------
    cases : sequence of ImpactCase
        Duplicates are run once.
    archive : GradientArchive
        Where records go, and where finished cases are found.
    limits : Limits, optional
        What a shot of a case may take; the first one of a process also compiles the operators and computes the exact
        gradient: with every level stored, or, where its memory does not hold that, from checkpoints in the memory that
        is there, with the same bits.
    workers : int
        Processes at a time; each has operators of its own.
    retry : bool
        Measure cases again whose record is a failure.
    progress : callable, optional
        Called in this thread after every run.
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
    limits = limits if limits is not None else Limits()
    provenance = collect_provenance()
    concurrent = workers > 1
    threads = threads_each(workers)
    start = partial(_worker, limits.memory_bytes, threads if concurrent else None)
    unique = list({case.digest: case for case in cases}.values())
    with archive.writer(provenance) as writer:
        here = {digest for digest, made in archive.provenances().items() if made.comparable(provenance)}
        held = {key: record for key, record in archive.latest().items() if record.provenance in here}

        def found(case: ImpactCase) -> GradientRecord | None:
            alone = held.get((case.digest, False))
            return alone if alone is not None or not concurrent else held.get((case.digest, True))

        def wanted(case: ImpactCase) -> bool:
            record = found(case)
            return record is None or (retry and record.failed) or record.library != _library(case, known)

        todo = [case for case in unique if wanted(case)]
        # Times of concurrent runs are not shown: nothing is repeated for them.
        study = Reduction(todo, 0.0 if concurrent else REPEAT_S)

        def ask(worker: Worker[ShotTask, Measured], task: ShotTask) -> Measured | Failure:
            return _NOT_ASKED if study.given_up(task) else worker.ask(task, limits)

        total = sum(len(case.shots) for case in unique)
        done = total - sum(len(case.shots) for case in todo)
        record: GradientRecord | None = None
        if progress is not None:
            progress(ImpactProgress(done, total, None))
        for task, outcome in outcomes(study.tasks, workers, start, ask):
            for case, result in study.take(task, outcome):
                record = _record(case, result, concurrent, threads, provenance.digest, known)
                writer.append(record)
                held[record.key] = record
            done += task.case.spec != EXACT
            if progress is not None:
                progress(ImpactProgress(done, total, record))
        return ImpactResult(tuple(r for case in unique if (r := found(case)) is not None), len(todo))


def _worker(memory_bytes: int, threads: int | None) -> Worker[ShotTask, Measured]:
    return Worker(partial(Measuring, memory_bytes, threads))


def _compressor(case: ImpactCase, registry: Registry) -> str | None:
    strategy = case.strategy(registry)
    return None if strategy is None or strategy.name == "store-all" else strategy.compressor.spec


def _library(case: ImpactCase, registry: Registry) -> str:
    compressor = _compressor(case, registry)
    names = ["devito"] if compressor is None else ["devito", registry.distribution(compressor)]
    return ", ".join(library_version(name) for name in dict.fromkeys(names))


def _record(
    case: ImpactCase, outcome: Outcome, concurrent: bool, threads: int, provenance: str, registry: Registry
) -> GradientRecord:
    strategy, compressor = case.strategy(registry), _compressor(case, registry)
    steps, impact = (None, outcome) if isinstance(outcome, Failure) else outcome
    return GradientRecord(
        case=case.digest,
        spec=case.spec,
        strategy=BARE if strategy is None else strategy.name,
        strategy_parameters={} if strategy is None else dict(strategy.values),
        compressor=compressor,
        compressor_parameters={} if compressor is None else registry.values(compressor),
        library=_library(case, registry),
        threads=threads,
        concurrent=concurrent,
        problem=case.problem.name,
        problem_digest=case.problem.digest,
        shots=case.shots,
        shape=case.problem.medium.shape,
        steps=steps,
        level_bytes=case.problem.level_bytes,
        dtype="float32",
        budget_bytes=case.budget_bytes,
        disk_budget_bytes=case.disk_budget_bytes,
        provenance=provenance,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        outcome=impact,
    )
