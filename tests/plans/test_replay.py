"""The toy machine must see what is wrong: every schedule that is broken on purpose is refused."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wavecomp.errors import ScheduleError
from wavecomp.plans.actions import (
    Forward,
    ForwardKeeping,
    LoadState,
    Reverse,
    SaveState,
    Tape,
    imaged,
)
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import Schedule, mixed, revolve, trajectory


def run(*actions, last=3, every=1, **limits):
    return replay(Schedule("by hand", 1, last, every, actions), **limits)


def test_a_run_by_hand():
    report = run(
        SaveState(1), Forward(1, 2), Tape(2, 3, 1), Reverse(3, 2, 1, "tape"), LoadState(1, False),
        Tape(1, 2, 1, to_last=False), Reverse(2, 1, 1, "tape"),
    )  # fmt: skip
    assert dataclasses.astuple(report) == (2, 1, 1, 0, 0, 1, 2, 1, (2, 1), 0, 0, 0, 0)


def test_places_are_counted():
    report = run(
        SaveState(1, "disk"), Forward(1, 2), SaveState(2, "memory"), Forward(2, 3), Tape(3, 4, 1),
        Reverse(4, 3, 1, "tape"), LoadState(2, False), Tape(2, 3, 1, to_last=False), Reverse(3, 2, 1, "tape"),
        LoadState(1, False), Tape(1, 2, 1, to_last=False), Reverse(2, 1, 1, "tape"), last=4,
    )  # fmt: skip
    assert (report.disk_writes, report.disk_reads) == (1, 1)
    assert (report.memory_states_max, report.disk_states_max, report.states_held_max) == (1, 1, 2)


BROKEN = {
    "the forward run has not come to its end": [Tape(1, 2, 1), Reverse(3, 1, 1, "tape")],
    "is not on the tape": [Forward(1, 2), Tape(2, 3, 1), Reverse(3, 1, 1, "tape")],
    "is not in the store": [ForwardKeeping(1, 2, 1), Forward(2, 3), Reverse(3, 1, 1, "store")],
    "the state at step 2 is needed": [Forward(2, 3)],
    "beyond the end": [Forward(1, 4)],
    "nothing to advance": [Forward(1, 1)],
    "nothing to tape": [Tape(1, 1, 1)],
    "the tape begins at step 2": [Tape(2, 3, 1)],
    "no state at step 2": [LoadState(2, False)],
    "state at step 1 is in the store already": [SaveState(1), SaveState(1)],
    "level 1 is in the store already": [SaveState(1), ForwardKeeping(1, 2, 1), LoadState(1, True),
                                         ForwardKeeping(1, 2, 1)],
    "adjoint stands at step 2, not at 3": [Tape(1, 3, 1), Reverse(3, 2, 1, "tape"), Reverse(3, 2, 1, "tape")],
    "adjoint ends at step 2, not at 1": [Tape(1, 3, 1), Reverse(3, 2, 1, "tape")],
    "adjoint stands at step 1, not at 1": [Tape(1, 3, 1), Reverse(3, 1, 1, "tape"), Reverse(1, 0, 1, "tape")],
    "every is 2": [Tape(1, 3, 2), Reverse(3, 1, 2, "tape")],
    "still holds": [SaveState(1), Tape(1, 3, 1), Reverse(3, 1, 1, "tape")],
}  # fmt: skip


@pytest.mark.parametrize("complaint", BROKEN)
def test_each_complaint(complaint):
    with pytest.raises(ScheduleError, match=complaint):
        run(*BROKEN[complaint])


def test_slots_and_levels_are_counted():
    replay(revolve(20, 3), max_states=3, max_levels=6)
    with pytest.raises(ScheduleError, match="3 states in 2 slots"):
        replay(revolve(20, 3), max_states=2)
    with pytest.raises(ScheduleError, match="6 levels held, 5 allowed"):
        replay(revolve(20, 3), max_levels=5)
    with pytest.raises(ScheduleError, match="5 levels held, 4 allowed"):
        replay(trajectory(20, 4), max_levels=4)


MAKERS = st.sampled_from([
    lambda steps, every: revolve(steps, 3, every),
    lambda steps, every: mixed(steps, 5, every),
    lambda steps, every: mixed(steps, 8, every),
    trajectory,
])  # fmt: skip


@given(MAKERS, st.integers(8, 40), st.integers(1, 3), st.data())
def test_leaving_out_an_action_is_seen(make, steps, every, data):
    schedule = make(steps, every)
    actions = list(schedule)
    where = data.draw(st.integers(0, len(actions) - 1))
    del actions[where]
    with pytest.raises(ScheduleError):
        replay(dataclasses.replace(schedule, actions=tuple(actions)))


@given(MAKERS, st.integers(8, 40), st.integers(1, 3), st.data())
def test_doing_an_action_twice_is_seen(make, steps, every, data):
    schedule = make(steps, every)
    actions = list(schedule)
    where = data.draw(st.integers(0, len(actions) - 1))
    # A state that stays may be loaded again, a tape laid again where it took no step: a waste, no error.
    assume(not (isinstance(actions[where], LoadState) and actions[where].keep))
    assume(not isinstance(actions[where], Tape))
    actions.insert(where, actions[where])
    with pytest.raises(ScheduleError):
        replay(dataclasses.replace(schedule, actions=tuple(actions)))


@given(MAKERS, st.integers(8, 40), st.integers(1, 3), st.data())
def test_a_number_that_is_off_by_one_is_seen(make, steps, every, data):
    schedule = make(steps, every)
    actions = list(schedule)
    where = data.draw(st.integers(0, len(actions) - 1))
    action = actions[where]
    names = [field.name for field in dataclasses.fields(action) if field.name in ("first", "last", "step")]
    name = data.draw(st.sampled_from(names))
    by = data.draw(st.sampled_from([-1, 1]))
    changed = dataclasses.replace(action, **{name: getattr(action, name) + by})
    # Two changes are right as well: a tape that holds the same levels or more, and to begin one with the state a step
    # ahead.
    if isinstance(action, Tape):
        assume(changed.kept != action.kept or changed.reach != action.reach)
        assume(not set(changed.kept) > set(action.kept))
    if where + 1 < len(actions) and isinstance(actions[where + 1], Tape):
        assume((name, by) != ("last", 1))
    actions[where] = changed
    with pytest.raises(ScheduleError):
        replay(dataclasses.replace(schedule, actions=tuple(actions)))


@given(MAKERS, st.integers(8, 40), st.integers(1, 3), st.data())
def test_dropping_a_state_too_early_is_seen_and_never_dropping_it_too(make, steps, every, data):
    schedule = make(steps, every)
    actions = list(schedule)
    loads = [n for n, action in enumerate(actions) if isinstance(action, LoadState)]
    assume(loads)
    where = data.draw(st.sampled_from(loads))
    actions[where] = LoadState(actions[where].step, not actions[where].keep)
    with pytest.raises(ScheduleError):
        replay(dataclasses.replace(schedule, actions=tuple(actions)))


@given(st.integers(8, 40), st.data())
def test_a_swap_is_seen(steps, data):
    actions = list(revolve(steps, 3))
    where = data.draw(st.integers(0, len(actions) - 2))
    actions[where], actions[where + 1] = actions[where + 1], actions[where]
    with pytest.raises(ScheduleError):
        replay(Schedule("swapped", 1, 1 + steps, 1, tuple(actions)))


def test_the_complaint_names_the_action():
    with pytest.raises(ScheduleError, match=r"action 1 of by hand, Forward\(first=3, last=4\): the state at step 3"):
        run(Forward(1, 2), Forward(3, 4), last=5)


def test_imaged_steps_of_a_subsampled_run():
    assert replay(trajectory(10, 3)).imaged == tuple(imaged(1, 11, 3)[::-1]) == (9, 6, 3)
