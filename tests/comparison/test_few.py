"""The search of few questions: near the limit within a handful, and never an answer that was not evaluated."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.comparison.few import MOST, NEAR, Scale, few_questions
from wavecomp.comparison.trials import Trial

BITS = Scale(math.log(2.0), True, 1, 64)


def run(error, scale=Scale(), start=1e-3, limit=1e-3, refused=lambda _: False):  # noqa: B008 (frozen)
    asking = few_questions(scale, start, limit)
    asked = []
    value = next(asking)
    while True:
        asked.append(value)
        trial = Trial(value, math.inf, 0.0, "no") if refused(value) else Trial(value, error(value), 1.0 + value)
        try:
            value = asking.send(trial)
        except StopIteration as end:
            answer = end.value
            break
    assert asked == [trial.value for trial in answer.tried]
    assert len({*asked}) == len(asked) <= MOST
    meeting = [trial for trial in answer.tried if not trial.failure and trial.error <= limit]
    assert (answer.found in meeting) if meeting else answer.found is None
    return answer


@pytest.mark.parametrize("slope", [0.02, 0.3, 1.0, 30.0])
def test_a_linear_error_takes_two_gradients(slope):
    """From one gradient the linear relation gives the tolerance at which the error is 0.95 of the limit."""
    answer = run(lambda value: slope * value)
    assert len(answer.tried) <= 2
    assert NEAR * 1e-3 <= answer.found.error <= 1e-3


@given(power=st.floats(0.5, 2.0), factor=st.floats(0.03, 30.0), limit=st.floats(1e-6, 1e-1))
def test_a_power_takes_few(power, factor, limit):
    """The second gradient is at most a factor of 1e3 away, the third knows the slope, the rest close what is left."""
    answer = run(lambda value: factor * value**power, start=limit, limit=limit)
    assert NEAR * limit <= answer.found.error <= limit
    assert len(answer.tried) <= 6


def test_steps_end_when_the_gap_is_narrow():
    answer = run(lambda value: 0.3 * 2 ** math.floor(math.log2(value)))
    assert 0.5e-3 <= answer.found.error <= 1e-3, "a step less than the limit"
    assert len(answer.tried) <= 5


@given(noise=st.lists(st.floats(1e-9, 1e3), min_size=MOST, max_size=MOST), limit=st.floats(1e-6, 1.0))
def test_whatever_the_error_does_the_contract_holds(noise, limit):
    errors = iter(noise)
    run(lambda _: next(errors), limit=limit)


def test_a_floor_above_the_limit_is_seen_soon():
    """Leaving levels out alone costs more than was allowed: no tolerance mends that."""
    answer = run(lambda value: math.hypot(value, 5e-3))
    assert answer.found is None
    assert answer.nearest.error == pytest.approx(5e-3, rel=0.01)
    assert len(answer.tried) <= 4


def test_bits_and_walls():
    assert run(lambda v: 3 * 2.0**-v, BITS, start=11).found.value == 12
    wall = run(lambda v: 0.3 * v, start=3e-2, limit=3.3e-3, refused=lambda v: v < 1e-2)
    assert 0.01 <= wall.found.value <= 0.011
    assert run(lambda _: 0.0, refused=lambda _: True).found is None
