"""Bytes in chunks, each behind Blosc2 by itself: the same bytes come out for any number of threads.

Blosc2's own threads write the blocks of a chunk in the order in which they are done, which differs from call to call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from wavecomp.compressors.blosc import DEFINITION
from wavecomp.compressors.definition import Configuration
from wavecomp.compressors.spec import Value
from wavecomp.compressors.stream import Buffer
from wavecomp.compressors.thread_pool import pool
from wavecomp.errors import StreamError


class ByteChunks:
    """One byte codec over chunks of a size, in threads.

    Parameters
    ----------
    spec : str
        Of the compressor whose bytes they are, for messages.
    codec : str
        ``lz4`` or ``zstd``.
    level, chunk, threads : int
    shuffle : str
        As in ``blosc2``.
    """

    def __init__(self, spec: str, codec: str, level: int, chunk: int, threads: int, shuffle: str = "none") -> None:
        values: dict[str, Value] = {
            "codec": codec,
            "level": level,
            "shuffle": shuffle,
            "chunk": chunk,
            "block": chunk,
            "threads": 1,
        }
        self._codec = DEFINITION.build(Configuration(spec, values))
        self._spec, self._chunk, self._threads = spec, chunk, threads

    def encode(self, array: NDArray[Any]) -> list[Buffer]:
        """Return a compressed chunk for every ``chunk`` bytes of a C-contiguous array."""
        pieces = self._cut(array)
        if self._threads == 1 or len(pieces) == 1:
            done: Iterable[Iterable[Buffer]] = map(self._one, pieces)
        else:
            done = pool("chunk", self._threads).map(self._one, pieces)
        return [part for parts in done for part in parts]

    def decode(self, parts: list[memoryview], out: NDArray[Any]) -> None:
        """Undo :meth:`encode` into a C-contiguous array; raises StreamError."""
        pieces = self._cut(out)
        if len(parts) != len(pieces):
            raise StreamError(f"{self._spec}: the stream has {len(parts)} chunks, {len(pieces)} were expected")
        if self._threads == 1 or len(pieces) == 1:
            for part, piece in zip(parts, pieces, strict=True):
                self._codec._decode([part], piece)
        else:
            list(
                pool("chunk", self._threads).map(lambda part, piece: self._codec._decode([part], piece), parts, pieces)
            )

    def pieces(self, array: NDArray[Any]) -> int:
        """Return how many chunks an array has."""
        return len(self._cut(array))

    def _one(self, piece: NDArray[Any]) -> Iterable[Buffer]:
        return self._codec._encode(piece)

    def _cut(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        flat, step = array.reshape(-1), self._chunk // array.itemsize
        return [flat[start : start + step] for start in range(0, flat.size, step)]
