"""The quick cases as pytest-benchmark benchmarks: one a case, compression and decompression in groups of their own.

``pytest suites --benchmark-only`` runs them; ``--benchmark-autosave`` and ``--benchmark-compare`` follow them.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from wavecomp.catalogue import SpecTemplate, find_suites
from wavecomp.compressors import default_registry
from wavecomp.metrics import bit_rate, ratio
from wavecomp.sweep import Repeats, verify

SUITES = [suite for suite in find_suites("quick") if suite.fields == "last"]
CASES = {entry: suite.repeats for suite in SUITES for entry in (SpecTemplate("identity"), *suite.entries)}


def _name(entry: SpecTemplate) -> str:
    # A tolerance that scales with the field is named by its fraction: the same on every field.
    return entry.spec.format(f"{entry.tolerance:g}peak") if entry.scale != "none" else entry.spec


ENTRIES = {_name(entry): entry for entry in CASES}


@pytest.fixture(params=list(ENTRIES))
def case(request, field, array, benchmark):
    """Build the compressor, verify one round trip, and say on the benchmark what it was about."""
    entry = ENTRIES[request.param]
    benchmark.name = request.param
    compressor = default_registry().usable(default_registry().read(entry.resolve(field, field)))
    ready = compressor.prepare(array)
    stream = compressor.encode(ready)
    out = np.ones_like(ready)
    compressor.decompress(stream, out)
    verdict, errors = verify(compressor, ready, out, stream)
    assert verdict.status in ("holds", "rounding", "none"), (compressor.spec, verdict)
    benchmark.extra_info.update(
        spec=compressor.spec,
        field=field.name,
        field_digest=field.digest,
        ratio=ratio(ready.nbytes, stream.nbytes),
        bit_rate=bit_rate(stream.nbytes, ready.size),
        max_absolute_error=errors["max_absolute"],
        nrmse=errors["nrmse"],
        bound=str(compressor.bound),
        bound_status=verdict.status,
    )
    return compressor, ready, stream, out, CASES[entry]


def _rounds(first_s: float, repeats: Repeats) -> dict[str, int]:
    return {"rounds": max(3, repeats.count(first_s)), "iterations": 1, "warmup_rounds": 1}


def _once(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def bench_compress(case, benchmark, field):
    compressor, ready, _, _, repeats = case
    benchmark.group = f"compress {field.name}"
    first_s = _once(lambda: compressor.encode(ready))
    benchmark.pedantic(compressor.encode, args=(ready,), **_rounds(first_s, repeats))


def bench_decompress(case, benchmark, field):
    compressor, _, stream, out, repeats = case
    benchmark.group = f"decompress {field.name}"
    first_s = _once(lambda: compressor.decompress(stream, out))
    benchmark.pedantic(compressor.decompress, args=(stream, out), **_rounds(first_s, repeats))
