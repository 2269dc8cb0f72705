"""Writing a report's files: all of a set, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wavecomp.errors import StorageError


def write_files(folder: str | Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made if need be.

    Every file is written whole under a temporary name before the first one gets its own, so a full disk leaves the
    folder as it was.

    Parameters
    ----------
    folder : path
        Where.
    contents : mapping of str to bytes
        By file name.

    Returns
    -------
    list of Path
        In the mapping's order.

    Raises
    ------
    StorageError
        The disk is full, read-only or gone.
    """
    targets = [Path(folder) / name for name in contents]
    temporaries = [target.with_name(f".{target.name}.{os.getpid()}.tmp") for target in targets]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for temporary, content in zip(temporaries, contents.values(), strict=True):
            temporary.write_bytes(content)
        for target, temporary in zip(targets, temporaries, strict=True):
            temporary.replace(target)
    except BaseException as error:  # Ctrl-C as well: nothing temporary stays behind
        for temporary in temporaries:
            # The folder itself may be what is wrong; then there is nothing to take away.
            if temporary.parent.is_dir():
                temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        names = targets[0] if len(targets) == 1 else Path(folder)
        raise StorageError(names, sum(map(len, contents.values())), error.strerror or str(error)) from error
    return targets
