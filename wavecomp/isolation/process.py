"""What runs in an isolated process: one task after the other, until the other end closes."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from wavecomp.errors import WavecompError
from wavecomp.records import Failure

_PR_SET_PDEATHSIG = 1


def serve(connection: Connection, parent: int, prepare: Callable[[], Callable[[Any], Any]]) -> None:
    """Answer tasks; what ``prepare`` returns may keep things from one task to the next.

    Everything that a task can raise comes back as a :class:`~wavecomp.records.Failure`; what kills the process is seen
    by the parent.
    """
    belong_to(parent)
    handle = prepare()
    gc.freeze()  # what the imports made stays; a collection between tasks then costs next to nothing
    connection.send("ready")
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        try:
            outcome = handle(task)
        except MemoryError as error:
            outcome = Failure("memory", f"MemoryError: {error}")
        except WavecompError as error:
            outcome = Failure("exception", f"{type(error).__name__}: {error}")
        except Exception as error:  # compressors, plug-ins above all, may raise anything
            where = traceback.extract_tb(sys.exc_info()[2])[-1]
            outcome = Failure("exception", f"{type(error).__name__}: {error} (in {where.name}, line {where.lineno})")
        try:
            connection.send(outcome)
        except (BrokenPipeError, OSError):
            return


def belong_to(parent: int) -> None:
    """Leave Ctrl-C to the parent, which ends its processes itself, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A parent that is killed with SIGKILL closes nothing; Linux can still take its workers along.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
