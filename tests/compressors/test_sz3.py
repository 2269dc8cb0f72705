from __future__ import annotations

import math
from itertools import product

import numpy as np
import pysz
import pytest
from hypothesis import given, settings

from wavecomp.compressors import (
    Absolute,
    Compressor,
    L2Norm,
    Lossless,
    SignalToNoise,
    ValueRangeRelative,
    check_bound,
    default_registry,
)
from wavecomp.compressors import sz3 as ours
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.stream import pack
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import CONTENTS, DTYPES, bits_of, content
from wavecomp.errors import SpecError, StreamError, UnsupportedField

from .fields import FIXED, fields
from .specs import PREDICTORS
from .test_zfp import NO_POSITIVE_NUMBER


def parse(spec: str) -> Compressor:
    return default_registry().parse(spec)


@pytest.mark.parametrize("key", ["abs", "rel", "psnr", "l2norm"])
@pytest.mark.parametrize("text", NO_POSITIVE_NUMBER)
def test_no_positive_number_is_refused(key: str, text: str) -> None:
    with pytest.raises(SpecError) as refusal:
        parse(f"sz3:{key}={text}")
    assert text in str(refusal.value), "the message repeats the offending value"


@pytest.mark.parametrize("bound", [0.0, -1.0, math.nan])
def test_the_bare_library_takes_such_a_bound_for_lossless(bound: float) -> None:
    """If this fails, SZ3 refuses them by itself."""
    field = content("random", (20, 20), "float32")
    config = pysz.szConfig()
    config.errorBoundMode = pysz.szErrorBoundMode.ABS
    config.absErrorBound = bound
    stream, _ = pysz.sz.compress(field, config)
    back, _ = pysz.sz.decompress(stream, np.float32, field.shape)
    assert np.array_equal(bits_of(back), bits_of(field))


@pytest.mark.parametrize(
    "spec",
    [
        "sz3",
        "sz3:algorithm=interp",
        "sz3:abs=1,psnr=60",
        "sz3:rel=1,l2norm=1",
        "sz3:psnr=60,l2norm=1",
        "sz3:abs=1,rel=1,psnr=60",
        "sz3:psnr=1001",
        "sz3:algorithm=lossless,abs=1",
        "sz3:abs=1,algorithm=lorenzo",
        "sz3:abs=1,abs=1",
    ],
)
def test_contradictions_are_refused(spec: str) -> None:
    with pytest.raises(SpecError):
        parse(spec)


def test_numbers_of_the_library() -> None:
    """pysz passes plain numbers on to SZ3; ours must be the ones that it names."""
    theirs = {name: getattr(pysz.szAlgorithm, name.upper()) for name in ours._ALGORITHMS}
    assert theirs == ours._ALGORITHMS
    mode = pysz.szErrorBoundMode
    numbers = ours._ABS, ours._REL, ours._PSNR, ours._L2NORM, ours._ABS_AND_REL
    assert numbers == (mode.ABS, mode.REL, mode.PSNR, mode.L2NORM, mode.ABS_AND_REL)


def test_bounds() -> None:
    assert parse("sz3:abs=0.5").bound == Absolute(0.5)
    assert parse("sz3:rel=0.5").bound == ValueRangeRelative(0.5)
    assert parse("sz3:rel=0.5,abs=2").bound == ValueRangeRelative(0.5, 2.0)
    assert parse("sz3:psnr=60").bound == SignalToNoise(60.0, pytest.approx(1 / math.sqrt(0.34)))
    assert parse("sz3:l2norm=3").bound == L2Norm(3.0, pytest.approx(math.sqrt(3)))
    assert parse("sz3:algorithm=lossless").bound == Lossless()


