"""Folders for one call of a program, which are gone after it, also where its process was killed amid the call.

A process that is killed removes nothing. Its folders bear a tag that whoever started it has given it, who removes them
then (:mod:`wavecomp.isolation`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavecomp.errors import StorageError

PREFIX = "wavecomp-scratch-"
TAG_VARIABLE = "WAVECOMP_SCRATCH_TAG"
"""In the environment, so that the processes of a process have the same tag."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder among the system's temporary files (``TMPDIR``), and remove it with all that is in it.

    Raises
    ------
    StorageError
        It cannot be made.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.environ.get(TAG_VARIABLE, os.getpid())}-"))
    except OSError as error:
        raise StorageError(error.filename or "a temporary folder", 0, error.strerror or str(error)) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left(tag: str) -> None:
    """Remove the folders of processes that are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}{tag}-*"):
        shutil.rmtree(folder, ignore_errors=True)
