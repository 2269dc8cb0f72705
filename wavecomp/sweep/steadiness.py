"""What is timed has to be what was verified: do later calls of a compressor do what its first one did?"""

from __future__ import annotations

from numbers import Integral
from typing import TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

from wavecomp.compressors import Compressor, ErrorBound, Stream, Verdict
from wavecomp.errors import Inconsistent

_MOST_DETAILS, _LONGEST_DETAIL, _LARGEST_DETAIL = 100, 100, 2**63 - 1
_SPOILT = 64

Fingerprint: TypeAlias = int

# From best to worst; "none" promises nothing, so that anything says more.
_SEVERITY = ("none", "holds", "rounding", "missed", "violated")


def stream_fingerprint(stream: Stream) -> Fingerprint:
    """Return a 64-bit hash of a stream's bytes, at the speed of memory."""
    digest = xxhash.xxh3_64(stream.head)
    for part in stream.parts:
        digest.update(part)
    return digest.intdigest()


def array_fingerprint(array: NDArray[np.floating]) -> Fingerprint:
    """Return a 64-bit hash of the bytes of a C-contiguous array."""
    return xxhash.xxh3_64_intdigest(array.data)


def spoil(out: NDArray[np.floating]) -> None:
    """Turn over the bits of a few values, evenly spread: a call that leaves memory as it was is seen then."""
    bits = out.reshape(-1).view(np.uint8)
    places = np.linspace(0, bits.size - 1, min(_SPOILT, bits.size)).astype(np.intp)
    bits[places] ^= 0xFF


def checked_stream(spec: str, stream: object, size: int | None = None) -> Stream:
    """Return a stream that is one, of the size in bytes that an earlier one had; raises Inconsistent."""
    # A class of its own could say any size.
    if type(stream) is not Stream:
        raise Inconsistent(f"{spec}: encode returned a {type(stream).__name__}, not a Stream")
    if size is not None and stream.nbytes != size:
        raise Inconsistent(
            f"{spec}: two calls on one field gave streams of {size} and {stream.nbytes} bytes; ratio and time would "
            "belong to different streams"
        )
    return stream


def checked_bound(compressor: Compressor) -> ErrorBound:
    """Return what a compressor promises, if it is a promise that can be checked; raises Inconsistent."""
    bound = compressor.bound
    if not isinstance(bound, ErrorBound):
        raise Inconsistent(f"{compressor.spec}: its bound is a {type(bound).__name__}, which is none of wavecomp's")
    return bound


def checked_details(compressor: Compressor, stream: Stream) -> dict[str, int]:
    """Return what a compressor says about a stream, in plain integers; raises Inconsistent."""
    details: object = compressor.describe_stream(stream)
    if not isinstance(details, dict) or len(details) > _MOST_DETAILS:
        raise Inconsistent(
            f"{compressor.spec}: describe_stream has to return a dict of {_MOST_DETAILS} entries at most, "
            f"it returned a {type(details).__name__}"
        )
    for key, value in details.items():
        # Integral takes NumPy's numbers too.
        if not (isinstance(key, str) and len(key) <= _LONGEST_DETAIL and isinstance(value, Integral | np.bool_)):
            raise Inconsistent(
                f"{compressor.spec}: describe_stream has to return integers by name, it returned {key!r:.100}: "
                f"a {type(value).__name__}"
            )
        if abs(int(value)) > _LARGEST_DETAIL:
            raise Inconsistent(f"{compressor.spec}: describe_stream returned a number beyond 64 bits for {key!r}")
    return {str(key): int(value) for key, value in details.items()}


def worse(first: Verdict, second: Verdict) -> bool:
    """Whether the second verdict is the worse one."""
    rank = [_SEVERITY.index(verdict.status) for verdict in (first, second)]
    return rank[1] > rank[0] or (rank[1] == rank[0] and second.margin > first.margin)
