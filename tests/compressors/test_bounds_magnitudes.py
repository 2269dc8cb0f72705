"""Verdicts do not depend on the unit of a field: from 1e-300 to 1e300 they are those of the same field near one."""

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
    L2Norm,
    PeakRelative,
    PointwiseRelative,
    SignalToNoise,
    ValueRangeRelative,
    check_bound,
    summarise,
)
from wavecomp.compressors.bounds import ErrorSummary
from wavecomp.metrics import distortion

from .fields import FIXED

RELATIVE = (
    ValueRangeRelative(1e-3), PeakRelative(1e-3), PointwiseRelative(1e-3, 1e-4), SignalToNoise(60.0),
    SignalToNoise(60.0, 1.7), FixedPrecision(12),
)  # fmt: skip
EXPONENTS = st.integers(-996, 1023)  # 2^-996 is 1.5e-300; at 2^1023 the range of values in (-1, 1] overflows
SIZES = (0.0, 0.3, 0.999, 1.001, 3.0, 300.0)


def pair(seed: int, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Values and errors in multiples of 2^-50, which subnormal numbers near 1e-300 hold."""
    random = np.random.default_rng(seed)
    x = np.rint(random.uniform(-1, 1, (9, 10)) * 2.0**30) / 2.0**30
    e = np.rint(size * 1e-3 * random.uniform(-1, 1, x.shape) * 2.0**50) / 2.0**50
    return x, np.clip(x + e, -1, 1)


def judged(bound: ErrorBound, x: np.ndarray, y: np.ndarray) -> tuple[str, float]:
    """Say which verdict falls, with the summary of the bounds and with that of the metrics."""
    errors = distortion(x, y)
    theirs = ErrorSummary(errors.max_absolute, errors.l2, errors.value_min, errors.value_max, x.size)
    verdict = check_bound(bound, x, y, 1)
    other = check_bound(bound, x, y, 1, theirs)
    assert other.status == verdict.status
    assert other.margin == pytest.approx(verdict.margin, rel=1e-12)
    return "holds" if verdict.status == "holds" else "does not", verdict.margin


@FIXED
@given(exponent=EXPONENTS, size=st.sampled_from(SIZES), seed=st.integers(0, 99))
def test_relative_bounds_know_no_unit(exponent: int, size: float, seed: int) -> None:
    x, y = pair(seed, size)
    for bound in RELATIVE:
        if isinstance(bound, FixedPrecision) and exponent < -900:
            continue  # libzfp's arithmetic ends there, and such fields are refused
        status, margin = judged(bound, np.ldexp(x, exponent), np.ldexp(y, exponent))
        near, wanted = judged(bound, x, y)
        assert status == near, (bound, margin, wanted)
        assert margin == pytest.approx(wanted, rel=1e-9, abs=0)


@FIXED
@given(exponent=st.integers(-990, 1010), size=st.sampled_from(SIZES), seed=st.integers(0, 99))
def test_bounds_with_a_unit_scale_with_the_field(exponent: int, size: float, seed: int) -> None:
    x, y = pair(seed, size)
    for kind, length in ((Absolute, 1e-3), (L2Norm, 6e-3)):
        status, margin = judged(kind(math.ldexp(length, exponent)), np.ldexp(x, exponent), np.ldexp(y, exponent))
        near, wanted = judged(kind(length), x, y)
        assert status == near
        assert margin == pytest.approx(wanted, rel=1e-9, abs=0)


@pytest.mark.parametrize("bound", [ValueRangeRelative(1e-3), SignalToNoise(60.0), PeakRelative(1e-3)])
def test_a_range_beyond_the_largest_number_allows_no_more_than_its_share(bound: ErrorBound) -> None:
    x = np.array([-1.7e308, 1.7e308, 0.0, 1.0])
    assert check_bound(bound, x, x + np.array([0, 0, 1e303, 0]), 1).status == "holds"
    assert check_bound(bound, x, x + np.array([0, 0, 1e307, 0]), 1).status == "violated"
    assert check_bound(bound, x, -x, 1).status == "violated", "an error that is itself beyond"


@FIXED
@given(exponent=EXPONENTS, size=st.sampled_from(SIZES), seed=st.integers(0, 99))
def test_quotients_of_the_metrics_know_no_unit(exponent: int, size: float, seed: int) -> None:
    x, y = pair(seed, size)
    far, near = distortion(np.ldexp(x, exponent), np.ldexp(y, exponent)), distortion(x, y)
    for name in ("max_range_relative", "relative_l1", "relative_l2", "nrmse", "psnr_db", "pearson"):
        assert getattr(far, name) == pytest.approx(getattr(near, name), rel=1e-9), name
    for name in ("value_min", "value_max", "max_absolute", "rmse", "bias"):
        with np.errstate(over="ignore"):
            assert getattr(far, name) == pytest.approx(float(np.ldexp(getattr(near, name), exponent)), rel=1e-9), name


@FIXED
@given(exponent=st.integers(-996, 1000), seed=st.integers(0, 99))
def test_summaries_have_the_norm_whose_squares_leave_the_range(exponent: int, seed: int) -> None:
    x, y = pair(seed, 3.0)
    far, near = summarise(np.ldexp(x, exponent), np.ldexp(y, exponent)), summarise(x, y)
    assert far.l2 == pytest.approx(float(np.ldexp(near.l2, exponent)), rel=1e-12)
    assert far.max_absolute == float(np.ldexp(near.max_absolute, exponent))
