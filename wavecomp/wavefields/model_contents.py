"""What a model file holds, as a SHA-256 that is asked for often: a file is hashed again only where it has changed."""

from __future__ import annotations

import time
from pathlib import Path

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.model_spec import ModelSpec
from wavecomp.wavefields.velocity_files import file_digest, find_model_file

_SETTLED_NS = 2_000_000_000
"""A file changed less than this before it was hashed may change again without a new time stamp: such are not kept."""

_State = tuple[int, int, int, int, int]
_known: dict[str, tuple[_State, str]] = {}


def contents_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal; remembered for one inode, size and time of change.

    Raises
    ------
    ModelFileError
        The file cannot be read, or changes while it is.
    """
    try:
        name, state = str(path.absolute()), _state(path)
        if name in _known and _known[name][0] == state:
            return _known[name][1]
        now = time.time_ns()
        digest = file_digest(path)
        if _state(path) != state:
            raise ModelFileError(f"{path}: changed while it was read; wait until it is written")
    except OSError as error:
        raise ModelFileError(f"{path}: unreadable ({error.strerror or error})") from None
    if now - max(state[-2:]) > _SETTLED_NS:
        _known[name] = state, digest
    return digest


def model_digest(spec: ModelSpec, folder: Path | None) -> str | None:
    """Return the SHA-256 of a model's file, None for a model that has none.

    Raises
    ------
    ModelFileError
        The file is missing or unreadable.
    """
    path = find_model_file(spec, folder)
    return None if path is None else contents_digest(path)


def _state(path: Path) -> _State:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
