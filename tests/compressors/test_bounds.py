from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.compressors import (
    Absolute,
    ErrorBound,
    FixedPrecision,
    FixedRate,
    L2Norm,
    Lossless,
    PeakRelative,
    PointwiseRelative,
    SignalToNoise,
    Unbounded,
    ValueRangeRelative,
    check_bound,
    summarise,
)
from wavecomp.compressors.bounds import same_bits
from wavecomp.conformance.samples import DTYPES, content, special

from .fields import FIXED, fields
from .liars import Liar, honest

# x has the range 4, the peak 3, and four values.
X = np.array([-1.0, 0.0, 2.0, 3.0])


def judged(bound: ErrorBound, errors: list[float], dtype: str = "float64", original: np.ndarray = X) -> tuple:
    x = original.astype(dtype)
    verdict = check_bound(bound, x, (x + np.array(errors)).astype(dtype), 1)
    return verdict.status, verdict.margin


@pytest.mark.parametrize(
    ("bound", "errors", "status", "margin"),
    [
        (Absolute(0.5), [0, 0, 0, 0.5], "holds", 1.0),
        (Absolute(0.5), [0, 0, 0, -0.5], "holds", 1.0),
        (Absolute(0.5), [0.25, 0, 0.125, 0], "holds", 0.5),
        (Absolute(0.5), [0, 0, 0, 0.505], "violated", 1.01),
        (Absolute(0.5), [-0.505, 0, 0, 0], "violated", 1.01),
        (ValueRangeRelative(0.125), [0, 0.5, 0, 0], "holds", 1.0),
        (ValueRangeRelative(0.125), [0, 0.505, 0, 0], "violated", 1.01),
        (ValueRangeRelative(0.125, absolute=0.25), [0, 0.25, 0, 0], "holds", 1.0),
        (ValueRangeRelative(0.125, absolute=0.25), [0, 0.5, 0, 0], "violated", 2.0),
        (ValueRangeRelative(0.125, absolute=9.0), [0, 0.75, 0, 0], "violated", 1.5),
        (PeakRelative(0.25), [0, 0.75, 0, 0], "holds", 1.0),
        (PeakRelative(0.25), [0, 0, 0, 1.5], "violated", 2.0),
        (PointwiseRelative(0.25), [0.25, 0, 0.25, -0.75], "holds", 1.0),
        (PointwiseRelative(0.25), [0.5, 0, 0, 0], "violated", 2.0),
        (PointwiseRelative(0.25), [0, 1e-6, 0, 0], "violated", math.inf),
        (PointwiseRelative(0.25, peak_floor=0.125), [0, 0.375, 0, 0], "holds", 1.0),
        (PointwiseRelative(0.25, peak_floor=0.125), [0, 0.75, 0, 0], "violated", 2.0),
        # RMSE = 0.4 against the range 4: 20 dB.
        (SignalToNoise(20.0), [0.4, -0.4, 0.4, -0.4], "holds", 1.0),
        (SignalToNoise(20.0), [0.8, 0, 0, 0], "holds", 1.0),
        (SignalToNoise(40.0), [0.4, -0.4, 0.4, -0.4], "violated", 10.0),
        (L2Norm(1.0), [0.5, 0.5, -0.5, 0.5], "holds", 1.0),
        (L2Norm(1.0), [0.0, 0.0, 0.0, 2.0], "violated", 2.0),
        (L2Norm(1.0, slack=2.5), [0.0, 0.0, 0.0, 2.0], "missed", 2.0),
        (L2Norm(1.0, slack=1.9), [0.0, 0.0, 0.0, 2.0], "violated", 2.0),
        (SignalToNoise(40.0, slack=10.5), [0.4, -0.4, 0.4, -0.4], "missed", 10.0),
        (SignalToNoise(40.0, slack=9.5), [0.4, -0.4, 0.4, -0.4], "violated", 10.0),
    ],
)
def test_hand_worked(bound: ErrorBound, errors: list[float], status: str, margin: float) -> None:
    found = judged(bound, errors)
    assert found[1] == pytest.approx(margin, rel=1e-12)
    if margin == 1.0:  # the decimal fractions among them are not exact
        assert found[0] in ("holds", "rounding")
    else:
        assert found[0] == status


BOUNDS = (
    Absolute(0.5),
    ValueRangeRelative(0.1),
    ValueRangeRelative(0.1, absolute=0.2),
    PeakRelative(0.1),
    PointwiseRelative(0.1),
    PointwiseRelative(0.1, peak_floor=0.01),
    SignalToNoise(20.0),
    L2Norm(1.0),
)


@pytest.mark.parametrize("bound", BOUNDS, ids=str)
def test_no_error_has_margin_zero(bound: ErrorBound) -> None:
    assert judged(bound, [0, 0, 0, 0]) == ("holds", 0.0)


def test_what_promises_nothing_is_not_judged() -> None:
    status, margin = judged(Unbounded(), [9, 9, 9, 9])
    assert status == "none"
    assert math.isnan(margin)
    assert check_bound(Absolute(1.0), np.zeros((0, 3)), np.zeros((0, 3)), 40).status == "none"
    assert check_bound(Lossless(), np.zeros((0, 3)), np.zeros((0, 3)), 40).status == "holds"


