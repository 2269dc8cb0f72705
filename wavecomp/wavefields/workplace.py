"""A stored field's folder that appears under its name only when it is complete.

Work is done in a hidden sibling that is locked while its process lives, so that what a killed process left behind can
be told from what another one is still writing. A mark inside tells it from other people's folders of such a name.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wavecomp.errors import ForeignFile
from wavecomp.wavefields.field_files import foreign_in, remove_field
from wavecomp.wavefields.folder_lock import hold, is_held, locked

_PREFIX = ".incomplete-"
_MARK = ".wavecomp"
_MARK_TEXT = "wavecomp writes a field here; what a killed process left is removed by the next one.\n"
_NEW, _OLD = "new", "old"


def check_place(target: Path) -> None:
    """Raise ForeignFile unless a stored field may take this place: nothing is there, or a stored field and no more."""
    if target.parent.exists() and not target.parent.is_dir():
        raise ForeignFile(target.parent, "is there and no folder, where stored fields would lie")
    what = foreign_in(target)
    if what is not None:
        advice = f'move it away, or give the recipe another name than "{target.name}"'
        raise ForeignFile(target, what, advice)


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """Yield an empty folder; at a normal end it replaces ``target``, at any other end it is removed.

    What killed processes left beside the target is removed first. Only stored fields, and parts of them, are ever
    removed or replaced.

    Raises
    ------
    ForeignFile
        The target is, or holds, something else than a stored field: looked at before the block, and after it.
    """
    check_place(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.parent):
        _remove_stale(target.parent)
        work = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{target.name}-", dir=target.parent))
        lock = hold(work)
    try:
        (work / _MARK).write_text(_MARK_TEXT)
        new = work / _NEW
        new.mkdir()
        yield new
        with locked(target.parent):
            check_place(target)
            _exchange(new, target, work / _OLD)
            _remove_stale(target.parent)
    finally:
        os.close(lock)
        _remove(work)


def _exchange(new: Path, target: Path, old: Path) -> None:
    """Give a folder its name. No folder can be replaced in one step: the old one goes out of the way, or comes back."""
    try:
        if target.exists():
            target.rename(old)
        new.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_ours(folder) and not is_held(folder):
                _remove(folder)


def _is_ours(folder: Path) -> bool:
    mark = folder / _MARK
    if folder.is_symlink() or mark.is_symlink():
        return False
    try:
        return mark.read_bytes() == _MARK_TEXT.encode()
    except OSError:
        return False


def _remove(work: Path) -> None:
    """Remove a workplace; a file in it that is no part of a field stays, and with it the mark."""
    with suppress(OSError):
        for part in (work / _NEW, work / _OLD):
            remove_field(part)
        if {entry.name for entry in work.iterdir()} <= {_MARK}:
            (work / _MARK).unlink(missing_ok=True)
            work.rmdir()
