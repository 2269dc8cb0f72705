"""Checks that measure this machine: working memory, and whether other threads get on during a call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from wavecomp.compressors import Compressor
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.findings import Broken, Unseen
from wavecomp.conformance.samples import Array, content
from wavecomp.sweep.memory import with_peak_growth

_MEMORY_VALUES = 1 << 20
_GIL_VALUES = 1 << 20
_MOST_VALUES = 1 << 25
_LONG_S, _TOO_LONG_S = 0.03, 0.5
"""A call has to take so long: the GIL is asked for every 5 ms, and a machine has other things to do. Fields grow until
both directions take it, or one takes far too long."""
_TRIES = 5
_HELD = 0.9
"""Share of a call that passes without a word of another thread, in every try: then the GIL was held."""


def _once(said: Declared) -> list[Case]:
    return [Case(np.zeros((0,), said.dtypes[0]), f"{min(3, said.can.max_dimensions)}-D wave")]


def _field(case: Case, values: int) -> Array:
    """Return a wave of about so many values, smooth along every axis."""
    ndim = int(case.about[0])
    return content("wave", (round(values ** (1 / ndim)),) * ndim, str(case.field.dtype))


def _memory(compressor: Compressor, case: Case) -> str | None:
    field = _field(case, _MEMORY_VALUES)
    ready, out = compressor.prepare(field), np.full_like(field, 1)
    # A corner first: what a library allocates once (tables, thread pools) is not the memory of a call.
    corner = ready[tuple(slice(0, 8) for _ in ready.shape)].copy()
    compressor.decompress(compressor.encode(corner), np.empty_like(corner))
    stream, compress = with_peak_growth(lambda: compressor.encode(ready))
    _, decompress = with_peak_growth(lambda: compressor.decompress(stream, out))
    if compress is None or decompress is None:
        raise Unseen("this system keeps no high-water mark of memory that can be reset")
    shares = (grown / field.nbytes for grown in (compress, stream.nbytes, decompress))
    words = (
        "times the field ({:.1f} MB), beside it: compress {:.2f} with the stream, which is {:.2f}; decompress {:.2f}"
    )
    return words.format(field.nbytes / 1e6, *shares)


def _gil(compressor: Compressor, case: Case) -> str | None:
    field, says = _field(case, _GIL_VALUES), compressor.capabilities.releases_gil
    calls, took = _calls(compressor, field)
    while min(took) < _LONG_S and max(took) < _TOO_LONG_S and field.size < _MOST_VALUES:
        field = np.concatenate([field] * 2)
        calls, took = _calls(compressor, field)
    words = []
    for what, call, taken in zip(("compress", "decompress"), calls, took, strict=True):
        if taken < _LONG_S:
            words.append(f"{what}: too fast to tell ({1e3 * taken:.0f} ms)")
            continue
        held = min(_silent_share(call) for _ in range(_TRIES))
        if held >= _HELD and says:
            ms = f"{1e3 * taken:.0f} ms"
            found = f"in {_TRIES} calls of {what} another thread was silent for {held:.0%} of {ms} or more"
            raise Broken("holds the GIL", found, "releases_gil=False, or a call that lets other threads run")
        words.append(f"{what}: {'held' if held >= _HELD else 'released'}")
    return f"it says that it {'releases' if says else 'holds'} it; measured, {', '.join(words)}"


def _calls(
    compressor: Compressor, field: Array
) -> tuple[tuple[Callable[[], object], Callable[[], object]], tuple[float, float]]:
    """Return a call in each direction, and the seconds that each takes."""
    ready, out = compressor.prepare(field), np.full_like(field, 1)
    stream = compressor.encode(ready)
    calls = (lambda: compressor.encode(ready)), (lambda: compressor.decompress(stream, out))
    return calls, (_seconds(calls[0]), _seconds(calls[1]))


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _silent_share(call: Callable[[], object]) -> float:
    """Return the longest time within a call in which a counting thread said nothing, as a share of the call."""
    told: list[float] = []
    stop = threading.Event()

    def count() -> None:
        while not stop.is_set():
            told.append(time.perf_counter())
            time.sleep(0.0005)

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    while not told:
        time.sleep(0.0005)
    begin = time.perf_counter()
    call()
    end = time.perf_counter()
    stop.set()
    thread.join()
    marks = [begin, *(mark for mark in told if begin < mark < end), end]
    return max(later - earlier for earlier, later in pairwise(marks)) / (end - begin)


CHECKS = (
    Check("working memory", _once, _memory, measures=True),
    Check("GIL", _once, _gil, measures=True),
)
