"""The run that is only counted against the machine's own, on integers: same spans, same counts, same bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integers import Integers
from wavecomp.adjoint.reversal import Reversal
from wavecomp.errors import BudgetExceeded, CheckpointTooLarge, ScheduleError, SlotsTooLarge, UnsupportedStrategy
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.strategies import parse_strategy

TEXTS = st.one_of(
    st.builds("store-all:every={}".format, st.integers(1, 4)),
    st.builds("trajectory:every={}".format, st.integers(1, 4)),
    st.builds("trajectory:every={},overlap".format, st.integers(1, 4)),
    st.builds("trajectory:every={},tier=disk".format, st.integers(1, 4)),
    st.builds("revolve:slots={},every={}".format, st.integers(1, 9), st.integers(1, 4)),
    st.builds("revolve:slots={},tier=disk".format, st.integers(1, 9)),
    st.builds("mixed:levels={},every={}".format, st.integers(2, 15), st.integers(1, 4)),
    st.builds("mixed:levels={},overlap".format, st.integers(2, 15)),
)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, first=st.integers(0, 2), steps=st.integers(4, 60), in_buffers=st.integers(0, 2))
def test_what_is_counted_is_what_is_done(text, first, steps, in_buffers, tmp_path_factory):
    code = Integers(first, first + steps, in_buffers)
    strategy = parse_strategy(text)
    sizes = ProblemSizes.of(code)
    run = Reversal(code).run(strategy, traced=True)
    seen = virtual_run(strategy, sizes)
    assert (seen.forward_steps, seen.writes, seen.reads) == (run.forward_steps, run.writes, run.reads)
    assert seen.held == run.checkpoints_held
    assert (seen.store_bytes, seen.disk_bytes) == (run.peak_store_bytes, run.peak_disk_bytes)
    assert seen.peak_bytes == run.peak_checkpoint_bytes
    assert [span[:3] for span in seen.spans] == [span[:3] for span in run.timeline]
    assert len(seen.charges) == len(seen.spans)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["revolve", "mixed", "mixed:every=3", "revolve:every=2"]),
    steps=st.integers(4, 40),
    budget=st.integers(4096, 120_000),
)
def test_a_budget_gives_the_plan_that_is_run(name, steps, budget):
    code = Integers(1, 1 + steps, 2)
    strategy, sizes = parse_strategy(name), ProblemSizes.of(code)
    try:
        run = Reversal(code).run(strategy, budget_bytes=budget)
    except (CheckpointTooLarge, SlotsTooLarge, ScheduleError) as error:
        with pytest.raises(type(error)):
            virtual_run(strategy, sizes, budget_bytes=budget)
        return
    except BudgetExceeded:
        # Of objects of eight bytes the bookkeeping is all: what is foreseen is that it is too much.
        assert virtual_run(strategy, sizes, budget_bytes=budget).peak_bytes > budget
        return
    seen = virtual_run(strategy, sizes, budget_bytes=budget)
    assert seen.peak_bytes <= budget
    assert (seen.forward_steps, seen.writes, seen.peak_bytes) == (
        run.forward_steps,
        run.writes,
        run.peak_checkpoint_bytes,
    )


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from(["adaptive", "adaptive:every=2", "adaptive:steps=unknown", "adaptive:ratio=2", "planned"]),
    steps=st.integers(4, 60),
    budget=st.integers(2000, 30_000),
)
def test_a_schedule_that_is_made_up_as_it_goes_hears_of_the_same_sizes(text, steps, budget):
    code = Integers(1, 1 + steps, 2)
    strategy, sizes = parse_strategy(text), ProblemSizes.of(code)
    try:
        run = Reversal(code).run(strategy, budget_bytes=budget, traced=True)
    except (BudgetExceeded, SlotsTooLarge, ScheduleError) as error:
        with pytest.raises(type(error)):
            virtual_run(strategy, sizes, budget_bytes=budget)
        return
    seen = virtual_run(strategy, sizes, budget_bytes=budget)
    assert (seen.forward_steps, seen.writes, seen.reads) == (run.forward_steps, run.writes, run.reads)
    assert seen.peak_bytes == run.peak_checkpoint_bytes
    assert [span[:3] for span in seen.spans] == [span[:3] for span in run.timeline]


def test_two_tiers_and_an_open_step_are_refused():
    sizes = ProblemSizes.of(Integers(1, 9, 2))
    with pytest.raises(UnsupportedStrategy, match="tier=two"):
        virtual_run(parse_strategy("trajectory:tier=two"), sizes)
    with pytest.raises(UnsupportedStrategy, match="every=auto"):
        virtual_run(parse_strategy("trajectory:every=auto"), sizes)


def test_charges_tell_apart_what_prices_tell_apart():
    sizes = ProblemSizes.of(Integers(1, 20, 2))
    tasks = {charge.task for charge in virtual_run(parse_strategy("mixed:levels=6,every=2"), sizes).charges if charge}
    assert {"record", "forward", "keep:store", "save", "load", "down:apart", "image:apart:live"} <= tasks
    assert not any(":each" in task for task in tasks)
    tasks = {charge.task for charge in virtual_run(parse_strategy("store-all"), sizes).charges if charge}
    assert tasks == {"record", "keep:tape", "down:each", "image:each:tape", "image:each:live"}
