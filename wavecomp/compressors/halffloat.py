"""Sixteen-bit floats: IEEE half precision and bfloat16, after scaling the peak by a power of two.

With the peak scaled into :math:`[2^{14}, 2^{15})`, half precision gives
:math:`|e| \\le \\max(2^{-11}|x|, 2^{-39} P)`; bfloat16 gives :math:`|e| \\le \\max(2^{-8}|x|, 2^{-134} P)`, P the peak
:math:`\\max|x|`. NumPy's own cast is not used: on wavefields, most of whose values become subnormal halves, it is ten
times slower than the integer arithmetic below.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import ErrorBound, PointwiseRelative
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.scaling import exponent_to, factor, peak_of, refuse_overflow
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer

_HEADER = struct.Struct("<i12x")  # the power of two; what follows stays aligned in a joined stream
_CHUNK = 1 << 14  # values; the scratch arrays of a chunk stay in the second-level cache

Bits = NDArray[np.uint32]
Codes = NDArray[np.uint16]


def to_half(bits: Bits, codes: Codes) -> None:
    """Round float32 bit patterns below :math:`2^{15}` to the nearest half, ties to even.

    Parameters
    ----------
    bits : ndarray of uint32
        Patterns of float32 values x with :math:`|x| < 2^{15}`.
    codes : ndarray of uint16, same shape
        Filled with the patterns of the halves.
    """
    magnitude = bits & np.uint32(0x7FFFFFFF)
    normal = (magnitude >> np.uint32(13)) & np.uint32(1)
    normal += magnitude
    normal += np.uint32(0xFFF)
    normal >>= np.uint32(13)
    normal -= np.uint32(112 << 10)  # the bias of float32 is 127, that of half is 15
    # Below 2^-14 halves are multiples of 2^-24, and that is the spacing of float32 in [0.5, 1): adding 0.5 rounds.
    tiny = (magnitude.view(np.float32) + np.float32(0.5)).view(np.uint32)
    tiny -= np.uint32(0x3F000000)
    chosen = np.where(magnitude < np.uint32(113 << 23), tiny, normal)
    chosen |= (bits >> np.uint32(16)) & np.uint32(0x8000)
    np.copyto(codes, chosen, casting="unsafe")


def to_bfloat(bits: Bits, codes: Codes) -> None:
    """Round float32 bit patterns to their upper sixteen bits, ties to even; arguments as :func:`to_half`."""
    rounded = (bits >> np.uint32(16)) & np.uint32(1)
    rounded += np.uint32(0x7FFF)
    rounded += bits
    rounded >>= np.uint32(16)
    np.copyto(codes, rounded, casting="unsafe")


@cache
def _half_values() -> NDArray[np.float32]:
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


def from_half(codes: Codes) -> NDArray[np.float32]:
    """Return the float32 values of half patterns (a table of all of them is faster than a cast)."""
    return np.take(_half_values(), codes)


def from_bfloat(codes: Codes) -> NDArray[np.float32]:
    """Return the float32 values of bfloat16 patterns."""
    bits = codes.astype(np.uint32)
    bits <<= np.uint32(16)
    return bits.view(np.float32)


class ShortFloat(Compressor):
    """Two bytes a value, after an exact scaling by a power of two."""

    capabilities = Capabilities(max_dimensions=MAX_DIMENSIONS)

    def __init__(
        self,
        spec: str,
        bound: PointwiseRelative,
        peak_exponent: int,
        narrow: Callable[[Bits, Codes], None],
        widen: Callable[[Codes], NDArray[np.float32]],
    ) -> None:
        super().__init__(spec)
        self._bound = bound
        self._peak_exponent = peak_exponent
        self._narrow = narrow
        self._widen = widen

    @property
    def bound(self) -> ErrorBound:
        """Relative to each value, with a floor relative to the peak."""
        return self._bound

    def _encode(self, field: Field) -> Iterable[Buffer]:
        values = field.reshape(-1)
        peak = peak_of(field)
        refuse_overflow(self.spec, peak, field.dtype, self._bound.fraction)
        exponent = exponent_to(peak, field.dtype, self._peak_exponent)
        scale = factor(exponent, field.dtype)
        codes = np.empty(values.size, np.uint16)
        scratch = np.empty(_CHUNK, np.float32)
        for start in range(0, values.size, _CHUNK):
            part = values[start : start + _CHUNK]
            scaled = scratch[: part.size]
            np.multiply(part, scale, out=scaled, casting="same_kind")
            self._narrow(scaled.view(np.uint32), codes[start : start + _CHUNK])
        return (_HEADER.pack(exponent), codes.data)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        head, body = self.expect(parts, _HEADER.size, 2 * out.size)
        scale = factor(-_HEADER.unpack(head)[0], out.dtype)
        codes = np.frombuffer(body, np.uint16)
        values = out.reshape(-1)
        for start in range(0, values.size, _CHUNK):
            part = values[start : start + _CHUNK]
            np.multiply(self._widen(codes[start : start + _CHUNK]), scale, out=part)


def _build_half(configuration: Configuration) -> Compressor:
    # Half an ulp of half precision, and for float64 fields the rounding to float32 before it.
    bound = PointwiseRelative(2.0**-11 * (1 + 2.0**-12), peak_floor=2.0**-39)
    return ShortFloat(configuration.spec, bound, 14, to_half, from_half)


def _build_bfloat(configuration: Configuration) -> Compressor:
    bound = PointwiseRelative(2.0**-8 * (1 + 2.0**-15), peak_floor=2.0**-134)
    return ShortFloat(configuration.spec, bound, 0, to_bfloat, from_bfloat)


FLOAT16 = Definition("float16", "IEEE half precision with a scale", (), _build_half, ("float16",))
BFLOAT16 = Definition("bfloat16", "bfloat16 with a scale", (), _build_bfloat, ("bfloat16",))
