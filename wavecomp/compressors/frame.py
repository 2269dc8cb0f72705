"""A stream: a header that says which array it belongs to, and the parts that the library produced.

The libraries' own streams do not all carry shape and dtype, and decoding one into another array, or decoding one that
lost its end, is silent garbage or a crash. The header costs 32 bytes plus 8 a dimension and 8 a part. It holds no
checksum of the parts: who keeps streams checks them (at the speed of the fastest codecs a checksum would be a good part
of what is measured).

The parts are kept as they came. Joining them would cost a copy into fresh memory, which for a fast lossless codec is a
quarter of its time; whoever needs contiguous bytes calls :func:`bytes` on the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import StreamError

Buffer = bytes | bytearray | memoryview

_MAGIC = b"wavecomp"
_VERSION = 1
_FIXED = struct.Struct("<8sBBBxIQ8x")  # magic, version, item size, dimensions, parts, bytes of all parts
MAX_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class Stream:
    """A compressed field.

    Attributes
    ----------
    head : bytes
        Shape and item size of the array, and the sizes of the parts.
    parts : tuple of bytes-like
        What the compressor produced.
    """

    head: bytes
    parts: tuple[Buffer, ...]

    @property
    def nbytes(self) -> int:
        """Size in bytes, header included."""
        return len(self.head) + sum(memoryview(part).nbytes for part in self.parts)

    def __len__(self) -> int:
        return self.nbytes

    def __bytes__(self) -> bytes:
        return b"".join((self.head, *self.parts))


def pack(field: NDArray[np.generic], parts: Iterable[Buffer]) -> Stream:
    """Put a header before the parts; nothing is copied."""
    kept = tuple(parts)
    sizes = [memoryview(part).nbytes for part in kept]
    head = _FIXED.pack(_MAGIC, _VERSION, field.dtype.itemsize, field.ndim, len(kept), sum(sizes))
    return Stream(head + struct.pack(f"<{field.ndim + len(kept)}Q", *field.shape, *sizes), kept)


def unpack(stream: Stream | Buffer, out: NDArray[np.generic]) -> list[memoryview]:
    """Return the parts of a stream, after checking that it was made from an array like ``out`` and is whole.

    Raises
    ------
    StreamError
        No header, another version, another shape or dtype than ``out``, or bytes missing or too many.
    """
    if isinstance(stream, Stream):
        shape, sizes, _ = _read_head(memoryview(stream.head), out)
        parts = [memoryview(part).cast("B") for part in stream.parts]
        if [len(part) for part in parts] != list(sizes):
            raise StreamError(f"the stream's parts have {[len(part) for part in parts]} bytes, its header says {sizes}")
        return parts
    view = memoryview(stream).cast("B")
    shape, sizes, start = _read_head(view, out)
    if len(view) != start + sum(sizes):
        raise StreamError(f"the stream of shape {shape} has {len(view)} bytes, its header says {start + sum(sizes)}")
    return split(view[start:], sizes)


def split(view: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    """Cut consecutive pieces of the given sizes in bytes."""
    pieces = []
    start = 0
    for size in sizes:
        pieces.append(view[start : start + size])
        start += size
    return pieces


def part_count(head: Buffer) -> int:
    """Return how many parts a header announces; raises StreamError if it is none."""
    if memoryview(head).nbytes < _FIXED.size or bytes(head[:8]) != _MAGIC:
        raise StreamError("a header was expected inside the stream and is not there")
    return int(_FIXED.unpack_from(head)[4])


def _read_head(view: memoryview, out: NDArray[np.generic]) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    if len(view) < _FIXED.size:
        raise StreamError(f"a stream of {len(view)} bytes is too short to be one of wavecomp's")
    magic, version, itemsize, ndim, count, total = _FIXED.unpack_from(view)
    if magic != _MAGIC:
        raise StreamError(f"the stream begins with {magic!r}, not with {_MAGIC!r}")
    if version != _VERSION:
        raise StreamError(f"stream format {version} is not the format {_VERSION} of this wavecomp")
    start = _FIXED.size + 8 * (ndim + count)
    if ndim > MAX_DIMENSIONS or len(view) < start:
        raise StreamError(f"the stream's header is damaged ({ndim} dimensions, {count} parts, {len(view)} bytes)")
    numbers = struct.unpack_from(f"<{ndim + count}Q", view, _FIXED.size)
    shape, sizes = numbers[:ndim], numbers[ndim:]
    if sum(sizes) != total:
        raise StreamError(f"the stream's header is damaged (parts of {sum(sizes)} bytes, {total} in all)")
    if shape != out.shape or itemsize != out.dtype.itemsize:
        raise StreamError(
            f"the stream holds float{8 * itemsize} of shape {shape}, the output is {out.dtype} of shape {out.shape}"
        )
    return shape, sizes, start
