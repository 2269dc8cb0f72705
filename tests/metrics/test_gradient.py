from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.errors import UnsupportedField
from wavecomp.metrics import GradientDistance, gradient_distance
from wavecomp.metrics._chunks import CHUNK
from wavecomp.metrics.gradient import deep_relative_l2

EPS = np.finfo(np.float64).eps
DTYPES = (np.float32, np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_hand_worked(dtype):
    """a = (3, 4, 0), b = (3, 0, 4): e = (0, -4, 4).

    |a| = |b| = 5, |e| = sqrt 32, cos = 9/25; sums of |e| and |a| are 8 and 7, maxima 4 and 4; the range of a is 4,
    rmse = sqrt(32/3), so PSNR = 10 log10(16 * 3 / 32).
    """
    result = gradient_distance(np.array([3, 4, 0], dtype), np.array([3, 0, 4], dtype))
    assert dataclasses.asdict(result) == pytest.approx(
        {
            "relative_l2": math.sqrt(32) / 5,
            "relative_l1": 8 / 7,
            "relative_linf": 1.0,
            "psnr_db": 10 * math.log10(1.5),
            "angle_rad": math.acos(9 / 25),
            "bias": 0.0,
            "norm_ratio": 1.0,
        },
        rel=8 * EPS,
        abs=8 * EPS,
    )


def test_bias_and_norm_ratio_by_hand():
    result = gradient_distance(np.array([1.0, 2.0, -2.0]), np.array([1.5, 3.0, -3.0]))
    assert result.bias == pytest.approx(0.5 / 3, rel=4 * EPS)
    assert result.norm_ratio == pytest.approx(1.5, rel=4 * EPS)
    assert result.angle_rad <= 4 * EPS


@pytest.mark.parametrize(
    ("b", "angle"), [((1, 0), 0.0), ((0, 1), math.pi / 2), ((-1, 0), math.pi), ((1, 1), math.pi / 4)]
)
def test_angles_by_hand(b, angle):
    assert gradient_distance(np.array([1.0, 0.0]), np.array(b, float)).angle_rad == pytest.approx(angle, abs=2 * EPS)


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.floats(-9, 9, width=32))
)
def test_equal_gradients_are_at_no_distance_at_all(gradient):
    result = gradient_distance(gradient, gradient.copy())
    assert (result.relative_l2, result.relative_l1, result.relative_linf) == (0.0, 0.0, 0.0)
    assert (result.angle_rad, result.bias, result.norm_ratio, result.psnr_db) == (0.0, 0.0, 1.0, math.inf)


@given(st.floats(1e-14, 1.5), st.integers(0, 2**32 - 1), st.floats(0.1, 10.0))
def test_angle_of_a_known_rotation(angle, seed, scale):
    """b = scale (cos t · a + sin t · c) with orthonormal a and c.

    Each component of the unit vectors is rounded a few times: their difference, and so the angle, is off by at most
    about 8 eps in absolute terms, with a and c orthonormal to the same order (1e-15 in all).
    """
    rng = np.random.default_rng(seed)
    a, c = np.linalg.qr(rng.standard_normal((40, 2)))[0].T
    a, c = np.ascontiguousarray(a), np.ascontiguousarray(c)
    result = gradient_distance(a, scale * (math.cos(angle) * a + math.sin(angle) * c))
    assert result.angle_rad == pytest.approx(angle, rel=16 * EPS, abs=16 * EPS)
    assert result.norm_ratio == pytest.approx(scale, rel=32 * EPS)


def test_an_angle_that_an_arccosine_cannot_see():
    a, b = np.array([1.0, 0.0]), np.array([1.0, 1e-9])
    assert math.acos(min(1.0, float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))) == 0.0
    assert gradient_distance(a, b).angle_rad == pytest.approx(1e-9, rel=1e-6)


