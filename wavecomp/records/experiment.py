"""What an experiment on gradients gave, kept beside the records so that its figure needs nothing else."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import DamagedArchive
from wavecomp.records.column_types import checked
from wavecomp.records.whole_file import whole_file

Cell: TypeAlias = str | int | float | bool | None
"""One value of a row; null in the file where a number is not finite or there is none."""


@dataclass(frozen=True)
class ExperimentResult:
    """One experiment on one gradient problem.

    Attributes
    ----------
    experiment : str
        Its name, e.g. ``tolerance``.
    problem, problem_digest : str
        Name and SHA-256 of the gradient problem.
    settings : mapping
        What was swept and how, as JSON has it.
    facts : mapping of str to number or text
        What holds for all rows: time step, number of steps, greatest amplitude of the wavefield, …
    rows : tuple of mapping
        One measured case each, all with the same keys.
    provenance : str
        Digest of the provenance file beside it.
    arrays : mapping of str to ndarray
        Pictures and curves that do not belong in rows.
    """

    experiment: str
    problem: str
    problem_digest: str
    settings: Mapping[str, object]
    facts: Mapping[str, Cell]
    rows: tuple[Mapping[str, Cell], ...]
    provenance: str = ""
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """One file an experiment: a new run takes the place of the old one."""
        return f"experiment-{self.experiment}.npz"


_HEAD = ("experiment", "problem", "problem_digest", "settings", "facts", "rows", "provenance")


def save_experiment(folder: str | Path, result: ExperimentResult) -> Path:
    """Write a result, whole or not at all.

    Raises
    ------
    StorageError
        The disk is full or gone.
    """
    target = Path(folder) / result.file_name
    head = json.dumps({name: getattr(result, name) for name in _HEAD}, sort_keys=True, default=_plain)
    arrays = {f"array_{name}": np.asarray(array) for name, array in result.arrays.items()}
    size = len(head) + sum(array.nbytes for array in arrays.values())
    with whole_file(target, size) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, head=np.array(head), **arrays)  # type: ignore[arg-type]
    return target


def load_experiment(file: str | Path) -> ExperimentResult:
    """Read a result.

    Raises
    ------
    DamagedArchive
        The file is not the result of an experiment.
    """
    try:
        with Path(file).open("rb") as opened, np.load(opened) as data:
            head = json.loads(str(data["head"]))
            arrays = {name[6:]: data[name] for name in data.files if name.startswith("array_")}
            head["rows"] = tuple(head["rows"])
            # A newer version may keep more; that is left out.
            known = {entry.name: head[entry.name] for entry in fields(ExperimentResult) if entry.name in head}
            return checked(ExperimentResult(**known, arrays=arrays))
    except OSError as reason:
        raise DamagedArchive(f"{file} cannot be read: {reason.strerror or reason}") from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as reason:
        raise DamagedArchive(f"{file} is not the result of an experiment: {reason}") from None


def load_experiments(folder: str | Path) -> list[ExperimentResult]:
    """Read all results that lie in a folder, ordered by name; raises DamagedArchive."""
    return [load_experiment(file) for file in sorted(Path(folder).glob("experiment-*.npz"))]


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} has no place in a result")
