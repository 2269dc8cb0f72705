from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.errors import UnsupportedField, UsageError
from wavecomp.metrics import error_autocorrelation
from wavecomp.metrics._chunks import BLOCK, CHUNK


def brute_force(error, lags):
    deviation = error.astype(np.longdouble) - error.astype(np.longdouble).mean()
    variance = (deviation**2).mean()
    return [float((deviation[: error.size - d] * deviation[d:]).mean() / variance) for d in range(1, lags + 1)]


def test_hand_worked():
    """e = (1, 0, 0, -1): mean 0, variance 1/2; products at lag 1: 0, at lag 2: 0, at lag 3: -1 from one pair."""
    x = np.zeros(4)
    assert error_autocorrelation(x, np.array([1.0, 0, 0, -1]), lags=3).tolist() == [0.0, 0.0, -2.0]


def test_alternating_errors():
    x = np.zeros((4, 4), np.float32)
    y = np.where(np.arange(16) % 2, -1, 1).astype(np.float32).reshape(4, 4)
    assert error_autocorrelation(x, y).tolist() == [(-1.0) ** lag for lag in range(1, 11)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [12, BLOCK, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 7, 2 * CHUNK + 11])
def test_against_longdouble(dtype, size):
    """Sums of at most BLOCK products in a row, of values at most 1/sqrt(variance) ~ 5 large: error BLOCK * EPS."""
    rng = np.random.default_rng(size)
    x = rng.standard_normal(size).astype(dtype)
    y = x + np.cumsum(rng.standard_normal(size)).astype(dtype)
    error = y.astype(np.float64) - x
    expected = brute_force(error, 10)
    assert error_autocorrelation(x, y) == pytest.approx(expected, abs=BLOCK * 2.3e-16 * 10)


def test_white_errors():
    """Under no correlation each value is normal with deviation 1 / sqrt(n); ten of them stay within five of those."""
    rng = np.random.default_rng(3)
    x = np.zeros((50, 60, 70), np.float32)
    y = rng.standard_normal(x.shape).astype(np.float32)
    assert np.abs(error_autocorrelation(x, y)).max() < 5 / math.sqrt(x.size)


def test_moving_average():
    """e_i = w_i + w_(i-1) of white w has autocorrelation 1/2 at lag 1, 0 beyond; five deviations of sqrt(1.5 / n)."""
    white = np.random.default_rng(4).standard_normal(200_001)
    error = white[1:] + white[:-1]
    expected = [0.5] + [0.0] * 9
    got = error_autocorrelation(np.zeros_like(error), error)
    assert got == pytest.approx(expected, abs=5 * math.sqrt(1.5 / error.size))


def test_a_large_bias_does_not_matter():
    rng = np.random.default_rng(5)
    error = rng.standard_normal(10_000)
    x = np.zeros_like(error)
    assert error_autocorrelation(x, error + 1e6) == pytest.approx(error_autocorrelation(x, error), abs=1e-9)


@pytest.mark.parametrize("scale", [2.0**-900, 2.0**900])
def test_squares_beyond_float64(scale):
    error = np.random.default_rng(5).standard_normal(1000)
    x = np.zeros_like(error)
    assert error_autocorrelation(x, scale * error) == pytest.approx(error_autocorrelation(x, error), abs=1e-13)


@given(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(max_dims=4, max_side=6), st.data())
@settings(deadline=None, max_examples=80)
def test_symmetry(dtype, shape, data):
    x, y = (data.draw(hnp.arrays(dtype, shape, elements=hnp.from_dtype(np.dtype(dtype)))) for _ in range(2))
    np.testing.assert_array_equal(error_autocorrelation(x, y) + 0.0, error_autocorrelation(-x, -y) + 0.0)


def test_flattened_in_c_order_whatever_the_layout():
    rng = np.random.default_rng(6)
    x = np.zeros((30, 40, 50), np.float32)
    y = np.cumsum(rng.standard_normal(x.shape), axis=2).astype(np.float32)
    expected = error_autocorrelation(x, y)
    assert expected[0] > 0.8
    assert error_autocorrelation(np.asfortranarray(x), np.asfortranarray(y)) == pytest.approx(expected, abs=1e-12)
    turned = error_autocorrelation(x.transpose(2, 1, 0), y.transpose(2, 1, 0))
    assert turned == pytest.approx(brute_force(y.transpose(2, 1, 0).ravel(), 10), abs=1e-11)
    assert turned[0] < 0.5


@pytest.mark.parametrize("error", [0.0, 0.5, math.nan, math.inf])
def test_nothing_to_correlate(error):
    x = np.zeros(100)
    assert np.isnan(error_autocorrelation(x, x + error)).all()


def test_lags_beyond_the_array_are_nan():
    got = error_autocorrelation(np.zeros(3), np.array([1.0, -1.0, 0.0]))
    assert np.isnan(got).tolist() == [False, False] + [True] * 8
    assert np.isnan(error_autocorrelation(np.zeros(1), np.ones(1))).all()


def test_reproduced_nan_has_no_error():
    x, y = np.zeros(8), np.array([1.0, -1, 1, 0, 1, -1, 1, -1])
    expected = error_autocorrelation(x, y)
    x[3] = y[3] = math.nan
    assert error_autocorrelation(x, y).tolist()[:7] == expected.tolist()[:7]


def test_no_copy_of_a_whole_array():
    x, y = np.zeros(2**22, np.float32), np.ones(2**22, np.float32)
    y[::2] = 0
    tracemalloc.start()
    try:
        error_autocorrelation(x, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


@pytest.mark.parametrize("lags", [0, -1, BLOCK + 1])
def test_lags_out_of_range(lags):
    with pytest.raises(UsageError, match=f"lags = {lags}"):
        error_autocorrelation(np.zeros(3), np.zeros(3), lags=lags)


def test_shapes_must_agree():
    with pytest.raises(UnsupportedField):
        error_autocorrelation(np.zeros(3), np.zeros(4))
