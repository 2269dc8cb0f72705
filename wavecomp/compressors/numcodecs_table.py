"""Which codecs of numcodecs take floats to bytes and back, with their keys and what they promise.

It is a table, so that specs are read, and refused, without numcodecs. Left out are those that do not take floats
(packbits, categorize, the codecs of texts and objects), those that execute what they decode (pickle), texts (json2,
msgpack2), ``astype``, which wavecomp has as ``float16``, and ``zfpy``, which it has as ``zfp``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wavecomp.compressors.bounds import Absolute, ErrorBound, Lossless, PointwiseRelative, Unbounded
from wavecomp.compressors.spec import Parameter, Value

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec of numcodecs.

    Attributes
    ----------
    parameters : tuple of Parameter
        Its keys, as numcodecs calls them.
    bound : callable
        What its values promise.
    implied : mapping
        What else its configuration may hold, and the one value that is meant here.
    typed : tuple of str
        Keys of its configuration that are the field's own dtype.
    releases_gil : bool
        As measured with a thread that counts beside it.
    """

    parameters: tuple[Parameter, ...] = ()
    bound: Callable[[Values], ErrorBound] = lambda _: Lossless()
    implied: Mapping[str, object] = field(default_factory=dict)
    typed: tuple[str, ...] = ()
    releases_gil: bool = False


def _level(default: int, low: int, high: int, doc: str = "higher compresses more") -> Parameter:
    return Parameter("level", "int", doc, default=default, low=low, high=high, pinned=True)


def quantum_bits(digits: int) -> int:
    """Return the k for which numcodecs' ``quantize`` rounds to multiples of :math:`2^{-k}`, by its own arithmetic.

    That is the power of ten rounded up to one of two, and for negative digits rounded as numcodecs does.
    """
    precision = 10.0**-digits
    exponent = math.log10(precision)
    exponent = math.floor(exponent) if exponent < 0 else math.ceil(exponent)
    return math.ceil(math.log2(10.0**-exponent))


_CHECKSUM = Codec(implied={"location": None})

CODECS: dict[str, Codec] = {
    "zstd": Codec(
        (
            _level(0, -131072, 22, "higher compresses more, 0 is Zstandard's own default"),
            Parameter("checksum", "flag", "Zstandard's own checksum as well"),
        ),
        releases_gil=True,
    ),
    "lz4": Codec(
        (Parameter("acceleration", "int", "higher is faster", default=1, low=1, high=65537, pinned=True),),
        releases_gil=True,
    ),
    "blosc": Codec(
        (
            Parameter(
                "cname",
                "choice",
                "codec",
                default="lz4",
                choices=("blosclz", "lz4", "lz4hc", "zlib", "zstd"),
                pinned=True,
            ),
            Parameter("clevel", "int", "0 stores, 9 compresses most", default=5, low=0, high=9, pinned=True),
            Parameter("shuffle", "int", "0 none, 1 bytes, 2 bits, -1 chooses", default=1, low=-1, high=2, pinned=True),
            Parameter("blocksize", "int", "bytes a block, 0 leaves it to Blosc", default=0, low=0, high=2**30),
        ),
        implied={"typesize": None},
        releases_gil=True,
    ),
    "zlib": Codec((_level(1, 0, 9),), releases_gil=True),
    "gzip": Codec((_level(1, 0, 9),), releases_gil=True),
    "bz2": Codec((_level(1, 1, 9),), releases_gil=True),
    "lzma": Codec(
        (Parameter("preset", "int", "higher compresses more", default=6, low=0, high=9, pinned=True),),
        implied={"format": 1, "check": -1, "filters": None},
        releases_gil=True,
    ),
    "pcodec": Codec(
        (
            _level(8, 0, 12),
            Parameter("mode_spec", "choice", "structure to look for", default="auto", choices=("auto", "classic")),
        ),
        implied={
            "delta_spec": "auto",
            "paging_spec": "equal_pages_up_to",
            "delta_encoding_order": None,
            "equal_pages_up_to": 262144,
        },
        releases_gil=True,
    ),
    "shuffle": Codec((Parameter("elementsize", "int", "bytes an element", default=4, low=2, high=8, pinned=True),)),
    "base64": Codec(),
    "crc32": _CHECKSUM,
    "adler32": _CHECKSUM,
    "fletcher32": Codec(),
    "jenkins_lookup3": Codec(
        (Parameter("initval", "int", "initial value", default=0, low=0, high=2**31 - 1),), implied={"prefix": None}
    ),
    "quantize": Codec(
        (Parameter("digits", "int", "decimal digits kept, in the field's unit", low=-30, high=30),),
        bound=lambda values: Absolute(2.0 ** -(quantum_bits(int(values["digits"])) + 1)),
        typed=("dtype", "astype"),
    ),
    "bitround": Codec(
        (Parameter("keepbits", "int", "mantissa bits kept, rounded to nearest", low=1, high=51),),
        bound=lambda values: PointwiseRelative(2.0 ** -(int(values["keepbits"]) + 1)),
    ),
    "delta": Codec(bound=lambda _: Unbounded(), typed=("dtype", "astype")),
    "fixedscaleoffset": Codec(
        (
            Parameter("offset", "float", "subtracted first, unit of the field", default=0.0, pinned=True),
            Parameter("scale", "float", "steps in a unit of the field", low=0.0, low_open=True),
            Parameter(
                "astype", "choice", "integers that are kept", default="i4", choices=("i1", "i2", "i4"), pinned=True
            ),
        ),
        bound=lambda _: Unbounded(),
        typed=("dtype",),
    ),
}

REQUIRED: dict[str, str] = {"quantize": "digits", "bitround": "keepbits", "fixedscaleoffset": "scale"}
"""The key that a codec cannot do without."""

ELSEWHERE: dict[str, str] = {"zfpy": "zfp:accuracy=1e-3", "astype": "float16"}
"""Codecs that wavecomp has by itself, each with a spec of it."""
