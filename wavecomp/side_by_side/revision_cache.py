"""Folders made of commits, kept for the next time: whole or not at all, the few that were used last.

They lie beside the compiled kernels (:mod:`wavecomp.wavefields.cache_folder`). Each is made in a temporary folder and
gets its name when it is complete; when it goes, it loses the name first. A folder that was handed out is locked as long
as the process lives, so that no other process removes what this one measures with.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wavecomp.wavefields.cache_folder import cache_root, disk_words
from wavecomp.wavefields.folder_lock import hold, is_held, locked

KEPT = 4
"""Folders that stay, those that were used last; one that is in use stays besides."""

_UNFINISHED = ".unfinished-"
_OURS = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})(-[0-9a-f]{12})?")
_in_use: dict[Path, int] = {}


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of a name, made now unless it is there; where one is made, others may be one too many.

    Parameters
    ----------
    name : str
        A commit's full name; what it was built for may follow, 12 hexadecimal digits behind a hyphen.
    make : callable
        Makes the folder that it is given the path of. What it raises leaves nothing behind.

    Raises
    ------
    StorageError
        The disk is full, or cannot be written to.
    """
    root = cache_root().parent / "revisions"
    place = root / name
    with disk_words(root):
        root.mkdir(mode=0o700, exist_ok=True)
        with locked(root):
            made = not place.is_dir()
            if made:
                _clear(root)
                work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=root))
                try:
                    make(work / "new")
                    (work / "new").rename(place)
                finally:
                    shutil.rmtree(work, ignore_errors=True)
            if place not in _in_use:
                _in_use[place] = hold(place, shared=True)
            with suppress(OSError):  # of a cache that can only be read nothing is removed either
                os.utime(place)
            if made:
                _prune(root)
    return place


def _clear(root: Path) -> None:
    """Remove what a killed process left; whoever works here holds the lock."""
    for left in root.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _prune(root: Path) -> None:
    """Remove all but the folders that were used last; nothing that is not ours, nothing that is in use."""
    ours = [place for place in root.iterdir() if _OURS.fullmatch(place.name) and place.is_dir()]
    ours.sort(key=lambda place: place.stat().st_mtime_ns, reverse=True)
    for old in ours[KEPT:]:
        with suppress(OSError):  # what cannot be removed is in nobody's way
            if not is_held(old):
                gone = old.rename(old.with_name(f"{_UNFINISHED}{old.name}"))
                shutil.rmtree(gone, ignore_errors=True)
