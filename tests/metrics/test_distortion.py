from __future__ import annotations

import dataclasses
import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.errors import UnsupportedField
from wavecomp.metrics import Distortion, distortion
from wavecomp.metrics._chunks import BLOCK, CHUNK

EPS = np.finfo(np.float64).eps
DTYPES = (np.float32, np.float64)


def same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))


def different_fields(one: Distortion, other: Distortion) -> list[str]:
    return [
        field.name
        for field in dataclasses.fields(Distortion)
        if not same(getattr(one, field.name), getattr(other, field.name))
    ]


@st.composite
def pairs(draw, elements=None, dtypes=DTYPES):
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=5))
    if elements is None:
        elements = hnp.from_dtype(np.dtype(dtype))
    return tuple(draw(hnp.arrays(dtype, shape, elements=elements)) for _ in range(2))


# --- hand-worked values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_hand_worked(dtype):
    """x = (0, 1, 2, 5), y = (0, 1.5, 2, 3), so e = (0, 0.5, 0, -2), R = 5, sum e^2 = 4.25, sum x^2 = 30.

    Deviations: x - 2 = (-2, -1, 0, 3), squares 14; y - 1.625 = (-1.625, -0.125, 0.375, 1.375), squares 4.6875;
    products 3.25 + 0.125 + 0 + 4.125 = 7.5.
    """
    result = distortion(np.array([0, 1, 2, 5], dtype), np.array([0, 1.5, 2, 3], dtype))
    assert dataclasses.asdict(result) == pytest.approx(
        {
            "count": 4,
            "nonfinite_matches": 0,
            "nonfinite_mismatches": 0,
            "value_min": 0.0,
            "value_max": 5.0,
            "max_abs_original": 5.0,
            "max_absolute": 2.0,
            "max_range_relative": 0.4,
            "l1": 2.5,
            "l2": math.sqrt(4.25),
            "relative_l1": 2.5 / 8,
            "relative_l2": math.sqrt(4.25 / 30),
            "mse": 1.0625,
            "rmse": math.sqrt(1.0625),
            "nrmse": math.sqrt(1.0625) / 5,
            "psnr_db": 10 * math.log10(25 / 1.0625),
            "bias": -0.375,
            "pearson": 7.5 / math.sqrt(14 * 4.6875),
        },
        rel=8 * EPS,
    )
    assert result.value_range == 5.0


def test_psnr_of_a_thousandth_of_the_range_is_sixty_decibels():
    x = np.linspace(0.0, 8.0, 1025)
    assert distortion(x, x + 0.008).psnr_db == pytest.approx(60.0, abs=1e-9)


def test_largest_error_counts_by_magnitude_on_both_sides():
    x = np.zeros(5, np.float32)
    assert distortion(x, np.array([1, 0, 0, -3, 0], np.float32)).max_absolute == 3.0


def test_bias_is_positive_where_decompression_adds():
    x = np.array([1.0, 2.0, 4.0])
    assert distortion(x, x + 0.5).bias == 0.5
    assert distortion(-x, -(x + 0.5)).bias == -0.5


@pytest.mark.parametrize(("sign", "expected"), [(2.0, 1.0), (-0.5, -1.0)])
def test_pearson_of_a_multiple(sign, expected):
    x = np.array([0.0, 1.0, 3.0])
    assert distortion(x, sign * x).pearson == pytest.approx(expected, abs=4 * EPS)


# --- special cases ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_fields(dtype):
    x = np.random.default_rng(1).standard_normal((7, 11)).astype(dtype)
    result = distortion(x, x.copy())
    assert (result.max_absolute, result.l1, result.l2, result.mse, result.nrmse, result.bias) == (0, 0, 0, 0, 0, 0)
    assert (result.relative_l1, result.relative_l2, result.max_range_relative) == (0, 0, 0)
    assert result.psnr_db == math.inf
    assert result.pearson == 1.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, 0.1, -3e4])
def test_constant_original_reproduced(dtype, value):
    x = np.full((3, 5), value, dtype)
    result = distortion(x, x)
    assert (result.max_range_relative, result.nrmse, result.relative_l2, result.psnr_db) == (0, 0, 0, math.inf)
    assert math.isnan(result.pearson)


def test_constant_original_changed():
    x = np.full(4, 2.0, np.float32)
    y = np.array([2, 2, 2, 3], np.float32)
    result = distortion(x, y)
    assert (result.max_range_relative, result.nrmse, result.psnr_db) == (math.inf, math.inf, -math.inf)
    assert (result.l2, result.relative_l2, result.mse) == (1.0, 0.25, 0.25)
    assert math.isnan(result.pearson)
    assert distortion(np.zeros_like(x), y).relative_l1 == math.inf


