"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wavecomp.errors import StorageError


@contextmanager
def whole_file(target: Path, size: int) -> Iterator[Path]:
    """Give a temporary file beside a file; it takes the file's name when the block ends, and goes if the block fails.

    Whatever bore that name is replaced: callers look first whether it is wavecomp's.

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
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = _new_file_beside(target)
        yield temporary
        temporary.replace(target)
    except BaseException as error:  # Ctrl-C as well
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError(target, size, error.strerror or str(error)) from error
        raise


def _new_file_beside(target: Path) -> Path:
    """Make an empty file under a name that nobody has: one that is there is never opened."""
    while True:
        path = target.with_name(f".{target.name[:50]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
            return path
