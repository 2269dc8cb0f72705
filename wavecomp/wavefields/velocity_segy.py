"""Reading a velocity model from SEG-Y: a trace a column, a sample a depth step.

Which trace is which column of a cube is taken from the trace headers, never from the file's sort order: inlines (bytes
189-192) in ascending order are x, crosslines (193-196) are y. A section's traces are x as they follow each other. What
the headers contradict is refused by name, since a model that is laid out wrongly still looks like a model.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.grid_model import Array, GridModel, to_m_s
from wavecomp.wavefields.model_spec import SegyModel
from wavecomp.wavefields.segy_coordinates import check_spacing, read_coordinates

_FORMATS = {
    1: "4-byte IBM float",
    2: "4-byte integer",
    3: "2-byte integer",
    5: "4-byte IEEE float",
    6: "8-byte IEEE float",
    8: "1-byte integer",
    10: "4-byte unsigned integer",
    11: "2-byte unsigned integer",
    16: "1-byte unsigned integer",
}
_FORMAT_AT = 3224
_TRACES_AT_ONCE = 4096

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Headers:
    """One number a trace."""

    inline: Numbers
    crossline: Numbers
    cdp: Numbers
    offset: Numbers
    samples: Numbers

    @property
    def places(self) -> Numbers:
        """What tells one trace from another, shape (traces, 3)."""
        return np.stack([self.inline, self.crossline, self.cdp], axis=1)


def read_segy(path: Path, spec: SegyModel, dimensions: int) -> GridModel:
    """Read a section or a cube.

    Raises
    ------
    ModelFileError
        segyio is missing, the file is no SEG-Y that it reads, or its traces are not one a column of a regular grid with
        so many dimensions.
    """
    try:
        import segyio
    except ImportError:
        raise ModelFileError(f"{path}: reading SEG-Y needs segyio: pip install 'wavecomp[segy]'") from None
    endian = _byte_order(path)
    try:
        with segyio.open(str(path), "r", ignore_geometry=True, endian=endian) as file:
            headers = _headers(file, segyio.TraceField)
            _check_samples(path, headers, len(file.samples))
            if dimensions == 2:
                shape, order = _line(path, headers)
            else:
                shape, order = _cube(path, headers)
            coordinates = read_coordinates(file, segyio.TraceField, segyio.BinField)
            check_spacing(path, coordinates, order, shape, spec.file_spacing_m)
            velocity = _columns(file, order, spec.unit)
    except (OSError, RuntimeError, ValueError, KeyError, IndexError, MemoryError) as error:
        raise ModelFileError(f"{path}: not a readable SEG-Y file ({error})") from None
    return GridModel(velocity.reshape(*shape, -1), spec.file_spacing_m, spec.file_origin_m)


def _byte_order(path: Path) -> str:
    """Return ``big`` or ``little``, whichever makes the format's number one that is known."""
    try:
        with path.open("rb") as stream:
            stream.seek(_FORMAT_AT)
            code = stream.read(2)
    except OSError as error:
        raise ModelFileError(f"{path}: not a readable SEG-Y file ({error.strerror or error})") from None
    if len(code) < 2:
        raise ModelFileError(f"{path}: not a readable SEG-Y file (it ends before its binary header)")
    found = {"big": struct.unpack(">h", code)[0], "little": struct.unpack("<h", code)[0]}
    for order, number in found.items():
        if number in _FORMATS:
            return order
    known = ", ".join(f"{number} ({words})" for number, words in _FORMATS.items())
    raise ModelFileError(
        f"{path}: not a readable SEG-Y file: sample format {found['big']} (bytes 3225-3226, big-endian; "
        f"{found['little']} little-endian); it must be one of {known}"
    )


def _headers(file: Any, fields: Any) -> _Headers:
    read = (
        np.asarray(file.attributes(field)[:], dtype=np.int64)
        for field in (fields.INLINE_3D, fields.CROSSLINE_3D, fields.CDP, fields.offset, fields.TRACE_SAMPLE_COUNT)
    )
    return _Headers(*read)


def _check_samples(path: Path, headers: _Headers, samples: int) -> None:
    # The trace header's field has 16 bits, and many writers leave it zero.
    said = headers.samples & 0xFFFF
    other = said[(said != 0) & (said != samples & 0xFFFF)]
    if other.size:
        raise ModelFileError(
            f"{path}: a trace header says {other[0]} samples, the binary header {samples}; "
            "all traces must be of one length"
        )


