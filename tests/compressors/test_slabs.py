from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from wavecomp.compressors import (
    Capabilities,
    Compressor,
    Configuration,
    Definition,
    ErrorBound,
    FixedRate,
    L2Norm,
    Registry,
    SignalToNoise,
    default_registry,
)
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.identity import Identity
from wavecomp.compressors.stream import pack
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import DTYPES, bits_of, content
from wavecomp.errors import SpecError, StreamError, UnsupportedField


def parse(spec: str) -> Compressor:
    return default_registry().parse(spec)


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("sz3:abs=1e-3", "holds the GIL"),
        ("sz3:algorithm=lossless", "holds the GIL"),
        ("identity", "holds the GIL"),
        ("slabs/zfp:accuracy=1e-3", "slabs of slabs"),
        ("zpf:accuracy=1e-3", 'did you mean "zfp"'),
        ("zfp:accuracy=0", "accuracy=0"),
        ("", "nothing follows"),
    ],
)
def test_what_cannot_be_wrapped(inner: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse(f"slabs:planes=4,threads=2/{inner}")


@pytest.mark.parametrize("items", ["planes=0", "planes=-1", "planes=1.5", "threads=0", "threads=257"])
def test_bad_settings_are_refused(items: str) -> None:
    with pytest.raises(SpecError, match=items.replace(".", r"\.")):
        parse(f"slabs:{items}/zfp:accuracy=1e-3")


def test_slabs_of_nothing() -> None:
    with pytest.raises(SpecError, match="wraps another compressor"):
        parse("slabs")
    with pytest.raises(SpecError, match="wraps nothing"):
        parse("zfp:accuracy=1e-3/zfp:accuracy=1e-3")


@pytest.mark.parametrize("bound", [SignalToNoise(60.0), L2Norm(1.0)])
def test_targets_of_the_whole_field_are_refused(bound: ErrorBound) -> None:
    class Target(Identity):
        capabilities = Capabilities(releases_gil=True)

    Target.bound = bound  # type: ignore[assignment]
    target = Definition("target", "", (), lambda c: Target(c.spec), ("target",))
    registry = Registry()
    registry.register(target)
    with pytest.raises(SpecError, match="whole field"):
        registry.parse("slabs/target")
    Target.bound = Identity.bound
    assert registry.parse("slabs/target").bound == Identity.bound


@pytest.mark.parametrize("inner", ["zfp:accuracy=1e-3", "zfp:precision=17", "zfp:rate=7"])
def test_slabs_of_four_planes_lose_nothing(inner: str) -> None:
    """ZFP codes blocks of 4^d one by one: cut between blocks, the values are the same bits, and every slab's end on a
    64-bit word costs less than 8 bytes."""
    field = content("wave", (18, 17, 11), "float32")
    whole = parse(inner)
    uncut = sum(map(len, whole.encode(whole.prepare(field)).parts))
    for planes in (4, 8, 16, 20):
        slabs = parse(f"slabs:planes={planes},threads=2/{inner}")
        assert np.array_equal(bits_of(round_trip(slabs, field)), bits_of(round_trip(whole, field)))
        cut = sum(map(len, slabs.encode(slabs.prepare(field)).parts[1::2]))
        assert 0 <= cut - uncut < 8 * -(-18 // planes)


@pytest.mark.parametrize("planes", [1, 2, 3, 7, 8, 9, 1000])
def test_any_number_of_planes(planes: int) -> None:
    for inner in ("zfp:accuracy=1e-4", "zfp:reversible", "zfp:rate=5", "blosc2:codec=lz4,chunk=1024"):
        compressor = parse(f"slabs:planes={planes},threads=2/{inner}")
        for dtype in DTYPES:
            check_field(compressor, content("wave", (8, 6, 5), dtype))
            check_field(compressor, content("random", (9,), dtype))


def test_threads_work_at_the_same_time() -> None:
    """Two slabs meet at a barrier inside the inner compressor: one thread alone would wait there in vain."""
    meeting = threading.Barrier(2, timeout=600)

    class Meeting(Identity):
        capabilities = Capabilities(nonfinite=True, releases_gil=True)

        def _encode(self, field: np.ndarray) -> object:  # type: ignore[override]
            meeting.wait()
            return super()._encode(field)

        def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
            meeting.wait()
            super()._decode(parts, out)

    registry = Registry()
    registry.register(Definition("meeting", "", (), lambda c: Meeting(c.spec), ("meeting",)))
    compressor = registry.parse("slabs:planes=4,threads=2/meeting")
    field = content("random", (8, 5), "float32")
    assert np.array_equal(round_trip(compressor, field), field)


def test_an_error_in_a_thread_arrives() -> None:
    compressor = parse("slabs:planes=4,threads=2/blosc2:chunk=1024")
    field = content("random", (8, 200), "float32")
    stream = compressor.encode(compressor.prepare(field))
    parts = [bytes(part) for part in stream.parts]
    parts[-1] = bytes(len(parts[-1]))
    with pytest.raises(StreamError):
        compressor.decompress(pack(field, parts, identity_of(compressor.spec)), np.zeros_like(field))


def test_slabs_that_are_missing_or_too_many_are_refused() -> None:
    compressor = parse("slabs:planes=4,threads=2/zfp:accuracy=1e-3")
    field = content("random", (8, 20), "float32")
    parts = [bytes(part) for part in compressor.encode(compressor.prepare(field)).parts]
    for bad in ([], parts[:2], parts[:3], parts + parts[:2], parts[1:], [b"", *parts[1:]], parts[2:] + parts[:1]):
        with pytest.raises(StreamError):
            compressor.decompress(pack(field, bad, identity_of(compressor.spec)), np.zeros_like(field))
    other = parse("slabs:planes=2,threads=2/zfp:accuracy=1e-3")
    with pytest.raises(StreamError):
        other.decompress(pack(field, parts, identity_of(other.spec)), np.zeros_like(field))


def test_capabilities_are_those_of_the_inner_one() -> None:
    inner, outer = parse("zfp:reversible"), parse("slabs:planes=4,threads=3/zfp:reversible")
    assert outer.capabilities == replace(inner.capabilities, threads=3)
    assert parse("slabs:planes=4,threads=3/blosc2:threads=2").capabilities.threads == 6
    assert outer.bound == inner.bound
    assert parse("slabs:planes=3/zfp:rate=8").bound == FixedRate(8.0, planes=3)


def test_limits_of_the_inner_one_are_kept() -> None:
    with pytest.raises(UnsupportedField):
        parse("slabs/zfp:accuracy=1e-3").compress(np.zeros((2,) * 5, np.float32))
    with pytest.raises(UnsupportedField):
        parse("slabs/blosc2:truncate=23").compress(np.zeros((20, 4), np.float32))
    with pytest.raises(UnsupportedField, match="NaN or Inf"):
        parse("slabs/zfp:accuracy=1e-3").compress(np.full((20, 4), np.nan, np.float32))


def test_configuration_keeps_the_inner_spec() -> None:
    made: list[Configuration] = []
    registry = Registry()
    wrapper = Definition("box", "", (), lambda c: made.append(c) or Identity(c.spec), ("box/identity",), wraps=True)
    registry.register(wrapper)
    assert registry.parse("box/zfp:rate=8.0").spec == "box/zfp:rate=8"
    assert made[-1].inner is not None
    assert made[-1].inner.spec == "zfp:rate=8"
