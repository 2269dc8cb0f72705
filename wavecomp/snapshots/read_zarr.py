"""Zarr stores of versions 2 and 3, read chunk by chunk; the extra ``zarr``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wavecomp.errors import MissingExtra
from wavecomp.snapshots.source import Opened, Source, array_words, choose_array

_CODEC = "numcodecs.zfpy"


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Open the array that a store is, or one in its groups."""
    zarr = _zarr(source)
    root = zarr.open(str(source.path), mode="r")
    array = root
    if isinstance(root, zarr.Group):
        held = {name: item for name, item in root.members(max_depth=None) if isinstance(item, zarr.Array)}
        array = held[choose_array(source, {n: array_words(a.shape, a.dtype) for n, a in sorted(held.items())})]
    elif source.inner:
        choose_array(source, {})
    yield Opened(array, _dimensions(array))


def _zarr(source: Source) -> Any:
    # numcodecs gives up on a version of zfpy that ends in a word ("1.0.1.post0"). Its ZFP codec is left out then.
    hidden = _CODEC not in sys.modules
    if hidden:
        sys.modules[_CODEC] = None  # type: ignore[assignment]  # an import of it raises ImportError, which is foreseen
    try:
        import zarr
    except ImportError:
        raise MissingExtra(str(source.path), "Zarr", "zarr") from None
    finally:
        if hidden:
            sys.modules.pop(_CODEC, None)
    return zarr


def _dimensions(array: Any) -> tuple[str, ...]:
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    return tuple("" if name is None else str(name) for name in names)
