"""Checks of calls that follow one another, run side by side, or run in slabs; and of what they print."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import product

import numpy as np

from wavecomp.compressors import Compressor, L2Norm, SignalToNoise
from wavecomp.compressors.slabs import Slabs
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.findings import Broken
from wavecomp.conformance.round_trip import check_field
from wavecomp.conformance.samples import Array, content
from wavecomp.errors import StreamError
from wavecomp.plain_text import one_line

_THREADS, _TASKS = 4, 12
_PLANES = 3


def _fields(said: Declared) -> list[Case]:
    shape = (12, 13, 7)[: said.can.max_dimensions]
    return [Case(content(kind, shape, dtype), kind) for kind, dtype in product(("wave", "random"), said.dtypes)]


def _both(compressor: Compressor, field: Array) -> tuple[bytes, bytes]:
    stream = compressor.compress(field)
    out = np.full(field.shape, 3.0, field.dtype)
    compressor.decompress(stream, out)
    return stream, out.tobytes()


def _state(compressor: Compressor, case: Case) -> str | None:
    field = case.field
    _both(compressor, field)
    first = _both(compressor, field)
    if _both(compressor, field) != first:
        raise Broken("gives different streams", "two calls on one field differ", "the same bytes each time")
    for other in (np.flip(field) * field.dtype.type(0.5), np.concatenate([field, field])):
        _both(compressor, other)
        if _both(compressor, field) != first:
            found = "after another field, the same one gives another stream or other values"
            raise Broken("keeps state", found, "nothing is left of an earlier call")
    return None


def _threads(compressor: Compressor, case: Case) -> str | None:
    scales = [case.field.dtype.type(1 + n / 8) for n in range(_TASKS)]
    work = [np.roll(case.field, n, axis=0) * scale for n, scale in enumerate(scales)]
    alone = [_both(compressor, field) for field in work]
    together = threading.Barrier(_THREADS)

    def run(index: int) -> tuple[bytes, bytes]:
        if index < _THREADS:
            with suppress(threading.BrokenBarrierError):
                together.wait(1.0)
        return _both(compressor, work[index])

    with ThreadPoolExecutor(_THREADS) as pool:
        if list(pool.map(run, range(_TASKS))) != alone:
            found = f"{_THREADS} threads at once get other streams or values than one alone"
            raise Broken("is not thread-safe", found, "the same bytes in any thread")
    return None


def _no_slabs(said: Declared) -> str | None:
    if not said.can.releases_gil:
        return "it says that it holds the GIL, so that slabs refuse it"
    if said.wraps_slabs:
        return "it is slabs itself"
    if isinstance(said.bound, SignalToNoise | L2Norm):
        return f"{said.bound} speaks of the whole field, not of a slab"
    return None


def _slabs(compressor: Compressor, case: Case) -> str | None:
    sliced = Slabs(f"slabs:planes={_PLANES},threads=2/{compressor.spec}", compressor, _PLANES, 2)
    check_field(sliced, case.field)
    return None


def _quiet(compressor: Compressor, case: Case) -> str | None:
    with _standard_output() as said:
        stream, _ = _both(compressor, case.field)
        with suppress(StreamError):
            compressor.decompress(stream[:-1], np.zeros_like(case.field))
    if said:
        found = f"{one_line(said[0].decode(errors='replace'), 80)!r}"
        raise Broken("prints to standard output", found, "nothing on descriptor 1, where tables go")
    return None


@contextmanager
def _standard_output() -> Iterator[list[bytes]]:
    """Catch what is written to descriptor 1 in the block, by Python, C or a process; the list has it afterwards."""
    caught: list[bytes] = []
    flush = getattr(ctypes.CDLL(None), "fflush", lambda _: None)
    with tempfile.TemporaryFile() as file:
        sys.stdout.flush()
        flush(None)
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            yield caught
        finally:
            sys.stdout.flush()
            flush(None)
            os.dup2(kept, 1)
            os.close(kept)
            file.seek(0)
            caught += filter(None, [file.read()])


CHECKS = (
    Check("no state", _fields, _state),
    Check("threads", _fields, _threads),
    Check("slabs", _fields, _slabs, _no_slabs),
    Check("standard output", _fields, _quiet),
)
