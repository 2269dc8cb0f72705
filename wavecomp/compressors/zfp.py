"""ZFP, through zfpy: fixed accuracy, precision or rate, and its reversible mode.

ZFP works on blocks of :math:`4^d` values, d the number of dimensions longer than 1. In accuracy mode it guarantees
:math:`|e| \\le` tolerance up to the rounding of the field's dtype, and in practice stays five times below
[Lindstrom2014]_. Precision and rate follow each block's own peak, and libzfp loses blocks below 3e-30 in single
precision: a field whose peak is near that is multiplied by a power of two, which is exact, and divided again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bit_planes import ARBITRARY, LEAST_BLOCK, MOST_PEAK, exponent_of_small
from wavecomp.compressors.bounds import Absolute, ErrorBound, FixedPrecision, FixedRate, Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import Parameter, Value
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import SpecError, StreamError, UnsupportedField

_MODES = ("accuracy", "precision", "rate", "reversible")
_EXPONENT = struct.Struct("<h")  # of the power of two that a field was multiplied with
_ARGUMENT = {"accuracy": "tolerance", "precision": "precision", "rate": "rate"}

# A block begins with one bit "not all zero" and its exponent. A budget below that makes libzfp write past its buffer
# and takes the process down (seen with libzfp 1.0.1 for 8 bits and float32, 11 bits and float64, in 1-D to 4-D).
_LEAST_BLOCK_BITS = {4: 1 + 8, 8: 1 + 11}


class Zfp(Compressor):
    """ZFP in one of its four modes."""

    def __init__(self, spec: str, mode: str, value: Value) -> None:
        super().__init__(spec)
        self._mode = mode
        # zfpy takes no argument at all to mean reversible, and reads 0, negative and NaN in surprising ways: only
        # values that the parameter table let through come here.
        self._arguments: dict[str, Any] = {} if mode == "reversible" else {_ARGUMENT[mode]: value}
        self._value = value
        # More bits than a float32 has are written faster than they are worth: there the checksum would be seen.
        self.seals = mode != "rate" or float(value) <= 32

    @property
    def bound(self) -> ErrorBound:
        """What the mode promises."""
        if self._mode == "accuracy":
            return Absolute(float(self._value))
        if self._mode == "precision":
            return FixedPrecision(int(self._value))
        if self._mode == "rate":
            return FixedRate(float(self._value))
        return Lossless()

    @property
    def capabilities(self) -> Capabilities:
        """One to four dimensions; NaN and Inf only in reversible mode."""
        return Capabilities(max_dimensions=4, nonfinite=self._mode == "reversible", releases_gil=True)

    def _check(self, field: Field) -> None:
        if self._mode != "rate":
            return
        dimensions = squeezed(field).ndim
        least = _LEAST_BLOCK_BITS[field.dtype.itemsize]
        if int(4**dimensions * float(self._value) + 0.5) < least:
            raise UnsupportedField(
                f"{self.spec}: a rate of {self._value} gives fewer than the {least} bits that a {dimensions}-D "
                f"block of {field.dtype} needs for its exponent, and libzfp would crash; "
                f"give at least {least / 4**dimensions:g}"
            )

    def _check_peak(self, dtype: np.dtype[np.floating], peak: float) -> None:
        size = dtype.itemsize
        if self._mode == "accuracy":
            if float(self._value) < ARBITRARY[size]:
                raise UnsupportedField(
                    f"{self.spec}: what is below {LEAST_BLOCK[size]:.2g} libzfp converts to arbitrary {dtype}, off by "
                    f"up to {ARBITRARY[size]:.2g}; give a larger tolerance, and scale the field with it"
                )
        elif self._mode in ("precision", "rate") and peak >= MOST_PEAK[size]:
            raise UnsupportedField(
                f"{self.spec}: the field's peak {peak:.3g} may come back as infinity; "
                f"give {dtype} values below {MOST_PEAK[size]:.3g}"
            )

    def _encode(self, field: Field) -> Iterable[Buffer]:
        import zfpy

        exponent = 0 if self._mode in ("accuracy", "reversible") else exponent_of_small(field)
        if exponent:
            field = np.ldexp(field, exponent)
        stream: bytes = zfpy.compress_numpy(squeezed(field), write_header=False, **self._arguments)
        # libzfp writes words of eight bytes: two more show that the field was scaled, and how.
        return (stream + _EXPONENT.pack(exponent) if exponent else stream,)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        import zfpy

        if len(parts) != 1 or not len(parts[0]):
            raise StreamError(f"{self.spec}: the stream has no payload")
        kind = zfpy.type_float if out.dtype == np.float32 else zfpy.type_double
        target = squeezed(out)
        stream, scale = parts[0], len(parts[0]) % 8
        if scale not in (0, _EXPONENT.size):
            raise StreamError(f"{self.spec}: a payload of {len(stream)} bytes is none of libzfp's")
        zfpy._decompress(stream[: len(stream) - scale], kind, target.shape, out=target, **self._arguments)
        if scale:
            np.ldexp(target, -_EXPONENT.unpack(stream[-scale:])[0], out=target)


def _build(configuration: Configuration) -> Compressor:
    given = [mode for mode in _MODES if configuration.values.get(mode)]
    if len(given) != 1:
        raise SpecError(
            f'spec "{configuration.spec}": give exactly one of {", ".join(_MODES)}, got {" and ".join(given) or "none"}'
        )
    return Zfp(configuration.spec, given[0], configuration.values[given[0]])


DEFINITION = Definition(
    name="zfp",
    summary="ZFP: block transform coding, fixed accuracy, precision, rate, or reversible",
    parameters=(
        Parameter("accuracy", "float", "absolute error tolerance, unit of the field", low=0.0, low_open=True),
        Parameter("precision", "int", "bit planes kept of each block (32 hold a float32)", low=1, high=64),
        Parameter("rate", "float", "bits a value", low=0.0, high=64.0, low_open=True),
        Parameter("reversible", "flag", "lossless, bit for bit"),
    ),
    build=_build,
    examples=("zfp:accuracy=1e-3", "zfp:precision=16", "zfp:rate=8", "zfp:reversible"),
    requires="zfpy",
    tolerances=("accuracy", "precision", "rate"),
)
