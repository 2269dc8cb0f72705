from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from wavecomp.errors import UnsupportedField
from wavecomp.metrics import ssim
from wavecomp.metrics.structure import TILE_POINTS, WINDOW, _tiles


def noisy_pair(shape, dtype=np.float64, offset=0.0, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    for axis in range(x.ndim):
        x = np.cumsum(x, axis=axis) / math.sqrt(x.shape[axis])
    y = x + noise * rng.standard_normal(shape)
    return (x + offset).astype(dtype), (y + offset).astype(dtype)


def test_hand_worked_shift():
    """x = 0 … 6 and y = x + 3: one window, means 3 and 6, equal variances and covariance, C1 = (0.01 * 6)^2."""
    x = np.arange(7, dtype=np.float32)
    assert ssim(x, x + 3) == pytest.approx((2 * 18 + 0.0036) / (9 + 36 + 0.0036), rel=1e-14)


def test_hand_worked_sign():
    """x = -3 … 3 and y = -x: means 0, variances 4, covariance -4, C2 = (0.03 * 6)^2 = 0.0324."""
    x = np.arange(-3.0, 4.0)
    assert ssim(x, -x) == pytest.approx((-8 + 0.0324) / (8 + 0.0324), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7,), (300,), (7, 7), (41, 30), (8, 7, 9), (20, 31, 17), (9, 8, 7, 10)])
def test_against_scikit_image(shape, dtype):
    """scikit-image, in float64, takes differences of running sums: about 1e-13 of mean squares that are of order R^2,
    against C2 = 9e-4 R^2: 1e-9 is safe.
    """
    x, y = noisy_pair(shape, dtype)
    x64, y64 = x.astype(np.float64), y.astype(np.float64)
    expected = structural_similarity(x64, y64, data_range=np.ptp(x64), use_sample_covariance=False)
    assert ssim(x, y) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("shape", [(TILE_POINTS + 100,), (700, 500), (90, 80, 70)])
def test_against_scikit_image_over_several_tiles(shape):
    x, y = noisy_pair(shape)
    assert math.prod(shape) > TILE_POINTS
    expected = structural_similarity(x, y, data_range=np.ptp(x), use_sample_covariance=False)
    assert ssim(x, y) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=3))
@settings(deadline=None, max_examples=30)
def test_tiles_cover_every_window_once(windows):
    counts = [np.zeros(count, int) for count in windows]
    total = 0
    for tile in _tiles(tuple(windows)):
        lengths = [cut.stop - cut.start for cut in tile]
        assert math.prod(lengths) <= TILE_POINTS
        total += math.prod(length - WINDOW + 1 for length in lengths)
        for axis, cut in enumerate(tile):
            counts[axis][cut.start : cut.stop - WINDOW + 1] += 1
    assert total == math.prod(windows)
    assert all(count.min() == count.max() for count in counts)


@given(st.integers(0, 10**6), st.integers(-30, 30), st.sampled_from([(9,), (8, 11), (7, 8, 9)]))
@settings(deadline=None, max_examples=40)
def test_symmetry_and_scale(seed, exponent, shape):
    x, y = noisy_pair(shape, np.float32, seed=seed)
    value = ssim(x, y)
    factor = np.float32(2.0**exponent)
    assert ssim(-x, -y) == value
    assert ssim(x * factor, y * factor) == value
    assert ssim(x, x) == 1.0
    assert value <= 1.0


def test_more_noise_is_less_similar():
    values = [ssim(*noisy_pair((40, 40), noise=noise)) for noise in (0, 0.01, 0.1, 1.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_squares_beyond_float64(scale):
    x, y = noisy_pair((20, 20))
    assert ssim(scale * x, scale * y) == pytest.approx(ssim(x, y), abs=1e-12)


def test_a_large_offset_costs_no_digits():
    """On an offset of 2^20 R the luminance is 1 to 1e-12, and contrast times structure, here from the definition, is
    left. Data that the offset does not round leave 1e-15 against C2 = 9e-4. Squares about zero would be wrong by 1e-4.
    """
    offset = 2.0**20
    x, y = noisy_pair((30, 40))
    x, y = ((array / 64 + offset) - offset for array in (x, y))
    windows = [np.lib.stride_tricks.sliding_window_view(array, (WINDOW, WINDOW)) for array in (x, y)]
    deviations = [array - array.mean(axis=(2, 3), keepdims=True) for array in windows]
    covariance = (deviations[0] * deviations[1]).mean(axis=(2, 3))
    variances = (deviations[0] ** 2 + deviations[1] ** 2).mean(axis=(2, 3))
    c_2 = (0.03 * np.ptp(x)) ** 2
    expected = ((2 * covariance + c_2) / (variances + c_2)).mean()
    assert ssim(x + offset, y + offset) == pytest.approx(expected, abs=1e-10)


def test_constant_original():
    x = np.full((8, 8), 0.1)
    assert ssim(x, x.copy()) == 1.0
    assert math.isnan(ssim(x, x + 1))


def test_axes_of_length_one_are_dropped_and_layout_does_not_matter():
    x, y = noisy_pair((20, 31, 17), np.float32)
    expected = ssim(x, y)
    assert ssim(x[:, None], y[:, None]) == expected
    assert ssim(np.asfortranarray(x), np.asfortranarray(y)) == pytest.approx(expected, rel=1e-13)
    assert ssim(x[::-1, :, ::-1], y[::-1, :, ::-1]) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("shape", [(6,), (30, 6), (1, 1), (7, 7, 2)])
def test_too_short_axes(shape):
    with pytest.raises(UnsupportedField, match="needs 7 points"):
        ssim(np.zeros(shape), np.zeros(shape))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nonfinite_values(value):
    x = np.zeros((9, 9))
    y = x.copy()
    y[4, 4] = value
    for pair in ((x, y), (y, x)):
        with pytest.raises(UnsupportedField, match="NaN or infinite"):
            ssim(*pair)


def test_memory_does_not_grow_with_the_field():
    x, y = noisy_pair((2, 2), np.float32)
    x, y = (np.tile(array, (1024, 512)) for array in (x, y))
    tracemalloc.start()
    try:
        ssim(x, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15 * 8 * TILE_POINTS
