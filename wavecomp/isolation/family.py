"""A process and what descends from it: looked at from outside, and ended whole."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil

from wavecomp.isolation import sentry

_ROUNDS = 20


class Family:
    """The process of a worker, which leads a group of its own, and every process that came from it.

    Others are found through their parents as long as the process lives (it adopts the orphans among them), and through
    the group afterwards. One that left the group is known if it was seen before.

    Parameters
    ----------
    leader : int
        The worker's process.
    scratch : str
        What the folders bear that it makes for a moment.
    """

    def __init__(self, leader: int, scratch: str) -> None:
        self._leader = leader
        self._seen: dict[int, psutil.Process] = {}
        sentry.watch(leader, scratch)

    def look(self) -> int:
        """Find the descendants of now; return the memory in bytes that they have for themselves."""
        total = 0
        for process in self._descendants():
            # A fork shares most of its memory with its parent: only what is its own counts.
            with suppress(psutil.Error):
                total += process.memory_full_info().uss
        return total

    def end(self) -> None:
        """Kill all of them, those first that might bring forth others. The process itself is the caller's to reap."""
        _kill(self._leader, signal.SIGSTOP)
        for _ in range(_ROUNDS):
            running = [process for process in self._descendants() if _runs(process)]
            for process in running:
                with suppress(psutil.Error):
                    process.kill()
            if not running:
                break
        for process in self._seen.values():
            with suppress(psutil.Error):
                process.kill()  # psutil sees to it that the number is still that process's
        # The number of a group is nobody else's as long as a process is in it.
        with suppress(OSError):
            if not psutil.pid_exists(self._leader) or os.getpgid(self._leader) == self._leader:
                os.killpg(self._leader, signal.SIGKILL)
        _kill(self._leader, signal.SIGKILL)
        sentry.forget(self._leader)

    def _descendants(self) -> list[psutil.Process]:
        try:
            found = psutil.Process(self._leader).children(recursive=True)
        except psutil.Error:
            return []
        self._seen |= {process.pid: process for process in found}
        return found


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _kill(process: int, number: signal.Signals) -> None:
    with suppress(OSError):
        os.kill(process, number)
