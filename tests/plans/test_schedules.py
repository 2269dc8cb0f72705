from __future__ import annotations

import warnings
from functools import cache

import checkpoint_schedules
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wavecomp.errors import ScheduleError
from wavecomp.plans.actions import Forward, imaged
from wavecomp.plans.binomial import recomputed_steps
from wavecomp.plans.paired import TAPE, paired_steps
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import mixed, revolve, store_all, trajectory

# --- independent answers: recurrences tried out in full --------------------------------------------------------------


@cache
def least_recomputed(steps, slots):
    """p(N, M) from its definition."""
    if steps == 1:
        return 0
    if slots == 1:
        return steps * (steps - 1) // 2
    return min(k + least_recomputed(k, slots) + least_recomputed(steps - k, slots - 1) for k in range(1, steps))


@cache
def least_writes(steps, slots, stored=False):
    """Fewest states stored by any schedule that reaches p(N, M)."""
    if steps == 1:
        return 0
    if slots == 1:
        return int(not stored)
    optimal = [
        k
        for k in range(1, steps)
        if k + least_recomputed(k, slots) + least_recomputed(steps - k, slots - 1) == least_recomputed(steps, slots)
    ]
    return int(not stored) + min(
        least_writes(steps - k, slots - 1) + least_writes(k, slots, stored=True) for k in optimal
    )


@cache
def least_paired(levels, slots):
    """F(n, s) of schedules_mixed from its recurrence."""
    if levels <= TAPE:
        return max(levels - 1, 0)
    costs = [levels - 1 + least_paired(levels - TAPE, slots)]
    if slots:
        costs += [i + least_paired(levels - i, slots - 1) + least_paired(i - 1, slots) for i in range(1, levels)]
    return min(costs)


@cache
def least_sized(steps, levels, state=2, tape=1):
    """H(n, m) of schedules_sized from its recurrence."""
    if steps <= tape:
        return steps - 1
    costs = [10**9]
    if levels >= 1:
        costs.append(1 + least_sized(steps - 1, levels - 1, state, tape))
    if levels >= state:
        costs += [
            i + least_sized(steps - i, levels - state, state, tape) + least_sized(i, levels, state, tape)
            for i in range(1, steps)
        ]
    return min(costs)


# --- binomial --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("steps", "slots", "p"), [(10, 3, 15), (100, 5, 316), (1, 1, 0), (7, 1, 21), (50, 80, 49)])
def test_published_values_of_p(steps, slots, p):
    assert recomputed_steps(steps, slots) == p
    assert revolve(steps, slots).forward_steps == p + 1


def test_revolve_is_optimal_by_brute_force():
    """In forward steps, and among those in writes; for all N up to 40 and M up to 9."""
    for steps in range(1, 41):
        for slots in range(1, 10):
            schedule = revolve(steps, slots)
            assert recomputed_steps(steps, slots) == least_recomputed(steps, slots), (steps, slots)
            assert schedule.forward_steps == least_recomputed(steps, slots) + 1, (steps, slots)
            assert schedule.state_writes == least_writes(steps, slots), (steps, slots)


def theirs(schedule):
    """Forward steps and writes of restart data of a schedule of checkpoint_schedules."""
    steps = writes = 0
    for action in schedule:
        if isinstance(action, checkpoint_schedules.Forward):
            steps += action.n1 - action.n0
            writes += action.write_ics
        if isinstance(action, checkpoint_schedules.EndReverse):
            return steps, writes
    raise AssertionError("their schedule has no end")


@pytest.mark.parametrize(("steps", "slots"), [(2, 1), (10, 3), (17, 5), (100, 5), (333, 12), (2526, 60)])
def test_revolve_matches_checkpoint_schedules(steps, slots):
    """Theirs tapes every step by advancing over it, N in all; ours only the last one of the first sweep."""
    for style in ("maximum", "revolve"):
        their_steps, their_writes = theirs(
            checkpoint_schedules.MultistageCheckpointSchedule(steps, slots, 0, trajectory=style)
        )
        assert revolve(steps, slots).forward_steps == their_steps - steps + 1
        assert revolve(steps, slots).state_writes <= their_writes


