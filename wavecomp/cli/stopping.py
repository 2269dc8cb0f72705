"""What asks the process to end: Ctrl-C, SIGTERM, SIGHUP. Heard once, cleaned up after, and never lost.

A signal becomes a KeyboardInterrupt, so that every ``finally`` on the way out is passed. Python drops an exception that
is raised in a destructor or in a callback from C, and libraries catch what they should not; what was heard is therefore
remembered, looked at wherever progress is shown, and answered at the end of the command at the latest.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

_CLEANING_S = 1.0  # a second signal within it is the same wish: a key held down, or one sent to group and process
_SHOW_CURSOR = b"\x1b[?25h"  # a progress bar hides it

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_heard: tuple[int, float] | None = None


def listen() -> None:
    """Take over the signals that would end the process; those that it was started to ignore (nohup) stay ignored."""
    for number in _SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _hear)
    sys.unraisablehook = _unraisable


def ignore() -> None:
    """Take no more notice: the rest of the process is a moment."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def heard() -> int | None:
    """Return the number of the signal that asked the process to end, if one did."""
    return None if _heard is None else _heard[0]


def check() -> None:
    """Raise KeyboardInterrupt if a signal was heard, and whoever was running then swallowed it."""
    if _heard is not None:
        raise KeyboardInterrupt


def _hear(number: int, _frame: FrameType | None) -> None:
    global _heard
    if _heard is None:
        _heard = number, time.monotonic()
        raise KeyboardInterrupt
    if time.monotonic() - _heard[1] > _CLEANING_S:
        # Cleaning up hangs. What is left are hidden folders and temporary files, which the next run removes.
        if os.isatty(2):
            os.write(2, _SHOW_CURSOR + b"\n")
        os._exit(128 + number)


def _unraisable(dropped: sys.UnraisableHookArgs, /) -> None:
    # "Exception ignored in …" and a traceback say nothing where the user asked for the end.
    if not (_heard is not None and issubclass(dropped.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(dropped)
