"""fpzip: prediction and range coding of floating-point numbers, lossless or with fewer bits a value [Lindstrom2006]_.

With ``precision=p`` a value keeps its p uppermost bits, sign and exponent among them (9 of a float32, 12 of a float64),
and is cut toward zero. So the promise of one spec for both dtypes is that of float64; float32 keeps three bits more.
"""

from __future__ import annotations

from collections.abc import Iterable

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bounds import ErrorBound, Lossless, PointwiseRelative
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import StreamError, UnsupportedField

_SIGN_AND_EXPONENT = 12  # of a float64


class Fpzip(Compressor):
    """fpzip at one precision; None keeps all bits."""

    seals = True  # a damaged stream takes the process down

    def __init__(self, spec: str, precision: int | None) -> None:
        super().__init__(spec)
        self._precision = precision

    @property
    def bound(self) -> ErrorBound:
        """Lossless, or what is cut off toward zero: less than the last bit that is kept, never more than the value."""
        if self._precision is None:
            return Lossless()
        return PointwiseRelative(min(1.0, 2.0 ** (_SIGN_AND_EXPONENT - self._precision)))

    @property
    def capabilities(self) -> Capabilities:
        """One to four dimensions; NaN and Inf without loss only (a NaN whose low bits are cut is an infinity)."""
        return Capabilities(max_dimensions=4, nonfinite=self._precision is None, releases_gil=True)

    def _check(self, field: Field) -> None:
        bits = 8 * field.dtype.itemsize
        if self._precision is not None and (self._precision > bits or (bits == 64 and self._precision % 2)):
            which = "4 to 32" if bits == 32 else "even numbers from 4 to 64"
            raise UnsupportedField(
                f"{self.spec}: of {field.dtype} fpzip cannot keep {self._precision} bits; give {which}"
            )

    def _encode(self, field: Field) -> Iterable[Buffer]:
        from wavecomp.compressors import fpzip_library

        return (fpzip_library.compress(squeezed(field), self._precision or 0),)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        from wavecomp.compressors import fpzip_library

        if len(parts) != 1:
            raise StreamError(f"{self.spec}: the stream has {len(parts)} parts, 1 was expected")
        try:
            fpzip_library.decompress(parts[0], squeezed(out), self._precision or 0)
        except fpzip_library.FpzipFailed as error:
            raise StreamError(f"{self.spec}: fpzip cannot decode the stream: {error}") from error


def _load() -> None:
    from wavecomp.compressors import fpzip_library

    fpzip_library.library()


def _build(configuration: Configuration) -> Compressor:
    precision = configuration.values.get("precision")
    return Fpzip(configuration.spec, None if precision is None else int(precision))


DEFINITION = Definition(
    name="fpzip",
    summary="fpzip: prediction and range coding, lossless or with the uppermost bits of each value",
    parameters=(
        Parameter(
            "precision",
            "int",
            "bits kept of each value, sign and exponent among them; lossy, toward zero",
            low=4,
            high=64,
        ),
    ),
    build=_build,
    examples=("fpzip", "fpzip:precision=20"),
    requires="fpzip",
    load=_load,
    extra="compressors",
)
