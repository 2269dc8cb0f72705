"""What an experiment on gradients gave, kept beside the records so that its figure needs nothing else."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import DamagedArchive
from wavecomp.records.column_types import checked
from wavecomp.records.own_files import is_damaged_with, refuse_foreign
from wavecomp.records.record import Failure
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
        Digest of the provenance file beside it: of the process that measured.
    case : str
        Digest of experiment, problem and settings. Results that are older than it have none, and no library or time.
    library : str
        Distributions and versions that did the work.
    created_utc : str
        When it was done.
    failure : Failure or None
        Why there are no rows.
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
    case: str = ""
    library: str = ""
    created_utc: str = ""
    failure: Failure | None = None
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """Name of its file, and of its figure, without suffix.

        Other problems, settings, libraries and machines have files of their own. What all of these share takes the
        place of what was there: a failure that is tried again.
        """
        if not self.case:
            return f"experiment-{self.experiment}"
        identity = json.dumps([self.case, self.library, self.provenance])
        return f"experiment-{self.experiment}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"

    @property
    def file_name(self) -> str:
        """Name of its file."""
        return f"{self.stem}.npz"

    @property
    def key(self) -> tuple[str, bool]:
        """The case; experiments are never measured among others."""
        return self.case, False

    @property
    def failed(self) -> bool:
        """Whether there is a failure instead of rows."""
        return self.failure is not None

    @property
    def question(self) -> tuple[str, str, str]:
        """Return what is asked: equal for results that answer the same, on whatever machine."""
        return self.experiment, self.problem_digest, canonical_settings(self.settings)


_HEAD = (
    "experiment", "problem", "problem_digest", "settings", "facts", "rows", "provenance", "case", "library",
    "created_utc",
)  # fmt: skip


def canonical_settings(settings: Mapping[str, object]) -> str:
    """Return settings as one canonical text, the same before and after they were in a file."""
    return json.dumps(settings, sort_keys=True, default=_plain)


def save_experiment(folder: str | Path, result: ExperimentResult) -> Path:
    """Write a result, whole or not at all; one of its name is replaced.

    Raises
    ------
    ForeignFile
        What bears its name is no result of an experiment.
    StorageError
        The disk is full or gone.
    """
    target = Path(folder) / result.file_name
    refuse_foreign(target, _is_result, "a result")
    said: dict[str, object] = {name: getattr(result, name) for name in _HEAD}
    if result.failure is not None:
        said["failure"] = asdict(result.failure)
    head = json.dumps(said, sort_keys=True, default=_plain)
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
            if head.get("failure") is not None:
                head["failure"] = Failure(**head["failure"])
            # A newer version may keep more; that is left out.
            known = {entry.name: head[entry.name] for entry in fields(ExperimentResult) if entry.name in head}
            return checked(ExperimentResult(**known, arrays=arrays))
    except OSError as reason:
        raise DamagedArchive(f"{file} cannot be read: {reason.strerror or reason}") from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as reason:
        raise DamagedArchive(f"{file} is not the result of an experiment: {reason}") from None


def _is_result(file: Path) -> bool:
    try:
        load_experiment(file)
    except DamagedArchive:
        return is_damaged_with(file, "head")
    return True


def load_experiments(folder: str | Path) -> list[ExperimentResult]:
    """Read all results that lie in a folder, ordered by name and then by time; raises DamagedArchive."""
    found = [load_experiment(file) for file in sorted(Path(folder).glob("experiment-*.npz"))]
    return sorted(found, key=lambda result: (result.experiment, result.created_utc))


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} has no place in a result")
