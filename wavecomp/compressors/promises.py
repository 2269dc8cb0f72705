"""A compressor's bound as the kind and the number that a record holds."""

from __future__ import annotations

from wavecomp.compressors.bounds import (
    Absolute,
    ErrorBound,
    FixedPrecision,
    FixedRate,
    L2Norm,
    Lossless,
    PeakRelative,
    PointwiseRelative,
    SignalToNoise,
    ValueRangeRelative,
)
from wavecomp.promise import Promise


def promise_of(bound: ErrorBound) -> Promise:
    """Return kind and number of a bound; where two bounds hold together, those of the relative one."""
    match bound:
        case Lossless():
            return Promise("lossless")
        case Absolute(value):
            return Promise("absolute", float(value))
        case ValueRangeRelative(value):
            return Promise("range", float(value))
        case PointwiseRelative(value):
            return Promise("pointwise", float(value))
        case PeakRelative(value):
            return Promise("peak", float(value))
        case SignalToNoise(value):
            return Promise("psnr", float(value))
        case L2Norm(value):
            return Promise("l2", float(value))
        case FixedRate(value):
            return Promise("rate", float(value))
        case FixedPrecision(value):
            return Promise("precision", float(value))
    return Promise("none")
