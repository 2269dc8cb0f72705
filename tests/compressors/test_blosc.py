from __future__ import annotations

from itertools import product

import blosc2
import numpy as np
import pytest

from wavecomp.compressors import Compressor, Lossless, PointwiseRelative, default_registry
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.stream import pack
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import CONTENTS, DTYPES, bits_of, content
from wavecomp.errors import SpecError, StreamError, UnsupportedField

from .specs import CODECS, SHUFFLES


def parse(spec: str) -> Compressor:
    return default_registry().parse(spec)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("chunk=1020", "1020"),
        ("chunk=1025", "multiple of 4"),
        ("chunk=1026", "multiple of 4"),
        ("chunk=4294967296", "4294967296"),
        ("chunk=2147483648", "2147483648"),
        ("chunk=0", "chunk=0"),
        ("chunk=-4", "chunk=-4"),
        ("chunk=1e6", "chunk=1e6"),
        ("chunk=1048576.0", "1048576.0"),
        ("block=2", "multiple of 4"),
        ("block=1023", "multiple of 4"),
        ("block=-4", "block=-4"),
        ("chunk=1024,block=1028", "does not fit"),
        ("chunk=524288,block=1048576", "does not fit"),
        ("level=10", "level=10"),
        ("level=-1", "level=-1"),
        ("threads=0", "threads=0"),
        ("threads=257", "threads=257"),
        ("truncate=0", "truncate=0"),
        ("truncate=52", "truncate=52"),
        ("truncate=-1", "truncate=-1"),
        ("shuffle=byte", "shuffle=byte"),
        ("shuffle=trunc_prec", "trunc_prec"),
        ("codec=grok", "grok"),
        ("codec=zfp_acc", "zfp_acc"),
        ("codec=LZ4", "lz4"),
        ("truncate=9,shuffle=bytedelta", "cannot be combined"),
    ],
)
def test_bad_settings_are_refused(items: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse(f"blosc2:{items}")


@pytest.mark.parametrize("shuffle", SHUFFLES)
@pytest.mark.parametrize("codec", CODECS)
def test_block_shapes(codec: str, shuffle: str) -> None:
    """Any multiple of the value size decodes, larger than the field or not, in chunks that do not divide."""
    for block, chunk in ((8, 1024), (16, 1028), (24, 1032), (40, 4096), (504, 1028), (1024, 1024), (65536, 1 << 17)):
        compressor = parse(f"blosc2:codec={codec},level=1,shuffle={shuffle},chunk={chunk},block={block}")
        for dtype in DTYPES:
            for size in (1, 63, 257, 1000):
                check_field(compressor, content("zero", (size,), dtype))
                check_field(compressor, content("random", (size,), dtype))


def test_blocks_that_cut_values_apart_are_refused_before_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blosc2, "compress2", lambda *_, **__: pytest.fail("blosc2 was called"))
    for block in (4, 12, 36, 100, 1028):
        with pytest.raises(UnsupportedField, match="multiple of 8"):
            parse(f"blosc2:chunk=4096,block={block}").compress(np.zeros(1000))


@pytest.mark.skipif(blosc2.__version__.startswith("3."), reason="Blosc2 3 decodes these blocks, Blosc2 4 does not")
def test_the_bare_library_cannot_decode_them() -> None:
    """If this fails, Blosc2 was repaired and the guard can go."""
    field = np.ones(1000)
    stream = blosc2.compress2(
        field, codec=blosc2.Codec.LZ4, clevel=5, typesize=8, blocksize=100, filters=[blosc2.Filter.NOFILTER]
    )
    with pytest.raises((RuntimeError, ValueError)):
        blosc2.decompress2(stream, dst=np.empty_like(field))


@pytest.mark.parametrize(("dtype", "mantissa"), [("float32", 23), ("float64", 52)])
def test_truncation_limits(dtype: str, mantissa: int) -> None:
    """One bit less than the mantissa still cuts; with the whole mantissa there is nothing to cut: refused."""
    field = content("random", (50, 3), dtype)
    for bits in (1, 7, mantissa - 1):
        compressor = parse(f"blosc2:truncate={bits}")
        assert compressor.bound == PointwiseRelative(2.0**-bits)
        out = check_field(compressor, field)
        assert not np.array_equal(out, field)
        assert (bits_of(out) & ((1 << (mantissa - bits)) - 1) == 0).all(), "bits below the cut are gone"
        assert (bits_of(out) >> (mantissa - bits) == bits_of(field) >> (mantissa - bits)).all(), "bits above are kept"
    if dtype == "float32":
        for bits in (23, 24, 51):
            with pytest.raises(UnsupportedField, match="give 1 to 22"):
                parse(f"blosc2:truncate={bits}").compress(field)


