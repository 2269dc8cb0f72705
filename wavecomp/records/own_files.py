"""What may be replaced: a file that is not there, an empty one, and one that shows that wavecomp made it."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from wavecomp.errors import ForeignFile


def refuse_foreign(target: Path, is_ours: Callable[[Path], bool], kind: str) -> None:
    """Raise ForeignFile unless a file may be replaced.

    Parameters
    ----------
    target : pathlib.Path
        The file, there or not.
    is_ours : callable
        Looks into it, if it is a regular file and not empty, for something that only wavecomp writes.
    kind : str
        What belongs there, for the message.
    """
    try:
        found = target.lstat()
    except OSError:  # nothing is there; what else is wrong shows when it is written
        return
    if stat.S_ISREG(found.st_mode):
        if found.st_size == 0 or is_ours(target):
            return
        what = f"is not {kind} of wavecomp's"
    else:
        what = f"is {_named(found.st_mode)}, where {kind} belongs"
    raise ForeignFile(target, what)


def begins_with(*marks: bytes, at: int = 0) -> Callable[[Path], bool]:
    """Return a test for files that hold one of these texts at a place."""

    def test(target: Path) -> bool:
        try:
            with target.open("rb") as file:
                file.seek(at)
                head = file.read(max(map(len, marks)))
        except OSError:
            return False
        return head.startswith(marks)

    return test


def is_damaged_with(file: Path, first: str) -> bool:
    """Tell a damaged ``.npz`` file whose first array bears a name from a sound one of somebody's.

    The name of a ZIP file's first member stands 30 bytes behind its beginning.
    """
    if not begins_with(f"{first}.npy".encode(), at=30)(file):
        return False
    try:
        with zipfile.ZipFile(file) as members:
            return members.testzip() is not None
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        return True


def set_aside(target: Path) -> Path:
    """Give a file another name, beside the one that is needed; return it."""
    number = 1
    while os.path.lexists(aside := target.with_name(f"{target.name}.kept-{number}")):
        number += 1
    target.rename(aside)
    return aside


def _named(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