@pytest.mark.parametrize("algorithm", PREDICTORS)
@pytest.mark.parametrize("limits", ["abs=1e-3", "rel=1e-2", "abs=1e-2,rel=1e-3", "abs=1e-3,rel=1e-2"])
def test_every_mode_with_every_algorithm(limits: str, algorithm: str) -> None:
    compressor = parse(f"sz3:{limits},algorithm={algorithm}")

    @settings(FIXED, max_examples=25)
    @given(fields())
    def run(field: np.ndarray) -> None:
        check_field(compressor, field)

    run()


def test_of_abs_and_rel_the_smaller_binds() -> None:
    """Range 2: abs=1e-2 and rel=1e-3 allow 2e-3, abs=1e-3 and rel=1e-2 allow 1e-3; the errors come near to both."""
    field = np.sin(np.arange(4096, dtype=np.float64) * 0.37).reshape(64, 64)
    for spec, allowed in (("sz3:abs=1e-2,rel=1e-3", 2e-3), ("sz3:abs=1e-3,rel=1e-2", 1e-3)):
        error = np.abs(round_trip(parse(spec), field) - field).max()
        assert 0.5 * allowed < error <= allowed * (1 + 1e-12)


@pytest.mark.parametrize("algorithm", PREDICTORS)
@pytest.mark.parametrize("decibel", [20.0, 60.0, 100.0])
def test_floor_of_the_psnr_target(decibel: float, algorithm: str) -> None:
    """What a psnr target guarantees, whatever the errors are.

    SZ3 (``computeABSErrBoundFromPSNR`` with threshold 0.99 in its Statistic.hpp) turns the target P and the range R
    into the absolute bound b = R 10^(-P/20) / sqrt(1 - 2/3 * 0.99). From |e| <= b follows RMSE <= b, so
    PSNR >= P + 10 log10(0.34) = P - 4.69 dB. The bound itself is checked too.
    """
    compressor = parse(f"sz3:psnr={decibel},algorithm={algorithm}")
    for dtype, kind, shape in product(DTYPES, CONTENTS, ((65,), (33, 40), (12, 13, 14))):
        field = content(kind, shape, dtype)
        out = round_trip(compressor, field)
        spread = float(field.max()) - float(field.min())
        bound = spread * 10 ** (-decibel / 20) / math.sqrt(1 - 2 / 3 * 0.99)
        assert check_bound(Absolute(bound), field, out, 1).status in ("holds", "rounding"), (kind, shape)
        floor = SignalToNoise(decibel + 10 * math.log10(0.34))
        assert check_bound(floor, field, out, 1).status in ("holds", "rounding"), (kind, shape)
        assert check_bound(compressor.bound, field, out, 1).status in ("holds", "rounding", "missed"), (kind, shape)


@pytest.mark.parametrize("algorithm", PREDICTORS)
@pytest.mark.parametrize("norm", [1e-3, 1.0])
def test_floor_of_the_l2norm_target(norm: float, algorithm: str) -> None:
    """What an l2norm target guarantees, whatever the errors are.

    SZ3 (``calAbsErrorBound`` in its Statistic.hpp) sets b = sqrt(3 / n) L for n values and the target L. From
    |e| <= b follows ||e||_2 <= sqrt(n) b = sqrt(3) L.
    """
    compressor = parse(f"sz3:l2norm={norm},algorithm={algorithm}")
    for dtype, kind, shape in product(DTYPES, CONTENTS, ((65,), (33, 40), (12, 13, 14))):
        field = content(kind, shape, dtype)
        out = round_trip(compressor, field)
        bound = Absolute(math.sqrt(3 / field.size) * norm)
        assert check_bound(bound, field, out, 1).status in ("holds", "rounding"), (kind, shape)
        assert check_bound(L2Norm(math.sqrt(3) * norm), field, out, 1).status in ("holds", "rounding"), (kind, shape)


