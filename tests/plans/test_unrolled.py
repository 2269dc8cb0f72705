"""A schedule laid out in time has the counts that the toy machine finds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import Schedule, mixed, revolve, store_all, trajectory
from wavecomp.plans.unrolled import Stretch, unroll

MADE = {
    "store-all": lambda steps, _slots, every: store_all(steps, every),
    "trajectory": lambda steps, _slots, every: trajectory(steps, every),
    "revolve": lambda steps, slots, every: revolve(steps, slots, every),
    "mixed": lambda steps, slots, every: mixed(steps, 2 * slots, every),
}


def agrees(schedule: Schedule) -> None:
    counted, seen = replay(schedule), unroll(schedule)
    kinds = Counter(one.kind for one in seen.held)
    assert seen.forward_steps == counted.forward_steps
    assert seen.wall_steps == counted.forward_steps + schedule.steps
    assert sum(stretch.first - stretch.last for stretch in seen.backward) == schedule.steps
    assert kinds["state"] == counted.state_writes
    assert kinds["level"] == counted.level_writes
    assert sum(len(one.reads) for one in seen.held if one.kind == "state") == counted.state_reads
    assert seen.held_at_once("state") == counted.states_held_max
    assert {one.step for one in seen.held if one.kind != "state"} <= set(counted.imaged)


@given(st.sampled_from(sorted(MADE)), st.integers(2, 70), st.integers(1, 9), st.integers(1, 3))
def test_it_counts_what_the_replay_counts(name, steps, slots, every):
    agrees(MADE[name](max(steps, every), slots, every))


def test_nothing_happens_twice_at_one_time():
    """Stretches follow one another without gap or overlap: each unit of the wall clock is one step."""
    seen = unroll(revolve(40, 4))
    ends = sorted((one.begun, one.begun + abs(one.last - one.first)) for one in (*seen.forward, *seen.backward))
    assert ends[0][0] == 0
    assert ends[-1][1] == seen.wall_steps
    assert all(before[1] == after[0] for before, after in pairwise(ends))


def test_small_ones_by_hand():
    everything = unroll(store_all(3))
    assert everything.forward == (Stretch(0, 1, 4),)
    assert everything.backward == (Stretch(3, 4, 1),)
    # u[3] is imaged one step after the turn, u[1] at the end.
    assert [(one.step, one.written, one.dropped) for one in everything.held] == [(3, 2, 4), (2, 1, 5), (1, 0, 6)]
    one_slot = unroll(revolve(3, 1))
    # Advanced to the end (3), back to 2 again (1), and not at all for the last level.
    assert one_slot.forward_steps == 4
    (state,) = [one for one in one_slot.held if one.kind == "state"]
    assert (state.step, state.written, state.reads) == (1, 0, (4, 6))


@pytest.mark.parametrize("slots", [1, 3, 50])
def test_a_state_is_held_from_its_writing_on(slots):
    for one in unroll(revolve(30, slots)).held:
        assert one.written <= one.reads[0]
        assert one.reads[-1] == one.dropped
