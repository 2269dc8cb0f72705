"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavecomp.errors import StorageError


@contextmanager
def whole_file(target: Path, size: int) -> Iterator[Path]:
    """Give a temporary path beside a file; it takes the file's name when the block ends, and goes if the block fails.

    Parameters
    ----------
    target : pathlib.Path
        The file; its folder is made if need be.
    size : int
        About how many bytes will be written, for the message.

    Raises
    ------
    StorageError
        The disk is full, read-only or gone.
    """
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except BaseException as error:  # Ctrl-C as well
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError(target, size, error.strerror or str(error)) from error
        raise
