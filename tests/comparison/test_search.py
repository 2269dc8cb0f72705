"""The search against brute force, where the error is a formula; and what it promises whatever the error is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.comparison.search import MOST, search
from wavecomp.comparison.trials import Axis, Trial

FREE = {"low": 0.0, "low_open": True}


class Fake:
    """A compressor whose error and ratio are functions of its parameter; it remembers what it was asked."""

    def __init__(self, error, ratio=lambda value: 10.0 * value**0.3, refused=lambda _: False):
        self.error, self.ratio, self.refused = error, ratio, refused
        self.asked = []

    def __call__(self, value):
        assert value not in self.asked, f"{value} was evaluated twice"
        self.asked.append(value)
        if self.refused(value):
            return Trial(value, math.inf, 0.0, "refused")
        return Trial(value, self.error(value), self.ratio(value))


def best_of(fake, values, limit):
    """Brute force: the highest ratio of all values that meet the limit."""
    return max((fake.ratio(v) for v in values if not fake.refused(v) and fake.error(v) <= limit), default=None)


def check_contract(fake, answer, limit):
    tried = {trial.value: trial for trial in answer.tried}
    assert [*tried] == fake.asked, "what is told is what was asked"
    meeting = [trial for trial in answer.tried if not trial.failure and trial.error <= limit]
    if answer.found is None:
        assert not meeting
    else:
        assert tried[answer.found.value] == answer.found, "the answer was evaluated"
        assert answer.found.error <= limit
        assert answer.found.ratio == max(trial.ratio for trial in meeting)


@pytest.mark.parametrize("limit", [3e-7, 1e-3, 0.77, 41.0])
@pytest.mark.parametrize("off", [0.01, 0.2, 1.0, 7.0])
def test_an_error_in_proportion_is_met_within_a_hundredth(limit, off):
    """The gap is closed at a hundredth at the latest, so that the answer lies within 1/1.01 of where error = limit."""
    fake = Fake(lambda value: off * value)
    answer = search(fake, Axis(limit, coarser=1, **FREE), limit)
    check_contract(fake, answer, limit)
    assert answer.found.error >= limit / 1.012
    assert len(answer.tried) < 25


@pytest.mark.parametrize("limit", [1e-4, 3.3e-3, 0.9])
def test_an_error_in_steps_is_found_to_its_last_step(limit):
    """ZFP keeps bit planes: all tolerances between two powers of two are one. Brute force tries a dense grid."""
    fake = Fake(lambda v: 0.2 * 2.0 ** math.floor(math.log2(v)), lambda v: 3.0 + 2.0 ** math.floor(math.log2(v)))
    answer = search(fake, Axis(limit, coarser=1, **FREE), limit)
    check_contract(fake, answer, limit)
    assert answer.found.ratio == best_of(fake, limit * np.geomspace(0.1, 40.0, 4001), limit)


@given(
    start=st.floats(1.3, 2.2),
    width=st.floats(1.3, 1.8),
    limit=st.sampled_from([1e-5, 1e-2, 3.0]),
    begin=st.floats(0.01, 100.0),
)
def test_an_island_beyond_the_first_gap_is_found(start, width, limit, begin):
    """Where the error falls again beyond the first setting that misses the limit, and the island is as wide as the
    steps of the look beyond (a factor of 4^(1/6) = 1.26) and begins within its reach (4 / 1.26), brute force finds no
    setting that is better by more than the gap that is left, a hundredth of the value.
    """
    low, high = start * limit, start * width * limit
    fake = Fake(lambda v: v / 10.0 if low <= v <= high else v)
    answer = search(fake, Axis(begin * limit, coarser=1, **FREE), limit)
    check_contract(fake, answer, limit)
    grid = limit * np.geomspace(0.01, 9.9, 3001)
    assert answer.found.ratio >= best_of(fake, grid, limit) * 0.995


@given(
    teeth=st.floats(0.0, 0.9),
    pace=st.floats(0.5, 60.0),
    power=st.floats(0.3, 2.0),
    begin=st.floats(1e-4, 1e4),
    limit=st.floats(1e-8, 1e4),
    coarser=st.sampled_from([0, 1]),
)
def test_whatever_the_error_does_the_answer_meets_the_limit_and_was_evaluated(
    teeth, pace, power, begin, limit, coarser
):
    fake = Fake(lambda v: v**power * (1 + teeth * math.sin(pace * math.log(v))))
    answer = search(fake, Axis(begin, coarser=coarser, **FREE), limit)
    check_contract(fake, answer, limit)
    assert answer.found is not None, "some value has any such error"
    assert len(answer.tried) <= 4 * MOST


@given(
    noise=st.lists(st.floats(1e-6, 1e3), min_size=64, max_size=64),
    limit=st.floats(1e-6, 1e3),
    coarser=st.sampled_from([-1, 0, 1]),
    low=st.integers(0, 30),
    high=st.integers(33, 63),
)
def test_integers_of_any_error_keep_the_contract(noise, limit, coarser, low, high):
    fake = Fake(lambda v: noise[v], lambda v: 1.0 + noise[-v - 1])
    answer = search(fake, Axis((low + high) // 2, low, high, coarser=coarser, whole=True), limit)
    check_contract(fake, answer, limit)
    assert all(low <= trial.value <= high for trial in answer.tried)


@given(limit=st.floats(1e-9, 1.0), swap=st.integers(1, 4), seed=st.integers(0, 10))
def test_integers_whose_order_is_upset_by_neighbours_are_found_by_brute_force_alike(limit, swap, seed):
    """Errors halve with each bit, but for runs of up to five that stand in another order: at the answer all neighbours
    within six are looked at, so that the search finds what brute force does.
    """
    order = np.arange(1, 41)
    generator = np.random.default_rng(seed)
    for first in range(0, 40 - swap, swap + 1):
        generator.shuffle(order[first : first + swap + 1])
    fake = Fake(lambda v: 2.0 ** -float(order[v - 1]), lambda v: 32.0 / v)
    answer = search(fake, Axis(20, 1, 40, coarser=-1, whole=True), limit)
    check_contract(fake, answer, limit)
    best = best_of(fake, range(1, 41), limit)
    assert (answer.found.ratio if answer.found else None) == best


def test_a_limit_that_nobody_reaches_is_said_with_the_best():
    fake = Fake(lambda v: max(v, 0.1))
    answer = search(fake, Axis(1e-3, coarser=1, **FREE), 1e-3)
    check_contract(fake, answer, 1e-3)
    assert answer.found is None
    assert answer.nearest.error == 0.1
    assert len(answer.tried) < 10, "it is seen soon that nothing changes"


def test_settings_that_are_refused_on_the_fine_side_end_the_search_near_the_last_that_is_not():
    fake = Fake(lambda v: v, refused=lambda v: v < 0.05)
    answer = search(fake, Axis(1e-3, coarser=1, **FREE), 1e-3)
    assert answer.found is None
    assert 0.05 <= answer.nearest.error < 0.051
    met = search(Fake(lambda v: v, refused=lambda v: v < 0.05), Axis(1e-3, coarser=1, **FREE), 0.0505)
    assert 0.05 <= met.found.error <= 0.0505


def test_settings_that_are_refused_on_the_coarse_side_are_no_answer():
    fake = Fake(lambda v: v, refused=lambda v: v > 0.05)
    answer = search(fake, Axis(1.0, coarser=1, **FREE), 0.1)
    check_contract(fake, answer, 0.1)
    assert 0.0499 < answer.found.value <= 0.05


@pytest.mark.parametrize("coarser", [-1, 0])
def test_integers_that_are_refused_where_they_cut_nothing_off(coarser):
    """Blosc2 refuses to cut 26 of a float32's 23 bits, and the middle of the range is 26."""
    fake = Fake(lambda v: 2.0**-v, lambda v: 32 / (v + 9), refused=lambda v: v > 22)
    answer = search(fake, Axis(26, 1, 51, coarser=coarser, whole=True), 1e-3)
    check_contract(fake, answer, 1e-3)
    assert answer.found.value == 10
    fine = search(Fake(fake.error, fake.ratio, fake.refused), Axis(26, 1, 51, coarser=coarser, whole=True), 2.0**-23)
    assert fine.found is None
    assert fine.nearest.value == 22


def test_what_always_fails_has_no_answer():
    for axis in (Axis(1.0, coarser=1, **FREE), Axis(1.0, **FREE), Axis(5, 1, 40, whole=True)):
        answer = search(Fake(lambda v: v, refused=lambda _: True), axis, 1.0)
        assert answer.found is None
        assert answer.nearest is None
        assert answer.tried[0].failure == "refused"


def test_the_same_answers_give_the_same_search():
    def run():
        fake = Fake(lambda v: v * (1 + 0.5 * math.sin(9 * math.log(v))))
        return search(fake, Axis(0.3, **FREE), 0.01)

    assert run() == run()


def test_values_have_few_digits_and_lie_on_the_finer_side():
    answer = search(Fake(lambda v: v), Axis(0.00123456789, coarser=1, **FREE), 0.00123456789)
    assert answer.tried[0].value == 0.001234
    assert all(float(f"{trial.value:.3e}") == trial.value for trial in answer.tried)
    falling = search(Fake(lambda v: 10 ** (-v / 20), lambda v: 1 / v), Axis(60.004, 0.0, 1000.0, True, -1), 1e-3)
    assert falling.tried[0].value == 60.01
