"""The rank interval against its definition: all 2^n signs, counted one by one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

from wavecomp.gate.signed_rank import critical_rank, fewest_values, signed_rank_interval

numbers = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))
values_of = st.lists(numbers, min_size=1, max_size=40)
levels = st.sampled_from([0.3, 0.1, 0.05, 0.01])


def brute_force_p(values: NDArray[np.float64], theta: float) -> float:
    """Two-sided P of Wilcoxon's test of symmetry about theta, from all signs: twice the smaller tail."""
    ranks = rankdata(abs(values - theta))
    observed = ranks[values > theta].sum()
    signs = np.array(list(itertools.product((0, 1), repeat=values.size)))
    sums = signs @ ranks
    return 2 * min(float((sums <= observed).mean()), float((sums >= observed).mean()))


@pytest.mark.parametrize("n", [5, 6, 8, 10, 12])
@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.01])
def test_the_interval_is_what_the_test_does_not_reject(n: int, alpha: float) -> None:
    """Every theta between two neighbouring Walsh averages is in the interval iff all signs say P > alpha."""
    values = np.random.default_rng(n).standard_cauchy(n)
    found = signed_rank_interval(values, alpha)
    walsh = np.sort([(a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2)])
    between = [walsh[0] - 1, *(walsh[:-1] + walsh[1:]) / 2, walsh[-1] + 1]
    for theta in between:
        assert (found.lower < theta < found.upper) == (brute_force_p(values, theta) > alpha), theta


def test_the_critical_rank_agrees_with_scipys_exact_test() -> None:
    """P(T+ <= c) <= alpha/2 < P(T+ <= c + 1), with P from another implementation."""

    def tail(n: int, c: int) -> float:
        positive, left = set(), c
        for rank in range(n, 0, -1):  # a set of ranks whose sum is c
            if rank <= left:
                positive.add(rank)
                left -= rank
        values = [rank if rank in positive else -rank for rank in range(1, n + 1)]
        return float(wilcoxon(values, alternative="less", method="exact").pvalue)

    for n, alpha in ((15, 0.05), (27, 1e-3), (48, 1e-5)):
        c = critical_rank(n, alpha)
        assert tail(n, c) <= alpha / 2 < tail(n, c + 1)


@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-3, 2e-6])
def test_there_is_an_interval_from_the_fewest_values_on(alpha: float) -> None:
    fewest = fewest_values(alpha)
    assert critical_rank(fewest, alpha) >= 0 > critical_rank(fewest - 1, alpha)
    assert math.isinf(signed_rank_interval([0.0] * (fewest - 1), alpha).upper)
    assert signed_rank_interval([0.0] * fewest, alpha).upper == 0.0


@given(values_of, levels)
@settings(deadline=None)
def test_trading_the_sides_turns_the_interval(values: list[float], alpha: float) -> None:
    one, other = signed_rank_interval(values, alpha), signed_rank_interval([-x for x in values], alpha)
    assert (one.lower, one.upper) == (-other.upper, -other.lower)
    assert one.estimate == -other.estimate


@given(values_of, levels, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_rounds_does_not_matter(values: list[float], alpha: float, random: object) -> None:
    mixed = values.copy()
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert signed_rank_interval(mixed, alpha) == signed_rank_interval(values, alpha)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=40), levels, st.integers(-100, 100))
@settings(deadline=None)
def test_a_shift_moves_it_and_it_holds_its_estimate(values: list[int], alpha: float, shift: int) -> None:
    """Whole numbers and their halves are exact in floating point, so that equality is."""
    one, moved = signed_rank_interval(values, alpha), signed_rank_interval([x + shift for x in values], alpha)
    assert (moved.lower, moved.upper) == (one.lower + shift, one.upper + shift)
    assert one.lower <= one.estimate <= one.upper


@given(values_of)
@settings(deadline=None)
def test_the_surer_the_wider(values: list[float]) -> None:
    wide, narrow = signed_rank_interval(values, 0.01), signed_rank_interval(values, 0.1)
    assert wide.lower <= narrow.lower
    assert narrow.upper <= wide.upper


def test_bad_input_is_said() -> None:
    with pytest.raises(ValueError, match="1 of 2 values are not finite"):
        signed_rank_interval([1.0, math.nan], 0.05)
    with pytest.raises(ValueError, match=r"alpha = 5: a probability"):
        signed_rank_interval([1.0], 5)
    assert math.isnan(signed_rank_interval([], 0.05).estimate)