def _line(path: Path, headers: _Headers) -> tuple[tuple[int, ...], Numbers]:
    """Return the shape and the order of the traces of a section, which is that of the file."""
    count = headers.inline.size
    inlines, crosslines = (np.unique(numbers).size for numbers in (headers.inline, headers.crossline))
    if min(inlines, crosslines) > 1 and count > max(inlines, crosslines):
        raise ModelFileError(
            f"{path}: holds a cube of {inlines} inlines and {crosslines} crosslines; the recipe has two dimensions and "
            "needs a file with one section"
        )
    if np.ptp(headers.places, axis=0).any():
        _refuse_repeated(path, headers)
        numbers = next(n for n in (headers.crossline, headers.inline, headers.cdp) if np.ptp(n))
        _refuse_uneven(path, numbers, "trace")
    elif np.ptp(headers.offset):
        _refuse_offsets(path, headers.offset)
    return (count,), np.arange(count)


def _cube(path: Path, headers: _Headers) -> tuple[tuple[int, ...], Numbers]:
    """Return inlines and crosslines of a cube, and where in it each trace of the file belongs."""
    inlines, x = np.unique(headers.inline, return_inverse=True)
    crosslines, y = np.unique(headers.crossline, return_inverse=True)
    if min(inlines.size, crosslines.size) < 2:
        raise ModelFileError(
            f"{path}: no cube with inline and crossline numbers: bytes 189-192 of the trace headers hold "
            f"{inlines.size} inlines, bytes 193-196 {crosslines.size} crosslines; a recipe with three dimensions needs "
            "several of both"
        )
    _refuse_repeated(path, headers)
    expected, count = inlines.size * crosslines.size, headers.inline.size
    if count != expected:
        held = np.zeros((inlines.size, crosslines.size), dtype=bool)
        held[x, y] = True
        i, j = np.argwhere(~held)[0]
        raise ModelFileError(
            f"{path}: {count} traces, but {inlines.size} inlines and {crosslines.size} crosslines make {expected}: "
            f"inline {inlines[i]}, crossline {crosslines[j]} is missing"
        )
    _refuse_uneven(path, inlines, "inline")
    _refuse_uneven(path, crosslines, "crossline")
    return (inlines.size, crosslines.size), (x * crosslines.size + y).ravel()


def _refuse_repeated(path: Path, headers: _Headers) -> None:
    """Refuse a second trace at a place."""
    _, first, counts = np.unique(headers.places, axis=0, return_index=True, return_counts=True)
    if counts.max(initial=1) == 1:
        return
    place = headers.places[first[np.argmax(counts)]]
    there = headers.offset[(headers.places == place).all(axis=1)]
    if np.ptp(there):
        _refuse_offsets(path, there)
    inline, crossline, cdp = place
    raise ModelFileError(
        f"{path}: {counts.max()} traces have inline {inline}, crossline {crossline} and CDP {cdp}; "
        "a model has one a place"
    )


def _refuse_offsets(path: Path, offsets: Numbers) -> None:
    found = np.unique(offsets)
    shown = ", ".join(map(str, found[:4])) + (", …" if found.size > 4 else "")
    raise ModelFileError(
        f"{path}: holds {found.size} offsets ({shown}) at one place: these are gathers; a model has one trace a place"
    )


def _refuse_uneven(path: Path, numbers: Numbers, what: str) -> None:
    """Refuse numbers that do not go up in equal steps: a trace is missing, or not where it belongs."""
    steps = np.diff(numbers)
    wrong = np.flatnonzero((steps <= 0) | (steps != steps[0])) if steps.size else steps
    if wrong.size:
        at = int(wrong[0])
        shown = ", ".join(map(str, numbers[max(0, at - 1) : at + 3]))
        raise ModelFileError(
            f"{path}: {what} numbers must go up in equal steps, but run …{shown}…; sort the file, or fill its gaps"
        )


def _columns(file: Any, order: Numbers, unit: str) -> Array:
    """Read all traces to where they belong, in m/s."""
    velocity = np.empty((order.size, len(file.samples)), dtype=np.float32)
    for start in range(0, order.size, _TRACES_AT_ONCE):
        stop = min(start + _TRACES_AT_ONCE, order.size)
        velocity[order[start:stop]] = to_m_s(np.asarray(file.trace.raw[start:stop]), unit)
    return velocity