@given(st.data())
def test_turning_both_signs_changes_nothing_but_the_sign_of_the_bias(data):
    dtype = data.draw(st.sampled_from(DTYPES))
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=5))
    a, b = (data.draw(hnp.arrays(dtype, shape, elements=st.floats(-1e3, 1e3, width=32))) for _ in range(2))
    plus, minus = dataclasses.asdict(gradient_distance(a, b)), dataclasses.asdict(gradient_distance(-a, -b))
    assert plus.pop("bias") == -minus.pop("bias")
    assert plus == pytest.approx(minus, rel=0.0, abs=0.0, nan_ok=True)


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_matches_numpy_over_many_chunks(layout):
    """Against whole-array float64 formulas; both sum 3e5 terms of one sign or in pairwise order: 1e-12 is ample."""
    rng = np.random.default_rng(7)
    a = rng.standard_normal((70, 70, 70)).astype(np.float32)
    assert a.size > 2 * CHUNK
    b = (a + 1e-3 * rng.standard_normal(a.shape)).astype(np.float32)
    x, y = a.astype(np.float64), b.astype(np.float64)
    if layout == "F":
        a, b = np.asfortranarray(a), np.asfortranarray(b)
    elif layout == "strided":
        a, b = np.repeat(a, 2, axis=2)[..., ::2], np.repeat(b, 2, axis=2)[..., ::2]
    u, v = x / np.linalg.norm(x), y / np.linalg.norm(y)
    expected = GradientDistance(
        float(np.linalg.norm(y - x) / np.linalg.norm(x)),
        float(np.abs(y - x).sum() / np.abs(x).sum()),
        float(np.abs(y - x).max() / np.abs(x).max()),
        float(20 * np.log10(np.ptp(x) / np.sqrt(((y - x) ** 2).mean()))),
        float(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))),
        float((y - x).mean()),
        float(np.linalg.norm(y) / np.linalg.norm(x)),
    )
    result = dataclasses.asdict(gradient_distance(a, b))
    assert result.pop("bias") == pytest.approx(expected.bias, abs=1e-15)
    for name, value in result.items():
        assert value == pytest.approx(getattr(expected, name), rel=1e-12), name


@pytest.mark.parametrize("magnitude", [1e-300, 1e-200, 1e200, 1e300])
def test_extreme_magnitudes(magnitude):
    result = gradient_distance(magnitude * np.array([3.0, 4.0]), magnitude * np.array([4.0, 3.0]))
    assert result.angle_rad == pytest.approx(math.acos(24 / 25), rel=8 * EPS)
    assert result.norm_ratio == pytest.approx(1.0, rel=8 * EPS)


def test_zero_gradients():
    zero, one = np.zeros(3), np.ones(3)
    assert gradient_distance(zero, zero).angle_rad == 0.0
    from_zero = gradient_distance(zero, one)
    assert (from_zero.relative_l2, from_zero.relative_linf, from_zero.norm_ratio) == (math.inf, math.inf, math.inf)
    assert math.isnan(from_zero.angle_rad)
    to_zero = gradient_distance(one, zero)
    assert (to_zero.relative_l2, to_zero.norm_ratio) == (1.0, 0.0)
    assert math.isnan(to_zero.angle_rad)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite(value):
    good, bad = np.array([1.0, 2.0]), np.array([1.0, value])
    result = gradient_distance(good, bad)
    assert (result.relative_l2, result.relative_linf, result.psnr_db) == (math.inf, math.inf, -math.inf)
    assert math.isnan(result.angle_rad)
    for other in (good, bad):
        with pytest.raises(UnsupportedField, match="exact gradient holds NaN or infinite"):
            gradient_distance(bad, other)


def test_shapes_must_agree():
    with pytest.raises(UnsupportedField, match="shape"):
        gradient_distance(np.ones(3), np.ones(4))


def test_the_deep_part_is_what_lies_below_the_top_tenth():
    """An error in the top tenth alone leaves nothing below; one below is compared with what is there alone."""
    exact = np.ones((7, 40), np.float32)
    top, deep = exact.copy(), exact.copy()
    top[:, :4] += 5.0
    deep[:, 4] += 0.5
    assert deep_relative_l2(exact, top) == 0.0
    assert deep_relative_l2(exact, deep) == pytest.approx(0.5 / np.sqrt(36))
    assert deep_relative_l2(exact[:, :9], top[:, :9]) is None
