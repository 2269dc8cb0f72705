"""What a multi-level revolver is told about its storages: how many checkpoints each holds, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import DTypeLike

from wavecomp.errors import UsageError


@dataclass
class NumpyStorage:
    """Room for ``n_ckp`` checkpoints in memory. pyrevolve's other arguments are taken, and change nothing."""

    size_ckp: int
    n_ckp: int
    dtype: DTypeLike
    profiler: Any = None
    wd: float = 0
    rd: float = 0
    name: str = "MemoryStorage"


@dataclass
class DiskStorage:
    """Room for ``n_ckp`` checkpoints in a file in ``filedir``, as :class:`NumpyStorage`."""

    size_ckp: int
    n_ckp: int
    dtype: DTypeLike
    profiler: Any = None
    filedir: str | Path | None = "./"
    singlefile: bool = True
    wd: float = 0
    rd: float = 0
    name: str = "DiskStorage"


@dataclass(frozen=True)
class Rooms:
    """How many checkpoints are held in memory and on disk, and where."""

    in_memory: int
    on_disk: int
    folder: Path


def split_storages(storages: Sequence[NumpyStorage | DiskStorage]) -> Rooms:
    """Add up what storages hold.

    Raises
    ------
    UsageError
        None, another kind of storage, files in two folders, or nothing held.
    """
    numbers: dict[type, int] = {NumpyStorage: 0, DiskStorage: 0}
    folders = set()
    for storage in storages:
        if type(storage) not in numbers:
            raise UsageError(
                f"storage_list: {storage!r} is neither a NumpyStorage nor a DiskStorage of wavecomp.adjoint.revolver"
            )
        if storage.n_ckp < 1:
            raise UsageError(f"storage_list: {storage!r} holds no checkpoint; give n_ckp from 1 on")
        numbers[type(storage)] += storage.n_ckp
        if isinstance(storage, DiskStorage):
            folders.add(Path(storage.filedir or "."))
    if not any(numbers.values()):
        raise UsageError("storage_list is empty; give at least one NumpyStorage or DiskStorage")
    if len(folders) > 1:
        raise UsageError(f"storage_list: files in {len(folders)} folders ({', '.join(map(str, folders))}); give one")
    return Rooms(numbers[NumpyStorage], numbers[DiskStorage], folders.pop() if folders else Path())