def test_the_target_itself_is_met_by_even_errors() -> None:
    """Noise much larger than the bin leaves errors spread evenly: the PSNR is the target plus 4.77 - 4.69."""
    field = content("random", (64, 64, 8), "float64")
    out = round_trip(parse("sz3:psnr=80,algorithm=nopred"), field)
    reached = 20 * math.log10(np.ptp(field) / math.sqrt(np.mean((out - field) ** 2)))
    # The mean of n squares of even errors spreads by sqrt(4/5n) of itself: 0.02 dB for 32768 values, five times over.
    assert reached == pytest.approx(80 + 10 * math.log10(3 * 0.34), abs=0.11)


def test_constant_fields_are_exact_under_relative_bounds() -> None:
    """Their range is zero, so the bound is; the library takes that for lossless."""
    for spec in ("sz3:rel=1e-2", "sz3:psnr=40"):
        field = content("constant", (20, 20), "float32")
        assert np.array_equal(bits_of(round_trip(parse(spec), field)), bits_of(field))


def test_regression_that_would_overflow_is_refused_before_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*_: object) -> None:
        raise AssertionError("pysz was called")

    monkeypatch.setattr(pysz, "sz", type("Refusing", (), {"compress": staticmethod(reached)}))
    for dtype in DTYPES:
        field = np.full((63, 65), float(np.finfo(dtype).max) / 2**12, dtype)
        with pytest.raises(UnsupportedField, match="regression"):
            parse("sz3:abs=1e-3,algorithm=lorenzo_reg").compress(field)


def test_the_bare_library_cannot_decode_it() -> None:
    """If this fails, SZ3 was repaired and the guard can go."""
    field = np.full((63, 65), np.finfo(np.float32).max, np.float32)
    config = pysz.szConfig()
    config.cmprAlgo = pysz.szAlgorithm.LORENZO_REG
    config.absErrorBound = 1e-3
    stream, _ = pysz.sz.compress(field, config)
    with pytest.raises(IndexError):
        pysz.sz.decompress(stream, np.float32, field.shape)


@pytest.mark.parametrize("algorithm", PREDICTORS)
def test_values_just_below_the_regressions_limit(algorithm: str) -> None:
    for dtype, kind in product(DTYPES, ("constant", "random", "wave")):
        for shape in ((300,), (40, 41), (13, 14, 15), (7, 8, 9, 10)):
            field = content(kind, shape, dtype)
            field *= 0.99 / np.abs(field).max()
            field *= float(np.finfo(dtype).max) / 2**13
            for limit in ("abs=1e-3", "rel=1e-3"):
                compressor = parse(f"sz3:{limit},algorithm={algorithm}")
                out = round_trip(compressor, field)
                with np.errstate(over="ignore"):  # squares of the largest float64 numbers
                    assert check_bound(compressor.bound, field, out, 1).status in ("holds", "rounding")


def test_a_stream_of_another_array_of_one_size_is_refused() -> None:
    compressor = parse("sz3:abs=1e-3")
    longer = compressor.encode(compressor.prepare(content("wave", (20, 21), "float32")))
    shorter = compressor.encode(compressor.prepare(content("wave", (20, 20), "float32")))
    forged = pack(np.zeros((20, 21), np.float32), shorter.parts, identity_of(compressor.spec), sealed=True)
    assert forged.head[:24] == longer.head[:24]
    with pytest.raises(StreamError):
        compressor.decompress(forged, np.zeros((20, 21), np.float32))


def test_it_declares_that_it_holds_the_gil() -> None:
    assert not parse("sz3:abs=1e-3").capabilities.releases_gil


def test_only_lossless_takes_special_values() -> None:
    """Single NaNs often survive the lossy modes, but one Inf makes every relative bound infinite."""
    assert parse("sz3:algorithm=lossless").capabilities.nonfinite
    field = content("wave", (20, 20), "float32")
    field[3, 4] = np.inf
    for spec in ("abs=1e-3", "rel=1e-3", "abs=1e-3,rel=1e-3", "psnr=60", "l2norm=1"):
        with pytest.raises(UnsupportedField, match="NaN or Inf"):
            parse(f"sz3:{spec}").compress(field)