@pytest.mark.parametrize("dtype", DTYPES)
def test_rounding_reaches_one_epsilon_of_the_peak(dtype: str) -> None:
    """The peak is 1, so eps is allowed beyond the tolerance (and the smallest normal number, which vanishes in it)."""
    eps = float(np.finfo(dtype).eps)
    x = np.array([1.0, 0.0], dtype)
    for excess, status in ((0.0, "holds"), (0.9, "rounding"), (1.1, "violated")):
        y = x + np.array([0.0, 4 * eps + excess * eps], dtype)
        assert check_bound(Absolute(4 * eps), x, y, 1).status == status, excess
        assert check_bound(PeakRelative(4 * eps), x, y, 1).status == status, excess
        assert check_bound(PointwiseRelative(0.5, 4 * eps), x, y, 1).status == status, excess


@pytest.mark.parametrize("dtype", DTYPES)
def test_flushed_subnormals_are_rounding(dtype: str) -> None:
    x = np.full(5, np.finfo(dtype).smallest_normal / 2, dtype)
    tolerance = Absolute(float(np.finfo(dtype).smallest_subnormal))
    assert check_bound(tolerance, x, np.zeros_like(x), 1).status == "rounding"
    assert check_bound(tolerance, x, -4 * x, 1).status == "violated"


@pytest.mark.parametrize("place", [0, 70_000, 131_071, -1])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("bound", [*BOUNDS, Lossless()], ids=str)
def test_one_value_that_is_not_finite_is_seen(bound: ErrorBound, value: float, place: int) -> None:
    """Wherever it stands in a field of several chunks, and though large errors stand after it."""
    x = content("random", (140_000,), "float32")
    y = x.copy()
    y[place] = value
    verdict = check_bound(bound, x, y, 1)
    assert (verdict.status, verdict.margin) == ("violated", math.inf)
    y[-2] += 100
    assert check_bound(bound, x, y, 1).status == "violated"


@pytest.mark.parametrize("place", [0, 65_535, 65_536, -1])
@pytest.mark.parametrize("bound", [*BOUNDS, Lossless()], ids=str)
def test_one_wrong_value_anywhere_is_seen(bound: ErrorBound, place: int) -> None:
    """An error of 1000 in one of 140,000 values of about one: RMSE 2.7, so 20 dB below the range of 9 is broken too."""
    x = content("random", (140_000,), "float32")
    y = x.copy()
    y[place] += 1000
    assert check_bound(bound, x, y, 1).status == "violated"


def shift(by: float) -> object:
    def harm(out: np.ndarray) -> None:
        out += out.dtype.type(by)

    return harm


def spoil_last(out: np.ndarray) -> None:
    out[(-1,) * out.ndim] += 1


def smuggle_nan(out: np.ndarray) -> None:
    out[(0,) * out.ndim] = np.nan


def unsign_zeros(out: np.ndarray) -> None:
    out[out == 0] = 0.0


def quieten(out: np.ndarray) -> None:
    out[np.isnan(out)] = np.nan


@pytest.mark.parametrize(
    ("bound", "harm", "field"),
    [
        (Absolute(1e-3), shift(1.01e-3), content("random", (20, 20), "float32")),
        (Absolute(1e-3), spoil_last, content("wave", (20, 20), "float32")),
        (Absolute(1e-3), smuggle_nan, content("wave", (20, 20), "float32")),
        (PointwiseRelative(1e-3), shift(1.01e-3), np.linspace(0.5, 1.0, 50)),
        (Lossless(), spoil_last, content("wave", (20, 20), "float32")),
        (Lossless(), unsign_zeros, content("negative_zero", (20, 20), "float32")),
        (Lossless(), quieten, special("float32")),
        (Lossless(), quieten, special("float64")),
        (Lossless(), smuggle_nan, content("wave", (20, 20), "float64")),
    ],
)
def test_liars_are_seen(bound: ErrorBound, harm: object, field: np.ndarray) -> None:
    for liar, status in ((Liar(bound, honest), "holds"), (Liar(bound, harm), "violated")):
        out = np.empty_like(field)
        stream = liar.compress(field)
        liar.decompress(stream, out)
        assert check_bound(bound, field, out, len(stream)).status == status


def test_a_shift_by_one_per_cent_too_much_has_that_margin() -> None:
    field = content("random", (20, 20), "float64")
    out = field + 1.01e-3
    assert check_bound(Absolute(1e-3), field, out, 1).margin == pytest.approx(1.01, rel=1e-10)


def test_streams_too_long_for_their_rate() -> None:
    """4 x 4 x 4 values at 8 bits are one block of 64 bytes. Allowed are 40 + 8 x 3 bytes of header, one bit of rounding
    a block, and 8 bytes up to the end of a word: 64 + 64 + 1/8 + 8 = 136.125."""
    x = np.zeros((4, 4, 4), np.float32)
    assert check_bound(FixedRate(8.0), x, x, 136).status == "holds"
    assert check_bound(FixedRate(8.0), x, x, 136).margin == pytest.approx(136 / 136.125)
    assert check_bound(FixedRate(8.0), x, x, 137).status == "violated"
    assert check_bound(FixedRate(8.0), np.zeros((1, 4, 1, 4, 4)), x, 136 + 16).status == "holds", "unit dimensions"
    liar = Liar(FixedRate(8.0), honest, padding=1000)
    assert check_bound(liar.bound, x, x, len(liar.compress(x))).status == "violated"


