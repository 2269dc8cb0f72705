"""Isolated workers: a process of its own for what may crash, hang or eat the memory; replaced when it dies."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeGuard, TypeVar

import psutil

from wavecomp.compressors.scratch_folder import remove_left
from wavecomp.errors import WavecompError
from wavecomp.exit_status import how_it_ended
from wavecomp.isolation.answers import TOKEN_BYTES, Answers, BrokenAnswers
from wavecomp.isolation.family import Family
from wavecomp.isolation.process import READY, serve
from wavecomp.isolation.starting import interrupts_held, no_more_starts
from wavecomp.records import Failure

_POLL_S = 0.05
_START_S = 120.0
_END_S = 5.0
_LOOK_S = 0.25

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one case may take before its process is stopped.

    Attributes
    ----------
    seconds : float
        Wall time.
    memory_bytes : int
        Resident memory of its process, and what the processes that other people's code started there have for
        themselves.
    """

    seconds: float = 600.0
    memory_bytes: int = 16 * 2**30


class WorkerStartError(WavecompError):
    """A measuring process did not come up."""


class Worker(Generic[T, R]):
    """One measuring process, seen from the parent. Not thread-safe: one caller at a time.

    Parameters
    ----------
    prepare : callable
        Called once in each process; returns what answers a task. It must be found by its name in a module.
    foreign : callable, optional
        Names the code of others that a task runs, such as a plug-in; "" where it is all ours. What it may have spoilt
        in its process reaches nobody else: the next task of other code, or of ours, gets a fresh one.
    parent : bool
        Whether its tasks start processes of their own with :mod:`multiprocessing`, which daemons may not.
    """

    def __init__(
        self,
        prepare: Callable[[], Callable[[T], R]],
        foreign: Callable[[T], str] = lambda _: "",
        *,
        parent: bool = False,
    ) -> None:
        self._prepare: Callable[[], Callable[[Any], Any]] = prepare
        self._foreign = foreign
        self._parent = parent
        self._guest = ""
        self._running: _Running | None = None
        _workers.add(self)

    def ask(self, task: T, limits: Limits, waiting: Callable[[], None] = lambda: None) -> R | Failure:
        """Have one task done; whatever happens to the process, an outcome comes back and the next task can run.

        A process that dies may have been spoilt before, by something else: the task is tried once more in a fresh one.
        ``waiting`` is called in this thread, some twenty times a second, until the outcome is there.

        Raises
        ------
        WorkerStartError
            No measuring process could be started.
        """
        guest = self._foreign(task)
        first = self._try(task, limits, guest, waiting)
        if not _died(first):
            return first
        second = self._try(task, limits, guest, waiting)
        if not _died(second):
            return second
        if second.message == first.message:
            return Failure("crash", f"{first.message}, twice")
        return Failure("crash", f"{first.message}; then, in a fresh process: {second.message}")

    def stop(self) -> None:
        """End the process and all that came from it, if there is one; the next task starts a fresh one."""
        running, self._running, self._guest = self._running, None, ""
        if running is not None:
            running.connection.close()
            running.end()

    def _try(self, task: T, limits: Limits, guest: str, waiting: Callable[[], None]) -> R | Failure:
        if self._guest not in ("", guest):
            self.stop()
        running = self._started()
        self._guest = guest
        try:
            outcome: R | Failure = running.ask(task, limits, bool(guest), waiting)
        except _Gone as gone:
            self.stop()
            return gone.failure
        return outcome

    def _started(self) -> _Running:
        if self._running is not None and self._running.process.is_alive():
            return self._running
        self.stop()
        self._running = _start(self._prepare, self._parent)
        return self._running


