"""Run a study into an archive: isolated, resumable, one record as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from wavecomp.isolation import Limits, outcomes
from wavecomp.records import Failure, Provenance
from wavecomp.study.found import Found, KeptRecord
from wavecomp.study.kind import Kind, Store
from wavecomp.study.reporting import ReportingWorker
from wavecomp.thread_settings import passive_threads

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")
L = TypeVar("L", bound=KeptRecord)


@dataclass(frozen=True)
class Progress(Generic[L]):
    """Where a study is: ``done`` of ``total`` steps, and the last record that was written (None at the start)."""

    done: int
    total: int
    record: L | None


@dataclass(frozen=True)
class StudyResult(Generic[L]):
    """What one call of :func:`run_study` did.

    Attributes
    ----------
    records : tuple of record
        All records of the asked cases, those of earlier runs too, in the order of the cases.
    measured : int
        Cases run now.
    """

    records: tuple[L, ...]
    measured: int

    @property
    def failures(self) -> tuple[L, ...]:
        """Records that hold a failure."""
        return tuple(record for record in self.records if record.failed)


def run_study(
    cases: Sequence[C],
    archive: Store[L],
    kind: Kind[C, T, R, L],
    *,
    limits: Limits | None = None,
    workers: int = 1,
    retry: bool = False,
    progress: Callable[[Progress[L]], None] | None = None,
) -> StudyResult[L]:
    """Measure every case that the archive does not hold yet, and append its records as soon as they are there.

    A study that was interrupted, or killed, continues where it stood. Records of another place or version stay, and are
    not taken for ours: a measuring process says where it is before anything is looked up, and every record has the
    provenance of the process that measured it.

    Parameters
    ----------
    cases : sequence of case
        Duplicates are run once.
    archive : Store
        Where records go, and where finished cases are found.
    kind : Kind
        What is measured, and how.
    limits : Limits, optional
        What a task may take.
    workers : int
        Processes at a time. With one, tasks run one after the other and nothing else is timed beside them.
    retry : bool
        Measure cases again whose record is a failure.
    progress : callable, optional
        Called in this thread after every task.

    Raises
    ------
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    passive_threads()  # the same for every study, whatever this process has done before
    limits = limits if limits is not None else Limits()
    unique = {kind.key(case): case for case in cases}
    if not unique:
        return StudyResult((), 0)
    with archive.writer() as writer, _Crew(kind.worker) as crew:
        records = list(archive)  # what is damaged is said before a process starts
        ours = crew.first.report()
        found = Found(records, archive.provenances(), ours, workers > 1)
        libraries = {key: kind.library(case) for key, case in unique.items()}

        def held(case: C) -> L | None:
            record = found.of(kind.key(case), libraries[kind.key(case)])
            return record if record is not None and kind.same(case, record) else None

        def wanted(case: C) -> bool:
            record = held(case)
            return record is None or (retry if record.failed else not kind.sufficient(case, record))

        todo = [case for case in unique.values() if wanted(case)]
        tasks = kind.plan(todo, held)
        done = sum(map(kind.steps, unique.values())) - sum(map(kind.steps, todo))
        total = done + sum(map(kind.counts, tasks))
        last: L | None = None
        if progress is not None:
            progress(Progress(done, total, None))

        def ask(worker: ReportingWorker[T, R], task: T) -> tuple[R | Failure, Provenance]:
            outcome = kind.ask(worker, task, limits)
            return outcome, worker.where or ours

        for task, (outcome, where) in outcomes(tasks, workers, crew.worker, ask):
            for record in kind.take(task, outcome, where):
                writer.append(record, where)
                found.add(record)
                last = record
            done += kind.counts(task)
            if progress is not None:
                progress(Progress(done, total, last))
        return StudyResult(tuple(r for case in unique.values() if (r := held(case)) is not None), len(todo))


class _Crew(Generic[T, R]):
    """The workers of a study: the one that says where it measures is the first to work."""

    def __init__(self, make: Callable[[], ReportingWorker[T, R]]) -> None:
        self._make = make
        self.first = make()
        self._waiting = [self.first]

    def worker(self) -> ReportingWorker[T, R]:
        """Return the first worker, and new ones after it; called in the threads of the workers."""
        try:
            return self._waiting.pop()
        except IndexError:
            return self._make()

    def __enter__(self) -> _Crew[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.first.stop()
