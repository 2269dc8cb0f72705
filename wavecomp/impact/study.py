"""Many ways of keeping the forward wavefield, into an archive: what that adds to the engine of :mod:`wavecomp.study`.

A task is one shot of a case in one round. Each runs in an isolated process, with limits of its own, and hands its
gradient over; the sum over shots, its distance from the exact sum and the record are made here, when all shots of a
case are there. After each round there is a record, so that nothing is lost with the rounds that did not come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from wavecomp import study
from wavecomp.checkpoints.disk_kind import disk_kind
from wavecomp.compressors import Registry, default_registry
from wavecomp.compressors.origin import foreign_code
from wavecomp.impact.cases import BARE, EXACT, ImpactCase
from wavecomp.impact.problem import Problem
from wavecomp.impact.reduction import Reduction, Wanted
from wavecomp.impact.sets import default_rounds
from wavecomp.impact.stack import Outcome
from wavecomp.impact.worker import Measured, Measuring, ShotTask
from wavecomp.isolation import Limits
from wavecomp.promise import NOTHING
from wavecomp.records import Failure, GradientImpact, GradientRecord, Provenance
from wavecomp.records.record import Scalar
from wavecomp.study import Asking, Kind, ReportingWorker, Store, StudyResult, library_of, open_study, run_study
from wavecomp.thread_settings import threads_each

ImpactProgress: TypeAlias = study.Progress[GradientRecord]
ImpactResult: TypeAlias = StudyResult[GradientRecord]

_NOT_ASKED = Failure("exception", "not measured: another run of its case has failed")


def run_impact(
    cases: Sequence[ImpactCase],
    archive: Store[GradientRecord],
    *,
    rounds: int | None = None,
    limits: Limits | None = None,
    workers: int = 1,
    retry: bool = False,
    progress: Callable[[ImpactProgress], None] | None = None,
    registry: Registry | None = None,
) -> ImpactResult:
    """Measure every case that the archive does not hold yet, as :func:`wavecomp.study.run_study` does.

    The runs share a process as long as it lives; the exact gradient of a shot is computed once. With one worker they
    follow one after the other, in the order of :mod:`wavecomp.impact.rounds`, and a case of which the archive
    holds fewer rounds than are asked for gets those that are missing, with bare sweeps of their own. With more workers
    they run at the same time, once, the cores are divided among them, their records are marked ``concurrent``, and a
    later run with one worker measures them again for their times. Gradients have the same bits for any number of
    workers.

    Parameters
    ----------
    cases : sequence of ImpactCase
        Duplicates are run once.
    archive : Store
        Where records go, and where finished cases are found.
    rounds : int, optional
        Rounds whose times count, 1 at least; by default what suits the problem's size.
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
    MeaninglessGradient
        The exact gradient is zero or not finite. Nothing is recorded.
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    limits = limits if limits is not None else Limits()
    known = registry if registry is not None else default_registry()
    devito = any(case.problem.devito for case in cases)
    kind = _Impact(rounds, workers, limits.memory_bytes, known, devito)
    return run_study(cases, archive, kind, limits=limits, workers=workers, retry=retry, progress=progress)


@contextmanager
def open_impact(
    problem: Problem,
    archive: Store[GradientRecord],
    *,
    limits: Limits | None = None,
    retry: bool = False,
    registry: Registry | None = None,
) -> Iterator[Asking[ImpactCase, ShotTask, Measured, GradientRecord]]:
    """Open a study of one problem whose cases are not known beforehand: one process computes all its gradients, once.

    Parameters and what is raised are those of :func:`run_impact`; see :class:`wavecomp.study.Asking`.
    """
    limits = limits if limits is not None else Limits()
    known = registry if registry is not None else default_registry()
    with open_study(
        archive, _Impact(1, 1, limits.memory_bytes, known, problem.devito), limits=limits, retry=retry
    ) as ask:
        yield ask