def test_rate_of_padded_blocks() -> None:
    """5 x 5 values make 2 x 2 blocks of 16: 64 values at 10 bits are 80 bytes, + 56 header + 4/8 + 8 = 144.5."""
    x = np.zeros((5, 5), np.float32)
    assert check_bound(FixedRate(10.0), x, x, 144).status == "holds"
    assert check_bound(FixedRate(10.0), x, x, 145).status == "violated"
    one = np.zeros((1, 1), np.float32)  # one block of four values: 5 bytes + 56 + 1/8 + 8 = 69.125
    assert check_bound(FixedRate(10.0), one, one, 69).status == "holds"
    assert check_bound(FixedRate(10.0), one, one, 70).status == "violated"


def test_rate_of_slabs() -> None:
    """5 x 4 x 4 in slabs of 4 planes: one 3-D block of 64 bytes and one 2-D block of 16. Each slab adds a header of 64
    and two part sizes, 16: 64 + (16 + 64 + 64.125 + 8) + (16 + 64 + 16.125 + 8) = 320.25."""
    x = np.zeros((5, 4, 4), np.float32)
    assert check_bound(FixedRate(8.0, planes=4), x, x, 320).status == "holds"
    assert check_bound(FixedRate(8.0, planes=4), x, x, 321).status == "violated"
    assert check_bound(FixedRate(8.0, planes=5), x, x, 321).status == "violated"


def test_lossless_compares_bits() -> None:
    x = np.array([0.0, 1.0], np.float32)
    assert same_bits(x, x[::1].copy())
    assert not same_bits(x, np.array([-0.0, 1.0], np.float32))
    assert not same_bits(x, x.astype(np.float64))
    assert not same_bits(x, x.reshape(1, 2))
    for dtype in DTYPES:
        nans = special(dtype)
        assert same_bits(nans, nans.copy())
        for place in range(16):
            other = nans.copy()
            other.view(np.uint8)[place * nans.itemsize] ^= 1
            assert not same_bits(nans, other)


@FIXED
@given(fields(), st.integers(0, 2**16))
def test_summary_is_what_numpy_says(x: np.ndarray, seed: int) -> None:
    """Chunked sums against whole ones, in extended precision: n values add up to n roundings of float64."""
    y = content("mixed", x.shape, x.dtype.name, seed)
    seen = summarise(x, y)
    errors = x.astype(np.longdouble) - y.astype(np.longdouble)
    assert seen.count == x.size
    assert (seen.value_min, seen.value_max) == (float(x.min()), float(x.max()))
    assert seen.peak == float(np.abs(x).max())
    assert seen.max_absolute == pytest.approx(float(np.abs(errors).max()), rel=1e-15)
    assert seen.l2 == pytest.approx(float(np.sqrt((errors**2).sum())), rel=x.size * 2.3e-16)


def test_summary_of_several_chunks() -> None:
    x = content("random", (3, 65_537), "float32")
    y = x.copy()
    y[2, -1] += 7
    y[0, 0] -= 24
    seen = summarise(x, y)
    assert seen.max_absolute == pytest.approx(24, rel=1e-6)
    assert seen.l2 == pytest.approx(25, rel=1e-6)


@FIXED
@given(fields())
def test_a_summary_that_is_handed_in_changes_nothing(x: np.ndarray) -> None:
    y = x * x.dtype.type(0.999)
    for bound in (*BOUNDS, Lossless()):
        assert check_bound(bound, x, y, 1, summarise(x, y)) == check_bound(bound, x, y, 1)


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Lossless(), "lossless"),
        (Absolute(1e-3), "|e| <= 0.001"),
        (ValueRangeRelative(1e-3), "|e| <= 0.001 x range"),
        (ValueRangeRelative(1e-3, 2.0), "|e| <= 0.001 x range and <= 2"),
        (PointwiseRelative(0.25), "|e| <= 0.25 |x|"),
        (PointwiseRelative(0.25, 0.5), "|e| <= 0.25 |x| or 0.5 max|x|"),
        (PeakRelative(0.25), "|e| <= 0.25 max|x|"),
        (SignalToNoise(80.0), "PSNR >= 80 dB"),
        (L2Norm(2.0), "||e||_2 <= 2"),
        (FixedRate(8.5), "8.5 bits a value"),
        (FixedRate(8.0, 16), "8 bits a value, in slabs of 16"),
        (FixedPrecision(19), "19 bit planes"),
        (FixedPrecision(19, 16), "19 bit planes, in slabs of 16"),
        (Unbounded(), "none"),
    ],
)
def test_bounds_in_words(bound: ErrorBound, text: str) -> None:
    assert str(bound) == text