def test_published_writes():
    schedule = revolve(2526, 60)
    assert (schedule.forward_steps, schedule.state_writes) == (5625 + 1, 1830)
    assert len(schedule) < 6 * schedule.steps


def test_revolve_runs_in_blocks():
    """The first sweep of 2,526 steps with 60 slots takes one call a state and one for the tape, not one a step."""
    first_sweep = 0
    for action in revolve(2526, 60):
        first_sweep += isinstance(action, Forward)
        if type(action).__name__ == "Reverse":
            break
    assert first_sweep <= 60


# --- mixed -----------------------------------------------------------------------------------------------------------


def test_mixed_is_optimal_by_brute_force():
    for steps in range(1, 41):
        for slots in range(1, 9):
            assert paired_steps(steps, slots - 1) == least_paired(steps, slots - 1), (steps, slots)
            assert mixed(steps, 2 * slots).forward_steps == least_paired(steps, slots - 1) + 1, (steps, slots)


@pytest.mark.parametrize("every", [2, 3])
def test_spaced_mixed_is_optimal_by_brute_force(every):
    for imaged_steps in range(1, 21):
        for levels in range(2, 9):
            # From the first imaged step to one step behind the last, so that nothing but H is counted.
            schedule = mixed(every * (imaged_steps - 1) + 1, levels, every, first=every)
            assert schedule.forward_steps == every * least_sized(imaged_steps, levels) + 1


