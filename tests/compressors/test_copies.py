"""What a call does beside the library's work: how much memory it takes, which no clock is needed for."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pysz
import pytest

from wavecomp.compressors import default_registry
from wavecomp.compressors import sz3_memory as ours
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import content
from wavecomp.errors import StreamError

from .specs import EXAMPLES

FIELD = content("wave", (64, 64, 128), "float32")  # two megabytes
SCRATCH = 2**19  # the short formats work in pieces that stay in the cache


def peak(call: Callable[[], object]) -> int:
    call()  # what is made once, such as tables
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("spec", EXAMPLES)
def test_decompression_takes_no_second_field(spec: str) -> None:
    """Values go straight to where they are wanted; NumPy's and Python's memory is all that is counted here.

    The codes of ``interp`` are decompressed first: two bytes a point at most, half of a float32.
    """
    compressor = default_registry().parse(spec)
    stream = compressor.encode(compressor.prepare(FIELD))
    out = np.empty_like(FIELD)
    most = FIELD.nbytes // 2 if "interp:" in spec else SCRATCH
    assert peak(lambda: compressor.decompress(stream, out)) < min(most + 20_000, FIELD.nbytes // 2 + 20_000)


@pytest.mark.parametrize("spec", EXAMPLES)
def test_compression_takes_the_stream_and_no_copy_of_the_field(spec: str) -> None:
    """pysz and Blosc2 allocate room for the worst case, of which only what they fill is ever touched.

    ``interp`` works in one copy at most, half of it reconstructed values, half of it codes; and has room for escapes.
    libfpzip gets twice the field, and what is behind numcodecs one and a bit; its filters work in NumPy arrays, one an
    operation. HDF5 allocates where this test does not see it.
    """
    compressor = default_registry().parse(spec)
    ready = compressor.prepare(FIELD)
    size = compressor.encode(ready).nbytes
    worst = 2 * ready.nbytes if spec.startswith("sz3") else int(default_registry().values(spec).get("chunk", 0))
    worst = ready.nbytes * 9 // 8 if spec.startswith("interp:") else worst
    worst = 2 * ready.nbytes if spec.startswith(("fpzip", "numcodecs")) else worst
    assert peak(lambda: compressor.encode(ready)) < size + min(worst, 2 * ready.nbytes) + SCRATCH + 20_000


def test_values_of_sz3_come_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    compressor = default_registry().parse("sz3:abs=1e-3")
    stream = compressor.compress(FIELD)
    expected = round_trip(compressor, FIELD)
    made = []
    genuine = pysz.sz.decompress
    monkeypatch.setattr(pysz, "sz", type("sz", (), {"decompress": lambda *a: made.append(genuine(*a)) or made[-1]}))
    out = np.zeros_like(FIELD)
    compressor.decompress(stream, out)
    assert np.may_share_memory(made[0][0], out)
    assert np.array_equal(out, expected)


def test_a_pysz_that_allocates_otherwise_is_copied_from(monkeypatch: pytest.MonkeyPatch) -> None:
    compressor = default_registry().parse("sz3:abs=1e-3")
    stream = compressor.compress(FIELD)
    expected = round_trip(compressor, FIELD)
    monkeypatch.setattr(ours._Numpy, "empty", staticmethod(np.empty))
    assert np.array_equal(round_trip(compressor, FIELD), expected)
    out = np.zeros_like(FIELD)
    compressor.decompress(stream, out)
    assert np.array_equal(out, expected)


def test_others_who_use_pysz_get_arrays_of_their_own() -> None:
    """Another thread, another size, after an error: only the array that was asked for is handed over, once."""
    compressor = default_registry().parse("sz3:abs=1e-3")
    stream = compressor.encode(compressor.prepare(FIELD))
    raw = np.frombuffer(stream.parts[0], np.uint8)
    out = np.zeros_like(FIELD)
    compressor.decompress(stream, out)
    kept = out.copy()
    again, _ = pysz.sz.decompress(raw, np.float32, FIELD.shape)
    assert not np.may_share_memory(again, out)
    again[...] = 7
    with pytest.raises(ValueError, match="truncated"):
        ours.decompress_into(raw[:200], out)
    assert not np.may_share_memory(pysz.sz.decompress(raw, np.float32, FIELD.shape)[0], out)
    assert np.array_equal(out, kept)
    waiting = ours._numpy()
    waiting.waiting.array = out.reshape(-1)
    try:
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(pysz.sz.decompress, raw, np.float32, FIELD.shape).result()[0]
        assert not np.may_share_memory(elsewhere, out)
        assert waiting.empty(3, dtype=np.float32).shape == (3,)
    finally:
        waiting.waiting.array = None
    with pytest.raises(StreamError):
        compressor.decompress(type(stream)(stream.head, (b"",)), out)
    assert np.array_equal(out, kept)


def test_decoding_in_two_threads_at_once() -> None:
    compressor = default_registry().parse("sz3:abs=1e-3")
    fields = [content("random", (20, 21), "float32", seed) for seed in range(16)]
    expected = [round_trip(compressor, field) for field in fields]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda field: round_trip(compressor, field), fields))
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
