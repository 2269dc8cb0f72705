"""Schedules that are made up as they go, on time-stepping codes with a real store: integers, and a code in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integers import Integers
from wavecomp.adjoint.reversal import Reversal
from wavecomp.adjoint.step_code import StepCode
from wavecomp.errors import CheckpointTooLarge, SpecError
from wavecomp.plans.strategies import parse_strategy

TEXTS = ("adaptive:every={every}", "adaptive:every={every},steps=unknown,ratio=3", "planned:every={every}")


@settings(deadline=None, max_examples=25)
@given(
    text=st.sampled_from(TEXTS),
    first=st.integers(0, 3),
    steps=st.integers(1, 40),
    every=st.integers(1, 4),
    room=st.integers(9_000, 40_000),
    in_buffers=st.sampled_from([0, 1, 2]),
)
def test_every_level_is_imaged_once_and_the_budget_is_kept(text, first, steps, every, room, in_buffers):
    """As for the finished schedules: Σ n² over the imaged n is known; the second run of ``planned`` knows sizes."""
    code = Integers(first, first + steps, in_buffers)
    imaged = [n for n in range(first, first + steps) if n % every == 0]
    if not imaged:
        return
    reversal = Reversal(code)
    for _ in range(2):
        run = reversal.run(parse_strategy(text.format(every=every)), budget_bytes=room)
        assert code.imaged == imaged[::-1]
        assert run.gradient == every * sum(n**2 for n in imaged)
        assert run.forward_steps == code.forward_steps
        assert run.peak_checkpoint_bytes <= room


def pulse():
    """A pulse that spreads over a quiet line, some way further at each step: states compress well at first alone."""
    start = np.zeros(3000)
    start[1500] = 1.0
    rate = np.linspace(0.1, 0.2, 3000)

    def step(n, u):
        u += rate * (np.roll(u, 7) - 2 * u + np.roll(u, -7))

    def back(n, u, a, g):
        g += a * (np.roll(u, 7) - 2 * u + np.roll(u, -7))
        scaled = rate * a
        a += np.roll(scaled, 7) - 2 * scaled + np.roll(scaled, -7)

    return StepCode(start, 60, step, back, lambda u: (0.5 * float(np.sum(u**2)), u.copy()))


@pytest.mark.parametrize("text", ["adaptive", "adaptive:steps=unknown", "planned"])
def test_the_gradient_has_the_bits_of_store_all(text):
    """With a lossless compressor; under a budget of a tenth of all states, which holds more of the small ones."""
    code = pulse()
    reversal, budget = Reversal(code), 60 * code.state_bytes // 10
    exact = reversal.run(parse_strategy("store-all"))
    for _ in range(2):
        run = reversal.run(parse_strategy(f"{text}/zfp:reversible"), budget_bytes=budget)
        assert run.gradient.tobytes() == exact.gradient.tobytes()
        assert run.peak_checkpoint_bytes <= budget
        assert run.checkpoints_held > 6
        assert run.writes == len(run.checkpoint_ratios)
    assert run.forward_steps < reversal.run(parse_strategy("revolve:slots=6")).forward_steps


def test_the_first_state_must_fit():
    with pytest.raises(CheckpointTooLarge, match="alone exceed"):
        Reversal(Integers(0, 9, 2)).run(parse_strategy("adaptive"), budget_bytes=500)


@pytest.mark.parametrize("text", ["adaptive:tier=disk", "planned:tier=two", "planned:ratio=2"])
def test_what_makes_no_sense_is_refused(text):
    with pytest.raises(SpecError, match="unknown key"):
        parse_strategy(text)


def test_the_first_run_of_planned_is_called_what_it_is():
    reversal = Reversal(Integers(0, 30, 2))
    names = [reversal.run(parse_strategy("planned"), budget_bytes=9000).strategy for _ in range(2)]
    assert names == ["adaptive/identity", "planned/identity"]


def test_sizes_of_any_run_with_states_serve_planned():
    reversal = Reversal(Integers(0, 30, 2))
    reversal.run(parse_strategy("revolve:slots=4"), budget_bytes=90_000)
    assert reversal.run(parse_strategy("planned"), budget_bytes=9000).strategy == "planned/identity"
    assert reversal.run(parse_strategy("planned"), series=1, budget_bytes=9000).strategy == "adaptive/identity"
