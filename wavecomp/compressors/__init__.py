"""Compressors behind one contract, their text specs, and the registry that finds them."""

from __future__ import annotations

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import (
    Absolute,
    ErrorBound,
    ErrorSummary,
    FixedPrecision,
    FixedRate,
    L2Norm,
    Lossless,
    PeakRelative,
    PointwiseRelative,
    SignalToNoise,
    Unbounded,
    ValueRangeRelative,
    Verdict,
    check_bound,
    summarise,
)
from wavecomp.compressors.definition import Configuration, Definition, Reading
from wavecomp.compressors.definitions import BUILT_IN
from wavecomp.compressors.origin import with_plugins
from wavecomp.compressors.registry import ENTRY_POINT_GROUP, Registry, default_registry
from wavecomp.compressors.spec import Parameter, Value
from wavecomp.compressors.stream import Stream

__all__ = [
    "BUILT_IN",
    "ENTRY_POINT_GROUP",
    "Absolute",
    "Capabilities",
    "Compressor",
    "Configuration",
    "Definition",
    "ErrorBound",
    "ErrorSummary",
    "Field",
    "FixedPrecision",
    "FixedRate",
    "L2Norm",
    "Lossless",
    "Parameter",
    "PeakRelative",
    "PointwiseRelative",
    "Reading",
    "Registry",
    "SignalToNoise",
    "Stream",
    "Unbounded",
    "Value",
    "ValueRangeRelative",
    "Verdict",
    "check_bound",
    "default_registry",
    "summarise",
    "with_plugins",
]
