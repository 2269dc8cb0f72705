"""ZFP, through zfpy: fixed accuracy, precision or rate, and its reversible mode.

ZFP works on blocks of :math:`4^d` values, d the number of dimensions longer than 1. In accuracy mode it guarantees
:math:`|e| \\le` tolerance up to the rounding of the field's dtype, and in practice stays five times below
[Lindstrom2014]_.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bounds import Absolute, ErrorBound, FixedPrecision, FixedRate, Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.frame import Buffer
from wavecomp.compressors.spec import Parameter, Value
from wavecomp.errors import SpecError, StreamError, UnsupportedField

_MODES = ("accuracy", "precision", "rate", "reversible")
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

    def _encode(self, field: Field) -> Iterable[Buffer]:
        import zfpy

        stream: bytes = zfpy.compress_numpy(squeezed(field), write_header=False, **self._arguments)
        return (stream,)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        import zfpy

        if len(parts) != 1 or not len(parts[0]):
            raise StreamError(f"{self.spec}: the stream has no payload")
        kind = zfpy.type_float if out.dtype == np.float32 else zfpy.type_double
        target = squeezed(out)
        zfpy._decompress(parts[0], kind, target.shape, out=target, **self._arguments)


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
)
