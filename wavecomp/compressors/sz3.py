"""SZ3, through pysz: prediction, quantisation and entropy coding under several kinds of error bound.

``rel`` is relative to the value range of the field. ``psnr`` and ``l2norm`` are turned by SZ3 into an absolute bound
for errors spread evenly below it, so both are targets and no guarantees [Liang2023]_. pysz holds the GIL.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bounds import Absolute, ErrorBound, L2Norm, Lossless, SignalToNoise, ValueRangeRelative
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.scaling import peak_of
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import Buffer
from wavecomp.compressors.sz3_memory import decompress_into
from wavecomp.errors import SpecError, StreamError, UnsupportedField

# The numbers of SZ3's own enumerations, as pysz passes them on.
_ALGORITHMS = {"lorenzo_reg": 0, "interp_lorenzo": 1, "interp": 2, "nopred": 3, "lossless": 4}
_ABS, _REL, _PSNR, _L2NORM, _ABS_AND_REL = 0, 1, 2, 3, 4

# SZ3 turns a PSNR into the bound b = R 10^(-PSNR/20) / sqrt(1 - 2/3 * 0.99) and an L2 norm into b = norm sqrt(3/n):
# right for errors spread evenly over [-b, b], whose RMSE is b / sqrt(3), and all that is guaranteed is b itself.
_PSNR_SLACK = 1.0 / math.sqrt(1.0 - 2.0 / 3.0 * 0.99)
_MODES = ("abs", "rel", "psnr", "l2norm")
# The regression sums index times value over a block, at most 128 values in a row: 128 x 127 / 2 < 2^13 peaks.
_REGRESSION_ROOM = 2**13


class Sz3(Compressor):
    """SZ3 with one algorithm under one error bound (``abs`` and ``rel`` may be combined)."""

    def __init__(self, spec: str, algorithm: str, limits: dict[str, float]) -> None:
        super().__init__(spec)
        self._algorithm = algorithm
        self._limits = limits
        self.seals = algorithm != "lossless"  # which is fast enough for the checksum to be seen

    @property
    def bound(self) -> ErrorBound:
        """What the mode promises."""
        match self._limits:
            case {"abs": tolerance, "rel": fraction}:
                return ValueRangeRelative(fraction, tolerance)
            case {"abs": tolerance}:
                return Absolute(tolerance)
            case {"rel": fraction}:
                return ValueRangeRelative(fraction)
            case {"psnr": decibel}:
                return SignalToNoise(decibel, _PSNR_SLACK)
            case {"l2norm": norm}:
                return L2Norm(norm, math.sqrt(3.0))
        return Lossless()

    @property
    def capabilities(self) -> Capabilities:
        """One to four dimensions; NaN and Inf only without loss (they spoil value range and prediction)."""
        return Capabilities(max_dimensions=4, nonfinite=self._algorithm == "lossless")

    def _check(self, field: Field) -> None:
        largest = float(np.finfo(field.dtype).max) / _REGRESSION_ROOM
        if self._algorithm == "lorenzo_reg" and peak_of(field) > largest:
            raise UnsupportedField(
                f"{self.spec}: the peak {peak_of(field):g} makes the regression of SZ3 overflow, and its stream could "
                f"not be decoded; give values up to {largest:g}"
            )

    def _encode(self, field: Field) -> Iterable[Buffer]:
        from pysz import sz, szConfig

        config = szConfig()
        config.cmprAlgo = _ALGORITHMS[self._algorithm]
        config.errorBoundMode = self._mode()
        config.absErrorBound = self._limits.get("abs", 0.0)
        config.relErrorBound = self._limits.get("rel", 0.0)
        config.psnrErrorBound = self._limits.get("psnr", 0.0)
        config.l2normErrorBound = self._limits.get("l2norm", 0.0)
        stream, _ = sz.compress(squeezed(field), config)
        # A view of a buffer larger than the field: copying the few bytes that are used lets go of it.
        return (stream.tobytes(),)

    def _mode(self) -> int:
        if "abs" in self._limits and "rel" in self._limits:
            return _ABS_AND_REL
        if "rel" in self._limits:
            return _REL
        if "psnr" in self._limits:
            return _PSNR
        return _L2NORM if "l2norm" in self._limits else _ABS

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        if len(parts) != 1:
            raise StreamError(f"{self.spec}: the stream has {len(parts)} parts, 1 was expected")
        try:
            decompress_into(np.frombuffer(parts[0], np.uint8), squeezed(out))
        except (ValueError, RuntimeError, LookupError) as error:
            raise StreamError(f"{self.spec}: SZ3 cannot decode the stream: {error}") from error


def _build(configuration: Configuration) -> Compressor:
    limits = {mode: float(configuration.values[mode]) for mode in _MODES if mode in configuration.values}
    algorithm = str(configuration.values["algorithm"])
    wrong = None
    if algorithm == "lossless":
        wrong = "algorithm=lossless takes no error bound" if limits else None
    elif not limits:
        wrong = f"give one of {', '.join(_MODES)}, or abs and rel together, or algorithm=lossless"
    elif len(limits) > 1 and set(limits) != {"abs", "rel"}:
        wrong = f"{' and '.join(limits)} cannot be combined; only abs and rel can"
    if wrong:
        raise SpecError(f'spec "{configuration.spec}": {wrong}')
    return Sz3(configuration.spec, algorithm, limits)


DEFINITION = Definition(
    name="sz3",
    summary="SZ3: prediction and quantisation; abs, rel, abs and rel, psnr, l2norm, lossless",
    parameters=(
        Parameter("abs", "float", "absolute error bound, unit of the field", low=0.0, low_open=True),
        Parameter("rel", "float", "error bound as a fraction of the value range", low=0.0, low_open=True),
        Parameter("psnr", "float", "peak signal-to-noise ratio to reach, dB", low=0.0, low_open=True, high=1000.0),
        Parameter("l2norm", "float", "L2 norm of the error to stay below, unit of the field", low=0.0, low_open=True),
        Parameter(
            "algorithm",
            "choice",
            "predictor",
            default="interp_lorenzo",
            choices=tuple(_ALGORITHMS),
            pinned=True,
        ),
    ),
    build=_build,
    examples=(
        "sz3:abs=1e-3,algorithm=interp_lorenzo",
        "sz3:rel=1e-4,algorithm=interp_lorenzo",
        "sz3:abs=1e-3,rel=1e-4,algorithm=interp_lorenzo",
        "sz3:psnr=80,algorithm=interp_lorenzo",
        "sz3:l2norm=1,algorithm=interp_lorenzo",
        "sz3:abs=1e-3,algorithm=lorenzo_reg",
        "sz3:abs=1e-3,algorithm=interp",
        "sz3:abs=1e-3,algorithm=nopred",
        "sz3:algorithm=lossless",
    ),
    requires="pysz",
    tolerances=("abs", "rel", "psnr", "l2norm"),
)
