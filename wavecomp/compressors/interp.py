"""Prediction by interpolation from coarse to fine grids, quantised inside the loop, behind a fast byte codec.

The idea is that of SZ3's interpolation [Zhao2021]_, with finer steps on coarser grids as in QoZ [Liu2022]_, and no
entropy coder of its own. From the points on every second grid line those between are predicted by the cubic
:math:`(-1, 9, 9, -1)/16` of what was already *reconstructed*; the difference is kept as a multiple of twice the
tolerance, in one byte a point, or in two where many would not fit. The bytes go through LZ4 or Zstandard. What does not
fit, or would break the bound by rounding, escapes and is kept as it is: :math:`|e| \\le` tolerance holds for every
value, and NaN and infinities survive.

A field whose values are all alike, or so large beside the tolerance that an eighth of them escapes, is stored without
loss.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bounds import Absolute, ErrorBound, ValueRangeRelative
from wavecomp.compressors.byte_chunks import ByteChunks
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import THREADS, Parameter
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import SpecError, StreamError

_VERSION = 1
_HEAD = struct.Struct("<BBdd")  # version, bytes of a code or that none is there, tolerance, noise of the rounding
_STORED = 0
_CODES = {1: 32, 2: 8}  # bytes of a code, tried in this order; one value in so many may escape
_SAMPLES = 4096
_LEAST = {4: 1e-30, 8: 1e-290}  # tolerances whose reciprocals and products are far from the ends of the numbers
_CHUNK = 1 << 18  # bytes of codes a chunk


class Interp(Compressor):
    """Interpolation under one error bound, with one byte codec."""

    _head = _HEAD

    def __init__(self, spec: str, mode: str, limit: float, codec: str, level: int, threads: int) -> None:
        super().__init__(spec)
        self._mode, self._limit, self._threads = mode, limit, threads
        # Codes of one byte are best as they are; of more the bytes of one significance stand together.
        self._bytes = {1: ByteChunks(spec, codec, level, _CHUNK, threads)}
        for size in (2, 4, 8):
            self._bytes[size] = ByteChunks(spec, codec, level, size * _CHUNK, threads, "shuffle")

    @property
    def bound(self) -> ErrorBound:
        """What the mode promises."""
        return Absolute(self._limit) if self._mode == "abs" else ValueRangeRelative(self._limit)

    @property
    def capabilities(self) -> Capabilities:
        """One to four dimensions; NaN and infinities survive where the tolerance is absolute: they have no range."""
        return Capabilities(max_dimensions=4, nonfinite=self._mode == "abs", threads=self._threads, releases_gil=True)

    def _encode(self, field: Field) -> Iterable[Buffer]:
        from wavecomp.compressors.kernels import _interp

        tolerance, noise = self._tolerance(field), _noise(field)
        size, itemsize = field.size, field.dtype.itemsize
        if size > 1 and _LEAST[itemsize] <= tolerance <= 1.0 / _LEAST[itemsize]:
            shape = squeezed(field).shape
            field = np.require(field, requirements="A")
            kept = np.empty(_kept_size(shape), field.dtype)
            for bytes_, most in _CODES.items():
                codes = np.empty(size - 1, f"i{bytes_}")
                values = np.empty(size // most + 2, field.dtype)
                count = _interp.encode(
                    field, kept, codes, values, shape, itemsize, bytes_, tolerance, noise, self._threads
                )
                if count > 0:
                    del kept
                    head = _HEAD.pack(_VERSION, bytes_, tolerance, noise)
                    return (head, values[:count].tobytes(), *self._bytes[bytes_].encode(codes))
        return (_HEAD.pack(_VERSION, _STORED, 0.0, 0.0), *self._bytes[itemsize].encode(field))

    def _tolerance(self, field: Field) -> float:
        return self._limit if self._mode == "abs" else self._limit * (float(field.max()) - float(field.min()))

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        from wavecomp.compressors.kernels import _interp

        if not parts or len(parts[0]) != _HEAD.size:
            raise StreamError(f"{self.spec}: the stream has no head of {_HEAD.size} bytes")
        version, how, tolerance, noise = _HEAD.unpack(parts[0])
        if version != _VERSION:
            raise StreamError(
                f"{self.spec}: version {version} of the stream is not the version {_VERSION} of this code"
            )
        if how == _STORED:
            self._bytes[out.itemsize].decode(parts[1:], out)
            return
        if how not in _CODES or len(parts) < 3 or not (math.isfinite(tolerance) and math.isfinite(noise)):
            raise StreamError(f"{self.spec}: the stream's head is damaged")
        if len(parts[1]) % out.itemsize:
            raise StreamError(f"{self.spec}: {len(parts[1])} bytes are no whole number of {out.dtype} values")
        # Parts lie anywhere in a stream, and an output may: the kernels want numbers where numbers can lie.
        values = np.frombuffer(parts[1], out.dtype).copy()
        target = np.require(out, requirements="A")
        codes = np.empty(out.size - 1, f"i{how}")
        self._bytes[how].decode(parts[2:], codes)
        shape = squeezed(out).shape
        try:
            _interp.decode(target, codes, values, shape, out.itemsize, how, tolerance, noise, self._threads)
        except ValueError as error:
            raise StreamError(f"{self.spec}: {error}") from error
        if target is not out:
            out[...] = target


def _kept_size(shape: tuple[int, ...]) -> int:
    """Return how many values the encoder reconstructs: every second one of the first axis."""
    return (shape[0] + 1) // 2 * math.prod(shape[1:])


def _noise(field: Field) -> float:
    """Return by how much rounding may spoil a reconstructed value, from a sample: quanta are chosen that much smaller.

    It costs bytes where it is wrong, never the bound.
    """
    flat = field.reshape(-1)
    peak = float(np.abs(flat[:: max(1, flat.size // _SAMPLES)]).max(initial=0.0))
    return float(np.finfo(field.dtype).eps) * peak if math.isfinite(peak) else 0.0


def _build(configuration: Configuration) -> Compressor:
    values = configuration.values
    given = [mode for mode in ("abs", "rel") if mode in values]
    if len(given) != 1:
        raise SpecError(
            f'spec "{configuration.spec}": give exactly one of abs, rel, got {" and ".join(given) or "none"}'
        )
    return Interp(
        configuration.spec,
        given[0],
        float(values[given[0]]),
        str(values["codec"]),
        int(values["level"]),
        int(values[THREADS]),
    )


DEFINITION = Definition(
    name="interp",
    summary="interpolation from coarse to fine grids, quantised in the loop, behind LZ4 or Zstandard",
    parameters=(
        Parameter("abs", "float", "greatest error, unit of the field", low=0.0, low_open=True),
        Parameter(
            "rel", "float", "greatest error, fraction of the field's value range", low=0.0, high=1.0, low_open=True
        ),
        Parameter("codec", "choice", "byte codec behind it", default="zstd", choices=("lz4", "zstd"), pinned=True),
        Parameter("level", "int", "of the byte codec, 1 is fastest", default=1, low=1, high=9, pinned=True),
        Parameter(THREADS, "int", "threads of one call", default=1, low=1, high=256),
    ),
    build=_build,
    examples=(
        "interp:abs=1e-3,codec=zstd,level=1",
        "interp:rel=1e-4,codec=lz4,level=1",
        "interp:abs=1e-4,codec=zstd,level=3,threads=2",
    ),
    requires="blosc2",
    kernels=("wavecomp.compressors.kernels._interp",),
    tolerances=("abs", "rel"),
)
