"""Writing a report's files: all of a set, or none."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from wavecomp.records.whole_file import whole_file


def write_files(folder: str | Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made if need be.

    Every file is written whole under a temporary name before the first one gets its own, so a full disk leaves the
    folder as it was; the last of the mapping gets its name last. Whatever bore these names is replaced: callers look
    first whether it is wavecomp's.

    Parameters
    ----------
    folder : path
        Where.
    contents : mapping of str to bytes
        By file name, which may have folders in it.

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
    with ExitStack() as names:  # given when it ends, in the opposite order
        for target, content in reversed(list(zip(targets, contents.values(), strict=True))):
            names.enter_context(whole_file(target, len(content))).write_bytes(content)
    return targets
