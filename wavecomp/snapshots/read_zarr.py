"""Zarr stores of versions 2 and 3, read level by level from their chunks; the extra ``zarr``.

TensorStore reads them. The package ``zarr`` cannot be imported beside some versions of zfpy, and stops pytest there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import MissingExtra
from wavecomp.snapshots.source import Opened, Source, array_words, choose_array

_MOST_BYTES = 2**24
"""Of a metadata file: a store that was consolidated repeats those of all its arrays."""


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Open the array that a store is, or one in its groups."""
    try:
        import tensorstore
    except ImportError:
        raise MissingExtra(str(source.path), "Zarr", "zarr") from None
    held = dict(_arrays(source.path, ""))
    if not held:
        raise ValueError("no array's metadata (zarr.json or .zarray) is in it")
    name = (
        "" if "" in held and not source.inner else choose_array(source, {n: words for n, (words, *_) in held.items()})
    )
    _, driver, dimensions = held[name]
    folder = {"driver": "file", "path": str(source.path / name)}
    yield Opened(_Chunked(tensorstore.open({"driver": driver, "kvstore": folder}, read=True).result()), dimensions)


class _Chunked:
    """A TensorStore array whose levels come as NumPy's."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.shape: tuple[int, ...] = tuple(store.shape)
        self.dtype: np.dtype[Any] = store.dtype.numpy_dtype

    def __getitem__(self, index: Any) -> NDArray[Any]:
        values: NDArray[Any] = self._store[index].read().result()
        return values


def _arrays(folder: Path, name: str) -> Iterator[tuple[str, tuple[str, str, tuple[str, ...]]]]:
    """Return name, shape and dtype in words, driver and names of the axes of every array in a store."""
    if (folder / ".zarray").is_file():
        about = _metadata(folder / ".zarray")
        attributes = _metadata(folder / ".zattrs") if (folder / ".zattrs").is_file() else {}
        yield name, (_words(about, about["dtype"]), "zarr", _names(attributes.get("_ARRAY_DIMENSIONS")))
    elif (folder / "zarr.json").is_file() and (about := _metadata(folder / "zarr.json")).get("node_type") == "array":
        yield name, (_words(about, about["data_type"]), "zarr3", _names(about.get("dimension_names")))
    else:
        for entry in sorted(folder.iterdir()):
            if entry.is_dir():
                yield from _arrays(entry, f"{name}/{entry.name}" if name else entry.name)


def _metadata(file: Path) -> dict[str, Any]:
    if file.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{file.name} has {file.stat().st_size} bytes")
    about = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(about, dict):
        raise TypeError(f"{file.name} is no object of JSON")
    return about


def _words(about: dict[str, Any], dtype: object) -> str:
    return array_words(tuple(about["shape"]), dtype)


def _names(given: Any) -> tuple[str, ...]:
    return tuple("" if name is None else str(name) for name in given or ())