class _Impact(Kind[ImpactCase, ShotTask, Measured, GradientRecord]):
    def __init__(self, rounds: int | None, workers: int, memory_bytes: int, registry: Registry, devito: bool) -> None:
        self._devito = devito
        self._rounds, self._memory_bytes, self._registry = rounds, memory_bytes, registry
        self._concurrent, self._threads = workers > 1, threads_each(workers)
        self._reduction: Reduction

    def key(self, case: ImpactCase) -> str:
        return case.digest

    def library(self, case: ImpactCase) -> str:
        return library_of(self._registry, _compressors(case), case.problem.libraries)

    def worker(self) -> ReportingWorker[ShotTask, Measured]:
        threads = self._threads if self._concurrent else None
        measuring = partial(Measuring, self._memory_bytes, threads, devito=self._devito)
        return ReportingWorker(measuring, lambda task: self._foreign(task.case))

    def same(self, case: ImpactCase, record: GradientRecord) -> bool:
        # Where times do not count, neither does the disk.
        return self._concurrent or record.disk == self._disk(case)

    def sufficient(self, case: ImpactCase, record: GradientRecord) -> bool:
        return self._concurrent or _rounds_of(record) >= self._wanted(case)

    def plan(
        self, todo: Sequence[ImpactCase], held: Callable[[ImpactCase], GradientRecord | None]
    ) -> Sequence[ShotTask]:
        wanted = {case: self._missing(case, held(case)) for case in todo}
        warm_up = not self._concurrent and any(self._wanted(case) > 1 for case in todo)
        self._reduction = Reduction(wanted, warm_up=warm_up, paced=not self._concurrent, foreign=self._foreign)
        return self._reduction.tasks

    def ask(self, worker: ReportingWorker[ShotTask, Measured], task: ShotTask, limits: Limits) -> Measured | Failure:
        return _NOT_ASKED if self._reduction.given_up(task) else worker.ask(task, limits)

    def take(self, task: ShotTask, outcome: Measured | Failure, where: Provenance) -> Iterable[GradientRecord]:
        for case, found in self._reduction.take(task, outcome):
            yield self._record(case, found, where)

    def steps(self, case: ImpactCase) -> int:
        rounds = 1 if self._concurrent else self._wanted(case)
        return len(case.shots) * (rounds + (rounds > 1))

    def counts(self, task: ShotTask) -> bool:
        return task.case.spec != EXACT and self._reduction.asked(task)

    def _wanted(self, case: ImpactCase) -> int:
        return self._rounds if self._rounds is not None else default_rounds(case.problem)

    def _missing(self, case: ImpactCase, record: GradientRecord | None) -> Wanted:
        if self._concurrent:
            return Wanted(1)
        if record is None or not isinstance(record.outcome, GradientImpact):
            return Wanted(self._wanted(case))
        return Wanted(self._wanted(case) - _rounds_of(record), record.outcome)

    def _foreign(self, case: ImpactCase) -> str:
        return case.problem.foreign + foreign_code(_compressors(case), self._registry)

    def _disk(self, case: ImpactCase) -> str | None:
        strategy = case.strategy
        return None if strategy is None or strategy.tier == "memory" else disk_kind(case.scratch)

    def _record(self, case: ImpactCase, outcome: Outcome, where: Provenance) -> GradientRecord:
        strategy, compressed = case.strategy, bool(_compressors(case))
        measured, impact = (None, outcome) if isinstance(outcome, Failure) else outcome
        return GradientRecord(
            case=case.digest,
            spec=case.spec,
            strategy=BARE if strategy is None else strategy.name,
            strategy_parameters=_bare_words(measured) if strategy is None else strategy.parameters,
            compressor=strategy.compressor_spec if strategy is not None and compressed else None,
            compressor_parameters=strategy.compressor_parameters if strategy is not None and compressed else {},
            loss=NOTHING if strategy is None else strategy.loss,
            library=self.library(case),
            threads=self._threads if measured is None else measured.threads,
            concurrent=self._concurrent,
            problem=case.problem.name,
            problem_digest=case.problem.digest,
            shots=case.shots if case.problem.shot_count else (),
            shape=case.problem.shape,
            steps=None if measured is None else measured.steps,
            level_bytes=case.problem.level_bytes,
            dtype=case.problem.dtype,
            budget_bytes=case.budget_bytes,
            disk_budget_bytes=case.disk_budget_bytes,
            disk=self._disk(case),
            provenance=where.digest,
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            outcome=impact,
        )


def _compressors(case: ImpactCase) -> tuple[str, ...]:
    """Return the names of the compressors that take part, from the outermost to the innermost."""
    strategy = case.strategy
    return () if strategy is None or strategy.name == "store-all" else strategy.reading.names


def _bare_words(measured: Measured | None) -> Mapping[str, Scalar]:
    # What the way back was given; nothing, most often, and no word then.
    return {"level": "one"} if measured is not None and measured.one_level else {}


def _rounds_of(record: GradientRecord) -> int:
    return len(record.outcome.bare_walls_s) if isinstance(record.outcome, GradientImpact) else 0
