"""LERC, through imagecodecs: blocks of an image quantised to a largest error, or without loss [Esri2024]_.

Of three dimensions the first two are an image, whose points have as many values as the third is long; four are taken
as three, the first two in one. The bound holds up to the rounding of the dtype, which is taken off it where it is
small. LERC takes NaN for "no data", and 0 comes back for it without a word; it also loses the sign of -0.0, which is
kept beside the stream in the lossless mode.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, as_image
from wavecomp.compressors.bounds import Absolute, ErrorBound, Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.scaling import peak_of, tightened
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import SpecError, StreamError

_PIECE = 1 << 16  # values, a multiple of 8


class Lerc(Compressor):
    """LERC under an absolute bound, or lossless (None)."""

    capabilities = Capabilities(max_dimensions=4, nonfinite=False, releases_gil=True)

    def __init__(self, spec: str, tolerance: float | None) -> None:
        super().__init__(spec)
        self._tolerance = tolerance

    @property
    def bound(self) -> ErrorBound:
        """What the mode promises."""
        return Lossless() if self._tolerance is None else Absolute(self._tolerance)

    def _encode(self, field: Field) -> Iterable[Buffer]:
        from imagecodecs import lerc_encode

        tolerance = self._tolerance
        level = 0.0 if tolerance is None else tightened(tolerance, peak_of(field), field.dtype)
        stream = lerc_encode(as_image(field), level)
        if tolerance is None:
            signs = zlib.compressobj(1)
            packed, found = [], False
            for piece in _pieces(field):
                negative = np.signbit(piece) & (piece == 0)
                found |= bool(negative.any())
                packed.append(signs.compress(np.packbits(negative).tobytes()))
            if found:
                return (stream, b"".join((*packed, signs.flush())))
        return (stream,)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        from imagecodecs import LercError, lerc_decode

        if not 1 <= len(parts) <= (2 if self._tolerance is None else 1):
            raise StreamError(f"{self.spec}: the stream has {len(parts)} parts, 1 was expected")
        target = as_image(out)
        stream: Any = parts[0]  # it takes any buffer, whatever its stubs say
        try:
            decoded = lerc_decode(stream, out=target)
        except (LercError, ValueError) as error:
            raise StreamError(f"{self.spec}: LERC cannot decode the stream: {error}") from error
        if not np.may_share_memory(decoded, target):
            target[...] = decoded
        if len(parts) == 2:
            self._put_signs(parts[1], out)

    def _put_signs(self, part: memoryview, out: Field) -> None:
        try:
            bits = zlib.decompress(part)
        except zlib.error as error:
            raise StreamError(f"{self.spec}: the signs of zeros are damaged: {error}") from error
        self.expect([memoryview(bits)], -(-out.size // 8))
        for number, piece in enumerate(_pieces(out)):
            own = np.frombuffer(bits, np.uint8)[number * _PIECE // 8 : (number + 1) * _PIECE // 8]
            piece[np.unpackbits(own, count=piece.size).view(bool)] = -0.0


def _pieces(field: Field) -> Iterator[Field]:
    """Yield a field in pieces: what is made of each is small."""
    flat = field.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        yield flat[start : start + _PIECE]


def _load() -> None:
    from imagecodecs import LERC

    if not LERC.available:
        raise ImportError("this imagecodecs was built without LERC")


def _build(configuration: Configuration) -> Compressor:
    values = configuration.values
    if ("abs" in values) == bool(values.get("lossless")):
        got = "both" if "abs" in values else "none"
        raise SpecError(f'spec "{configuration.spec}": give exactly one of abs, lossless, got {got}')
    return Lerc(configuration.spec, float(values["abs"]) if "abs" in values else None)


DEFINITION = Definition(
    name="lerc",
    summary="LERC: blocks of images quantised to a largest error, or lossless",
    parameters=(
        Parameter("abs", "float", "absolute error bound, unit of the field", low=0.0, low_open=True),
        Parameter("lossless", "flag", "lossless, bit for bit"),
    ),
    build=_build,
    examples=("lerc:abs=1e-3", "lerc:lossless"),
    requires="imagecodecs",
    load=_load,
    extra="compressors",
)
