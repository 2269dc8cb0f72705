"""One case after the other, where what is asked next depends on what came out: the engine of a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from wavecomp.isolation import Limits
from wavecomp.records import Provenance
from wavecomp.study.found import Found, KeptRecord
from wavecomp.study.kind import Kind, Store, Writer
from wavecomp.study.reporting import ReportingWorker
from wavecomp.thread_settings import passive_threads

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")
L = TypeVar("L", bound=KeptRecord)


class Asking(Generic[C, T, R, L]):
    """An open study: each case is measured when it is asked for, unless the archive holds it.

    Attributes
    ----------
    where : Provenance
        Of the process that measures.
    measured : int
        Cases measured so far.
    """

    def __init__(
        self,
        kind: Kind[C, T, R, L],
        worker: ReportingWorker[T, R],
        found: Found[L],
        writer: Writer[L],
        where: Provenance,
        limits: Limits,
        retry: bool,
    ) -> None:
        self._kind, self._worker, self._found, self._writer = kind, worker, found, writer
        self._limits, self._retry = limits, retry
        self._asked: set[str] = set()
        self.where, self.measured = where, 0

    def __call__(self, case: C) -> L:
        """Return the record of a case; raises as :meth:`together`."""
        (record,) = self.together([case])
        return record

    def together(self, cases: Sequence[C], step: Callable[[int, int], None] = lambda _done, _total: None) -> list[L]:
        """Return the records of several cases, which are measured as one plan.

        Parameters
        ----------
        cases : sequence of case
            Each once.
        step : callable, optional
            Called after every task with how many are done, and of how many.

        Raises
        ------
        WorkerStartError, StorageError
            Nothing that was recorded is lost by any of them.
        """
        kind = self._kind
        todo = [case for case in cases if self._wanted(case)]
        self._asked |= {kind.key(case) for case in cases}
        tasks = kind.plan(todo, self._held) if todo else ()
        for number, task in enumerate(tasks):
            step(number, len(tasks))
            outcome = kind.ask(self._worker, task, self._limits)
            where = self._worker.where or self.where
            for record in kind.take(task, outcome, where):
                self._writer.append(record, where)
                self._found.add(record)
        self.measured += len(todo)
        held = [self._held(case) for case in cases]
        assert all(record is not None for record in held)
        return [record for record in held if record is not None]

    def _wanted(self, case: C) -> bool:
        record = self._held(case)
        if record is None:
            return True
        if record.failed:
            return self._retry and self._kind.key(case) not in self._asked
        return not self._kind.sufficient(case, record)

    def _held(self, case: C) -> L | None:
        record = self._found.of(self._kind.key(case), self._kind.library(case))
        return record if record is not None and self._kind.same(case, record) else None


@contextmanager
def open_study(
    archive: Store[L], kind: Kind[C, T, R, L], *, limits: Limits | None = None, retry: bool = False
) -> Iterator[Asking[C, T, R, L]]:
    """Open a study whose cases are not known beforehand; records are appended as soon as they are there.

    Parameters
    ----------
    archive : Store
        Where records go, and where finished cases are found.
    kind : Kind
        What is measured, and how. One process measures, one case after the other.
    limits : Limits, optional
        What a task may take.
    retry : bool
        Measure a case again whose record is a failure, once.

    Raises
    ------
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    passive_threads()
    worker = kind.worker()
    with archive.writer() as writer:
        try:
            records = list(archive)  # what is damaged is said before a process starts
            where = worker.report()
            found = Found(records, archive.provenances(), where, False)
            yield Asking(kind, worker, found, writer, where, limits if limits is not None else Limits(), retry)
        finally:
            worker.stop()
