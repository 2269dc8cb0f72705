"""Schedules of memory and disk: right on integers, within their slots, and as cheap as the library says."""

from __future__ import annotations

import contextlib
import io

import checkpoint_schedules
import pytest
from checkpoint_schedules import StorageType
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import ScheduleError
from wavecomp.plans.actions import SaveState
from wavecomp.plans.binomial import recomputed_steps
from wavecomp.plans.library import memory_table, their_actions, usual_period
from wavecomp.plans.placed import placed
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import revolve

COSTS = ((2.0, 2.0), (0.0, 0.0), (0.3, 7.0), (25.0, 5.0))


def of_the_library(name, levels, slots, disk_slots, write, read):
    """The actions of the library's own classes, which fill their own tables."""
    costs = {"wd": write, "rd": read}
    with contextlib.redirect_stdout(io.StringIO()):
        match name:
            case "h-revolve":
                return list(checkpoint_schedules.HRevolve(levels, slots, disk_slots, **costs))
            case "disk-revolve":
                return list(checkpoint_schedules.DiskRevolve(levels, slots, **costs))
        return list(checkpoint_schedules.PeriodicDiskRevolve(levels, slots, **costs))


def their_cost(actions):
    """Forward steps without taping, writes to the disk, and reads from there."""
    steps = writes = reads = 0
    for action in actions:
        if isinstance(action, checkpoint_schedules.Forward):
            steps += 0 if action.write_adj_deps else len(action)
            writes += action.write_ics and action.storage is StorageType.DISK
        elif isinstance(action, checkpoint_schedules.Copy | checkpoint_schedules.Move):
            reads += action.from_storage is StorageType.DISK
    return steps, writes, reads


def check(name, steps, slots, every=1, **more):
    """Right on integers, all counts as the schedule says, memory within its slots; return the report."""
    schedule = placed(name, steps, slots, every, **more)
    report = replay(schedule)
    assert report.imaged == tuple(n for n in range(steps, 0, -1) if n % every == 0)
    assert all(action.place for action in schedule if isinstance(action, SaveState))
    assert report.memory_states_max <= slots
    assert (report.disk_writes, report.disk_reads, report.disk_states_max) == (
        schedule.disk_writes, schedule.disk_reads, schedule.disk_states_max,
    )  # fmt: skip
    assert (report.forward_steps, report.state_writes) == (schedule.forward_steps, schedule.state_writes)
    assert report.states_held_max == schedule.states_held_max
    return report


