"""What runs in an isolated process: one task after the other, until the other end closes."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from wavecomp.compressors.scratch_folder import TAG_VARIABLE
from wavecomp.errors import WavecompError
from wavecomp.isolation.answers import write_answer
from wavecomp.plain_text import error_text
from wavecomp.records import Failure

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

READY = 0
"""The number of the answer with which a process says that it is there; tasks count from 1."""


def serve(
    connection: Connection, token: bytes, parent: int, scratch: str, prepare: Callable[[], Callable[[Any], Any]]
) -> None:
    """Answer tasks; what ``prepare`` returns may keep things from one task to the next.

    Everything that a task can raise comes back as a :class:`~wavecomp.records.Failure`; what kills the process is seen
    by the parent, who also removes the folders that bear ``scratch``.
    """
    belong_to(parent)
    os.environ[TAG_VARIABLE] = scratch
    _stand_apart()
    process = os.getpid()
    handle = prepare()
    gc.freeze()  # what the imports made stays; a collection between tasks then costs next to nothing
    write_answer(connection.fileno(), token, READY, None)
    while True:
        try:
            number, task = connection.recv()
        except (EOFError, OSError):
            return
        outcome = _outcome(handle, task)
        if os.getpid() != process:
            os._exit(0)  # a copy that the task made by a fork, and that came back from it too
        try:
            write_answer(connection.fileno(), token, number, outcome)
        except OSError:
            return


def _outcome(handle: Callable[[Any], Any], task: Any) -> Any:
    try:
        return handle(task)
    except MemoryError as error:
        return Failure("memory", error_text(error))
    except WavecompError as error:
        return Failure("exception", error_text(error))
    except BaseException as error:  # compressors, plug-ins above all, may raise anything
        where = traceback.extract_tb(sys.exc_info()[2])[-1]
        return Failure("exception", f"{error_text(error)} (in {where.name}, line {where.lineno})")


def belong_to(parent: int) -> None:
    """Leave Ctrl-C to the parent, which ends its processes itself, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A parent that is killed with SIGKILL closes nothing; Linux can still take its workers along.
    _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _stand_apart() -> None:
    """Lead a group that can be ended whole, and leave standard output to the parent's tables."""
    with suppress(OSError):
        os.setsid()
    _control_process(_PR_SET_CHILD_SUBREAPER, 1)  # grandchildren whose parent is gone can still be found
    with suppress(OSError):
        os.dup2(2, 1)


def _control_process(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
