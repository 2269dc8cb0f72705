"""Isolated workers: a process of its own for what may crash, hang or eat the memory; replaced when it dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

import psutil

from wavecomp.errors import WavecompError
from wavecomp.isolation.process import serve
from wavecomp.isolation.starting import interrupts_held
from wavecomp.records import Failure

_POLL_S = 0.05
_START_S = 120.0

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
        Resident memory of its process.
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
    """

    def __init__(self, prepare: Callable[[], Callable[[T], R]]) -> None:
        self._prepare: Callable[[], Callable[[Any], Any]] = prepare
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def ask(self, task: T, limits: Limits) -> R | Failure:
        """Have one task done; whatever happens to the process, an outcome comes back and the next task can run.

        Raises
        ------
        WorkerStartError
            No measuring process could be started.
        """
        connection, process = self._started()
        connection.send(task)
        deadline = time.monotonic() + limits.seconds
        watched = psutil.Process(process.pid)
        while not connection.poll(_POLL_S):
            if not process.is_alive():
                break
            if time.monotonic() > deadline:
                self.stop()
                return Failure("time", f"no result within {limits.seconds:g} s")
            try:
                used = watched.memory_info().rss
            except psutil.Error:
                continue
            if used > limits.memory_bytes:
                self.stop()
                return Failure(
                    "memory", f"the process held {used / 2**20:.0f} MiB, the limit is {limits.memory_bytes / 2**20:.0f}"
                )
        try:
            outcome: R | Failure = connection.recv()
        except (EOFError, OSError):
            process.join(5)
            failure = Failure("crash", how_it_ended(process.exitcode))
            self.stop()
            return failure
        return outcome

    def stop(self) -> None:
        """End the process, if there is one; the next task starts a fresh one."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            if self._process.is_alive():
                self._process.kill()
            self._process.join()
        self._process = self._connection = None

    def _started(self) -> tuple[Connection, multiprocessing.process.BaseProcess]:
        if self._process is not None and self._connection is not None and self._process.is_alive():
            return self._connection, self._process
        self.stop()
        # spawn: a fork would inherit the threads' locks and the memory of whatever the parent has loaded.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, os.getpid(), self._prepare), daemon=True)
        with interrupts_held():
            process.start()
        theirs.close()
        try:
            if not ours.poll(_START_S):
                raise EOFError
            ours.recv()
        except (EOFError, OSError):
            process.join(1)
            cause = how_it_ended(process.exitcode)
            process.kill()
            raise WorkerStartError(f"a measuring process did not start: {cause}") from None
        self._process, self._connection = process, ours
        return ours, process


def how_it_ended(exitcode: int | None) -> str:
    """Return in words how a process ended, from its exit status as Python has it: -9 is "killed by SIGKILL"."""
    if exitcode is None:
        return "it does not answer"
    if exitcode < 0:
        try:
            return f"killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"killed by signal {-exitcode}"
    return f"ended with exit status {exitcode}"
