"""What one kind of study adds to the engine: its cases, its tasks, its process, and how records are made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from wavecomp.isolation import Limits
from wavecomp.records import Failure, Provenance
from wavecomp.study.found import KeptRecord
from wavecomp.study.reporting import ReportingWorker

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")
L = TypeVar("L", bound=KeptRecord)
L_contra = TypeVar("L_contra", bound=KeptRecord, contravariant=True)


class Writer(Protocol[L_contra]):
    """Where records go."""

    def append(self, record: L_contra, provenance: Provenance, /) -> None:
        """Keep one record whole, with the provenance that it names, or leave all as it was."""


class Store(Protocol[L]):
    """Where records lie."""

    def __iter__(self) -> Iterator[L]:
        """Read all of them, in the order in which they were written."""

    def provenances(self) -> Mapping[str, Provenance]:
        """Return their provenances by digest."""

    def writer(self) -> AbstractContextManager[Writer[L]]:
        """Open for appending, for one process at a time."""


class Kind(ABC, Generic[C, T, R, L]):
    """A kind of study: ``C`` its cases, ``T`` the tasks of its process, ``R`` their outcomes, ``L`` its records."""

    @abstractmethod
    def key(self, case: C) -> str:
        """Return what the records of a case have in their ``key``: equal for equal cases only, on every machine."""

    @abstractmethod
    def library(self, case: C) -> str:
        """Return the libraries that would do the work now."""

    @abstractmethod
    def worker(self) -> ReportingWorker[T, R]:
        """Return a new worker; its process starts with its first task."""

    @abstractmethod
    def plan(self, todo: Sequence[C], held: Callable[[C], L | None]) -> Sequence[T]:
        """Return the tasks of what is to be measured, in their order.

        Parameters
        ----------
        todo : sequence of case
            Without those of which the archive holds enough.
        held : callable
            The record of a case that the archive holds all the same: a failure, or one that is not sufficient.
        """

    @abstractmethod
    def take(self, task: T, outcome: R | Failure, where: Provenance) -> Iterable[L]:
        """Take the outcome of a task; return the records that are to be kept now. Several may follow for one case."""

    def same(self, _case: C, _record: L) -> bool:
        """Whether what is not in the key of a record is as the case would have it now, such as the kind of a disk."""
        return True

    def sufficient(self, _case: C, _record: L) -> bool:
        """Whether a record without a failure is as much as this study asks for."""
        return True

    def ask(self, worker: ReportingWorker[T, R], task: T, limits: Limits) -> R | Failure:
        """Have one task done; called in the thread of the worker."""
        return worker.ask(task, limits)

    def steps(self, _case: C) -> int:
        """Return how much of the progress a finished case is."""
        return 1

    def counts(self, _task: T) -> bool:
        """Whether a task is a step of the progress."""
        return True