def test_constant_decompressed_has_no_correlation():
    """A constant that is not a binary fraction: its deviations from a rounded mean are not zero."""
    x = np.random.default_rng(1).standard_normal(1001)
    assert math.isnan(distortion(x, np.full_like(x, 0.1)).pearson)


def test_single_value():
    result = distortion(np.array([3.0]), np.array([2.5]))
    assert (result.count, result.max_absolute, result.l1, result.l2, result.bias) == (1, 0.5, 0.5, 0.5, -0.5)
    assert result.max_range_relative == math.inf


@pytest.mark.parametrize("dtype", DTYPES)
def test_reproduced_nonfinite_values_are_left_out(dtype):
    x = np.array([math.nan, 1, 2, math.inf, 5, -math.inf, 0], dtype)
    y = np.array([math.nan, 1.5, 2, math.inf, 3, -math.inf, 0], dtype)
    keep = np.isfinite(x)
    result = distortion(x, y)
    assert different_fields(result, distortion(x[keep], y[keep])) == ["nonfinite_matches"]
    assert result.nonfinite_matches == 3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("before", "after"),
    [(math.nan, 0.0), (0.0, math.nan), (math.inf, 3e38), (1.0, -math.inf), (math.inf, -math.inf), (math.nan, math.inf)],
)
def test_a_changed_nonfinite_value_is_an_infinite_error(dtype, before, after):
    x = np.linspace(-1, 1, CHUNK + 3, dtype=dtype)
    y = x.copy()
    x[CHUNK + 1], y[CHUNK + 1] = before, after
    result = distortion(x, y)
    for name in ("max_absolute", "max_range_relative", "l1", "l2", "relative_l1", "relative_l2", "mse", "nrmse"):
        assert getattr(result, name) == math.inf, name
    assert result.psnr_db == -math.inf
    assert math.isnan(result.bias)
    assert math.isnan(result.pearson)
    assert (result.count, result.nonfinite_matches, result.nonfinite_mismatches) == (CHUNK + 2, 0, 1)
    assert (result.value_min, result.value_max) == (-1.0, 1.0)


