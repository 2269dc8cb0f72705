"""What a reader gets: a stored wavefield, and its snapshots as memory-mapped arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import DamagedField, MissingField
from wavecomp.wavefields.manifest import Manifest, SnapshotEntry, read_manifest
from wavecomp.wavefields.recipe import Recipe, recipe_from_json
from wavecomp.wavefields.velocity_files import file_digest


@dataclass(frozen=True)
class Snapshot:
    """One stored time level.

    Attributes
    ----------
    name : str
        Field and step, such as ``quick@600``.
    path : pathlib.Path
        The ``.npy`` file.
    step, time_s : int, float
        Time level, and its time in s after the start of the simulation.
    shape, dtype : tuple of int, str
        Of the array; dtype is NumPy's type string with byte order.
    digest : str
        SHA-256 of the array's bytes in C order.
    """

    name: str
    path: Path
    step: int
    time_s: float
    shape: tuple[int, ...]
    dtype: str
    digest: str

    def load(self, mmap: bool = True, verify: bool = False) -> NDArray[np.float32]:
        """Return the array, read-only.

        Parameters
        ----------
        mmap : bool
            Map the file instead of reading it.
        verify : bool
            Check the array against its digest first.

        Raises
        ------
        DamagedField
            The file is missing, not a ``.npy`` file of this shape and dtype, or (where verified) holds other values.
        """
        try:
            array: NDArray[np.float32] = np.load(self.path, mmap_mode="r" if mmap else None, allow_pickle=False)
        except (OSError, ValueError, EOFError, SyntaxError) as error:
            raise DamagedField(f"{self.path}: not a readable .npy file ({error})") from None
        if array.shape != self.shape or array.dtype.str != self.dtype or not array.flags.c_contiguous:
            raise DamagedField(
                f"{self.path}: holds {array.dtype.str} of shape {array.shape}, the manifest says {self.dtype} of shape "
                f"{self.shape} in C order"
            )
        if verify:
            found = hashlib.sha256(array.data).hexdigest()
            if found != self.digest:
                raise DamagedField(f"{self.path}: SHA-256 of the values is {found}, the manifest says {self.digest}")
        array.flags.writeable = False
        return array


@dataclass(frozen=True)
class FieldSet:
    """A stored wavefield: its folder, its manifest, its snapshots."""

    folder: Path
    manifest: Manifest

    @classmethod
    def read(cls, folder: Path) -> FieldSet:
        """Read the manifest in a folder; raises DamagedField where it is missing or was changed."""
        return cls(folder, read_manifest(folder))

    @property
    def name(self) -> str:
        """Name of the recipe."""
        return self.manifest.name

    @property
    def recipe(self) -> Recipe:
        """The recipe that it was generated from, as the manifest keeps it."""
        return recipe_from_json(self.manifest.recipe, str(self.folder))

    @property
    def steps(self) -> tuple[int, ...]:
        """The kept steps, ascending."""
        return tuple(entry.step for entry in self.manifest.snapshots)

    @property
    def last(self) -> Snapshot:
        """The snapshot of the run's last step."""
        return self._snapshot(self.manifest.snapshots[-1])

    def snapshot(self, step: int) -> Snapshot:
        """Return the snapshot of a kept step; raises MissingField for another one."""
        for entry in self.manifest.snapshots:
            if entry.step == step:
                return self._snapshot(entry)
        kept = ", ".join(map(str, self.steps))
        raise MissingField(f'field "{self.name}" holds no step {step} (kept: {kept})')

    @property
    def bytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(int(np.prod(e.shape)) * np.dtype(e.dtype).itemsize for e in self.manifest.snapshots)

    def problems(self) -> list[str]:
        """Compare every file with the manifest, byte for byte; return one line a difference."""
        found = []
        for entry in self.manifest.snapshots:
            path = self.folder / entry.file
            try:
                digest = file_digest(path)
            except OSError as error:
                found.append(f"{path}: unreadable ({error.strerror or error})")
                continue
            if digest != entry.file_sha256:
                found.append(f"{path}: SHA-256 of the file is {digest}, the manifest says {entry.file_sha256}")
        return found

    def _snapshot(self, entry: SnapshotEntry) -> Snapshot:
        return Snapshot(
            name=f"{self.name}@{entry.step}",
            path=self.folder / entry.file,
            step=entry.step,
            time_s=entry.time_s,
            shape=entry.shape,
            dtype=entry.dtype,
            digest=entry.data_sha256,
        )
