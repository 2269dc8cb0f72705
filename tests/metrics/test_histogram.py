from __future__ import annotations

import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.errors import UnsupportedField, UsageError
from wavecomp.metrics import error_histogram
from wavecomp.metrics._chunks import CHUNK


def test_hand_worked():
    """Errors up to 5 in 5 bins of width 2: [-5, -3], [-3, -1], [-1, 1], [1, 3], [3, 5]."""
    result = error_histogram(np.zeros(7, np.float32), np.array([-5, -2, -0.5, 0, 0.9, 3.5, 5], np.float32), bins=5)
    assert result.counts.tolist() == [1, 1, 3, 0, 2]
    assert result.edges.tolist() == pytest.approx([-5, -3, -1, 1, 3, 5], abs=1e-14)
    assert (result.max_absolute, result.nonfinite) == (5.0, 0)
    assert result.fractions.tolist() == [1 / 7, 1 / 7, 3 / 7, 0, 2 / 7]


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_no_error_lies_in_the_middle(size):
    x = np.random.default_rng(0).standard_normal(size)
    result = error_histogram(x, x, bins=7)
    assert result.counts.tolist() == [0, 0, 0, size, 0, 0, 0]
    assert result.max_absolute == 0.0


@given(
    st.sampled_from([np.float32, np.float64]),
    hnp.array_shapes(max_dims=4, max_side=6),
    st.sampled_from([1, 3, 101]),
    st.data(),
)
@settings(deadline=None, max_examples=120)
def test_every_value_is_counted_and_mirrors(dtype, shape, bins, data):
    x, y = (data.draw(hnp.arrays(dtype, shape, elements=hnp.from_dtype(np.dtype(dtype)))) for _ in range(2))
    result, mirrored = error_histogram(x, y, bins), error_histogram(-x, -y, bins)
    assert result.counts.sum() + result.nonfinite == x.size
    assert result.counts.tolist() == mirrored.counts[::-1].tolist()
    assert result.max_absolute == mirrored.max_absolute


@given(hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1)), st.sampled_from([3, 11, 101]))
@settings(deadline=None, max_examples=100)
def test_exact_bins(error, bins):
    """By fractions; an error within 8 rounding units of an edge may fall on either side (documented), so is dropped."""
    limit = Fraction(float(np.abs(error).max()))
    if limit == 0:
        return
    positions = [Fraction(float(e)) / limit * bins / 2 for e in error]
    clear = [
        abs(abs(p - round(p)) - Fraction(1, 2)) > Fraction(8 * bins, 2**53) or abs(p) * 2 == bins for p in positions
    ]
    kept = [p for p, is_clear in zip(positions, clear, strict=True) if is_clear]
    expected = np.bincount([min(bins // 2, max(-(bins // 2), round(p))) + bins // 2 for p in kept], minlength=bins)
    error = error[clear]
    result = error_histogram(np.zeros_like(error), error, bins)
    assert result.counts.tolist() == expected.tolist()


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e307])
def test_extreme_magnitudes(scale):
    result = error_histogram(np.zeros(4), scale * np.array([-1.0, 0, 1, 1]), bins=3)
    assert result.counts.tolist() == [1, 1, 2]


def test_uniform_errors_fill_all_bins_alike():
    """Binomial counts: n p = 1000 a bin, deviation sqrt(1000); six deviations for 101 bins."""
    y = np.random.default_rng(1).uniform(-1, 1, 101_000).astype(np.float32)
    counts = error_histogram(np.zeros_like(y), y).counts
    assert np.abs(counts - 1000).max() < 6 * math.sqrt(1000)


def test_nonfinite_values_are_counted_apart():
    x = np.array([math.nan, math.inf, 1.0, 0.0, -1.7e308])
    y = np.array([math.nan, 0.0, 1.0, 2.0, 1.7e308])
    result = error_histogram(x, y, bins=3)
    assert result.counts.tolist() == [0, 1, 1]
    assert (result.nonfinite, result.max_absolute) == (3, 2.0)
    nothing = error_histogram(x[:1], y[:1])
    assert (nothing.counts.sum(), nothing.nonfinite) == (0, 1)
    assert not nothing.fractions.any()


def test_layout_does_not_matter():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((30, 40, 50)).astype(np.float32)
    y = x + rng.standard_normal(x.shape).astype(np.float32)
    expected = error_histogram(x, y).counts.tolist()
    assert error_histogram(x[::-1], y[::-1]).counts.tolist() == expected
    assert error_histogram(x.T, y.T).counts.tolist() == expected


def test_no_copy_of_a_whole_array():
    x, y = np.zeros(2**22, np.float32), np.ones(2**22, np.float32)
    tracemalloc.start()
    try:
        assert error_histogram(x, y).counts[-1] == x.size
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


@pytest.mark.parametrize("bins", [0, -1, 2, 100, 10_001])
def test_bins_out_of_range(bins):
    with pytest.raises(UsageError, match=f"bins = {bins}"):
        error_histogram(np.zeros(3), np.zeros(3), bins)


def test_shapes_must_agree():
    with pytest.raises(UnsupportedField):
        error_histogram(np.zeros(3), np.zeros(4))
