"""Codes in NumPy: their gradient has the same bits whatever is kept, and is a gradient."""

from __future__ import annotations

import numpy as np
import pytest
from adjoint.honest import Logistic, Wave
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.adjoint import Reversal
from wavecomp.adjoint.bare import bare_sweeps
from wavecomp.errors import BudgetExceeded, SlotsTooLarge, UnsupportedStrategy
from wavecomp.plans.strategies import parse_strategy

PLACED = ("h-revolve", "disk-revolve", "periodic-disk-revolve", "two-level")
LOSSLESS = ("identity", "zfp:reversible", "blosc2:codec=lz4,level=5,shuffle=shuffle")


@st.composite
def texts(draw):
    compressor = draw(st.sampled_from(LOSSLESS))
    head = draw(
        st.one_of(
            st.just("trajectory"),
            st.just("trajectory:overlap"),
            st.just("trajectory:tier=disk"),
            st.integers(1, 12).map(lambda n: f"revolve:slots={n}"),
            st.integers(4, 20).map(lambda n: f"mixed:levels={n}"),
            st.tuples(st.sampled_from(PLACED), st.integers(1, 5), st.sampled_from(["", ",async"])).map(
                lambda parts: f"{parts[0]}:slots={parts[1]}{parts[2]}"
            ),
        )
    )
    return f"{head}/{compressor}"


@settings(max_examples=60, deadline=None)
@given(texts(), st.sampled_from(["float32", "float64"]), st.integers(1, 14), st.booleans())
def test_nothing_lost_means_the_same_bits(text, dtype, steps, linear):
    code = Wave(steps=steps + 1) if linear else Logistic((5, 4), steps, dtype)
    bench = Reversal(code)
    exact, run = bench.run(parse_strategy("store-all")), bench.run(parse_strategy(text))
    np.testing.assert_array_equal(run.gradient, exact.gradient)
    assert run.misfit == exact.misfit


@pytest.mark.parametrize(("make", "parameter"), [(Logistic, "rate"), (Wave, "m")])
def test_the_gradient_is_that_of_the_misfit(make, parameter):
    """J(p + h d) − J(p − h d) misses 2 h g·d by O(h³): a hundredth of the step leaves a millionth, down to rounding."""
    code = make()
    here = getattr(code, parameter).copy()
    gradient = Reversal(code).run(parse_strategy("revolve:slots=2")).gradient
    direction = np.random.default_rng(3).standard_normal(here.shape)

    def misfit(size):
        setattr(code, parameter, here + size * direction)
        code.rest()
        code.forward(code.first, code.last, record=True)
        return code.begin_reversal()

    left = [abs(misfit(h) - misfit(-h) - 2 * h * np.sum(gradient * direction)) for h in (1e-2, 1e-3)]
    assert 2.9 < np.log10(left[0] / left[1]) < 3.1


def test_levels_that_are_read_at_each_step_cannot_be_left_out():
    with pytest.raises(UnsupportedStrategy, match="every=2: Logistic reads its level at every step"):
        Reversal(Logistic()).run(parse_strategy("trajectory:every=2"))


def test_a_budget_is_kept_or_refused():
    code = Logistic((40, 40), 30)
    exact = Reversal(code).run(parse_strategy("store-all"))
    budget = 8 * code.state_bytes
    run = Reversal(code).run(parse_strategy("mixed"), budget_bytes=budget)
    np.testing.assert_array_equal(run.gradient, exact.gradient)
    assert run.peak_checkpoint_bytes <= budget
    assert run.forward_steps > exact.forward_steps
    with pytest.raises((BudgetExceeded, SlotsTooLarge)):
        Reversal(code).run(parse_strategy("trajectory/identity"), budget_bytes=budget)


@pytest.mark.parametrize(("make", "one_level"), [(Logistic, True), (Wave, False)])
def test_bare_sweeps_take_every_step_both_ways(make, one_level):
    class Counting(make):
        forth, back, given = 0, 0, ()

        def forward(self, first, last, *, record):
            self.forth += last - first
            super().forward(first, last, record=record)

        def reverse(self, step, level):
            self.back += 1
            self.given = (*self.given, None if level is None else level[0].tobytes())
            super().reverse(step, level)

    code = Counting()
    found = bare_sweeps(code)
    assert found.one_level == one_level
    assert code.forth == code.back == code.last - code.first
    assert len({*code.given}) == 1
    assert (code.given[0] is None) == (not one_level)
    assert found.run.seconds.compress == found.run.seconds.decompress == 0.0
