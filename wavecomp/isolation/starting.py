"""Starting a process at any moment, that of a Ctrl-C and that of this process's end too."""

from __future__ import annotations

import atexit
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType

_AT_EXIT_S = 10.0

_one_at_a_time = threading.Lock()
_ending = threading.Event()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back what would end this process while it starts another one; it arrives at the end of the block.

    A terminal sends Ctrl-C to parent and children alike, and a child that is still importing would die of it with a
    traceback: what is started within the block holds it back from its first instruction on, until it says that it
    leaves Ctrl-C to its parent. A child whose parent stops amid the start finds half of its instructions, and complains
    as loudly: so this process ends after the block, on whichever thread it runs.
    """
    resource_tracker.ensure_running()  # or the first start would start it within the block, and that ends the holding
    with _one_at_a_time:
        if not _ending.is_set():
            with _handlers_held(), _mask_held():
                yield
            return
    threading.Event().wait()  # a daemon thread of a process that ends: nothing is begun any more


@contextmanager
def _mask_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handlers_held() -> Iterator[None]:
    """Put off the handlers of Python's: the mask alone holds for one thread, and libraries have others."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []

    def put_off(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    handled = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if callable(handler := signal.getsignal(number))
    }
    try:
        for number in handled:
            signal.signal(number, put_off)
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def no_more_starts() -> None:
    """Let a start that is under way come to its end, and no other begin: this process ends."""
    if _ending.is_set():
        return
    _ending.set()
    _one_at_a_time.acquire(timeout=_AT_EXIT_S)


atexit.register(no_more_starts)