@pytest.mark.parametrize("state_levels", [3, 5, 8])
def test_mixed_with_large_states_is_optimal_by_brute_force(state_levels):
    """Of states alone, each imaged twice, and of states and levels, each imaged once: whichever repeats less."""
    for steps in range(1, 25):
        for levels in range(state_levels, 20):
            states_alone = least_paired(steps, levels // state_levels - 1) + 1
            both = least_sized(steps, levels, state_levels, TAPE) + 1
            schedule = mixed(steps, levels, state_levels=state_levels)
            assert schedule.forward_steps == min(states_alone, both), (steps, levels)


def test_what_a_level_is_worth_where_states_are_large():
    """499 steps with room for 190 levels, a state as large as 8: a tenth of Devito's own store-all on 100³ + 20 points.

    Two states, at one and at two thirds of the run, leave room for 174 levels, and the buffers hold three: the first
    run keeps the uppermost 177, and the 322 below are computed again, once, in two pieces from the two states.
    """
    schedule = mixed(499, 190, state_levels=8)
    assert schedule.forward_steps <= 499 + 322
    assert schedule.forward_steps < mixed(499, 2 * 23).forward_steps < revolve(499, 23).forward_steps


def test_mixed_needs_fewer_forward_steps():
    """At 120 levels: below Revolve with 60 states, and below the mixed schedule of checkpoint_schedules.

    Theirs takes a unit for restart data or for the adjoint's, both of one size: with 60 units of two levels. Of its
    forward steps, N advance over a step that is taped, which ours does not.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # "numba not available"
        their_steps, _ = theirs(checkpoint_schedules.MixedCheckpointSchedule(300, 12))
    ours = mixed(300, 24).forward_steps
    assert ours < revolve(300, 12).forward_steps
    assert ours < their_steps
    assert mixed(2526, 120).forward_steps == 4930 < revolve(2526, 60).forward_steps


def test_mixed_writes():
    """Ties are broken so that little is stored: never more than Revolve, and these counts are not to grow."""
    for steps in range(1, 60):
        for slots in range(1, 9):
            assert mixed(steps, 2 * slots).state_writes <= revolve(steps, slots).state_writes, (steps, slots)
    assert mixed(2526, 120).state_writes <= 1191
    assert mixed(40, 8).state_writes <= 11
    spaced = mixed(100, 9, 2)
    assert 2 * spaced.state_writes + spaced.level_writes <= 52


# --- every schedule, on the toy machine ------------------------------------------------------------------------------

RUNS = st.tuples(st.integers(1, 120), st.integers(1, 7), st.integers(0, 9))


def check(schedule, **limits):
    report = replay(schedule, **limits)
    assert report.imaged == tuple(imaged(schedule.first, schedule.last, schedule.every)[::-1])
    assert schedule.levels == len(report.imaged)
    for name in ("forward_steps", "state_writes", "state_reads", "level_writes", "states_held_max", "levels_held_max"):
        assert getattr(schedule, name) == getattr(report, name), name
    assert schedule.tape_levels == report.tape_levels
    assert report.level_writes == report.level_reads
    return report


def possible(run):
    steps, every, first = run
    assume(imaged(first, first + steps, every))
    return steps, every, first


@given(RUNS)
def test_store_all(run):
    steps, every, first = possible(run)
    report = check(store_all(steps, every, first=first), max_states=0, max_levels=0)
    assert report.forward_steps == steps
    assert report.tape_levels == len(report.imaged)


@given(RUNS)
def test_trajectory(run):
    steps, every, first = possible(run)
    report = check(trajectory(steps, every, first=first), max_states=0)
    assert report.forward_steps == steps
    assert report.levels_held_max == report.level_writes == len(report.imaged)


@given(RUNS, st.integers(1, 130))
def test_revolve(run, slots):
    steps, every, first = possible(run)
    schedule = revolve(steps, slots, every, first=first)
    report = check(schedule, max_states=slots)
    levels = schedule.levels
    assert report.forward_steps == steps + every * (recomputed_steps(levels, slots) - levels + 1)
    assert report.tape_levels == 1


@given(RUNS, st.integers(2, 260))
def test_mixed(run, levels):
    steps, every, first = possible(run)
    report = check(mixed(steps, levels, every, first=first), max_levels=levels)
    assert steps <= report.forward_steps <= revolve(steps, levels // 2, every, first=first).forward_steps
    assert report.tape_levels <= TAPE


@given(RUNS, st.integers(1, 12), st.integers(0, 150))
def test_mixed_with_states_of_any_size(run, state_levels, more):
    steps, every, first = possible(run)
    levels = state_levels + more
    report = check(mixed(steps, levels, every, first=first, state_levels=state_levels), max_levels=levels)
    assert steps <= report.forward_steps <= revolve(steps, levels // state_levels, every, first=first).forward_steps
    assert report.tape_levels <= TAPE


def test_enough_levels_repeat_nothing():
    """48 states serve 2 * 48 - 1 steps (nothing lies below the first one's), the tape serves three more: 98."""
    assert mixed(98, 2 * 48).forward_steps == 98
    assert mixed(99, 2 * 48).forward_steps == 99 + 1


@pytest.mark.parametrize("make", [store_all, trajectory])
@pytest.mark.parametrize(("steps", "every"), [(0, 1), (-3, 1), (5, 0), (2, 7)])
def test_runs_that_make_no_sense(make, steps, every):
    with pytest.raises(ScheduleError, match=str(every)):
        make(steps, every)


def test_too_little_room():
    with pytest.raises(ScheduleError, match="0 slots"):
        revolve(10, 0)
    with pytest.raises(ScheduleError, match="1 levels"):
        mixed(10, 1)
    with pytest.raises(ScheduleError, match="4 levels: at least 5"):
        mixed(10, 4, state_levels=5)


def test_steps_are_numbered_from_the_state_that_devito_begins_with():
    assert (store_all(5).first, store_all(5).last) == (1, 6)
    assert np.array_equal(replay(store_all(5)).imaged, [5, 4, 3, 2, 1])
