"""Block-wise 8- and 16-bit integers: what fast adjoint codes store today.

Each block of consecutive values is divided by its own step :math:`s = \\max_{block}|x| / q`, q = 127 or 32767, and
rounded to the nearest integer, so :math:`|e| \\le s/2 \\le P / 2q` with P the field's peak, up to the rounding of the
field's own dtype.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import PeakRelative
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.scaling import exponent_to, factor, peak_of, refuse_overflow
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer

_HEADER = struct.Struct("<i12x")
_CHUNK = 1 << 16  # values
_SAFE_EXPONENT = 60  # peaks within 2^±60 leave room for the steps and their inverses in float32


class BlockInteger(Compressor):
    """Signed integers with one step a block of consecutive values."""

    capabilities = Capabilities(max_dimensions=MAX_DIMENSIONS)

    def __init__(self, spec: str, code: type[np.signedinteger[Any]], block: int) -> None:
        super().__init__(spec)
        self._code = np.dtype(code)
        self._largest = int(np.iinfo(code).max)
        self._block = block

    @property
    def bound(self) -> PeakRelative:
        """Half a step of the block with the largest peak, and four float32 roundings (step, inverse, two products)."""
        return PeakRelative(0.5 / self._largest + 4 * 2.0**-23)

    def _encode(self, field: Field) -> Iterable[Buffer]:
        peak = peak_of(field)
        refuse_overflow(self.spec, peak, field.dtype, self.bound.fraction)
        exponent = exponent_to(peak, field.dtype, 0)
        values = field.reshape(-1)
        if abs(exponent) > _SAFE_EXPONENT:
            values = values * factor(exponent, field.dtype)
        else:
            exponent = 0
        whole = values.size // self._block * self._block
        codes = np.empty(values.size, self._code)
        steps = np.empty(-(-values.size // self._block), field.dtype)
        rows, row_codes = values[:whole].reshape(-1, self._block), codes[:whole].reshape(-1, self._block)
        stride = max(1, _CHUNK // self._block)
        scratch = np.empty((min(stride, max(1, len(rows))), self._block), field.dtype)
        for start in range(0, len(rows), stride):
            stop = min(start + stride, len(rows))
            self._quantise(rows[start:stop], row_codes[start:stop], steps[start:stop], scratch)
        if whole < values.size:
            tail = np.empty((1, values.size - whole), field.dtype)
            self._quantise(values[None, whole:], codes[None, whole:], steps[-1:], tail)
        return (_HEADER.pack(exponent), steps.data, codes.data)

    def _quantise(self, rows: Field, codes: NDArray[Any], steps: Field, scratch: Field) -> None:
        work = scratch[: len(rows)]
        np.abs(rows, out=work)
        work.max(axis=1, out=steps)
        # A block below 2^-90 of a peak near one is zero for every purpose, and its inverse would overflow.
        inverse = np.divide(self._largest, steps, out=np.zeros_like(steps), where=steps > 2.0 ** -(_SAFE_EXPONENT + 30))
        steps /= self._largest
        np.multiply(rows, inverse[:, None], out=work)
        np.rint(work, out=work)
        np.copyto(codes, work, casting="unsafe")

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        blocks = -(-out.size // self._block)
        sizes = _HEADER.size, blocks * out.dtype.itemsize, out.size * self._code.itemsize
        head, step_bytes, code_bytes = self.expect(parts, *sizes)
        (exponent,) = _HEADER.unpack(head)
        steps = np.frombuffer(step_bytes, out.dtype)
        codes = np.frombuffer(code_bytes, self._code)
        values = out.reshape(-1)
        whole = values.size // self._block * self._block
        rows, row_codes = values[:whole].reshape(-1, self._block), codes[:whole].reshape(-1, self._block)
        stride = max(1, _CHUNK // self._block)
        for start in range(0, len(rows), stride):
            stop = min(start + stride, len(rows))
            np.multiply(row_codes[start:stop], steps[start:stop, None], out=rows[start:stop])
        if whole < values.size:
            np.multiply(codes[whole:], steps[-1], out=values[whole:])
        if exponent:
            values *= factor(-exponent, out.dtype)


_PARAMETERS = (Parameter("block", "int", "values that share a step", default=64, low=8, high=65536, pinned=True),)


def _build_int8(configuration: Configuration) -> Compressor:
    return BlockInteger(configuration.spec, np.int8, int(configuration.values["block"]))


def _build_int16(configuration: Configuration) -> Compressor:
    return BlockInteger(configuration.spec, np.int16, int(configuration.values["block"]))


INT8 = Definition(
    "int8", "8-bit integers, one step a block", _PARAMETERS, _build_int8, ("int8:block=64",), tolerances=()
)
INT16 = Definition(
    "int16", "16-bit integers, one step a block", _PARAMETERS, _build_int16, ("int16:block=64",), tolerances=()
)
