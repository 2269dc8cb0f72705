"""HDF5 datasets, read level by level from their chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wavecomp.snapshots.source import Opened, Source, array_words, choose_array


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Open one dataset of an HDF5 file, wherever it lies among the groups."""
    import h5py

    with h5py.File(source.path, "r") as file:
        held: dict[str, Any] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and item.shape:  # a single number is no array to choose
                held[name] = item

        file.visititems(visit)
        wanted = source.inner.strip("/")
        if wanted and wanted not in held and isinstance(file.get(wanted), h5py.Dataset):
            held[wanted] = file[wanted]  # behind a link, which is not visited
        name = choose_array(source, {f"/{n}": array_words(d.shape or (), d.dtype) for n, d in held.items()})
        dataset = held[name.strip("/")]
        if dataset.shape is None:
            raise ValueError(f"{name} holds nothing")
        yield Opened(dataset)
