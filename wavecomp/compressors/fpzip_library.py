"""libfpzip, called by its C interface, which the Python package ``fpzip`` brings along in its one compiled module.

That package's own functions take the process down where a stream gets larger than the field (they tell libfpzip of more
memory than there is), refuse read-only arrays, and return an array of theirs. By the C interface the memory is the
caller's, and Python's other threads run meanwhile.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.base import Field

# Of a value at most all its bits are written as they are, and before them a symbol of one of 65 or 129 classes, which
# the range coder's model of 16 bits makes at most 16 bits long. So a stream is never twice as large as its field.
_MOST_EXPANSION = 2
_ROOM = 4096  # header, and what the range coder keeps back


class _Fpz(ctypes.Structure):
    """``FPZ`` of fpzip.h: 0 for float and 1 for double, bits kept (0 for all), and the lengths, the fastest first."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("prec", ctypes.c_int),
        ("nx", ctypes.c_int),
        ("ny", ctypes.c_int),
        ("nz", ctypes.c_int),
        ("nf", ctypes.c_int),
    )


class FpzipFailed(Exception):
    """libfpzip could not do what it was asked for."""


@cache
def library() -> ctypes.CDLL:
    """Return libfpzip.

    Raises
    ------
    ImportError
        The package is not there, or was built so that its C functions cannot be reached.
    """
    import fpzip

    found = ctypes.CDLL(fpzip.__file__)
    try:
        for ending in ("to", "from"):
            opened = getattr(found, f"fpzip_{'write' if ending == 'to' else 'read'}_{ending}_buffer")
            opened.restype = ctypes.POINTER(_Fpz)
        found.fpzip_write_to_buffer.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        found.fpzip_read_from_buffer.argtypes = (ctypes.c_void_p,)
        for name in ("fpzip_write", "fpzip_read"):
            getattr(found, name).argtypes = (ctypes.POINTER(_Fpz), ctypes.c_void_p)
            getattr(found, name).restype = ctypes.c_size_t
            for ending in ("_header", "_close"):
                getattr(found, name + ending).argtypes = (ctypes.POINTER(_Fpz),)
                getattr(found, name + ending).restype = ctypes.c_int if ending == "_header" else None
    except AttributeError as error:
        raise ImportError(f"the C functions of this fpzip cannot be reached: {error}") from error
    return found


def compress(field: Field, precision: int) -> bytes:
    """Compress a C-contiguous array of one to four dimensions; ``precision`` 0 keeps all bits.

    Raises
    ------
    FpzipFailed
        libfpzip takes no such precision, for one.
    """
    found = library()
    room: NDArray[np.uint8] = np.empty(_MOST_EXPANSION * field.nbytes + _ROOM, np.uint8)
    handle = found.fpzip_write_to_buffer(room.ctypes.data, room.nbytes)
    try:
        about = handle.contents
        about.type, about.prec = _kind(field), precision
        about.nx, about.ny, about.nz, about.nf = _lengths(field)
        written = found.fpzip_write_header(handle) and found.fpzip_write(handle, field.ctypes.data)
    finally:
        found.fpzip_write_close(handle)
    if not written:
        raise FpzipFailed(f"it could not write {field.dtype} of shape {field.shape} with precision {precision}")
    return room[:written].tobytes()


def decompress(stream: memoryview, out: Field, precision: int) -> None:
    """Decompress into a C-contiguous array; the stream has to be whole, for libfpzip does not know where it ends.

    Raises
    ------
    FpzipFailed
        The stream is none of libfpzip's, or of another array.
    """
    found = library()
    raw = np.frombuffer(stream, np.uint8)
    handle = found.fpzip_read_from_buffer(raw.ctypes.data)
    try:
        if not found.fpzip_read_header(handle):
            raise FpzipFailed("it cannot read the header")
        about = handle.contents
        said = (about.type, about.prec, about.nx, about.ny, about.nz, about.nf)
        if said != (_kind(out), precision, *_lengths(out)):
            raise FpzipFailed(f"its header says {said}, not {(_kind(out), precision, *_lengths(out))}")
        if not found.fpzip_read(handle, out.ctypes.data):
            raise FpzipFailed("it cannot read the values")
    finally:
        found.fpzip_read_close(handle)


def _kind(field: Field) -> int:
    return 0 if field.dtype == np.float32 else 1


def _lengths(field: Field) -> tuple[int, ...]:
    return (*reversed(field.shape), 1, 1, 1)[:4]
