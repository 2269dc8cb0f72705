"""Many tasks, one after the other or in several processes at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar


class Stoppable(Protocol):
    """What has a process to end."""

    def stop(self) -> None:
        """End it."""


T = TypeVar("T")
R = TypeVar("R")
W = TypeVar("W", bound=Stoppable)


def outcomes(
    tasks: Sequence[T], workers: int, make: Callable[[], W], run: Callable[[W, T], R]
) -> Iterator[tuple[T, R]]:
    """Yield every task with its outcome as soon as it is there.

    Parameters
    ----------
    tasks : sequence
        In their order where there is one worker; finished in any order otherwise.
    workers : int
        Processes at a time.
    make : callable
        Makes a worker.
    run : callable
        Has one task done by a worker; what it raises is raised here.
    """
    if workers <= 1:
        with _open(make) as worker:
            for task in tasks:
                yield task, run(worker, task)
        return
    todo: queue.SimpleQueue[tuple[T] | None] = queue.SimpleQueue()
    finished: queue.SimpleQueue[tuple[T, R] | BaseException] = queue.SimpleQueue()
    for item in (*((task,) for task in tasks), *[None] * workers):
        todo.put(item)

    def drive() -> None:
        try:
            with _open(make) as worker:
                while (item := todo.get()) is not None:
                    finished.put((item[0], run(worker, item[0])))
        except BaseException as error:  # handed to the thread that waits, which would hang without it
            finished.put(error)

    # Daemons, so that Ctrl-C does not wait for tasks that run; their processes end with this one.
    for index in range(workers):
        threading.Thread(target=drive, daemon=True, name=f"wavecomp-worker-{index}").start()
    for _ in tasks:
        done = finished.get()
        if isinstance(done, BaseException):
            raise done
        yield done


@contextmanager
def _open(make: Callable[[], W]) -> Iterator[W]:
    worker = make()
    try:
        yield worker
    finally:
        worker.stop()
