"""Tolerances over time: what factors weights come to, and which texts may ask for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wavecomp.compressors.bounds import Absolute
from wavecomp.errors import SpecError, UnsupportedField
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.time_tolerances import PER_OCTAVE, RANGE, digest_of, excess, exponents, factor

WEIGHTS = arrays(np.float64, st.integers(1, 60), elements=st.floats(0.0, 1e12, allow_subnormal=False)).filter(
    lambda weights: weights.max() > 1e-300
)


@given(weights=WEIGHTS, unit=st.sampled_from([1.0, 2.0**-40, 2.0**30]))
def test_the_quantised_factors(weights, unit):
    """Rounding to the nearest moves each exponent, and so their mean, by at most a half; 1e-9 is for the mean's own
    rounding. A product with a power of two is exact, so no unit changes anything."""
    found = exponents(weights * unit)
    np.testing.assert_array_equal(found, exponents(weights))
    assert abs(found.mean()) <= 0.5 + 1e-9
    assert found.max() - found.min() <= PER_OCTAVE * np.log2(RANGE) + 1e-9
    order = np.argsort(weights)
    assert (np.diff(found[order]) <= 0).all()


@given(weights=WEIGHTS)
def test_rounded_factors_cost_at_most_three_percent(weights):
    """A ratio of true to assumed weights within a quarter of an octave either way: the mean of its square over the
    square of its geometric mean is greatest with half of the levels at each end, (√2 + 1/√2) / 2 = 1.0607, whose root
    is 1.0299."""
    assumed = 1.0 / np.array([factor(k) for k in exponents(weights)])
    assert 1.0 - 1e-12 <= excess(weights, assumed) <= 1.02991


def test_a_level_that_weighs_nothing_keeps_a_finite_tolerance():
    weights = np.ones(100)
    weights[-1] = 0.0
    found = exponents(weights)
    assert found[-1] - found[0] == PER_OCTAVE * np.log2(RANGE)
    assert np.isfinite(factor(int(found[-1])))


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, np.nan], [1.0, np.inf], [1.0, -1.0], []])
def test_weights_that_say_nothing_are_refused(weights):
    with pytest.raises(UnsupportedField, match="finite, not negative, and not all zero"):
        exponents(np.array(weights))


def test_equal_weights_are_one_tolerance_for_all():
    assert set(exponents(np.full(9, 7.0)).tolist()) == {0}
    assert digest_of([0, 1]) != digest_of([1, 0])


@pytest.mark.parametrize(
    ("text", "canonical", "twice"),
    [
        ("trajectory:weights=coarse/zfp:accuracy=1e-3", "trajectory:weights=coarse/zfp:accuracy=1e-3", 2e-3),
        (
            "trajectory:weights=earlier,every=4/slabs/zfp:accuracy=1e-3",
            "trajectory:every=4,weights=earlier/slabs:planes=16,threads=2/zfp:accuracy=1e-3", 2e-3,
        ),
        (
            "mixed:weights=coarse/interp:abs=4e-3",
            "mixed:weights=coarse/interp:abs=4e-3,codec=huffman,level=1", 8e-3,
        ),
        (
            "revolve:weights=earlier/sz3:abs=1e-2",
            "revolve:weights=earlier/sz3:abs=0.01,algorithm=interp_lorenzo", 2e-2,
        ),
    ],
)  # fmt: skip
def test_the_tolerance_is_found_wherever_it_stands(text, canonical, twice):
    strategy = parse_strategy(text)
    assert strategy.spec == canonical
    assert parse_strategy(canonical) == strategy
    assert strategy.compressor_times(0) is strategy.compressor
    bound = strategy.compressor_times(PER_OCTAVE).bound
    assert isinstance(bound, Absolute)
    assert bound.tolerance == twice


def test_relative_tolerances_are_made_absolute_first():
    strategy = parse_strategy("trajectory:weights=coarse/interp:abs=5e-5peak").at(82.857)
    assert strategy.spec == "trajectory:weights=coarse/interp:abs=4.14e-3,codec=huffman,level=1"
    assert strategy.compressor_times(-PER_OCTAVE).bound == Absolute(0.00207)


@pytest.mark.parametrize(
    "compressor",
    [
        "", "/blosc2", "/zfp:rate=8", "/zfp:reversible", "/sz3:rel=1e-3", "/interp:rel=1e-3", "/int8",
        "/slabs/zfp:precision=9",
    ],
)  # fmt: skip
def test_what_has_no_absolute_tolerance_is_refused(compressor):
    with pytest.raises(SpecError, match="weights give each level a tolerance of its own") as refused:
        parse_strategy(f"trajectory:weights=coarse{compressor}")
    assert "interp:abs=1e-3" in str(refused.value)


@pytest.mark.parametrize("text", ["store-all:weights=coarse", "trajectory:weights=fine/zfp:accuracy=1e-3"])
def test_other_words_are_refused(text):
    with pytest.raises(SpecError, match="weights"):
        parse_strategy(text)
