"""Steps of noisy series: found where they are, and not found where there are none."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from wavecomp.report.change_points import (
    LEAST_CHANCE,
    LEAST_RUNS,
    LEAST_STEP,
    LEAST_STRETCH,
    best_gain,
    change_points,
    noise,
    penalty,
    where,
)

pytest.importorskip("ruptures")

Draw = Callable[[np.random.Generator, int], np.ndarray]
NOISES: dict[str, Draw] = {
    "normal": lambda random, count: random.normal(size=count),
    "Laplace": lambda random, count: random.laplace(size=count) / math.sqrt(2.0),
    "Student t, 3 degrees": lambda random, count: random.standard_t(3.0, count),
}
SURE = 1e-6  # of a test that ends as it should


@pytest.mark.parametrize("kind", NOISES)
def test_noise_alone_seldom_steps(kind: str) -> None:
    """Of 600 series without a step, each with a chance of 1 in 100 of a false one, few show one.

    The penalty is the quantile of the gain of one split for the heaviest of these tails. A search for several may find
    two that pay together where none does alone; that is given as much again. So the number of false alarms is at most
    binomial with n = 600 and p = 0.02, and exceeds the bound below with a probability of 10^-6.
    """
    random = np.random.default_rng(1)
    count = 600
    lengths = [6, 7, 8, 10, 14, 20, 30, 50]
    found = sum(
        bool(change_points(0.03 * NOISES[kind](random, lengths[one % len(lengths)]), 0.01)) for one in range(count)
    )
    assert found <= binom.isf(SURE, count, 0.02)


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_a_step_of_twenty_percent_in_noise_of_three_is_found(kind: str, direction: float) -> None:
    """Of 200 series of 24 runs, at least as many as a chance of 0.95 each leaves out with a probability of 10^-6.

    The step is 6 times the noise, and either side has 8 runs or more.
    """
    random = np.random.default_rng(2)
    found = 0
    for _ in range(200):
        at = int(random.integers(8, 17))
        series = 0.03 * NOISES[kind](random, 24)
        series[at:] += direction * math.log(1.2)
        found += any(abs(place - at) <= 1 for place in change_points(series, 0.001))
    assert found >= binom.ppf(SURE, 200, 0.95)


@pytest.mark.parametrize("kind", NOISES)
def test_where_a_step_may_lie_holds_the_place(kind: str) -> None:
    """In 19 of 20 cases: of 200, no fewer than that leaves out with a probability of 10^-6."""
    random = np.random.default_rng(3)
    held = searched = 0
    while searched < 200:
        series = 0.03 * NOISES[kind](random, 30)
        series[14:] += math.log(1.2)
        found = change_points(series, 0.001)
        if len(found) == 1:
            searched += 1
            before, after = where(series, found, 0)
            held += before < 14 <= after
    assert held >= binom.ppf(SURE, 200, 0.95)


@given(st.integers(0, 2**32 - 1), st.sampled_from([LEAST_RUNS, 9, 14, 24]), st.floats(-3.0, 3.0), st.data())
def test_one_outlier_is_no_step(seed: int, count: int, size: float, data: st.DataObject) -> None:
    """Whatever its size: of a still series with one value elsewhere nothing is told."""
    series = np.full(count, 0.7)
    series[data.draw(st.integers(0, count - 1))] += size
    assert change_points(series, 0.01) == []


def test_two_steps_are_two() -> None:
    series = 0.01 * np.random.default_rng(4).normal(size=45)
    series[15:30] += 0.3
    assert change_points(series, 0.001) == [15, 30]


def test_what_is_smaller_than_what_is_told_is_not_told() -> None:
    for size, found in ((0.9, []), (1.1, [30])):
        series = np.zeros(60)
        series[30:] = math.log1p(size * LEAST_STEP)
        assert change_points(series, 0.01) == found


@pytest.mark.parametrize("count", range(LEAST_RUNS))
def test_few_runs_are_not_searched(count: int) -> None:
    assert change_points([0.0] * (count // 2) + [5.0] * (count - count // 2), 0.01) == []


@pytest.mark.parametrize("chance", [0.0, LEAST_CHANCE / 2, 1.0, -0.1, math.nan])
def test_a_chance_that_the_draws_cannot_tell_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match=f"chance = {chance}"):
        change_points([0.0] * 10, chance)


@given(
    st.sampled_from([8, 14]).flatmap(lambda count: st.lists(st.floats(-1.0, 1.0), min_size=count, max_size=count)),
    st.floats(-5.0, 5.0),
)
def test_where_a_series_lies_does_not_matter(values: list[float], shift: float) -> None:
    # Steps of the sixteenth digit make no difference of two costs that are equal.
    rounded = np.round(np.asarray(values) * 64) / 64
    moved = rounded + round(shift * 64) / 64
    assert change_points(rounded, 0.01) == change_points(moved, 0.01)


def test_a_step_or_an_outlier_is_no_noise() -> None:
    random = np.random.default_rng(5)
    still = 0.1 * random.normal(size=2001)
    stepped = still + np.where(np.arange(2001) < 1000, 0.0, 9.0)
    stepped[500] += 50.0
    # Median of 2000 differences: three of them moved shift its rank by three at most, 3 / 2000 of the distribution.
    assert noise(stepped) == pytest.approx(float(noise(still)), rel=0.01)
    # Neighbouring differences are correlated; the standard error of this estimate is about 1.3 / sqrt(2000) = 3 %.
    assert float(noise(still)) == pytest.approx(0.1, rel=5 * 0.03)


def test_the_gain_is_that_of_the_best_split() -> None:
    def cost(values: list[float]) -> float:
        return sum(abs(value - float(np.median(values))) for value in values)

    series = [0.0, 1.0, -1.0, 0.5, 4.0, 5.0, 4.5, 3.0, 4.0]
    splits = range(LEAST_STRETCH, len(series) - LEAST_STRETCH + 1)
    best = max(cost(series) - cost(series[:at]) - cost(series[at:]) for at in splits)
    found = best_gain(np.asarray([series, series]))
    assert found == pytest.approx([best / float(noise(np.asarray(series)))] * 2, rel=1e-12)


def test_a_smaller_chance_costs_more_and_so_do_fewer_runs() -> None:
    assert penalty(20, 1e-4) > penalty(20, 1e-3) > penalty(20, 1e-2) > 0.0
    assert penalty(6, 1e-3) > penalty(10, 1e-3)
    assert penalty(400, 1e-3) == pytest.approx(penalty(40, 1e-3) * math.log(400) / math.log(40), rel=1e-12)
