"""The formats that are read, by the suffix of their files; each reader is loaded when its first file is opened."""

from __future__ import annotations

import importlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wavecomp.errors import SnapshotError, WavecompError
from wavecomp.snapshots.source import Opened, Source


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    name, words : str
        In :class:`Source`, and for people.
    suffixes : tuple of str
        In lower case.
    module : str
        Where its function ``open_array`` is.
    """

    name: str
    words: str
    suffixes: tuple[str, ...]
    module: str

    def reader(self) -> Callable[[Source], AbstractContextManager[Opened]]:
        """Load and return the reader."""
        found: Callable[[Source], AbstractContextManager[Opened]]
        found = importlib.import_module(f"wavecomp.snapshots.{self.module}").open_array
        return found


FORMATS = (
    Format("npy", ".npy file", (".npy",), "read_npy"),
    Format("npz", ".npz file", (".npz",), "read_npz"),
    Format("hdf5", "HDF5 file", (".h5", ".hdf5", ".he5"), "read_hdf5"),
    Format("netcdf", "NetCDF file", (".nc", ".nc4", ".cdf"), "read_netcdf"),
    Format("zarr", "Zarr store", (".zarr",), "read_zarr"),
    Format("segy", "SEG-Y file", (".sgy", ".segy"), "read_segy"),
    Format("raw", "file of raw numbers", (), "read_raw"),
)

SUFFIXES = {suffix: form.name for form in FORMATS for suffix in form.suffixes}
"""Name of the format by suffix; raw numbers have any other."""

_BY_NAME = {form.name: form for form in FORMATS}

_UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, RuntimeError, EOFError, NotImplementedError)


def suffix_of(path: Path) -> str:
    """Return the suffix in lower case."""
    return path.suffix.lower()


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """Open an array for reading while the block runs; what the block reads counts as reading the file.

    Raises
    ------
    SnapshotError
        The file is not one of its format, or cannot be read.
    MissingExtra
        What reads it is not installed.
    """
    form = _BY_NAME[source.form]
    reader = form.reader()
    try:
        with reader(source) as found:
            yield found
    except WavecompError:
        raise
    except FileNotFoundError:
        raise SnapshotError(f"{source.path}: there is no such file") from None
    except (*_UNREADABLE, zipfile.BadZipFile, zlib.error, SyntaxError) as error:
        raise SnapshotError(f"{source}: not a readable {form.words} ({_reason(error)})") from None


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
