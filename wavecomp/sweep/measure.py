"""Measure one case in this process: verify a round trip first, then time it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors import Compressor, ErrorBound, ErrorSummary, Lossless, Stream, Verdict, check_bound
from wavecomp.compressors.promises import promise_of
from wavecomp.metrics import bit_rate, distortion, ratio
from wavecomp.records import Measurement, Timing
from wavecomp.sweep.case import Repeats
from wavecomp.sweep.memory import with_peak_growth
from wavecomp.sweep.steadiness import (
    array_fingerprint,
    checked_bound,
    checked_details,
    checked_stream,
    spoil,
    stream_fingerprint,
    worse,
)

_clock = time.perf_counter
T = TypeVar("T")


def measure(compressor: Compressor, field: NDArray[np.floating], repeats: Repeats) -> Measurement:
    """Compress and decompress a field; verify, repeat and time, and see that the last call did what the first one did.

    Timed is :meth:`~wavecomp.compressors.Compressor.encode` on a field that was checked before, and decompression into
    memory that was touched before. The first call of each is kept apart; peak memory is taken during it.

    Parameters
    ----------
    compressor : Compressor
    field : ndarray of float32 or float64
        Not empty. In memory (not a file mapping), so that no page fault of its own is timed.
    repeats : Repeats
        How often.

    Returns
    -------
    Measurement
        A bound that does not hold is part of the result, not an exception.

    Raises
    ------
    Inconsistent
        What the compressor returns is not what it must return, or later streams have another size than the first.
    WavecompError
        What the compressor refuses.
    """
    began = _clock()
    # Once: a promise that changes on the way is none.
    bound = checked_bound(compressor)
    promise = promise_of(bound)
    # Compared is with the field itself, whatever a prepare of a compressor's own makes of it.
    original = np.ascontiguousarray(field)
    ready = compressor.prepare(original)
    # Not of zeros: those would be one shared page of the kernel's, and NumPy asks for large pages only without them.
    out = np.full_like(original, 1)
    gc.collect()

    elsewhere = compressor.capabilities.elsewhere
    if not elsewhere:
        # A corner first: what a library allocates once (tables, thread pools) is not the memory of a case.
        corner = ready[tuple(slice(0, 8) for _ in ready.shape)].copy()
        compressor.decompress(compressor.encode(corner), np.empty_like(corner))

    (stream, compress_first), compress_peak = with_peak_growth(lambda: _timed(lambda: compressor.encode(ready)))
    (_, decompress_first), decompress_peak = with_peak_growth(
        lambda: _timed(lambda: compressor.decompress(stream, out))
    )
    verdict, errors = _judge(bound, original, out, checked_stream(compressor.spec, stream).nbytes)
    size, details = stream.nbytes, checked_details(compressor, stream)
    first = stream_fingerprint(stream), array_fingerprint(out)

    # A stream that is kept would send every later one to fresh memory, whose page faults are not the compressor's.
    del stream
    compress, stream = _repeated(
        lambda: compressor.encode(ready),
        repeats.count(compress_first),
        after=lambda stream: checked_stream(compressor.spec, stream, size),
    )
    decompress, _ = _repeated(
        lambda: compressor.decompress(stream, out), repeats.count(decompress_first), before=lambda: spoil(out)
    )
    if (stream_fingerprint(stream), array_fingerprint(out)) != first:
        later, later_errors = _judge(bound, original, out, size)
        if worse(verdict, later):
            verdict, errors = later, later_errors
    compressing = Timing(compress_first, tuple(compress))
    decompressing = Timing(decompress_first, tuple(decompress))
    return Measurement(
        stream_bytes=size,
        ratio=ratio(original.nbytes, size),
        bit_rate=bit_rate(size, original.size),
        compress=compressing,
        decompress=decompressing,
        # Of a program that does the work, nobody has looked at the memory.
        compress_peak_bytes=None if elsewhere else compress_peak,
        decompress_peak_bytes=None if elsewhere else decompress_peak,
        bound=str(bound),
        bound_kind=promise.kind,
        bound_value=promise.value,
        bound_status=verdict.status,
        bound_margin=float(verdict.margin),
        distortion=errors,
        details=details,
        outside_s=_clock() - began - compressing.total_s - decompressing.total_s,
    )


def verify(
    compressor: Compressor, original: NDArray[np.floating], decompressed: NDArray[np.floating], stream: Stream
) -> tuple[Verdict, dict[str, float]]:
    """Judge one round trip: the bound's verdict, and the error metrics."""
    return _judge(compressor.bound, original, decompressed, stream.nbytes)


def _judge(
    bound: ErrorBound, original: NDArray[np.floating], decompressed: NDArray[np.floating], stream_bytes: int
) -> tuple[Verdict, dict[str, float]]:
    if isinstance(bound, Lossless):
        verdict = check_bound(bound, original, decompressed, stream_bytes)
        if verdict.status == "holds":
            # The same bits have no error by definition; a pass over the fields would only say so.
            return verdict, dict.fromkeys(("max_absolute", "rmse", "nrmse", "bias", "relative_l2"), 0.0)
        return verdict, asdict(distortion(original, decompressed))
    errors = distortion(original, decompressed)
    summary = ErrorSummary(errors.max_absolute, errors.l2, errors.value_min, errors.value_max, original.size)
    verdict = check_bound(bound, original, decompressed, stream_bytes, summary)
    return verdict, asdict(errors)


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = _clock()
    result = call()
    return result, _clock() - start


def _repeated(
    call: Callable[[], T],
    count: int,
    *,
    before: Callable[[], object] = lambda: None,
    after: Callable[[T], object] = lambda _: None,
) -> tuple[list[float], T]:
    samples = []
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(count):
            result = None  # let go outside the clock: freeing a stream is not compressing it
            before()
            start = _clock()
            result = call()
            samples.append(_clock() - start)
            after(result)
    finally:
        if enabled:
            gc.enable()
    return samples, cast("T", result)
