"""Locks of folders, which the system drops with the process that holds them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock alone while the block runs; waits for whoever holds it.

    Parameters
    ----------
    folder : Path
        It is there, and is not removed meanwhile.

    Raises
    ------
    OSError
        It cannot be opened.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def hold(folder: Path, *, shared: bool = False) -> int:
    """Hold a folder's lock until the descriptor that is returned is closed, or this process ends.

    Parameters
    ----------
    folder : Path
        It is there.
    shared : bool
        Others may hold it too, if they share it as well.

    Raises
    ------
    OSError
        It cannot be opened.
    """
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    return lock


def is_held(folder: Path) -> bool:
    """Tell whether a living process holds a folder's lock, this one included; raises OSError if it is not there."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
