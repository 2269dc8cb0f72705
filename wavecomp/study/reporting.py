"""Processes that say where they measure: machine, versions and settings as they are there, not in their parent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from wavecomp.isolation import Limits, Worker, WorkerStartError
from wavecomp.records import Failure, Provenance

_STARTING = Limits(seconds=300.0, memory_bytes=1 << 62)

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Handler(Protocol[T_contra, R_co]):
    """Answers tasks in an isolated process."""

    def __call__(self, task: T_contra, /) -> R_co:
        """Do one task."""

    def provenance(self) -> Provenance:
        """Load the libraries that do the work, and say where and with what it is done."""


class _Reporting(Generic[T, R]):
    """In the process: every answer comes with the provenance, which is looked at once, before the first task."""

    def __init__(self, prepare: Callable[[], Handler[T, R]]) -> None:
        self._handler = prepare()
        self._where: Provenance | None = None

    def __call__(self, task: T | None) -> tuple[R | None, Provenance]:
        if self._where is None:
            # Before other people's code has run here: what that does to the environment is part of its case.
            self._where = self._handler.provenance()
        return (None if task is None else self._handler(task)), self._where


class ReportingWorker(Worker[T, R]):
    """One measuring process that says where it measures. Not thread-safe: one caller at a time.

    Parameters
    ----------
    prepare : callable
        Called once in each process; returns the :class:`Handler`. It must be found by its name in a module.
    foreign, parent
        As in :class:`wavecomp.isolation.Worker`.

    Attributes
    ----------
    where : Provenance or None
        Of the process that answered last. One that died without an answer is taken to have been like the one before.
    """

    def __init__(
        self,
        prepare: Callable[[], Handler[T, R]],
        foreign: Callable[[T], str] = lambda _: "",
        *,
        parent: bool = False,
    ) -> None:
        # What the process answers is what the handler answers, and the provenance.
        wrapped: Any = partial(_Reporting, prepare)
        super().__init__(wrapped, lambda task: "" if task is None else foreign(task), parent=parent)
        self.where: Provenance | None = None

    def ask(self, task: T, limits: Limits, waiting: Callable[[], None] = lambda: None) -> R | Failure:
        """Have one task done, as :meth:`wavecomp.isolation.Worker.ask` does; see :attr:`where` for the process."""
        answer: Any = super().ask(task, limits, waiting)
        if isinstance(answer, Failure):
            return answer
        outcome: R
        outcome, self.where = answer
        return outcome

    def report(self) -> Provenance:
        """Start the process, if there is none, and return where it measures; the limits of a task are not for this.

        Raises
        ------
        WorkerStartError
            It did not start, or cannot say.
        """
        answer = self.ask(None, _STARTING)  # type: ignore[arg-type]  # no task: the process tells about itself
        if isinstance(answer, Failure):
            raise WorkerStartError(f"a measuring process cannot be used: {answer.message}")
        assert self.where is not None
        return self.where
