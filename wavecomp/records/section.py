"""Cross-sections of a field and of a compressor's error, kept beside the records so that figures need nothing else."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import DamagedArchive
from wavecomp.records.column_types import checked
from wavecomp.records.own_files import is_damaged_with, refuse_foreign
from wavecomp.records.whole_file import whole_file


@dataclass(frozen=True)
class Section:
    """A vertical plane through a field, with what one compressor did to it.

    Attributes
    ----------
    field, field_digest : str
        Name and SHA-256 of the whole field.
    spec : str or None
        Compressor; None for the reference alone.
    step : int or None
        Time step of the field, and ``time_s`` its physical time in seconds; None where nobody knows it.
    plane : str
        Which plane, in words: ``x-z at y = 1000 m``.
    extent_m : tuple of float
        First and last horizontal position, first and last depth, in ``length_unit``.
    statistics : mapping
        Numbers about the whole field's error, e.g. ``ssim``, ``autocorrelation_1``.
    values : ndarray of float32, shape (nx, nz)
        The reference field in the plane.
    error : ndarray of float32, shape (nx, nz), or None
        Decompressed minus reference in the plane.
    curves : mapping of str to ndarray
        One-dimensional results about the whole field: ``wavenumber``, ``field_power``, ``error_power``,
        ``histogram_edges``, ``histogram_counts``.
    library : str
        Distributions and versions that compressed; empty in sections that are older than it. A section is made anew by
        every run, so that it takes the place of one that another version made.
    length_unit : {"m", "points"}
        Points where the grid's spacing is not known; a wavenumber is then in cycles a point.
    axes : tuple of str
        What the horizontal and the vertical axis are called, where they are not those of ``plane`` and depth.
    """

    field: str
    field_digest: str
    spec: str | None
    step: int | None
    time_s: float | None
    plane: str
    extent_m: tuple[float, float, float, float]
    statistics: dict[str, float]
    values: NDArray[np.float32]
    error: NDArray[np.float32] | None
    curves: dict[str, NDArray[np.float64]]
    library: str = ""
    length_unit: Literal["m", "points"] = "m"
    axes: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """Name derived from field and spec, so that two sections never share a file."""
        return f"section-{hashlib.sha256(f'{self.field_digest} {self.spec}'.encode()).hexdigest()[:16]}.npz"


_ARRAYS = ("values", "error", "curves")

_OLDER = {"library": "", "length_unit": "m", "axes": ()}
"""What sections lack that are older than it."""


def save_section(folder: str | Path, section: Section) -> Path:
    """Write a section beside the records of an archive, whole or not at all; one of its name is replaced.

    Raises
    ------
    ForeignFile
        What bears its name is no section.
    StorageError
        The disk is full or gone.
    """
    target = Path(folder) / section.file_name
    refuse_foreign(target, _is_section, "a section")
    head = {name: value for name, value in asdict(section).items() if name not in _ARRAYS}
    arrays: dict[str, NDArray[np.generic]] = {"values": section.values}
    if section.error is not None:
        arrays["error"] = section.error
    arrays |= {f"curve_{name}": curve for name, curve in section.curves.items()}
    size = sum(array.nbytes for array in arrays.values())
    with whole_file(target, size) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, head=np.array(json.dumps(head, sort_keys=True)), **arrays)  # type: ignore[arg-type]
    return target


def load_sections(folder: str | Path) -> list[Section]:
    """Read all sections of an archive, ordered by field and spec.

    Raises
    ------
    DamagedArchive
        A file is not a section.
    """
    found = [_read(file) for file in sorted(Path(folder).glob("section-*.npz"))]
    return sorted(found, key=lambda section: (section.field, section.spec or ""))


def _read(file: Path) -> Section:
    try:
        with file.open("rb") as opened, np.load(opened) as data:
            head = {**_OLDER, **json.loads(str(data["head"]))}
            # A newer version may know more about a section; that is left out.
            known = {entry.name: head[entry.name] for entry in fields(Section) if entry.name not in _ARRAYS}
            known |= {name: tuple(head[name]) for name in ("extent_m", "axes")}
            curves = {name[6:]: data[name] for name in data.files if name.startswith("curve_")}
            made = checked(Section(**known, values=data["values"], error=data.get("error"), curves=curves))
            _check_planes(made)
            return made
    except OSError as reason:
        raise DamagedArchive(f"{file} cannot be read: {reason.strerror or reason}") from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as reason:
        raise DamagedArchive(
            f"{file} is not a section: {reason}; without that file the report is made without the section"
        ) from None


def _is_section(file: Path) -> bool:
    try:
        _read(file)
    except DamagedArchive:
        return is_damaged_with(file, "head")
    return True


def _check_planes(section: Section) -> None:
    planes = [section.values] if section.error is None else [section.values, section.error]
    for plane in planes:
        if plane.ndim != 2 or plane.dtype.kind != "f" or plane.shape != section.values.shape or plane.size == 0:
            raise ValueError(f"a plane of {plane.dtype} and shape {plane.shape}")