def test_nothing_but_nonfinite_values():
    x = np.full(5, math.nan, np.float32)
    result = distortion(x, x)
    assert (result.count, result.nonfinite_matches, result.max_absolute, result.rmse) == (0, 5, 0, 0)
    assert result.psnr_db == math.inf
    assert math.isnan(result.value_range)
    assert math.isnan(result.pearson)


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-600, 2.0**600, 2.0**1000])
def test_squares_beyond_float64(scale):
    """Powers of two change no digit, so every ratio must keep its value and every length must scale."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(1000)
    y = x + 1e-3 * rng.standard_normal(1000)
    plain, scaled = distortion(x, y), distortion(scale * x, scale * y)
    for name in ("nrmse", "relative_l2", "psnr_db", "pearson", "relative_l1", "max_range_relative"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), rel=1e-13), name
    assert scaled.l2 == pytest.approx(scale * plain.l2, rel=1e-13)
    assert scaled.rmse > 0


def test_a_lone_tiny_error_is_not_lost():
    x = np.array([1.0, 2.0, 0.0])
    result = distortion(x, np.array([1.0, 2.0, 1e-200]))
    assert result.l2 == pytest.approx(1e-200)
    assert result.psnr_db == pytest.approx(20 * (math.log10(2.0 * math.sqrt(3)) + 200))


# --- properties ------------------------------------------------------------------------------------------------------


@given(pairs())
@settings(deadline=None, max_examples=150)
def test_symmetry(pair):
    x, y = pair
    forward, mirrored = distortion(x, y), distortion(-x, -y)
    swapped = dataclasses.replace(
        mirrored, value_min=-mirrored.value_max, value_max=-mirrored.value_min, bias=-mirrored.bias
    )
    assert different_fields(forward, swapped) == []


@given(pairs(elements=st.integers(-1000, 1000).map(lambda k: k / 64)), st.integers(-20, 20))
@settings(deadline=None, max_examples=100)
def test_scaling_by_a_power_of_two(pair, exponent):
    x, y = pair
    factor = 2.0**exponent
    plain, scaled = distortion(x, y), distortion((x * factor).astype(x.dtype), (y * factor).astype(x.dtype))
    lengths = ("value_min", "value_max", "max_abs_original", "max_absolute", "l1", "l2", "rmse", "bias")
    expected = dataclasses.replace(
        plain, mse=plain.mse * factor * factor, **{name: factor * getattr(plain, name) for name in lengths}
    )
    assert different_fields(expected, scaled) == []


@given(pairs(elements=st.floats(-8, 8, width=32)), st.floats(0.01, 100))
@settings(deadline=None, max_examples=60)
def test_scaling_by_any_number(pair, factor):
    """Each product with the factor is rounded once: a relative change of EPS of each value, so of 16 EPS of each e."""
    x, y = (array.astype(np.float64) for array in pair)
    plain, scaled = distortion(x, y), distortion(x * factor, y * factor)
    rounding = 4 * EPS * 8 * factor
    assert scaled.max_absolute == pytest.approx(factor * plain.max_absolute, rel=4 * EPS, abs=rounding)
    assert scaled.l1 == pytest.approx(factor * plain.l1, rel=1e-12, abs=rounding * x.size)
    assert scaled.l2 == pytest.approx(factor * plain.l2, rel=1e-12, abs=rounding * x.size)


@given(pairs(elements=st.floats(-1000, 1000, width=32)))
@settings(deadline=None, max_examples=100)
def test_inequalities_between_norms(pair):
    result = distortion(*pair)
    slack = 1 + 1e-12
    assert abs(result.bias) <= slack * result.l1 / result.count
    assert result.max_absolute <= slack * result.l2
    assert result.l2 <= slack * result.l1
    assert result.rmse <= slack * result.max_absolute
    assert math.isnan(result.pearson) or abs(result.pearson) <= 1


@given(pairs(elements=st.floats(-1e6, 1e6, width=32)), st.permutations(range(4)))
@settings(deadline=None, max_examples=60)
def test_layout_does_not_matter(pair, order):
    """Another layout may be added in another order: BLOCK * EPS of the sums of magnitudes, the maxima not at all."""
    x, y = pair
    axes = [axis for axis in order if axis < x.ndim]
    moved = [array.transpose(axes)[::-1] for array in (x, y)]
    got, expected = distortion(*moved), distortion(*(array.copy() for array in moved))
    for name in ("count", "value_min", "value_max", "max_absolute", "max_range_relative"):
        assert getattr(got, name) == getattr(expected, name), name
    for name in ("l1", "l2", "relative_l1", "relative_l2", "rmse", "nrmse"):
        assert getattr(got, name) == pytest.approx(getattr(expected, name), rel=BLOCK * EPS), name
    assert abs(got.bias - expected.bias) <= BLOCK * EPS * expected.l1
    assert math.isnan(got.pearson) == math.isnan(expected.pearson)


# --- against exact arithmetic ----------------------------------------------------------------------------------------


@given(pairs(elements=st.floats(-1e3, 1e3, width=32), dtypes=(np.float32,)))
@settings(deadline=None, max_examples=80)
def test_exact_arithmetic_on_small_arrays(pair):
    """Fractions know no rounding. One float64 subtraction (EPS/2), one product and at most 7 additions in sequence
    for up to 625 values in 8192 padded places would do; BLAS may add up to BLOCK in a row, hence BLOCK * EPS / 2.
    """
    x, y = ([Fraction(float(v)) for v in array.ravel()] for array in pair)
    e = [b - a for a, b in zip(x, y, strict=True)]
    result = distortion(*pair)
    bound = BLOCK * EPS
    assert result.max_absolute == pytest.approx(float(max(map(abs, e))), rel=EPS)
    assert result.l1 == pytest.approx(float(sum(map(abs, e))), rel=bound)
    assert result.l2 == pytest.approx(math.sqrt(sum(v * v for v in e)), rel=bound)
    assert abs(result.bias - float(sum(e) / len(e))) <= bound * result.l1 / len(e)
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    x_x = sum((v - x_mean) ** 2 for v in x)
    y_y = sum((v - y_mean) ** 2 for v in y)
    if x_x == 0 or y_y == 0:
        assert math.isnan(result.pearson)
        return
    assume(x_x > Fraction(1, 10**30))
    assume(y_y > Fraction(1, 10**30))
    x_y = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    # The means' share may take six digits (module _sums) before a second pass saves them.
    assert result.pearson == pytest.approx(float(x_y) / math.sqrt(x_x) / math.sqrt(y_y), abs=4e6 * 625 * EPS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_long_sums_around_the_chunk_size(dtype, size):
    """math.fsum adds without rounding. Ours adds at most BLOCK numbers in a row, then size / BLOCK partial sums: the
    error is at most (BLOCK + size / BLOCK + 2) * EPS / 2 of the sum of magnitudes.
    """
    rng = np.random.default_rng(size)
    x = (1000 * rng.standard_normal(size)).astype(dtype)
    y = x + (rng.standard_normal(size) * 1e-2).astype(dtype)
    e = (y.astype(np.float64) - x.astype(np.float64)).tolist()
    result = distortion(x, y)
    bound = (BLOCK + size / BLOCK + 2) * EPS / 2
    exact_l1 = math.fsum(map(abs, e))
    assert result.count == size
    assert result.max_absolute == max(map(abs, e))
    assert (result.value_min, result.value_max) == (x.min(), x.max())
    assert abs(result.l1 - exact_l1) <= bound * exact_l1
    assert abs(result.bias - math.fsum(e) / size) <= bound * exact_l1 / size
    assert result.l2 == pytest.approx(math.sqrt(math.fsum(v * v for v in e)), rel=bound)
    assert result.relative_l2 == pytest.approx(
        result.l2 / math.sqrt(math.fsum(v * v for v in x.astype(np.float64).tolist())), rel=bound + 4 * EPS
    )


@pytest.mark.parametrize("on", ["both", "original", "decompressed"])
@pytest.mark.parametrize("offset", [0.0, 10.0, 1e3, 1e5, 1e7, 1e9, 1e12])
def test_pearson_on_a_large_offset(offset, on):
    """Fields of amplitude 1 on an offset. About the mean, longdouble's 64 bits lose nothing that matters.

    With the means' share m = offset^2 of the squares, one pass is wrong by 4 m EPS * sqrt(n) (random signs) or so and
    is taken only for m < 1e6; the second pass has the values less their centre, without error, as its input.
    """
    rng = np.random.default_rng(5)
    x = rng.standard_normal(50_001)
    y = x + 0.1 * rng.standard_normal(50_001)
    x += offset * (on != "decompressed")
    y += offset * (on != "original")
    deviations = [array.astype(np.longdouble) - array.astype(np.longdouble).mean() for array in (x, y)]
    squares = [(d * d).sum() for d in deviations]
    expected = float((deviations[0] * deviations[1]).sum() / np.sqrt(squares[0] * squares[1]))
    tolerance = 4 * min(offset**2, 1e6) * EPS * math.sqrt(x.size) + 1e-13
    assert distortion(x, y).pearson == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2],
        lambda a: a[:, ::-1],
        lambda a: a[..., 1:-1],
        lambda a: a.transpose(2, 0, 1),
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[0], a.shape),
    ],
)
def test_views_larger_than_a_chunk(view):
    rng = np.random.default_rng(9)
    x = rng.standard_normal((40, 50, 60)).astype(np.float32)
    y = x + np.float32(0.01) * rng.standard_normal(x.shape).astype(np.float32)
    for left, right in ((view(x), view(y)), (view(x), view(y).copy()), (view(x).copy(), view(y))):
        got, expected = distortion(left, right), distortion(view(x).copy(), view(y).copy())
        assert dataclasses.asdict(got) == pytest.approx(dataclasses.asdict(expected), rel=1e-11, abs=1e-11)


def test_one_changed_value_is_found_wherever_it_lies():
    x = np.zeros((3, CHUNK), np.float32)
    for where in (0, BLOCK, CHUNK - 1, CHUNK, 3 * CHUNK - 1):
        y = x.copy()
        y.reshape(-1)[where] = -7
        assert distortion(x, y).max_absolute == 7


def test_read_only_arrays_and_their_contents_stay():
    x = np.arange(10, dtype=np.float64)
    y = x + 1
    for array in (x, y):
        array.setflags(write=False)
    assert distortion(x, y).l1 == 10
    assert x[3] == 3


# --- memory, bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["C", "strided"])
def test_no_copy_of_a_whole_array(layout):
    """A float64 copy of the 64 MB field would take 128 MB, a mask 16 MB; four rows of CHUNK float64 take 1 MB."""
    x = np.zeros((256, 256, 256), np.float32)
    y = np.ones_like(x)
    if layout == "strided":
        x, y = x[:, ::-1], y[:, ::-1]
    tracemalloc.start()
    try:
        assert distortion(x, y).l1 == x.size
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros(3), np.zeros(4), r"\(3,\).*\(4,\)"),
        (np.zeros((2, 3)), np.zeros((3, 2)), r"\(2, 3\)"),
        (np.zeros(3), np.zeros(3, np.float32), "float64.*float32"),
        (np.zeros(3, int), np.zeros(3, int), "int64"),
        (np.zeros(3, ">f4"), np.zeros(3, ">f4"), "native byte order"),
        (np.zeros(3, np.float16), np.zeros(3, np.float16), "float16"),
        (np.zeros((0, 4)), np.zeros((0, 4)), "no value"),
        (np.zeros(()), np.zeros(()), "0 dimensions"),
        (np.zeros((1,) * 5), np.zeros((1,) * 5), "5 dimensions"),
    ],
)
def test_refused(x, y, words):
    with pytest.raises(UnsupportedField, match=words):
        distortion(x, y)
