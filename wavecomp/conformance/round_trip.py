"""One round trip looked at from all sides: the promise, the input, the memory beside both ends, a second call."""

from __future__ import annotations

import math

import numpy as np

from wavecomp.compressors import (
    Compressor,
    FixedPrecision,
    FixedRate,
    L2Norm,
    Lossless,
    SignalToNoise,
    Stream,
    Unbounded,
    check_bound,
)
from wavecomp.conformance.findings import Broken
from wavecomp.conformance.memory_places import Guarded, filled
from wavecomp.conformance.samples import Array, same_bits
from wavecomp.errors import UnsupportedField


def round_trip(compressor: Compressor, field: Array) -> Array:
    """Compress and decompress into memory that holds other values before."""
    out = np.full(field.shape, 123.0, field.dtype)
    compressor.decompress(compressor.compress(field), out)
    return out


def check_field(compressor: Compressor, field: Array, *, may_refuse: bool = False) -> Array | None:
    """Try one field: what comes back, what the input is afterwards, what lies beside both, and a second call.

    Parameters
    ----------
    compressor : Compressor
    field : ndarray
        Finite.
    may_refuse : bool
        Whether UnsupportedField is an answer: for values near the ends of the dtype it is.

    Returns
    -------
    ndarray or None
        What came back; None where the field was refused.

    Raises
    ------
    Broken
        A promise is not kept.
    """
    place = Guarded(field)
    try:
        stream, joined = _compressed(compressor, place.array)
    except UnsupportedField as error:
        _check_input(place, field)
        if may_refuse and not isinstance(compressor.bound, Lossless):
            return None
        raise Broken(
            "refuses what it takes", str(error), "every finite field of a dtype and shape that it says"
        ) from None
    except Exception:
        _check_input(place, field)  # that it wrote where it must not says more than what it then raised
        raise
    _check_input(place, field)
    out = _decompressed(compressor, stream, field, 123.0)
    check_kept(compressor, field, out, len(joined))
    if not same_bits(out, _decompressed(compressor, joined, field, 321.0)):
        raise Broken("gives different values", "one stream decompresses to two results", "the same bits each time")
    _check_input(place, field)
    return out


def _compressed(compressor: Compressor, field: Array) -> tuple[Stream, bytes]:
    stream = compressor.encode(compressor.prepare(field))
    if type(stream) is not Stream:
        raise Broken("declares nonsense", f"encode returns a {type(stream).__name__}", "a Stream")
    joined = compressor.compress(field)
    if bytes(stream) != joined:
        raise Broken("gives different streams", "encode and compress of one field differ", "the same bytes each time")
    if stream.nbytes != len(joined):
        found = f"the stream says {stream.nbytes} bytes and has {len(joined)}"
        raise Broken("declares nonsense", found, "the size that it has")
    return stream, joined


def _decompressed(compressor: Compressor, stream: Stream | bytes, field: Array, before: float) -> Array:
    place = filled(field, before)
    try:
        compressor.decompress(stream, place.array)
    finally:
        if not place.intact():
            raise Broken("writes outside its output", "memory beside out was written", "nothing but out is written")
    return place.array


def _check_input(place: Guarded, field: Array) -> None:
    if not same_bits(place.array, field):
        raise Broken("changes its input", "the field has other bits afterwards", "the field as it was")
    if not place.intact():
        raise Broken("writes outside its input", "memory beside the field was written", "nothing is written there")


def check_kept(compressor: Compressor, field: Array, out: Array, stream_bytes: int) -> None:
    """See that the promise is kept; raises Broken.

    ``psnr`` and ``l2norm`` are targets: they are met by errors spread evenly over [-b, b], whose root mean square is
    b / sqrt(3). Whatever the errors are, their root mean square is at most b, sqrt(3) times the target: 4.77 dB.
    """
    bound = compressor.bound
    match bound:
        case SignalToNoise(decibel):
            bound = SignalToNoise(decibel - 10 * math.log10(3))
        case L2Norm(norm):
            bound = L2Norm(norm * math.sqrt(3))
    if not np.isfinite(out).all():
        raise Broken("makes NaN or Inf", "of finite values", "finite values")
    with np.errstate(over="ignore"):  # the range of the largest float64 numbers
        verdict = check_bound(bound, field, out, stream_bytes)
    if isinstance(bound, Unbounded):
        allowed = {"none"}
    elif isinstance(bound, Lossless | FixedRate | FixedPrecision):
        allowed = {"holds"}
    else:
        allowed = {"holds", "rounding"}
    if field.size and verdict.status not in allowed:
        share = "" if math.isinf(verdict.margin) else f", {verdict.margin:.4g} times what is allowed"
        raise Broken("breaks its bound", f"{_worst(field, out)}{share}", str(bound))


def _worst(field: Array, out: Array) -> str:
    """Say where the error is largest, and what came back there."""
    with np.errstate(over="ignore"):
        error = np.abs(out.astype(np.float64) - field.astype(np.float64))
    place = int(error.argmax())
    if error.flat[place] == 0.0:
        return "other bits of the same values" if not same_bits(field, out) else "the stream's size"
    return f"{field.flat[place]!s} comes back as {out.flat[place]!s}"
