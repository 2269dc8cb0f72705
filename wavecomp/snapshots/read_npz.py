"""NumPy's archives of arrays. Nothing is unpacked to disk: a level is read from where it begins in the stream."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.snapshots.source import Opened, Source, array_words, choose_array

_PIECE = 2**24


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Open one array of an archive, compressed or not."""
    with zipfile.ZipFile(source.path) as archive:
        members = [name for name in archive.namelist() if name.endswith(".npy")]
        held = {}
        for name in members:
            with archive.open(name) as file:
                shape, _, dtype = _header(file)
            held[name.removesuffix(".npy")] = array_words(shape, dtype)
        member = f"{choose_array(source, held)}.npy"
        with archive.open(member) as file:
            yield Opened(_Streamed(file))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not loaded")
    return tuple(shape), fortran, dtype


class _Streamed:
    """An array in a stream that is cheap to read forwards: levels one after the other are read once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.shape, self._fortran, self.dtype = _header(file)
        self._begin = file.tell()

    def __getitem__(self, index: Any) -> NDArray[Any]:
        if index == ():
            values = self._read(0, math.prod(self.shape))
            return values.reshape(self.shape, order="F" if self._fortran else "C")
        if self._fortran:  # a level lies scattered over the whole stream
            whole: NDArray[Any] = self[()][index]
            return whole
        if not 0 <= index < self.shape[0]:
            raise IndexError(f"no level {index} in shape {self.shape}")
        size = math.prod(self.shape[1:])
        return self._read(index * size, size).reshape(self.shape[1:])

    def _read(self, first: int, count: int) -> NDArray[Any]:
        values = np.empty(count, self.dtype)
        room = values.view(np.uint8)
        self._file.seek(self._begin + first * self.dtype.itemsize)
        done = 0
        while done < room.size:
            piece = self._file.read(min(_PIECE, room.size - done))
            if not piece:
                raise EOFError("it ends before its last value")
            room[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
            done += len(piece)
        return values