class _Gone(Exception):
    """The process is to be ended, or has ended; there is no answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class _Running:
    """A process that was started, and its number of the last task."""

    def __init__(self, process: BaseProcess, connection: Connection, answers: Answers, scratch: str) -> None:
        assert process.pid is not None
        self.process, self.connection = process, connection
        self.family, self._scratch = Family(process.pid, scratch), scratch
        self._watched = psutil.Process(process.pid)
        self._answers = answers
        self._number = READY

    def end(self, within_s: float | None = None) -> None:
        """End the process and all that came from it, and remove what it left in the middle of a call."""
        self.family.end()
        self.process.join(within_s)
        remove_left(self._scratch)

    def ask(self, task: Any, limits: Limits, foreign: bool, waiting: Callable[[], None]) -> Any:
        """Return the outcome of a task; raises _Gone."""
        self._number += 1
        deadline = time.monotonic() + limits.seconds
        try:
            self.connection.send((self._number, task))
        except OSError:
            raise self._ended() from None
        looked = time.monotonic()
        while (answer := self._answer()) is None:
            waiting()
            now = time.monotonic()
            if now > deadline:
                raise _Gone(Failure("time", f"no result within {limits.seconds:g} s"))
            # What a plug-in starts is a matter of its own; looking for it takes too long to do beside our own code.
            others = 0
            if foreign and now - looked > _LOOK_S:
                others, looked = self.family.look(), now
            try:
                used = self._watched.memory_info().rss + others
            except psutil.Error:
                continue
            if used > limits.memory_bytes:
                limit = f"the limit is {limits.memory_bytes / 2**20:.0f}"
                raise _Gone(Failure("memory", f"the process held {used / 2**20:.0f} MiB, {limit}"))
        return answer[0]

    def _answer(self) -> tuple[Any] | None:
        """Wait a moment; return what has arrived, None if nothing has. Raises _Gone."""
        # Whether the process lives is asked first: what it sent before it died is there then.
        lives = self.process.is_alive()
        until = time.monotonic() + _POLL_S
        try:
            while self.connection.poll(max(0.0, until - time.monotonic()) if lives else 0.0):
                if not self._answers.read(self.connection.fileno()):
                    raise self._ended()
                if (answer := self._answers.take(self._number)) is not None:
                    return answer
                if time.monotonic() > until:
                    break  # somebody may write without end
        except BrokenAnswers as error:
            raise _Gone(Failure("crash", str(error))) from None
        if not lives:  # others may hold its end of the pipe: nothing more comes, and no end either
            raise self._ended()
        return None

    def _ended(self) -> _Gone:
        self.process.join(_END_S)
        return _Gone(Failure("crash", how_it_ended(self.process.exitcode)))


def _start(prepare: Callable[[], Callable[[Any], Any]], parent: bool) -> _Running:
    # spawn: a fork would inherit the threads' locks and the memory of whatever the parent has loaded.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    token, scratch = os.urandom(TOKEN_BYTES), os.urandom(8).hex()
    process = context.Process(target=serve, args=(theirs, token, os.getpid(), scratch, prepare), daemon=not parent)
    with interrupts_held():
        process.start()
    theirs.close()
    answers = Answers(token, process.pid or 0)
    try:
        deadline = time.monotonic() + _START_S
        while answers.take(READY) is None:
            if not ours.poll(max(0.0, deadline - time.monotonic())) or not answers.read(ours.fileno()):
                raise EOFError
    except (EOFError, OSError, BrokenAnswers):
        process.join(1)
        cause = how_it_ended(process.exitcode)
        process.kill()
        raise WorkerStartError(f"a measuring process did not start: {cause}") from None
    return _Running(process, ours, answers, scratch)


def _died(outcome: object) -> TypeGuard[Failure]:
    return isinstance(outcome, Failure) and outcome.kind == "crash"


_workers: weakref.WeakSet[Worker[Any, Any]] = weakref.WeakSet()


def _end_all() -> None:
    """End every process at the end of this one: the standard library asks them to, and waits for those that do not."""
    no_more_starts()
    for worker in list(_workers):
        if (running := worker._running) is not None:
            running.end(_END_S)


atexit.register(_end_all)
