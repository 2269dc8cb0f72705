"""numcodecs, imported whatever zfpy is called, and its Blosc on one thread.

``import numcodecs`` takes the version of an installed zfpy apart into integers, and ends in a ValueError where that is
``1.0.1.post0``. Its module ``numcodecs.zfpy``, which does that, is optional to it: where it would fail it is left out
for the time of the import.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

_ZFPY = "numcodecs.zfpy"
_importing = threading.Lock()


def library() -> ModuleType:
    """Import numcodecs; raises what its import raises.

    Where zfpy's version is no row of integers, the codec ``zfpy`` is not there, and a later ``import numcodecs.zfpy``
    by others fails as it would have without this.
    """
    with _importing:
        left_out = _ZFPY not in sys.modules and "numcodecs" not in sys.modules and not _readable(_zfpy_version())
        if left_out:
            sys.modules[_ZFPY] = None  # type: ignore[assignment]  # so that its import is an ImportError
        try:
            import numcodecs
        finally:
            if left_out:
                sys.modules.pop(_ZFPY, None)
    return numcodecs  # type: ignore[no-any-return]


class _OneThread:
    """How many calls of Blosc are under way, and what its switch stood at before the first of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.before: Any = None


_blosc = _OneThread()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let numcodecs' Blosc work on the thread that calls it: by default it takes up to eight from the main thread.

    Its switch is the process's; it is put back when the last of the calls is done. What it makes at its first call to
    guard its threads is a semaphore of the system, which outlives a process that is killed: a lock of the process is
    put in its place.
    """
    from numcodecs import blosc

    with _blosc.lock:
        if not getattr(blosc, "_MUTEX_IS_INIT", True):
            blosc._MUTEX, blosc._MUTEX_IS_INIT = threading.Lock(), True
        if _blosc.inside == 0:
            _blosc.before, blosc.use_threads = blosc.use_threads, False
        _blosc.inside += 1
    try:
        yield
    finally:
        with _blosc.lock:
            _blosc.inside -= 1
            if _blosc.inside == 0:
                blosc.use_threads = _blosc.before


def _zfpy_version() -> str:
    try:
        return version("zfpy")
    except PackageNotFoundError:
        return ""


def _readable(text: str) -> bool:
    return not text or all(part.isdecimal() for part in text.split("."))
