"""What a reader is given and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from wavecomp.errors import SnapshotError


@dataclass(frozen=True, slots=True)
class Source:
    """One array in a file.

    Attributes
    ----------
    path : pathlib.Path
        File, or the folder of a Zarr store.
    form : str
        Name of the format, as ``npy``.
    inner : str
        Which array in the file; empty for the only one.
    shape, dtype : tuple of int or None, str or None
        What was said about raw numbers (and about the traces of SEG-Y).
    """

    path: Path
    form: str
    inner: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.inner}" if self.inner else str(self.path)


class Lazy(Protocol):
    """An array whose values are read when they are indexed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values in the file, with its byte order."""

    def __getitem__(self, index: Any, /) -> Any:
        """Read a level, ``[k]``, or everything, ``[()]``."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An array as its file holds it.

    Attributes
    ----------
    array : Lazy
        Nothing of it is read yet, where the format allows.
    dimensions : tuple of str
        Names of the axes, where the file gives them.
    note : str
        What the reader had to decide, in words.
    unwritten : float or None
        The value of points that were never written, where the format has one.
    """

    array: Lazy
    dimensions: tuple[str, ...] = ()
    note: str = ""
    unwritten: float | None = None


def choose_array(source: Source, held: Mapping[str, str], example: str = "") -> str:
    """Return the name of the array that is meant.

    Parameters
    ----------
    source : Source
        With a name, or without.
    held : mapping of str to str
        Every array of the file, with its shape and dtype in words.
    example : str
        Prefix of the name in the advice.

    Raises
    ------
    SnapshotError
        There is no array of that name, none at all, or several and none was named.
    """
    wanted = source.inner.strip("/")
    for name in held:
        if name.strip("/") == wanted:
            return name
    shown = [f"{name} ({words})" for name, words in list(held.items())[:8]]
    there = ", ".join(shown) + (f" and {len(held) - 8} more" if len(held) > 8 else "")
    if wanted:
        raise SnapshotError(f'{source.path}: holds no array "{source.inner}"; there are: {there or "none"}')
    if len(held) == 1:
        return next(iter(held))
    if not held:
        raise SnapshotError(f"{source.path}: holds no array")
    advice = f"{source.path}:{example}{next(iter(held)).strip('/')}"
    raise SnapshotError(f"{source.path}: holds {len(held)} arrays, name one, such as {advice}; there are: {there}")


def array_words(shape: tuple[int, ...], dtype: object) -> str:
    """Say shape and dtype, such as ``100 x 50 float32``."""
    return f"{' x '.join(map(str, shape)) or 'no axes'} {dtype}"
