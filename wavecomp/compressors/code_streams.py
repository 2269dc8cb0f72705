"""Small integers in blocks, each class of blocks behind a Huffman code of its own: the codes of ``interp``."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.byte_chunks import ByteChunks
from wavecomp.compressors.scratch import shared_scratch
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import StreamError

BLOCK = 32
"""Codes of a block. Their number is a multiple of it."""

_ALONE = 1 << 18  # fewer values are done sooner by one thread than two have met

_SIZE = struct.Struct("<I")
_CHUNK = 1 << 16


def team(threads: int, values: int) -> int:
    """Return how many of the threads share so many values: one where they are few. The bytes are the same."""
    return threads if values >= _ALONE else 1


class CodeStreams:
    """Turns codes of 16 bits into bytes and back.

    Parameters
    ----------
    spec : str
        Of the compressor whose codes they are, for messages.
    threads : int
        The bytes are the same for any number.
    """

    def __init__(self, spec: str, threads: int) -> None:
        self._spec, self._threads = spec, threads
        self._side = ByteChunks(spec, "zstd", 1, _CHUNK, threads)
        self._scratch = shared_scratch("code streams")

    def encode(self, codes: NDArray[np.int16]) -> list[Buffer]:
        """Return the streams of bits, and in chunks what tells how to read them.

        Parameters
        ----------
        codes : ndarray of int16, shape (a multiple of BLOCK,)
            C-contiguous.
        """
        from wavecomp.compressors.kernels import _codes

        blocks = codes.size // BLOCK
        side = self._scratch.take("side", blocks + _codes.head_most(blocks), np.uint8)
        head_size, streams = _codes.encode(codes, side[:blocks], side[blocks:], team(self._threads, codes.size))
        return [streams, _SIZE.pack(head_size), *self._side.encode(side[: blocks + head_size])]

    def decode(self, parts: Sequence[memoryview], codes: NDArray[np.int16]) -> None:
        """Undo :meth:`encode` into an array of the original's size; raises StreamError."""
        from wavecomp.compressors.kernels import _codes

        if len(parts) < 3 or len(parts[1]) != _SIZE.size:
            raise StreamError(f"{self._spec}: the codes have {len(parts)} parts")
        blocks = codes.size // BLOCK
        (head_size,) = _SIZE.unpack(parts[1])
        if head_size > _codes.head_most(blocks):
            raise StreamError(f"{self._spec}: the codes' head of {head_size} bytes is longer than any")
        side = self._scratch.take("side", blocks + head_size, np.uint8)
        self._side.decode(list(parts[2:]), side)
        try:
            _codes.decode(codes, side[:blocks], side[blocks:], parts[0], team(self._threads, codes.size))
        except ValueError as error:
            raise StreamError(f"{self._spec}: {error}") from error
