"""The lossless filters of HDF5 files, as a chunk of a dataset has them: ``hdf5:filter=bitshuffle,cname=zstd,clevel=3``.

A field is one chunk of a dataset in a file that lies in memory; what the filter made of it is the stream. What HDF5
itself costs, a file and a dataset for each level, is part of what is measured, as it is for those who store wavefields
in such files. Filters that lose something are left out: wavecomp has ZFP, SZ3 and SPERR without a file around them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import ErrorBound, Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import Parameter, Value, first_word_as
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer
from wavecomp.errors import SpecError, StreamError, UnsupportedField

NAME = "hdf5"

_MOST = 2**31 - 1
"""Bytes of a chunk: several of the filters count in ints of 32 bits."""

_MASK_BYTES = 4
_DATASET = "field"
_numbers = itertools.count()  # HDF5 takes two files in memory of one name for the same


def _level(default: int, low: int, high: int) -> Parameter:
    return Parameter("clevel", "int", "higher compresses more", default=default, low=low, high=high, pinned=True)


def _codec(default: str, *choices: str) -> Parameter:
    return Parameter("cname", "choice", "codec", default=default, choices=choices, pinned=True)


def _blosc(default: str) -> tuple[Parameter, ...]:
    return (
        _codec(default, "blosclz", "lz4", "lz4hc", "zlib", "zstd"),
        _level(5, 0, 9),
        Parameter("bytes", "choice", "Blosc's own shuffle", default="bytes", choices=_BLOSC_SHUFFLE, pinned=True),
    )


_SHUFFLE = Parameter("shuffle", "flag", "HDF5's own shuffle of bytes before the filter")
_BLOSC_SHUFFLE = ("none", "bytes", "bits")
_BITSHUFFLE_LEVEL = 3

FILTERS: Mapping[str, tuple[Parameter, ...]] = {
    "bitshuffle": (_codec("lz4", "none", "lz4", "zstd"), _level(_BITSHUFFLE_LEVEL, 1, 22)),
    "blosc": _blosc("lz4"),
    "blosc2": _blosc("blosclz"),
    "bzip2": (Parameter("blocksize", "int", "in 100,000 bytes", default=9, low=1, high=9, pinned=True), _SHUFFLE),
    "gzip": (_level(4, 0, 9), _SHUFFLE),
    "lz4": (_SHUFFLE,),
    "zstd": (_level(3, 1, 22), _SHUFFLE),
}
"""Keys of each filter, as hdf5plugin calls them where it has them."""


_MAKERS = {
    "bitshuffle": "Bitshuffle",
    "blosc": "Blosc",
    "blosc2": "Blosc2",
    "bzip2": "BZip2",
    "lz4": "LZ4",
    "zstd": "Zstd",
}
"""What makes the options of each filter, in hdf5plugin; gzip is HDF5's own."""


