"""Measure one case in this process: verify a round trip first, then time it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors import Compressor, ErrorSummary, Lossless, Stream, Verdict, check_bound
from wavecomp.metrics import bit_rate, distortion, ratio
from wavecomp.records import Measurement, Timing
from wavecomp.sweep.case import Repeats
from wavecomp.sweep.memory import with_peak_growth

_clock = time.perf_counter
T = TypeVar("T")


def measure(compressor: Compressor, field: NDArray[np.floating], repeats: Repeats) -> Measurement:
    """Compress and decompress a field; verify, then repeat and time.

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
    WavecompError
        What the compressor refuses.
    """
    began = _clock()
    ready = compressor.prepare(field)
    out = np.zeros_like(ready)
    out.fill(1)  # zeros alone would be one shared page of the kernel's
    gc.collect()

    # A corner first: what a library allocates once (tables, thread pools) is not the memory of a case.
    corner = ready[tuple(slice(0, 8) for _ in ready.shape)].copy()
    compressor.decompress(compressor.encode(corner), np.empty_like(corner))

    (stream, compress_first), compress_peak = with_peak_growth(lambda: _timed(lambda: compressor.encode(ready)))
    (_, decompress_first), decompress_peak = with_peak_growth(
        lambda: _timed(lambda: compressor.decompress(stream, out))
    )
    verdict, errors = verify(compressor, ready, out, stream)
    size, details = stream.nbytes, compressor.describe_stream(stream)

    # A stream that is kept would send every later one to fresh memory, whose page faults are not the compressor's.
    del stream
    compress, stream = _repeated(lambda: compressor.encode(ready), repeats.count(compress_first))
    decompress, _ = _repeated(lambda: compressor.decompress(stream, out), repeats.count(decompress_first))
    compressing = Timing(compress_first, tuple(compress))
    decompressing = Timing(decompress_first, tuple(decompress))
    return Measurement(
        stream_bytes=size,
        ratio=ratio(ready.nbytes, size),
        bit_rate=bit_rate(size, ready.size),
        compress=compressing,
        decompress=decompressing,
        compress_peak_bytes=compress_peak,
        decompress_peak_bytes=decompress_peak,
        bound=str(compressor.bound),
        bound_status=verdict.status,
        bound_margin=verdict.margin,
        distortion=errors,
        details=details,
        outside_s=_clock() - began - compressing.total_s - decompressing.total_s,
    )


def verify(
    compressor: Compressor, original: NDArray[np.floating], decompressed: NDArray[np.floating], stream: Stream
) -> tuple[Verdict, dict[str, float]]:
    """Judge one round trip: the bound's verdict, and the error metrics."""
    if isinstance(compressor.bound, Lossless):
        verdict = check_bound(compressor.bound, original, decompressed, stream.nbytes)
        if verdict.status == "holds":
            # The same bits have no error by definition; a pass over the fields would only say so.
            return verdict, dict.fromkeys(("max_absolute", "rmse", "nrmse", "bias", "relative_l2"), 0.0)
        return verdict, asdict(distortion(original, decompressed))
    errors = distortion(original, decompressed)
    summary = ErrorSummary(errors.max_absolute, errors.l2, errors.value_min, errors.value_max, original.size)
    verdict = check_bound(compressor.bound, original, decompressed, stream.nbytes, summary)
    return verdict, asdict(errors)


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = _clock()
    result = call()
    return result, _clock() - start


def _repeated(call: Callable[[], T], count: int) -> tuple[list[float], T]:
    samples = []
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(count):
            result = None  # let go outside the clock: freeing a stream is not compressing it
            start = _clock()
            result = call()
            samples.append(_clock() - start)
    finally:
        if enabled:
            gc.enable()
    return samples, cast("T", result)
