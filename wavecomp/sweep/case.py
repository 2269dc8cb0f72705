"""What one measurement is about: a field, a compressor, a number of threads."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors import Reading, Registry, default_registry
from wavecomp.errors import DamagedField
from wavecomp.snapshots import Level, array_digest, read_level
from wavecomp.spec_text import SpecText


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A stored wavefield, without its bytes: cheap to hand to another process.

    Attributes
    ----------
    name : str
        Name and step, as in ``quick@600``.
    path : Path
        The file.
    digest : str
        SHA-256 of the array's values in C order, whatever the order of bytes and memory in the file:
        :func:`wavecomp.snapshots.array_digest`.
    shape : tuple of int
    dtype : str
    step : int or None
        Time step, and ``time_s`` its physical time in seconds; None where nobody knows it.
    peak : float
        max |x|, which tolerances scale with.
    level : Level or None
        Where in the file it lies; None where the file is a ``.npy`` file of this level alone.
    """

    name: str
    path: Path
    digest: str
    shape: tuple[int, ...]
    dtype: str
    step: int | None
    time_s: float | None
    peak: float
    level: Level | None = None

    @property
    def nbytes(self) -> int:
        """Size of the array in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize

    def load(self) -> NDArray[np.floating]:
        """Read the array into memory of our own, so that no case pays for the page cache; it is read-only.

        Raises
        ------
        DamagedField
            The file holds other values than those that were described.
        SnapshotError
            A file that wavecomp did not write cannot be read any more.
        """
        field = np.array(np.load(self.path, mmap_mode="r")) if self.level is None else read_level(self.level)
        if (field.shape, field.dtype.name, array_digest(field)) != (self.shape, self.dtype, self.digest):
            raise DamagedField(f"{self.path} is not the field {self.name} any more: its bytes have changed")
        field.flags.writeable = False  # compressors are other people's code, and the next case uses it too
        return field


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of a sweep.

    Attributes
    ----------
    reading : Reading
        The compressor, as its spec was read: threads included where it has any.
    threads : int
        Threads that the compressor may use.
    field : FieldRef
    """

    reading: Reading
    threads: int
    field: FieldRef

    @classmethod
    def of(cls, spec: str, field: FieldRef, registry: Registry | None = None) -> Case:
        """Return the case that a text means, on the threads that it takes as it stands.

        Parameters
        ----------
        spec : str
        field : FieldRef
        registry : Registry, optional
            Where compressors are looked up.

        Raises
        ------
        SpecError
            Unknown name or key, bad value, contradiction.
        """
        known = registry if registry is not None else default_registry()
        reading = known.read(SpecText.parse(spec))
        return cls(reading, known.threads_of(reading), field)

    @property
    def spec(self) -> str:
        """The canonical spec."""
        return self.reading.spec

    @property
    def digest(self) -> str:
        """Identity of the case: the same on every machine and in every suite."""
        identity = {"field": self.field.digest, "spec": self.spec, "threads": self.threads}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Repeats:
    """How long one operation is repeated after its first call.

    Attributes
    ----------
    seconds : float
        Time to spend on the repeats of one operation.
    least, most : int
        Bounds on their number; ``least`` is at least 1.
    """

    seconds: float = 1.0
    least: int = 2
    most: int = 20

    def count(self, first_s: float) -> int:
        """Return the number of repeats for an operation whose first call took so long."""
        return max(self.least, min(self.most, int(self.seconds / max(first_s, 1e-9))))


ONCE = Repeats(seconds=0.0, least=1, most=1)
"""Enough for what a run determines, where nobody asks for its times."""
