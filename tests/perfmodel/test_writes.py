from __future__ import annotations

from functools import cache

import checkpoint_schedules
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import SCHEDULES, reads, traffic_by_slot, writes
from wavecomp.plans.actions import LoadState, SaveState
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import revolve


@cache
def least_writes(steps, slots, stored=False):
    """Fewest states stored by any schedule that reaches p(N, M)."""
    if steps == 1:
        return 0
    if slots == 1:
        return int(not stored)
    p = np.asarray(recomputed_steps(steps, slots))
    k = np.arange(1, steps)
    optimal = k[k + recomputed_steps(k, slots) + recomputed_steps(steps - k, slots - 1) == p]
    return int(not stored) + min(
        least_writes(steps - int(k), slots - 1) + least_writes(int(k), slots, stored=True) for k in optimal
    )


def theirs(schedule):
    found = 0
    for action in schedule:
        if isinstance(action, checkpoint_schedules.Forward):
            found += action.write_ics
        if isinstance(action, checkpoint_schedules.EndReverse):
            return found
    raise AssertionError("their schedule has no end")


def test_the_two_schedules_of_2526_steps_and_60_slots():
    assert writes(2526, 60, "fewest") == 1830
    assert writes(2526, 60, "greatest") == 2453


def test_fewest_is_the_least_of_all_optimal_schedules():
    n, m = np.mgrid[1:41, 1:11]
    assert writes(n, m).tolist() == [[least_writes(a, b) for b in range(1, 11)] for a in range(1, 41)]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_closed_forms_are_what_is_counted(schedule):
    for steps in (*range(1, 60), 500, 1891, 1892, 3721, 3722, 12_345):
        for slots in (*range(1, 12), 60, 61, 12_344):
            written, read = traffic_by_slot(steps, slots, schedule)
            assert written.sum() == writes(steps, slots, schedule), (steps, slots)
            assert read.sum() == reads(steps) == steps - 1, (steps, slots)


@given(st.integers(2, 100_000), st.integers(1, 300), st.sampled_from(SCHEDULES))
def test_closed_forms_are_what_is_counted_at_any_size(steps, slots, schedule):
    written, read = traffic_by_slot(steps, slots, schedule)
    assert written.sum() == writes(steps, slots, schedule)
    assert read.sum() == steps - 1


@pytest.mark.parametrize(("steps", "slots"), [(1, 1), (2, 1), (10, 3), (40, 50), (100, 5), (333, 12), (2526, 60)])
def test_schedules_that_are_run(steps, slots):
    report = replay(revolve(steps, slots))
    assert report.state_writes == writes(steps, slots, "fewest")
    assert report.state_reads == reads(steps)


@pytest.mark.parametrize(("steps", "slots"), [(10, 3), (100, 5), (333, 12), (2526, 60), (2526, 7), (1000, 300)])
@pytest.mark.parametrize("trajectory", ["maximum", "revolve"])
def test_fewest_is_what_their_multistage_schedule_writes(steps, slots, trajectory):
    schedule = checkpoint_schedules.MultistageCheckpointSchedule(steps, slots, 0, trajectory=trajectory)
    assert theirs(schedule) == writes(steps, slots, "fewest")


@pytest.mark.parametrize(("steps", "slots"), [(5, 2), (50, 3), (80, 5), (100, 5), (120, 12), (200, 7)])
@pytest.mark.parametrize("name", ["Revolve", "HRevolve"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_greatest_is_what_their_revolve_writes(steps, slots, name):
    """Revolve and HRevolve with no disk; they are planned by tables, hence the small numbers."""
    more = (0,) if name == "HRevolve" else ()
    assert theirs(getattr(checkpoint_schedules, name)(steps, slots, *more)) == writes(steps, slots, "greatest")


@pytest.mark.parametrize(("steps", "slots"), [(10, 3), (100, 5), (631, 19)])
def test_what_pyrevolve_writes(steps, slots):
    crevolve = pytest.importorskip("pyrevolve.crevolve")
    schedule, written = crevolve.CRevolve(slots, steps, None), 0
    while (action := schedule.revolve()) != crevolve.Action.terminate:
        written += action == crevolve.Action.takeshot
    assert written == writes(steps, slots, "fewest")


@given(st.integers(1, 400), st.integers(1, 30))
def test_slots_as_they_are_run(steps, slots):
    """On the schedule itself: a stack, whose height is the slot that is written or read."""
    written, read, stack = np.zeros(slots, int), np.zeros(slots, int), []
    for action in revolve(steps, slots):
        if isinstance(action, SaveState):
            written[len(stack)] += 1
            stack.append(action.step)
        if isinstance(action, LoadState):
            assert stack[-1] == action.step
            read[len(stack) - 1] += 1
            if not action.keep:
                stack.pop()
    counted = traffic_by_slot(steps, slots)
    assert counted[0].tolist() == written.tolist()
    assert counted[1].tolist() == read.tolist()


@given(st.integers(1, 10**7), st.integers(1, 10**6))
def test_no_schedule_writes_less_than_the_one_named_so(steps, slots):
    few, many = writes(steps, slots, "fewest"), writes(steps, slots, "greatest")
    assert min(steps - 1, slots, 1) <= few <= many <= max(steps - 1, 0)


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=4), st.lists(st.integers(1, 900), min_size=1, max_size=4))
def test_arrays_are_loops(steps, slots):
    for schedule in SCHEDULES:
        grid = writes(np.array(steps)[:, None], slots, schedule)
        assert grid.dtype == np.int64
        assert grid.tolist() == [[int(writes(n, m, schedule)) for m in slots] for n in steps]


def test_a_name_that_no_schedule_has():
    with pytest.raises(OutsideTheModel, match="schedule = least: one of fewest, greatest is needed"):
        writes(10, 3, "least")
