"""Blosc2: five codecs behind shuffle, bitshuffle, bytedelta, or truncated precision.

The field's bytes are cut into chunks of a pinned size, each one Blosc2 chunk. Ratios depend strongly on chunk and block
size, so the chunk is part of the spec and the block that Blosc2 chose is reported by ``describe_stream``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import ErrorBound, Lossless, PointwiseRelative
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer, Stream
from wavecomp.errors import SpecError, StreamError, UnsupportedField

_CODECS = {"blosclz": "BLOSCLZ", "lz4": "LZ4", "lz4hc": "LZ4HC", "zlib": "ZLIB", "zstd": "ZSTD"}
_SHUFFLES = ("none", "shuffle", "bitshuffle", "bytedelta")
_MANTISSA_BITS = {4: 23, 8: 52}
_LARGEST_CHUNK = 2**31 - 64  # Blosc2's own limit of 2^31 - 1 bytes less its header, kept a multiple of 8
_HEADER = struct.Struct("<4xIII")  # of a Blosc2 chunk, after four bytes: uncompressed, block and compressed bytes


class Blosc2(Compressor):
    """One Blosc2 codec with one filter pipeline, chunk size and number of threads."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration.spec)
        values = configuration.values
        self._codec = _CODECS[str(values["codec"])]
        self._level = int(values["level"])
        self._shuffle = str(values["shuffle"])
        self._chunk = int(values["chunk"])
        self._block = int(values["block"])
        self._threads = int(values["threads"])
        self._truncate = int(values["truncate"]) if "truncate" in values else None

    @property
    def bound(self) -> ErrorBound:
        """Lossless; with ``truncate=k``, mantissas are cut toward zero after k bits."""
        if self._truncate is None:
            return Lossless()
        return PointwiseRelative(2.0**-self._truncate)  # what is cut off a mantissa 1.m is below 2^-k of it

    @property
    def capabilities(self) -> Capabilities:
        """Any number of dimensions (the bytes are one row); NaN survives unless mantissas are cut."""
        return Capabilities(
            max_dimensions=MAX_DIMENSIONS,
            nonfinite=self._truncate is None,
            threads=self._threads,
            releases_gil=True,
        )

    def _check(self, field: Field) -> None:
        mantissa = _MANTISSA_BITS[field.dtype.itemsize]
        if self._truncate is not None and self._truncate >= mantissa:
            raise UnsupportedField(
                f"{self.spec}: truncate={self._truncate} cuts nothing off the {mantissa} mantissa bits of "
                f"{field.dtype}; "
                f"give 1 to {mantissa - 1}"
            )
        if self._block % field.dtype.itemsize:
            raise UnsupportedField(
                f"{self.spec}: blocks of {self._block} bytes cut values of {field.dtype} apart, and Blosc2 could not "
                f"decode them; give a multiple of {field.dtype.itemsize}"
            )

    def _pipeline(self, itemsize: int) -> tuple[list[Any], list[int]]:
        from blosc2 import Filter

        filters: list[Any] = []
        meta: list[int] = []
        if self._truncate is not None:
            filters.append(Filter.TRUNC_PREC)
            meta.append(self._truncate)
        if self._shuffle in ("shuffle", "bytedelta"):
            filters.append(Filter.SHUFFLE)
            meta.append(0)
        if self._shuffle == "bitshuffle":
            filters.append(Filter.BITSHUFFLE)
            meta.append(0)
        if self._shuffle == "bytedelta":
            filters.append(Filter.BYTEDELTA)
            meta.append(itemsize)
        return filters or [Filter.NOFILTER], meta or [0]

    def _encode(self, field: Field) -> Iterable[Buffer]:
        blosc2 = _library()
        itemsize = field.dtype.itemsize
        filters, meta = self._pipeline(itemsize)
        raw = field.reshape(-1).view(np.uint8)
        step = self._chunk // itemsize * itemsize
        parameters = {
            "codec": getattr(blosc2.Codec, self._codec),
            "clevel": self._level,
            "typesize": itemsize,
            "nthreads": self._threads,
            "blocksize": self._block,
            "filters": filters,
            "filters_meta": meta,
        }
        return [blosc2.compress2(raw[start : start + step], **parameters) for start in range(0, raw.size, step)]

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        blosc2 = _library()
        raw = out.reshape(-1).view(np.uint8)
        step = self._chunk // out.dtype.itemsize * out.dtype.itemsize
        if len(parts) != -(-raw.size // step):
            raise StreamError(
                f"{self.spec}: the stream has {len(parts)} chunks, the output makes {-(-raw.size // step)}"
            )
        for start, chunk in zip(range(0, raw.size, step), parts, strict=True):
            piece = raw[start : start + step]
            if len(chunk) < 32 or _HEADER.unpack_from(chunk)[::2] != (piece.size, len(chunk)):
                raise StreamError(f"{self.spec}: a chunk of {len(chunk)} bytes does not hold {piece.size}")
            try:
                blosc2.decompress2(chunk, dst=piece, nthreads=self._threads)
            except (RuntimeError, ValueError) as error:
                raise StreamError(f"{self.spec}: Blosc2 cannot decode a chunk: {error}") from error

    def describe_stream(self, stream: Stream) -> dict[str, int]:
        """Return the block size in bytes that Blosc2 used, read from the first chunk's header."""
        return {"block_bytes": _HEADER.unpack_from(stream.parts[0])[1]} if stream.parts else {}


def _library() -> Any:
    import blosc2

    # A flag of the whole process; without it one call keeps every other Python thread waiting.
    blosc2.set_releasegil(True)
    return blosc2


def _build(configuration: Configuration) -> Compressor:
    for key in ("chunk", "block"):
        if int(configuration.values[key]) % 4:
            raise SpecError(f'spec "{configuration.spec}": {key}={configuration.values[key]} must be a multiple of 4')
    chunk, block = int(configuration.values["chunk"]), int(configuration.values["block"])
    if block > chunk:
        raise SpecError(f'spec "{configuration.spec}": a block of {block} bytes does not fit a chunk of {chunk}')
    if "truncate" in configuration.values and configuration.values["shuffle"] == "bytedelta":
        # Three filters in a row: Blosc2 then uses the field itself as scratch memory, and spoils it.
        raise SpecError(
            f'spec "{configuration.spec}": truncate and shuffle=bytedelta cannot be combined (Blosc2 would write into '
            "the field); take another shuffle"
        )
    return Blosc2(configuration)


DEFINITION = Definition(
    name="blosc2",
    summary="Blosc2: lossless byte codecs behind shuffles, or with truncated mantissas",
    parameters=(
        Parameter("codec", "choice", "codec", default="zstd", choices=tuple(_CODECS), pinned=True),
        Parameter("level", "int", "0 stores, 9 compresses most", default=5, low=0, high=9, pinned=True),
        Parameter("shuffle", "choice", "byte rearrangement", default="shuffle", choices=_SHUFFLES, pinned=True),
        Parameter("truncate", "int", "mantissa bits kept; lossy, always toward zero", low=1, high=51),
        Parameter("chunk", "int", "bytes a chunk", default=1 << 20, low=1024, high=_LARGEST_CHUNK, pinned=True),
        Parameter("block", "int", "bytes a block, 0 leaves it to Blosc2", default=0, low=0, high=_LARGEST_CHUNK),
        Parameter("threads", "int", "threads of one call", default=1, low=1, high=256),
    ),
    build=_build,
    examples=(
        "blosc2:codec=blosclz,level=6,shuffle=shuffle,chunk=1048576",
        "blosc2:codec=lz4,level=4,shuffle=shuffle,chunk=2965820",
        "blosc2:codec=lz4hc,level=8,shuffle=bitshuffle,chunk=2097152",
        "blosc2:codec=zlib,level=7,shuffle=none,chunk=524288",
        "blosc2:codec=zstd,level=9,shuffle=shuffle,chunk=524288",
        "blosc2:codec=zstd,level=5,shuffle=bytedelta,chunk=1048576",
        "blosc2:codec=zstd,level=5,shuffle=shuffle,truncate=12,chunk=1048576,threads=2",
    ),
    requires="blosc2",
    tolerances=("truncate",),
)
