"""SEG-Y: a section of traces, or a cube with inline and crossline numbers; the extra ``segy``."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import MissingExtra, SnapshotError
from wavecomp.snapshots.source import Opened, Source

_FORMAT_AT = 3224
_FORMATS = {1: "4-byte IBM floats", 5: "4-byte IEEE floats", 6: "8-byte IEEE floats"}


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Open the traces as one array: (traces, samples), (inlines, crosslines, samples), or of the shape that was given.

    IBM floats become IEEE floats of single precision, which hold all but the last bits of some of them.
    """
    try:
        import segyio
    except ImportError:
        raise MissingExtra(str(source.path), "SEG-Y", "segy") from None
    endian, code = _byte_order(source)
    with segyio.open(str(source.path), "r", ignore_geometry=True, endian=endian) as file:
        shape, order, words = _geometry(source, file, segyio.TraceField)
        note = f"{words}, {_FORMATS[code]}" + (" as float32" if code == 1 else "")
        yield Opened(_Traces(file, shape, order), note=note)


def _byte_order(source: Source) -> tuple[str, int]:
    with source.path.open("rb") as stream:
        stream.seek(_FORMAT_AT)
        code = stream.read(2)
    if len(code) < 2:
        raise ValueError("it ends before its binary header")
    found = {"big": struct.unpack(">h", code)[0], "little": struct.unpack("<h", code)[0]}
    for order, number in found.items():
        if number in _FORMATS:
            return order, number
    known = ", ".join(f"{number} ({words})" for number, words in _FORMATS.items())
    raise SnapshotError(
        f"{source.path}: its sample format is {found['big']} (bytes 3225-3226, big-endian); it must be one of {known}"
    )


def _geometry(source: Source, file: Any, fields: Any) -> tuple[tuple[int, ...], NDArray[np.int64], str]:
    """Return the shape, where in it each trace belongs, and a word on how that was known."""
    count, samples = file.tracecount, len(file.samples)
    plain = np.arange(count)
    if source.shape is not None:
        if math.prod(source.shape[:-1]) != count or source.shape[-1] != samples:
            raise SnapshotError(
                f"{source.path}: shape={'x'.join(map(str, source.shape))}: there are {count} traces of {samples} "
                "samples; the last number is the samples, the others multiplied are the traces"
            )
        return source.shape, plain, "traces in the order of the file"
    inline, crossline = (np.asarray(file.attributes(f)[:], np.int64) for f in (fields.INLINE_3D, fields.CROSSLINE_3D))
    (inlines, x), (crosslines, y) = (np.unique(n, return_inverse=True) for n in (inline, crossline))
    size = (inlines.size, crosslines.size)
    if min(size) < 2:
        return (count, samples), plain, "a section, traces in the order of the file"
    place = np.ravel(x) * size[1] + np.ravel(y)
    if count != size[0] * size[1] or np.unique(place).size != count:
        raise SnapshotError(
            f"{source.path}: {count} traces do not fill a cube of {size[0]} inlines and {size[1]} crosslines, one "
            f"each; give their shape in the order of the file, such as {source.path}:shape=…x{samples}"
        )
    return (*size, samples), np.argsort(place), "a cube of inlines and crosslines"


class _Traces:
    """Traces as an array; a plane along the first axis is read alone."""

    def __init__(self, file: Any, shape: tuple[int, ...], order: NDArray[np.int64]) -> None:
        self._file, self.shape, self._order = file, shape, order.reshape(shape[:-1])
        self.dtype = np.dtype(file.dtype)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        wanted = self._order[index]
        values = np.empty((wanted.size, self.shape[-1]), self.dtype)
        for row, trace in enumerate(np.ravel(wanted)):
            values[row] = self._file.trace.raw[int(trace)]
        return values.reshape(*np.shape(wanted), self.shape[-1])
