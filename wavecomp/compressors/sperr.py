"""SPERR, through imagecodecs: wavelets and set partitioning, by point-wise error, PSNR or rate [Li2023]_.

One to three dimensions are SPERR's own (a row is an image of one row); four are taken as three, the first two in one.
SPERR keeps its tolerance in double precision; the rounding of the field's dtype is taken off it where it is small, and
is what may exceed it elsewhere. Two things it
cannot do, and dies of in 3-D: integers of 64 bits do not hold a field whose peak is some 2^58 tolerances, and neither
does it take tolerances far from 1. So a field of which a tolerance is below what the dtype resolves beside the peak is
stored as it is, and one far from 1 is multiplied by a power of two.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, as_image
from wavecomp.compressors.bounds import Absolute, ErrorBound, FixedRate, SignalToNoise
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.scaling import exponent_to, peak_of, tightened
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import SpecError, StreamError

_MODES: dict[str, Any] = {"abs": "pwe", "psnr": "psnr", "bpp": "bpp"}

# What a stream begins with: how it was made, and the exponent of the power of two that the field was multiplied with.
_HEAD = struct.Struct("<ch")
_PLAIN, _CODED = b"=", b"s"

# The peak over the tolerance, as a power of two, from which a field is stored as it is. In float32 half a unit in the
# last place of the peak is 2^-24 of it. In float64 SPERR's own arithmetic begins to be seen at 2^-50.
_MOST_STEPS = {4: 24, 8: 48}
# Peaks within 2^-60 to 2^60 are taken as they are: SPERR refuses 2^100, and loses what is below 2^-1022.
_FAR = 60
# In 2-D libSPERR reads beyond the end of its stream, says imagecodecs; with this many bytes, into memory of ours.
_MARGIN = 64

# What a rate comes with: SPERR's own header takes 36 bytes in 2-D and 44 in 3-D and the last byte may be begun. Ours
# is a part of its own, with its length.
OVERHEAD = _HEAD.size + 8 + 45

# A target may be missed by SPERR's estimate of the error, by 0.3 dB where it was tried: a tenth more noise.
_PSNR_SLACK = 1.1


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one field is compressed: the level that SPERR is given, and the field's scale; or not by SPERR at all."""

    level: float
    exponent: int
    coded: bool = True


class Sperr(Compressor):
    """SPERR under one of its three kinds of limit."""

    seals = True  # a damaged stream takes the process down
    capabilities = Capabilities(max_dimensions=4, nonfinite=False, releases_gil=True)

    def __init__(self, spec: str, mode: str, level: float) -> None:
        super().__init__(spec)
        self._mode = mode
        self._level = level

    @property
    def bound(self) -> ErrorBound:
        """What the mode promises."""
        if self._mode == "abs":
            return Absolute(self._level)
        return (
            SignalToNoise(self._level, _PSNR_SLACK) if self._mode == "psnr" else FixedRate(self._level, None, OVERHEAD)
        )

    def _encode(self, field: Field) -> Iterable[Buffer]:
        plan = self._plan(field)
        head = _HEAD.pack(_CODED if plan.coded else _PLAIN, plan.exponent)
        if not plan.coded:
            return (head, field.tobytes())
        from imagecodecs import sperr_encode

        scaled = np.ldexp(field, plan.exponent) if plan.exponent else field
        return (head, sperr_encode(as_image(scaled), plan.level, mode=_MODES[self._mode]))

    def _plan(self, field: Field) -> _Plan:
        peak = peak_of(field)
        most = _MOST_STEPS[field.dtype.itemsize]
        exponent = exponent_to(peak, field.dtype, 0)
        exponent = exponent if abs(exponent) > _FAR else 0
        level = self._level
        if self._mode == "abs":
            # A tolerance above the peak is as good as twice the peak, and does not overflow.
            level = min(level, 2.0 * peak) if peak else 1.0
            coded = level >= math.ldexp(peak, -most)
            return _Plan(math.ldexp(tightened(level, peak, field.dtype), exponent), exponent, coded)
        if self._mode == "psnr":
            # In units of the peak, beside which neither the range nor the noise that is asked for can vanish.
            spread = float(field.max()) / peak - float(field.min()) / peak if peak else 0.0
            noise = spread * 10.0 ** (-level / 20.0)
            return _Plan(level, exponent, noise >= math.ldexp(1.0, -most) or not spread)
        return _Plan(level, exponent)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        if len(parts) != 2 or len(parts[0]) != _HEAD.size:
            raise StreamError(
                f"{self.spec}: the stream has parts of {list(map(len, parts))} bytes, 2 parts were expected"
            )
        (kind, exponent), payload = _HEAD.unpack(parts[0]), parts[1]
        if kind == _PLAIN:
            (raw,) = self.expect([payload], out.nbytes)
            out.reshape(-1).view(np.uint8)[:] = np.frombuffer(raw, np.uint8)
            return
        from imagecodecs import SperrError, sperr_decode

        target = as_image(out)
        stream: Any = payload if target.ndim == 3 else _with_margin(payload)
        try:
            sperr_decode(stream, out=target)
        except (SperrError, ValueError) as error:
            raise StreamError(f"{self.spec}: SPERR cannot decode the stream: {error}") from error
        if exponent < 0:
            # Beside the largest numbers a value within the tolerance may lie beyond the dtype.
            largest = np.ldexp(np.finfo(out.dtype).max, exponent)
            np.clip(out, -largest, largest, out=out)
        if exponent:
            np.ldexp(out, -exponent, out=out)


def _with_margin(payload: memoryview) -> memoryview:
    room = np.zeros(len(payload) + _MARGIN, np.uint8)
    room[: len(payload)] = np.frombuffer(payload, np.uint8)
    return room.data[: len(payload)]


def _load() -> None:
    from imagecodecs import SPERR

    if not SPERR.available:
        raise ImportError("this imagecodecs was built without SPERR")


def _build(configuration: Configuration) -> Compressor:
    given = [mode for mode in _MODES if mode in configuration.values]
    if len(given) != 1:
        raise SpecError(
            f'spec "{configuration.spec}": give exactly one of {", ".join(_MODES)}, got {" and ".join(given) or "none"}'
        )
    return Sperr(configuration.spec, given[0], float(configuration.values[given[0]]))


DEFINITION = Definition(
    name="sperr",
    summary="SPERR: wavelets and set partitioning; abs (point-wise error), psnr, bpp",
    parameters=(
        Parameter("abs", "float", "absolute error bound of every value, unit of the field", low=0.0, low_open=True),
        Parameter("psnr", "float", "peak signal-to-noise ratio to reach, dB", low=0.0, low_open=True, high=1000.0),
        Parameter("bpp", "float", "bits a value", low=0.0, low_open=True, high=64.0),
    ),
    build=_build,
    examples=("sperr:abs=1e-3", "sperr:psnr=80", "sperr:bpp=4"),
    requires="imagecodecs",
    load=_load,
    extra="compressors",
)
