from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import zfpy

from wavecomp.compressors import Absolute, FixedPrecision, FixedRate, Lossless, default_registry
from wavecomp.compressors.zfp import Zfp
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import content
from wavecomp.errors import SpecError, UnsupportedField

SHAPES = {1: (64,), 2: (16, 12), 3: (8, 9, 10), 4: (4, 5, 6, 7)}
# One bit says whether a block is all zero, and the exponent takes 8 or 11 bits.
LEAST_BITS = {"float32": 9, "float64": 12}

NO_POSITIVE_NUMBER = (
    *("0", "0.0", "-0", "-0.0", "0e5", "-1", "-1e-3", "1e-400"),
    *("nan", "NaN", "-nan", "inf", "+inf", "-inf", "Infinity", "1e999", "-1e999"),
    *("", "1_0", " 1", "1 ", "0x10", "0x1p-3", "e", "1e", ".", "--1", "1.2.3", "one", "1e-3=", "\u0661"),
)


def parse(spec: str) -> Zfp:
    compressor = default_registry().parse(spec)
    assert isinstance(compressor, Zfp)
    return compressor


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library must not be reached."""

    def reached(*_: object, **__: object) -> bytes:
        raise AssertionError("zfpy was called with what it must never see")

    monkeypatch.setattr(zfpy, "compress_numpy", reached)


@pytest.mark.parametrize("key", ["accuracy", "rate", "precision"])
@pytest.mark.parametrize("text", NO_POSITIVE_NUMBER)
def test_no_positive_number_is_refused(key: str, text: str) -> None:
    with pytest.raises(SpecError) as refusal:
        default_registry().parse(f"zfp:{key}={text}")
    assert text in str(refusal.value), "the message repeats the offending value"


@pytest.mark.parametrize(
    "spec",
    [
        "zfp",
        "zfp:accuracy=1e-3,rate=8",
        "zfp:accuracy=1e-3,reversible",
        "zfp:precision=8,rate=8",
        "zfp:reversible=1",
        "zfp:precision=65",
        "zfp:precision=1.5",
        "zfp:precision=1e1",
        "zfp:rate=64.1",
        "zfp:precision=1" + "0" * 400,
    ],
)
def test_contradictions_are_refused(spec: str) -> None:
    with pytest.raises(SpecError):
        default_registry().parse(spec)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("dtype", LEAST_BITS)
@pytest.mark.parametrize("dimensions", SHAPES)
def test_a_rate_that_kills_is_refused_before_the_library(dimensions: int, dtype: str) -> None:
    field = content("random", SHAPES[dimensions], dtype)
    for bits in (0.01, 1, 4, LEAST_BITS[dtype] - 1, LEAST_BITS[dtype] - 0.51):
        rate = bits / 4**dimensions
        with pytest.raises(UnsupportedField, match=f"give at least {LEAST_BITS[dtype] / 4**dimensions:g}"):
            parse(f"zfp:rate={rate!r}").compress(field)


@pytest.mark.parametrize("dtype", LEAST_BITS)
@pytest.mark.parametrize("dimensions", SHAPES)
def test_the_least_rate_works(dimensions: int, dtype: str) -> None:
    """The guard is no wider than it must be: one bit more a block is taken, and has the size that was asked for."""
    field = content("random", SHAPES[dimensions], dtype)
    bits = LEAST_BITS[dtype]
    compressor = parse(f"zfp:rate={bits / 4**dimensions!r}")
    blocks = int(np.prod([-(-n // 4) for n in field.shape]))
    (payload,) = compressor.encode(compressor.prepare(field)).parts
    assert memoryview(payload).nbytes == -(-blocks * bits // 64) * 8
    assert np.isfinite(round_trip(compressor, field)).all()


@pytest.mark.usefixtures("untouched")
def test_unit_dimensions_do_not_hide_a_rate_that_kills() -> None:
    """Dimensions of length 1 are dropped, so 0.5 bits a value are 8 bits in 2-D and 2 in 1-D."""
    field = content("random", (1, 4096, 1), "float32")
    with pytest.raises(UnsupportedField, match="1-D"):
        parse("zfp:rate=0.6").compress(field)
    with pytest.raises(UnsupportedField, match="1-D"):
        default_registry().parse("slabs:planes=1,threads=2/zfp:rate=0.6").compress(field.reshape(2, 2048))
    rest_is_flat = content("random", (5, 256, 256), "float32")
    with pytest.raises(UnsupportedField, match="2-D"):
        default_registry().parse("slabs:planes=4,threads=2/zfp:rate=0.5").compress(rest_is_flat)


@pytest.mark.parametrize(("dimensions", "bits", "dtype"), [(1, 8, "float32"), (3, 8, "float32"), (1, 11, "float64")])
def test_the_bare_library_dies_there(dimensions: int, bits: int, dtype: str) -> None:
    """If this fails, libzfp was repaired and the guard can go."""
    shape = {1: (65536,), 3: (64, 64, 16)}[dimensions]
    code = (
        "import numpy as np, zfpy;"
        f"x = np.random.default_rng(0).standard_normal({shape}).astype('{dtype}');"
        f"zfpy.compress_numpy(x, rate={bits / 4**dimensions}, write_header=False)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=600)
    assert ended.returncode < 0, "the process was not killed by a signal"


@pytest.mark.usefixtures("untouched")
def test_special_values_are_refused_before_the_library() -> None:
    field = content("wave", (8, 8), "float32")
    for value in (np.nan, np.inf, -np.inf):
        field[-1, -1] = value
        for mode in ("accuracy=1e-3", "precision=16", "rate=8"):
            with pytest.raises(UnsupportedField, match="NaN or Inf"):
                parse(f"zfp:{mode}").compress(field)


def test_modes_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reversible is the absence of arguments; every other mode is exactly one, with its own value."""
    seen: list[dict[str, object]] = []
    genuine = zfpy.compress_numpy
    monkeypatch.setattr(zfpy, "compress_numpy", lambda x, **given: seen.append(given) or genuine(x, **given))
    for mode in ("accuracy=0.25", "precision=7", "rate=8.5", "reversible"):
        parse(f"zfp:{mode}").compress(content("wave", (8, 8), "float32"))
    assert seen == [
        {"write_header": False, "tolerance": 0.25},
        {"write_header": False, "precision": 7},
        {"write_header": False, "rate": 8.5},
        {"write_header": False},
    ]


