"""A stream: a header that says which array it belongs to, and the parts that the library produced.

The libraries' own streams do not all carry shape and dtype, and decoding one into another array, or one of another
compressor, or a damaged one, is silent garbage or a crash. So the header names the array and, by 64 bits, the
compressor, and carries a 64-bit XXH3. Its 32 bytes, 8 a dimension and 8 a part are always under that checksum. The
parts are where the stream is *sealed*: whatever is joined into bytes is, and what a compressor produces that takes a
hundred times as long as its checksum. The others hand over parts in memory unsealed: a checksum would be a good part of
what is measured there. Who keeps such parts seals them first.

The parts are kept as they came. Joining them would cost a copy into fresh memory, which for a fast lossless codec is a
quarter of its time; whoever needs contiguous bytes calls :func:`bytes` on the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from wavecomp.errors import StreamError

Buffer = bytes | bytearray | memoryview

_MAGIC = b"wavecomp"
_VERSION = 2
_FIXED = struct.Struct("<8sBcBBIQ8s")  # magic, version, dtype's letter, dimensions, sealed, parts, compressor, checksum
_SEALED, _CHECKSUM = 11, slice(24, 32)
MAX_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class Stream:
    """A compressed field.

    Attributes
    ----------
    head : bytes
        Shape and dtype of the array, which compressor it was, the sizes of the parts, and a checksum.
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
        return b"".join((seal(self).head, *self.parts))


def pack(field: NDArray[np.generic], parts: Iterable[Buffer], compressor: int = 0, *, sealed: bool = False) -> Stream:
    """Put a header before the parts; nothing is copied.

    Parameters
    ----------
    field : ndarray
        What was compressed.
    parts : iterable of bytes-like
    compressor : int
        64 bits that stand for the compressor.
    sealed : bool
        Whether the checksum covers the parts too.
    """
    kept = tuple(parts)
    head = _head(field, [memoryview(part).nbytes for part in kept], compressor, sealed)
    return Stream(_signed(head, kept), kept)


def seal(stream: Stream) -> Stream:
    """Return the stream with its parts under the checksum; one that is sealed already is not read again."""
    if stream.head[_SEALED]:
        return stream
    head = stream.head[:_SEALED] + b"\1" + stream.head[_SEALED + 1 :]
    return Stream(_signed(head, stream.parts), stream.parts)


def verify(stream: Stream | Buffer) -> None:
    """Raise StreamError unless the stream is whole and, as far as it is sealed, unchanged."""
    _verify(*_taken_apart(stream))


def unpack(
    stream: Stream | Buffer, out: NDArray[np.generic], compressor: int = 0, *, verified: bool = False
) -> list[memoryview]:
    """Return the parts of a stream, after checking that it is whole and was made from an array like ``out``.

    Parameters
    ----------
    stream : Stream or bytes-like
    out : ndarray
        Where the array is to be put.
    compressor : int
        What :func:`pack` was given.
    verified : bool
        :func:`verify` has been called.

    Raises
    ------
    StreamError
        No header, another version, another compressor, another shape or dtype than ``out``, bytes missing or too many,
        or a checksum that differs.
    """
    head, parts = _taken_apart(stream)
    if not verified:
        _verify(head, parts)
    # One comparison of bytes: taking the header apart would be seen beside the fastest codecs.
    expected = _head(out, list(map(len, parts)), compressor, bool(head[_SEALED]), head[_CHECKSUM])
    if head != expected or not out.dtype.isnative:
        raise StreamError(_difference(head, parts, out, compressor))
    return parts


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
    return int(_FIXED.unpack_from(head)[5])


def _head(
    field: NDArray[np.generic], sizes: Sequence[int], compressor: int, sealed: bool, checksum: bytes = bytes(8)
) -> bytes:
    shape = field.shape
    fixed = _FIXED.pack(
        _MAGIC, _VERSION, field.dtype.char.encode(), len(shape), sealed, len(sizes), compressor, checksum
    )
    return fixed + struct.pack(f"<{len(shape) + len(sizes)}Q", *shape, *sizes)


def _signed(head: bytes, parts: Iterable[Buffer]) -> bytes:
    return head[: _CHECKSUM.start] + _checksum(head, parts) + head[_CHECKSUM.stop :]


def _checksum(head: bytes, parts: Iterable[Buffer]) -> bytes:
    """Return the XXH3 of a header, but for its checksum, and of the parts of a sealed stream, however they are cut."""
    covered = head[: _CHECKSUM.start] + head[_CHECKSUM.stop :]
    if not head[_SEALED]:
        return xxhash.xxh3_64_digest(covered)
    digest = xxhash.xxh3_64(covered)
    for part in parts:
        digest.update(part)
    return digest.digest()


def _taken_apart(stream: Stream | Buffer) -> tuple[bytes, list[memoryview]]:
    """Return header and parts of a stream that has a header of this version, and as many bytes as that says."""
    if isinstance(stream, Stream):
        parts = [memoryview(part) if type(part) is bytes else memoryview(part).cast("B") for part in stream.parts]
        _check_fixed(stream.head)
        return stream.head, parts
    view = memoryview(stream).cast("B")
    _check_fixed(view)
    *_, ndim, _, count, _, _ = _FIXED.unpack_from(view)
    start = _FIXED.size + 8 * (ndim + count)
    if ndim > MAX_DIMENSIONS or len(view) < start:
        raise StreamError(f"the stream's header is damaged ({ndim} dimensions, {count} parts, {len(view)} bytes)")
    shape, sizes = _numbers(view, ndim)
    if len(view) != start + sum(sizes):
        raise StreamError(f"the stream of shape {shape} has {len(view)} bytes, its header says {start + sum(sizes)}")
    return bytes(view[:start]), split(view[start:], sizes)


def _check_fixed(head: Buffer) -> None:
    if len(head) < _FIXED.size:
        raise StreamError(f"a stream of {len(head)} bytes is too short to be one of wavecomp's")
    if head[:8] != _MAGIC:
        raise StreamError(f"the stream begins with {bytes(head[:8])!r}, not with {_MAGIC!r}")
    if head[8] != _VERSION:
        raise StreamError(f"stream format {head[8]} is not the format {_VERSION} of this wavecomp")


def _numbers(head: Buffer, ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    count = part_count(head)
    numbers = struct.unpack_from(f"<{ndim + count}Q", head, _FIXED.size)
    return numbers[:ndim], numbers[ndim:]


def _verify(head: bytes, parts: Sequence[memoryview]) -> None:
    if _checksum(head, parts) != head[_CHECKSUM]:
        raise StreamError("the stream is damaged: its checksum differs from that of its bytes")


def _difference(head: bytes, parts: Sequence[memoryview], out: NDArray[np.generic], compressor: int) -> str:
    """Say in which respect a header is not that of a stream with these parts, for this output."""
    _, _, letter, ndim, _, _, made_by, _ = _FIXED.unpack_from(head)
    shape, sizes = _numbers(head, ndim)
    found = tuple(map(len, parts))
    if found != sizes:
        return f"the stream's parts have {found} bytes, its header says {sizes}"
    if made_by != compressor:
        return "the stream was made by another compressor, or with other settings"
    return (
        f"the stream holds {np.dtype(letter.decode())} of shape {shape}, the output is {out.dtype} of shape {out.shape}"
    )
