"""The codecs of numcodecs, which Zarr stores arrays with: ``numcodecs:codec=zstd,level=3``.

The lossless ones take the bytes of the field. Those that are filters rather than compressors (``shuffle``,
``quantize``, ``bitround``, ``delta``, the checksums) are offered too: what they lose, or cost, can be measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import ErrorBound, Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.numcodecs_library import library, one_thread
from wavecomp.compressors.numcodecs_spelling import NAME, respell
from wavecomp.compressors.numcodecs_table import CODECS, REQUIRED, Values, quantum_bits
from wavecomp.compressors.scaling import peak_of
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer
from wavecomp.errors import SpecError, StreamError, UnsupportedField

_MANTISSA_BITS = {4: 23, 8: 52}
_DTYPE = Parameter("dtype", "choice", "the field's dtype, where it shall be no other", choices=("f4", "f8"))
_GZIP_TIME = slice(4, 8)


class Numcodecs(Compressor):
    """One codec of numcodecs with its settings."""

    def __init__(self, spec: str, values: Values) -> None:
        super().__init__(spec)
        self._codec = str(values["codec"])
        self._about = CODECS[self._codec]
        self._dtype = values.get("dtype")
        self._settings = {key: value for key, value in values.items() if key not in ("codec", "dtype")}

    @property
    def bound(self) -> ErrorBound:
        """What the codec promises."""
        return self._about.bound(self._settings)

    @property
    def capabilities(self) -> Capabilities:
        """Any number of dimensions (the field is one row); NaN and Inf without loss only."""
        return Capabilities(
            max_dimensions=MAX_DIMENSIONS,
            nonfinite=isinstance(self.bound, Lossless),
            releases_gil=self._about.releases_gil,
        )

    def _check(self, field: Field) -> None:
        if self._dtype is not None and field.dtype != np.dtype(str(self._dtype)):
            raise UnsupportedField(f"{self.spec}: the field is {field.dtype}, dtype={self._dtype} was asked for")
        if self._codec == "shuffle" and field.nbytes % int(self._settings["elementsize"]):
            raise UnsupportedField(
                f"{self.spec}: {field.nbytes} bytes are no whole number of elements of "
                f"{self._settings['elementsize']} bytes; give elementsize={field.dtype.itemsize}"
            )
        if self._codec == "fixedscaleoffset":
            self._check_integers(field)

    def _check_peak(self, dtype: np.dtype[np.floating], peak: float) -> None:
        largest = float(np.finfo(dtype).max)
        if self._codec == "bitround":
            kept, mantissa = int(self._settings["keepbits"]), _MANTISSA_BITS[dtype.itemsize]
            if kept >= mantissa:
                raise UnsupportedField(
                    f"{self.spec}: keepbits={kept} rounds nothing off the {mantissa} mantissa bits of {dtype}; "
                    f"give 1 to {mantissa - 1}"
                )
            if peak >= largest * (1.0 - 2.0 ** -(kept + 2)):
                raise UnsupportedField(
                    f"{self.spec}: the peak {peak:g} may be rounded to infinity; give values below "
                    f"{largest * (1.0 - 2.0 ** -(kept + 2)):g}"
                )
        if self._codec == "quantize" and peak > math.ldexp(largest, -1 - abs(quantum_bits(self._digits))):
            raise UnsupportedField(
                f"{self.spec}: the peak {peak:g} over the step of digits={self._digits} overflows {dtype}; give values "
                f"up to {math.ldexp(largest, -1 - abs(quantum_bits(self._digits))):g}"
            )

    @property
    def _digits(self) -> int:
        return int(self._settings["digits"])

    def _check_integers(self, field: Field) -> None:
        offset, scale = float(self._settings["offset"]), float(self._settings["scale"])
        kind = np.dtype(str(self._settings["astype"]))
        steps = (peak_of(field) + abs(offset)) * scale
        if not steps < np.iinfo(kind).max:
            raise UnsupportedField(
                f"{self.spec}: up to {steps:.3g} steps do not fit {kind.name}, and would wrap round without a word; "
                f"give a smaller scale or a larger astype"
            )

    def _made(self, field: Field) -> Any:
        settings = dict(self._settings)
        if self._about.typed:
            settings["dtype"] = field.dtype.str
        return library().get_codec({"id": self._codec, **settings})

    def _encode(self, field: Field) -> Iterable[Buffer]:
        codec = self._made(field)
        with one_thread() if self._codec == "blosc" else nullcontext():
            encoded = codec.encode(np.require(field.reshape(-1), requirements="A"))  # pcodec takes no others
        if self._codec == "gzip":  # the time of day is in its header
            encoded = bytearray(encoded)
            encoded[_GZIP_TIME] = bytes(4)
        if not isinstance(encoded, np.ndarray):
            return (encoded,)
        # It may be the field itself, or a view of it.
        return (encoded.tobytes() if np.may_share_memory(encoded, field) else encoded.data.cast("B"),)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        if len(parts) != 1:
            raise StreamError(f"{self.spec}: the stream has {len(parts)} parts, 1 was expected")
        codec, flat = self._made(out), np.require(out.reshape(-1), requirements="A")
        stream: Any = parts[0]
        if self._codec == "bitround":  # it goes by the dtype of what it decodes
            (raw,) = self.expect(parts, out.nbytes)
            stream = np.frombuffer(raw, f"i{out.dtype.itemsize}")
        try:
            with one_thread() if self._codec == "blosc" else nullcontext():
                decoded = codec.decode(stream, out=flat)
        except Exception as error:  # each of the libraries behind numcodecs has its own
            raise StreamError(f"{self.spec}: numcodecs cannot decode the stream: {error}") from error
        if not isinstance(decoded, np.ndarray) or not np.may_share_memory(decoded, flat):
            (raw,) = self.expect([memoryview(decoded).cast("B")], out.nbytes)
            flat.view(np.uint8)[:] = np.frombuffer(raw, np.uint8)
        if not np.may_share_memory(flat, out):
            out.reshape(-1)[:] = flat


def _build(configuration: Configuration) -> Compressor:
    values = configuration.values
    if "codec" not in values:
        raise SpecError(f'spec "{configuration.spec}": give a codec, as in {NAME}:zstd,level=3')
    needed = REQUIRED.get(str(values["codec"]))
    if needed is not None and needed not in values:
        raise SpecError(f'spec "{configuration.spec}": {values["codec"]} needs {needed}')
    return Numcodecs(configuration.spec, values)


DEFINITION = Definition(
    name=NAME,
    summary="numcodecs' codecs, as Zarr has them; also numcodecs:zstd,level=3 or a configuration in JSON",
    parameters=(Parameter("codec", "choice", "codec", choices=tuple(CODECS)),),
    variants={name: (*codec.parameters, *((_DTYPE,) if codec.typed else ())) for name, codec in CODECS.items()},
    build=_build,
    examples=(
        "numcodecs:codec=zstd,level=3",
        "numcodecs:codec=lz4,acceleration=1",
        "numcodecs:codec=blosc,cname=zstd,clevel=5,shuffle=1",
        "numcodecs:codec=quantize,digits=3",
        "numcodecs:codec=bitround,keepbits=10",
    ),
    requires="numcodecs",
    load=library,
    extra="compressors",
    respell=respell,
)