def test_truncation_is_toward_zero() -> None:
    """A systematic loss of amplitude, which the bound cannot show."""
    field = content("random", (500,), "float64")
    out = round_trip(parse("blosc2:truncate=4"), field)
    assert (np.abs(out) <= np.abs(field)).all()
    assert np.abs(out).sum() < 0.99 * np.abs(field).sum()


def test_the_bare_library_spoils_the_field_with_three_filters() -> None:
    """If this fails, Blosc2 was repaired, and truncation may be combined with bytedelta."""
    field = content("random", (1000,), "float32")
    before = field.copy()
    filters = [blosc2.Filter.TRUNC_PREC, blosc2.Filter.SHUFFLE, blosc2.Filter.BYTEDELTA]
    blosc2.compress2(field, typesize=4, nthreads=1, filters=filters, filters_meta=[9, 0, 4])
    assert not np.array_equal(bits_of(field), bits_of(before))


@pytest.mark.parametrize("shuffle", [shuffle for shuffle in SHUFFLES if shuffle != "bytedelta"])
def test_truncation_with_every_shuffle(shuffle: str) -> None:
    compressor = parse(f"blosc2:codec=lz4,shuffle={shuffle},truncate=9,chunk=1024")
    for dtype, kind in product(DTYPES, CONTENTS):
        check_field(compressor, content(kind, (13, 29), dtype))


def test_only_truncation_loses_anything() -> None:
    assert parse("blosc2").bound == Lossless()
    assert parse("blosc2").capabilities.nonfinite
    assert not parse("blosc2:truncate=5").capabilities.nonfinite


@pytest.mark.parametrize(("chunk", "dtype", "step"), [(1024, "float32", 1024), (1028, "float64", 1024)])
def test_the_chunk_is_pinned(chunk: int, dtype: str, step: int) -> None:
    """The stream has one part a chunk; a chunk holds whole values."""
    field = content("random", (1000,), dtype)
    compressor = parse(f"blosc2:chunk={chunk}")
    stream = compressor.encode(compressor.prepare(field))
    assert len(stream.parts) == -(-field.nbytes // step)


def test_the_block_is_recorded() -> None:
    field = content("random", (5000,), "float32")
    for block in (0, 256, 4096):
        compressor = parse(f"blosc2:chunk=8192,block={block}")
        used = compressor.describe_stream(compressor.encode(compressor.prepare(field)))["block_bytes"]
        assert used == block if block else 0 < used <= 8192
    empty = parse("blosc2")
    assert empty.describe_stream(empty.encode(empty.prepare(np.zeros((0, 3), np.float32)))) == {}


def test_threads_change_nothing_but_time() -> None:
    field = content("wave", (40, 50, 20), "float32")
    one, two = (parse(f"blosc2:chunk=16384,threads={n}") for n in (1, 2))
    assert one.compress(field) == two.compress(field)
    assert (one.capabilities.threads, two.capabilities.threads) == (1, 2)


def test_the_gil_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blosc2 does so only after it was told to; it is what ``slabs`` relies on."""
    told: list[bool] = []
    genuine = blosc2.set_releasegil
    monkeypatch.setattr(blosc2, "set_releasegil", lambda flag: told.append(flag) or genuine(flag))
    compressor = parse("blosc2")
    assert compressor.capabilities.releases_gil
    field = content("wave", (20, 20), "float32")
    stream = compressor.compress(field)
    assert told == [True]
    compressor.decompress(stream, np.zeros_like(field))
    assert told == [True, True]


def test_a_stream_with_other_chunks_is_refused() -> None:
    """The chunk size is part of the spec: a stream made with another one does not fit."""
    field = content("random", (1000,), "float32")
    for other in ("blosc2:chunk=2048", "blosc2:chunk=1048576"):
        with pytest.raises(StreamError):
            parse("blosc2:chunk=1024").decompress(parse(other).compress(field), np.zeros_like(field))


def test_a_damaged_chunk_is_refused() -> None:
    compressor = parse("blosc2:codec=zstd,chunk=1024")
    field = content("wave", (1000,), "float32")
    stream = compressor.encode(compressor.prepare(field))
    short = bytes(stream.parts[1])[:20]
    huge = bytearray(stream.parts[1])
    huge[4:8] = (2**31 - 1).to_bytes(4, "little")  # the size after decompression
    for bad in (short, bytes(huge), bytes(len(stream.parts[1]))):
        parts = (stream.parts[0], bad, *stream.parts[2:])
        forged = pack(field, parts, identity_of(compressor.spec))
        with pytest.raises(StreamError, match="chunk"):
            compressor.decompress(forged, np.zeros_like(field))