def slot_numbers(steps):
    return sorted({1, 2, 3, 6, steps // 2, steps - 2, steps - 1, steps + 3} - {-1, 0})


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("name", ["h-revolve", "disk-revolve", "periodic-disk-revolve"])
def test_right_for_all_lengths_and_as_cheap_as_the_library_says(name, costs):
    """One forward step above the library's cost, the last of the first sweep; writes that nobody reads are left out."""
    write, read = costs
    for steps in range(1, 61, 1 if costs == COSTS[0] else 7):
        for slots in slot_numbers(steps):
            for disk_slots in (0, 1, 4) if name == "h-revolve" else (0,):
                report = check(name, steps, slots, disk_slots=disk_slots, write=write, read=read)
                if slots >= steps - 1:
                    assert report.forward_steps == steps
                    assert report.disk_writes == 0
                    continue
                theirs = their_actions(name, steps, slots, disk_slots=disk_slots, write=write, read=read)
                ahead, writes, reads = their_cost(theirs)
                assert report.forward_steps == ahead + 1
                assert report.disk_reads == reads
                assert report.disk_writes <= writes
                if name == "h-revolve":
                    assert report.disk_states_max <= disk_slots
                    if disk_slots == 0:
                        assert ahead == recomputed_steps(steps, slots)


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("name", ["h-revolve", "disk-revolve", "periodic-disk-revolve"])
def test_the_sequence_is_the_one_of_the_librarys_own_tables(name, costs):
    write, read = costs
    for steps in (2, 3, 7, 20, 33):
        for slots in (1, 2, 5, 12):
            for disk_slots in (1, 2, 9) if name == "h-revolve" else (0,):
                if slots < steps:
                    own = their_actions(name, steps, slots, disk_slots=disk_slots, write=write, read=read)
                    theirs = of_the_library(name, steps, slots, disk_slots, write, read)
                    assert list(map(repr, own)) == list(map(repr, theirs)), (steps, slots, disk_slots)


@pytest.mark.parametrize("steps", [1, 2, 5, 12, 30])
@pytest.mark.parametrize("slots", [1, 2, 5])
def test_two_level_for_every_period(steps, slots):
    for period in range(1, steps + 2):
        report = check("two-level", steps, slots, period=period)
        assert report.disk_states_max <= -(-steps // period)
        # The levels of one period cost what Revolve takes with the state on the disk and the slots.
        parts = [min(period, steps - begin) for begin in range(0, steps, period)]
        again = sum(recomputed_steps(part, slots + 1) for part in parts)
        assert report.forward_steps == again + period * (len(parts) - 1) + 1


@given(
    st.sampled_from(["h-revolve", "disk-revolve", "periodic-disk-revolve", "two-level"]),
    st.integers(1, 60), st.integers(1, 20), st.integers(1, 7), st.integers(0, 12), st.integers(1, 30),
)  # fmt: skip
def test_every_kth_step(name, steps, slots, every, disk_slots, period):
    """k times what the library takes between its levels, the first steps once, and the first sweep to its end."""
    if every > steps:
        with pytest.raises(ScheduleError, match=f"multiple of every = {every}"):
            placed(name, steps, slots, every)
        return
    report = check(name, steps, slots, every, disk_slots=disk_slots, period=period)
    levels = steps // every
    one = replay(placed(name, levels, slots, disk_slots=disk_slots, period=period))
    assert report.forward_steps == steps + every * (one.forward_steps - levels)
    assert (report.disk_writes, report.state_writes) == (one.disk_writes, one.state_writes)


def test_the_table_of_memory_alone_is_the_closed_form():
    table = memory_table(40, 9)
    for slots in range(1, 10):
        assert table[slots].tolist() == [n + recomputed_steps(n, slots) for n in range(1, 42)]


def test_more_disk_and_cheaper_disk_cost_no_more():
    def cost(disk_slots, price):
        schedule = placed("h-revolve", 60, 3, disk_slots=disk_slots, write=price, read=price)
        return schedule.forward_steps + price * (schedule.disk_writes + schedule.disk_reads)

    by_slots = [cost(disk_slots, 2.0) for disk_slots in (0, 1, 2, 4, 8, 60)]
    assert by_slots == sorted(by_slots, reverse=True)
    assert by_slots[0] == revolve(60, 3).forward_steps > by_slots[-1]
    assert [cost(8, price) for price in (0.0, 1.0, 4.0, 100.0)] == sorted(cost(8, p) for p in (0.0, 1.0, 4.0, 100.0))


def test_the_usual_period_is_the_librarys():
    for slots in (1, 2, 5, 10):
        for write, read in COSTS:
            theirs = of_the_library("periodic-disk-revolve", 400, slots, 0, write, read)
            on_disk = [a.n0 for a in theirs if isinstance(a, checkpoint_schedules.Forward)
                       and a.write_ics and a.storage is StorageType.DISK]  # fmt: skip
            if len(on_disk) > 1:
                assert on_disk[1] - on_disk[0] == usual_period(slots, write, read)


@pytest.mark.parametrize(("slots", "more"), [(0, {}), (1, {"disk_slots": -1}), (1, {"period": 0})])
def test_what_cannot_be_is_said(slots, more):
    with pytest.raises(ScheduleError, match="at least 1, 0 and 1 are needed"):
        placed("h-revolve", 10, slots, **more)
