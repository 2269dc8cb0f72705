"""A small process that outlives this one by a moment: it ends the groups of its workers, however this one ended.

A worker dies with its parent by itself. What a plug-in started does not, and a parent that is killed can end nobody.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

_PROGRAM = Path(__file__).with_name("sentry_program.py")

_lock = threading.Lock()
_line: tuple[int, int] | None = None  # whose sentry it is, and where it listens


def watch(group: int, scratch: str) -> None:
    """Have a group of processes ended when this process ends, and the folders removed that bear its tag."""
    _tell(f"+{group} {scratch}\n")


def forget(group: int) -> None:
    """Leave a group alone; it is gone."""
    _tell(f"-{group}\n")


def _tell(words: str) -> None:
    global _line
    with _lock, suppress(OSError):  # without a sentry only a parent that is killed leaves anything behind
        if _line is None or _line[0] != os.getpid():
            _line = os.getpid(), _post()
        os.write(_line[1], words.encode())


def _post() -> int:
    ours, theirs = os.pipe()[::-1]
    if not sys.executable:
        raise OSError("there is no interpreter to start")
    actions = [
        (os.POSIX_SPAWN_DUP2, theirs, 0),
        # Whoever waits for the end of this process's output must not wait for the sentry.
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    command = [sys.executable, "-I", "-S", str(_PROGRAM)]
    try:
        try:
            # A session of its own: what ends this process's group or terminal leaves it alone.
            os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)
        except NotImplementedError:
            os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setpgroup=0)
    finally:
        os.close(theirs)
    return ours
