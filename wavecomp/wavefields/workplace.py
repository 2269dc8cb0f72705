"""A folder that appears under its name only when it is complete.

Work is done in a hidden sibling that is locked while its process lives, so that what a killed process left behind can
be told from what another one is still writing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".incomplete-"


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """Yield an empty folder; at a normal end it replaces ``target``, at any other end it is removed.

    Folders that killed processes left beside the target are removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent):
        _remove_stale(target.parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{target.name}-", dir=target.parent))
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
        folder.chmod(0o755)
        with _locked(target.parent):
            if target.exists():
                # A folder cannot be replaced in one step; the old one goes out of the way under a stale name.
                out_of_the_way = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{target.name}-", dir=target.parent))
                target.rename(out_of_the_way / "old")
            folder.rename(target)
            _remove_stale(target.parent)
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if not _held(folder):
                shutil.rmtree(folder)


def _held(folder: Path) -> bool:
    """Tell whether a living process works in this folder: the system drops the lock of one that died."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's own lock for a moment."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