class Hdf5(Compressor):
    """One chunk of one filter with its settings."""

    seals = True  # HDF5 believes what a filter returns: a damaged chunk can take the process down

    def __init__(self, spec: str, values: Mapping[str, Value]) -> None:
        super().__init__(spec)
        self._filter, self._values = str(values["filter"]), dict(values)

    @property
    def bound(self) -> ErrorBound:
        """No bit is lost."""
        return Lossless()

    @property
    def capabilities(self) -> Capabilities:
        """Any number of dimensions (the field is one row), any values; h5py holds one lock for the whole of HDF5."""
        return Capabilities(max_dimensions=MAX_DIMENSIONS, nonfinite=True, releases_gil=False)

    def _check(self, field: Field) -> None:
        if field.nbytes > _MOST:
            raise UnsupportedField(
                f"{self.spec}: a chunk has at most {_MOST} bytes, the field has {field.nbytes}; give at most "
                f"{_MOST // field.itemsize} values of {field.dtype}"
            )

    def _options(self) -> dict[str, Any]:
        """Return the words with which h5py makes a dataset of this filter."""
        given = {key: value for key, value in self._values.items() if key not in ("filter", "shuffle", "bytes")}
        shuffled = {"shuffle": True} if self._values.get("shuffle") else {}
        if self._filter == "gzip":
            return {"compression": "gzip", "compression_opts": int(given["clevel"]), **shuffled}
        if self._filter == "bitshuffle" and given["cname"] != "zstd":
            del given["clevel"]
        if "bytes" in self._values:
            key = "shuffle" if self._filter == "blosc" else "filters"
            given[key] = _BLOSC_SHUFFLE.index(str(self._values["bytes"]))
        return {**getattr(_library(), _MAKERS[self._filter])(**given), **shuffled}

    def _encode(self, field: Field) -> Iterable[Buffer]:
        flat = np.require(field.reshape(-1), requirements="A")
        with _file() as file:
            dataset = self._dataset(file, flat)
            dataset.id.write(_everything(), _everything(), flat)
            file.flush()
            mask, chunk = dataset.id.read_direct_chunk((0,))
        return (int(mask).to_bytes(_MASK_BYTES, "little"), chunk)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        if len(parts) != 2 or len(parts[0]) != _MASK_BYTES:
            raise StreamError(f"{self.spec}: the stream is no chunk and the mask of its filters")
        mask = int.from_bytes(parts[0], "little")
        flat = np.require(out.reshape(-1), requirements="A")
        try:
            with _file() as file:
                self._dataset(file, flat).id.write_direct_chunk((0,), parts[1], mask)
                # Opened anew: through the one that wrote the chunk, HDF5 2.0 reads it as if its mask were 0.
                file[_DATASET].id.read(_everything(), _everything(), flat)
        except (OSError, RuntimeError, ValueError) as error:
            raise StreamError(f"{self.spec}: HDF5 cannot decode the chunk: {error}") from error
        if not np.may_share_memory(flat, out):
            out.reshape(-1)[:] = flat

    def _dataset(self, file: Any, flat: Field) -> Any:
        return file.create_dataset(
            _DATASET, shape=flat.shape, dtype=flat.dtype, chunks=flat.shape, track_times=False, **self._options()
        )


def _library() -> Any:
    import hdf5plugin  # it imports h5py, and registers its filters there

    return hdf5plugin


def _file() -> Any:
    import h5py

    return h5py.File(f"wavecomp-{next(_numbers)}", "w", driver="core", backing_store=False)


def _everything() -> Any:
    import h5py

    return h5py.h5s.ALL


def _build(configuration: Configuration) -> Compressor:
    if "filter" not in configuration.values:
        raise SpecError(f'spec "{configuration.spec}": give a filter, as in {NAME}:bitshuffle,cname=zstd')
    values = configuration.values
    if values["filter"] == "bitshuffle" and values["cname"] != "zstd" and values["clevel"] != _BITSHUFFLE_LEVEL:
        raise SpecError(
            f'spec "{configuration.spec}": clevel={values["clevel"]} is of cname=zstd; {values["cname"]} has no '
            "levels, leave clevel out"
        )
    return Hdf5(configuration.spec, values)


DEFINITION = Definition(
    name=NAME,
    summary="one chunk of an HDF5 file through a lossless filter of hdf5plugin; also hdf5:bitshuffle,cname=zstd",
    parameters=(Parameter("filter", "choice", "filter", choices=tuple(FILTERS)),),
    variants=FILTERS,
    build=_build,
    examples=(
        "hdf5:filter=bitshuffle,cname=lz4,clevel=3",
        "hdf5:filter=blosc,cname=zstd,clevel=5,bytes=bits",
        "hdf5:filter=gzip,clevel=4,shuffle",
    ),
    requires="hdf5plugin",
    load=_library,
    extra="compressors",
    respell=partial(first_word_as, name=NAME, key="filter"),
)
