from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.runs import (
    Costs,
    imaged_levels,
    revolve_calls,
    revolve_run_seconds,
    spaced_forward_steps,
    store_all_run_seconds,
    trajectory_bytes,
    trajectory_run_seconds,
)
from wavecomp.plans.actions import Forward, Reverse, Tape, imaged
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import revolve

RUNS = st.tuples(st.integers(1, 150), st.integers(1, 9), st.integers(0, 9), st.integers(1, 40))
COSTS = Costs(
    forward_step_seconds=2.0**-6,
    adjoint_step_seconds=2.0**-5,
    imaging_seconds=2.0**-8,
    call_seconds=2.0**-10,
    copy_seconds_per_byte=2.0**-30,
    compress_seconds_per_byte=2.0**-28,
    decompress_seconds_per_byte=2.0**-29,
    ratio=8.0,
)


def possible(run):
    steps, every, first, _ = run
    assume(imaged(first, first + steps, every))
    return run


@given(RUNS)
def test_counts_are_those_of_the_schedule_that_is_run(run):
    """Forward steps, levels, and calls: advances, and the tape's where it goes on from where the state is."""
    steps, every, first, slots = possible(run)
    schedule = revolve(steps, slots, every, first=first)
    report = replay(schedule, max_states=slots)
    assert imaged_levels(steps, every, first=first) == len(report.imaged)
    assert spaced_forward_steps(steps, slots, every, first=first) == report.forward_steps
    calls = sum(isinstance(action, Forward) for action in schedule)
    calls += sum(isinstance(action, Tape) and action.to_last for action in schedule)
    assert revolve_calls(steps, every, first=first) == calls
    assert sum(isinstance(action, Reverse) for action in schedule) == len(report.imaged)


@given(RUNS)
def test_the_time_of_revolve_is_that_of_its_actions(run):
    """Every count taken from the schedule and priced one by one."""
    steps, every, _, slots = run
    assume(imaged(1, 1 + steps, every))
    report, schedule, size = replay(revolve(steps, slots, every)), revolve(steps, slots, every), 2**20
    calls = sum(
        isinstance(action, Forward | Reverse) or (isinstance(action, Tape) and action.to_last) for action in schedule
    )
    expected = (
        report.forward_steps * COSTS.forward_step_seconds
        + steps * COSTS.adjoint_step_seconds
        + len(report.imaged) * COSTS.imaging_seconds
        + calls * COSTS.call_seconds
        + report.state_writes * size * (COSTS.copy_seconds_per_byte / 8 + COSTS.compress_seconds_per_byte)
        + report.state_reads * size * (COSTS.copy_seconds_per_byte / 8 + COSTS.decompress_seconds_per_byte)
    )
    assert revolve_run_seconds(steps, slots, size, COSTS, every=every) == pytest.approx(expected, rel=1e-13)


def test_what_is_kept_whole_written_out():
    """10 steps, every second level: 5 levels (2, 4, 6, 8, 10), of 2**20 bytes."""
    sweeps = 10 * (2**-6 + 2**-5) + 5 * 2**-8 + 10 * 2**-10
    assert store_all_run_seconds(10, 2**20, COSTS, every=2) == sweeps + 5 * 2**-10
    expected = sweeps + 5 * (2 * 2**-13 + 2**-8 + 2**-9)
    assert trajectory_run_seconds(10, 2**20, COSTS, every=2) == expected
    assert trajectory_bytes(10, 2**20, 8, every=2) == 5 * 2**17


@given(st.integers(20, 500), st.integers(1, 8))
def test_a_larger_step_of_imaging_is_never_slower(steps, every):
    for time in (store_all_run_seconds, trajectory_run_seconds):
        assert time(steps, 1e6, COSTS, every=every + 1) <= time(steps, 1e6, COSTS, every=every)


@given(st.integers(1, 3000), st.integers(1, 300))
def test_restarts_cost_the_same_with_any_number_of_slots(steps, slots):
    """Each level is a leaf of the schedule's tree, and a tree with so many leaves has one split less."""
    free = replace(COSTS, call_seconds=0.0)
    dearer = [revolve_run_seconds(steps, [slots, slots + 1], 1e6, costs) for costs in (free, COSTS)]
    assert np.diff(dearer[1] - dearer[0]) == pytest.approx(0, abs=1e-12 * dearer[1].max())


def test_costs_may_be_arrays():
    grid = revolve_run_seconds(
        np.array([100, 200])[:, None], [3, 5, 7], 1e6, replace(COSTS, ratio=np.array([1.0, 4.0, 9.0])), every=2
    )
    loops = [
        [float(revolve_run_seconds(n, m, 1e6, replace(COSTS, ratio=f), every=2)) for m, f in ((3, 1), (5, 4), (7, 9))]
        for n in (100, 200)
    ]
    assert grid.tolist() == loops


def test_what_makes_no_sense():
    with pytest.raises(OutsideTheModel, match="every = 7: nothing would be imaged; any number up to 5 images"):
        imaged_levels(5, 7)
    with pytest.raises(OutsideTheModel, match="adjoint_step_seconds = 0: a finite number above 0"):
        store_all_run_seconds(5, 1, replace(COSTS, adjoint_step_seconds=0))
    with pytest.raises(OutsideTheModel, match="call_seconds = -1"):
        revolve_run_seconds(5, 1, 1, replace(COSTS, call_seconds=-1))
    with pytest.raises(OutsideTheModel, match="ratio = 0"):
        trajectory_run_seconds(5, 1, replace(COSTS, ratio=0))
