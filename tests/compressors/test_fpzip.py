"""fpzip where it would die: streams larger than the field, damaged ones; and what a precision keeps."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import fpzip
import numpy as np
import pytest

from wavecomp.compressors import Compressor, Lossless, PointwiseRelative, check_bound, default_registry
from wavecomp.compressors import fpzip_library as ours
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.stream import pack
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import CONTENTS, DTYPES, bits_of, content, special
from wavecomp.errors import CompressorUnavailable, SpecError, StreamError, UnsupportedField


def parse(spec: str) -> Compressor:
    return default_registry().parse(spec)


def noise(dtype: str, n: int, seed: int = 0) -> np.ndarray:
    """Any bits at all, which no compressor makes smaller."""
    unsigned = np.uint32 if dtype == "float32" else np.uint64
    bits = np.random.default_rng(seed).integers(0, np.iinfo(unsigned).max, n, unsigned, endpoint=True)
    return bits.view(dtype)


def test_the_python_package_dies_of_noise() -> None:
    """If this fails, the package was repaired, and its own functions could be called."""
    code = (
        "import numpy as np, fpzip;"
        "fpzip.compress(np.random.default_rng(0).integers(0, 2**31, 20000).astype(np.uint32).view(np.float32));"
        "rng = np.random.default_rng(0);"
        "fpzip.compress(np.ldexp(rng.uniform(-1, 1, 20000), rng.integers(-99, 99, 20000)).astype(np.float32))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=600)
    assert ended.returncode < 0, "the process was not killed by a signal"


@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_comes_back(dtype: str) -> None:
    for n in (1, 100, 700, 20_000, 200_000):
        field = noise(dtype, n)
        assert np.array_equal(bits_of(round_trip(parse("fpzip"), field)), bits_of(field))


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_stream_comes_near_the_room_that_libfpzip_is_given(dtype: str) -> None:
    """Classes that follow each other so that the model of the range coder is wrong about each next one."""
    names = np.dtype(dtype).itemsize * 8
    unsigned = np.dtype(f"u{names // 8}")
    rng = np.random.default_rng(3)
    runs = np.repeat(rng.integers(0, names - 1, 400), rng.integers(1, 99, 400))
    signs = rng.integers(0, 2, len(runs)) * 2 - 1
    steps = (signs * 2 ** runs.astype(float)).astype(np.int64).astype(unsigned)
    for bits in (np.cumsum(steps, dtype=unsigned), np.tile(np.array([0, ~unsigned.type(0)], unsigned), 9000)):
        field = bits.view(dtype)
        assert len(ours.compress(field, 0)) < 1.25 * field.nbytes + 300
        assert np.array_equal(bits_of(round_trip(parse("fpzip"), field)), bits)


def test_the_same_stream_as_the_python_package() -> None:
    for dtype, shape, precision in product(DTYPES, ((30,), (5, 6), (3, 4, 5), (2, 3, 4, 5)), (0, 20)):
        field = content("wave", shape, dtype)
        assert ours.compress(field, precision) == fpzip.compress(field, precision=precision)


def test_special_values_without_loss() -> None:
    for dtype in DTYPES:
        field = special(dtype)
        assert np.array_equal(bits_of(round_trip(parse("fpzip"), field)), bits_of(field))
        with pytest.raises(UnsupportedField, match="NaN or Inf"):
            parse("fpzip:precision=20").compress(field)


@pytest.mark.parametrize("precision", [4, 6, 8, 10, 12, 14, 16, 20, 24, 30, 32])
def test_what_a_precision_keeps(precision: int) -> None:
    """Toward zero, by less than the last bit kept; float32 has three exponent bits fewer and three more of those."""
    compressor = parse(f"fpzip:precision={precision}")
    assert compressor.bound == PointwiseRelative(min(1.0, 2.0 ** (12 - precision)))
    for dtype, kind in product(DTYPES, CONTENTS):
        field = content(kind, (9, 10, 11), dtype)
        out = round_trip(compressor, field)
        assert (np.abs(out) <= np.abs(field)).all()
        exact = PointwiseRelative(min(1.0, 2.0 ** ((9 if dtype == "float32" else 12) - precision)))
        assert check_bound(exact, field, out, 1).status in ("holds", "rounding"), (dtype, kind)


def test_precisions_that_libfpzip_does_not_take() -> None:
    assert parse("fpzip").bound == Lossless()
    for dtype, precision in (("float32", 33), ("float32", 64), ("float64", 13), ("float64", 63)):
        with pytest.raises(UnsupportedField, match=f"cannot keep {precision} bits"):
            parse(f"fpzip:precision={precision}").compress(content("wave", (8, 8), dtype))
    for text in ("3", "65", "0", "-1", "1.5"):
        with pytest.raises(SpecError):
            parse(f"fpzip:precision={text}")


def test_streams_of_another_shape_or_precision_are_refused() -> None:
    field = content("wave", (6, 8), "float32")
    compressor = parse("fpzip")
    for wrong in (ours.compress(field.reshape(8, 6), 0), ours.compress(field, 20), b"garbage" * 20):
        out = np.full_like(field, 5)
        forged = pack(field, (wrong,), identity_of(compressor.spec), sealed=True)
        with pytest.raises(StreamError, match="fpzip cannot decode"):
            compressor.decompress(forged, out)
        assert (out == 5).all()


def test_a_build_whose_functions_cannot_be_reached_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import _ctypes

    monkeypatch.setattr(fpzip, "__file__", _ctypes.__file__)
    ours.library.cache_clear()
    try:
        assert "C functions of this fpzip cannot be reached" in default_registry().unavailable()["fpzip"]
        with pytest.raises(CompressorUnavailable, match="cannot be reached"):
            parse("fpzip")
    finally:
        ours.library.cache_clear()