def test_bounds() -> None:
    assert parse("zfp:accuracy=0.25").bound == Absolute(0.25)
    assert parse("zfp:precision=7").bound == FixedPrecision(7)
    assert parse("zfp:rate=8.5").bound == FixedRate(8.5)
    assert parse("zfp:reversible").bound == Lossless()


def test_three_dimensions_are_used() -> None:
    """Constant blocks cost the same few bits in 1-D and 3-D, and a ravelled field makes 16 times as many of them."""
    field = content("constant", (24, 24, 24), "float32")
    compressor = parse("zfp:accuracy=1e-3")
    assert 4 * len(compressor.compress(field)) < len(compressor.compress(field.ravel()))


def test_unit_dimensions_cost_nothing() -> None:
    field = content("wave", (24, 24), "float32")
    compressor = parse("zfp:accuracy=1e-3")
    flat, padded = (compressor.encode(compressor.prepare(x)).parts for x in (field, field.reshape(24, 1, 24, 1)))
    assert flat == padded


def test_precision_keeps_more_with_more_planes() -> None:
    field = content("wave", (24, 24), "float64")
    errors = [np.abs(round_trip(parse(f"zfp:precision={n}"), field) - field).max() for n in (4, 12, 24, 40)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 2.0**-30 * np.abs(field).max()
