"""Streams that are damaged or somebody else's: refused, or decoded to the very bits; never to other values."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.compressors.base import identity_of
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import bits_of, content
from wavecomp.errors import StreamError

from .specs import EXAMPLES

DAMAGES = 1000
FIELD = content("wave", (12, 13, 7), "float32")
FAST = tuple(spec for spec in EXAMPLES if not default_registry().parse(spec).seals)


def survives(compressor, stream, expected) -> bool:
    """Whether a stream is decoded; an error must be StreamError, and what is decoded must be as it was."""
    out = np.full_like(FIELD, 5)
    try:
        compressor.decompress(stream, out)
    except StreamError:
        assert (out == 5).all(), "the output was written to before the damage was seen"
        return False
    assert np.array_equal(bits_of(out), bits_of(expected)), "a damaged stream was decoded to other values"
    return True


@pytest.mark.parametrize("spec", EXAMPLES)
def test_a_thousand_damaged_bytes(spec: str) -> None:
    """One byte at a time, wherever it lies, replaced by any other value."""
    compressor = default_registry().parse(spec)
    stream = compressor.compress(FIELD)
    expected = round_trip(compressor, FIELD)
    rng = np.random.default_rng(1)
    for place, change in zip(rng.integers(0, len(stream), DAMAGES), rng.integers(1, 256, DAMAGES), strict=True):
        damaged = bytearray(stream)
        damaged[place] ^= int(change)
        assert not survives(compressor, damaged, expected), f"byte {place} of {len(stream)}"


@pytest.mark.parametrize("spec", ["zfp:accuracy=1e-3", "sz3:abs=1e-3,algorithm=interp_lorenzo"])
def test_slow_compressors_seal_what_they_hand_over_in_memory(spec: str) -> None:
    compressor = default_registry().parse(spec)
    stream = compressor.encode(compressor.prepare(FIELD))
    (part,) = stream.parts
    for place in range(0, len(part), 7):
        damaged = bytearray(part)
        damaged[place] ^= 1
        with pytest.raises(StreamError, match="damaged"):
            compressor.decompress(type(stream)(stream.head, (bytes(damaged),)), np.zeros_like(FIELD))


@pytest.mark.parametrize("spec", FAST)
def test_fast_compressors_leave_the_parts_to_who_keeps_them(spec: str) -> None:
    """Read while it is measured, a checksum would cost them more than 1 %."""
    compressor = default_registry().parse(spec)
    stream = compressor.encode(compressor.prepare(FIELD))
    assert bytes(stream)[:32] != stream.head[:32]
    assert bytes(stream) == compressor.compress(FIELD)


def test_which_compressors_seal_at_once() -> None:
    parse = default_registry().parse
    for spec in ("zfp:accuracy=1e-3", "zfp:reversible", "zfp:rate=32", "zfp:precision=20", "sz3:rel=1e-3"):
        assert parse(spec).seals, spec
    for spec in ("zfp:rate=33", "sz3:algorithm=lossless", "identity", "blosc2", "float16", "int8"):
        assert not parse(spec).seals, spec


def test_foreign_streams_are_refused_by_every_compressor() -> None:
    compressors = [default_registry().parse(spec) for spec in EXAMPLES]
    streams = [compressor.compress(FIELD) for compressor in compressors]
    for (mine, compressor), (other, stream) in permutations(enumerate(zip(compressors, streams, strict=True)), 2):
        assert mine != other
        out = np.full_like(FIELD, 5)
        with pytest.raises(StreamError, match="another compressor"):
            compressor[0].decompress(stream[1], out)
        assert (out == 5).all()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("slabs:planes=4,threads=1/zfp:accuracy=1e-3", "slabs:planes=4,threads=3/zfp:accuracy=1e-3"),
        ("blosc2:codec=lz4,threads=2", "blosc2:codec=lz4"),
        ("slabs:planes=4,threads=2/blosc2:threads=2", "slabs:planes=4,threads=1/blosc2"),
    ],
)
def test_threads_may_differ_between_writer_and_reader(written: str, read: str) -> None:
    writer, reader = (default_registry().parse(spec) for spec in (written, read))
    assert writer.spec != reader.spec
    assert identity_of(writer.spec) == identity_of(reader.spec)
    out = np.empty_like(FIELD)
    reader.decompress(writer.compress(FIELD), out)
    assert np.array_equal(bits_of(out), bits_of(round_trip(writer, FIELD)))


@pytest.mark.parametrize(
    "pair", [("float16", "bfloat16"), ("int8:block=64", "int8:block=128"), ("zfp:rate=8", "zfp:rate=9")]
)
def test_settings_that_matter_are_part_of_the_identity(pair: tuple[str, str]) -> None:
    one, other = (default_registry().parse(spec) for spec in pair)
    with pytest.raises(StreamError, match="another compressor"):
        other.decompress(one.compress(FIELD), np.zeros_like(FIELD))
    with pytest.raises(StreamError, match="another compressor"):
        other.decompress(one.encode(one.prepare(FIELD)), np.zeros_like(FIELD))


def test_a_stream_of_another_dtype_of_one_size_is_refused() -> None:
    compressor = default_registry().parse("identity")
    with pytest.raises(StreamError, match="float32"):
        compressor.decompress(compressor.compress(FIELD), np.zeros(FIELD.shape, np.int32))


def test_own_formats_are_kept_to_the_byte() -> None:
    """Streams of 2-D fields as written in format 2: they must still be read, and be written alike."""
    field = np.array([[0.0, -1.5], [0.25, 3.0]], np.float32)
    for spec, frozen in FROZEN.items():
        compressor = default_registry().parse(spec)
        assert compressor.compress(field).hex() == frozen
        assert np.array_equal(round_trip(compressor, field), field)


FROZEN = {
    "identity": "77617665636f6d700266020101000000a21614b96d4cc4c1e2019fd97b31049a"
    "020000000000000002000000000000001000000000000000000000000000c0bf0000803e00004040",
    "float16": "77617665636f6d70026602010200000086f524ff8c33bae116abb0833db5d4c0"
    "02000000000000000200000000000000100000000000000008000000000000000d000000000000000000000000000000"
    "000000f200680076",
    "bfloat16": "77617665636f6d70026602010200000001215c468cc55a4089eb5e3e98f97f5f"
    "0200000000000000020000000000000010000000000000000800000000000000ffffffff000000000000000000000000"
    "000040bf003ec03f",
}
