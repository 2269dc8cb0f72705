"""What a budget has to hold: the store's checkpoints, and beside them the slots of levels that are on their way.

A budget is what a run must have in memory beyond the bare sweeps. So a level that waits to be compressed, one that was
decompressed for the imaging, and the levels of the tape count as much as what lies in the store: whoever plans by a
budget plans with what these leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wavecomp.errors import CheckpointTooLarge, SlotsTooLarge
from wavecomp.plans import schedules
from wavecomp.plans.actions import Action, Tape
from wavecomp.plans.live_schedule import LiveSchedule
from wavecomp.plans.placed_within import placed_within
from wavecomp.plans.room import OVERHEAD_BYTES, PAGE_BYTES, room_in, stored_bytes
from wavecomp.plans.schedules import FIRST_STEP, Schedule
from wavecomp.plans.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule that keeps a budget, and what it takes of it beside the store.

    Attributes
    ----------
    schedule : Schedule or LiveSchedule
        What is run.
    carried, taped : int
        Slots for levels on their way to and from the store, and for levels on the tape.
    slots_bytes : int
        What they take.
    """

    schedule: Schedule | LiveSchedule
    carried: int
    taped: int
    slots_bytes: int

    def held_bytes(self, state_bytes: int, level_bytes: int) -> int:
        """Return the most bytes at one time, with nothing compressed and no bookkeeping."""
        return self.slots_bytes + self.schedule.held_bytes_max(state_bytes, level_bytes)


def plan(
    strategy: Strategy,
    steps: int,
    state_bytes: int,
    level_bytes: int,
    budget_bytes: int,
    disk_budget_bytes: int,
    *,
    first: int = FIRST_STEP,
    in_buffers: int = 2,
    earlier: Mapping[int, int] | None = None,
) -> Plan:
    """Plan a run over so many steps.

    Parameters
    ----------
    strategy : Strategy
        How the forward wavefield is kept.
    steps : int
        Steps to reverse.
    state_bytes, level_bytes : int
        Uncompressed size of one state, and of one level that is imaged.
    budget_bytes, disk_budget_bytes : int
        What may be held in memory, all of it, and by checkpoints on disk.
    first : int
        The state that the run begins with.
    in_buffers : int
        Levels that are at hand with a state, without a slot.
    earlier : mapping of int to int, optional
        For ``planned``: bytes of the states by step, of a run before.

    Raises
    ------
    SlotsTooLarge
        The budget holds no checkpoint beside the slots.
    CheckpointTooLarge
        What it holds beside them is less than one state.
    DiskTooSmall
        The schedule would put more on the disk than its budget holds.
    ScheduleError
        Nothing would be imaged.
    """
    carried = taped = 0
    schedule: Schedule | LiveSchedule
    while True:
        slots = (carried + taped) * level_bytes
        if slots and strategy.name != "store-all" and budget_bytes < slots + OVERHEAD_BYTES + PAGE_BYTES:
            raise SlotsTooLarge(strategy.spec, slots, slots + OVERHEAD_BYTES + PAGE_BYTES, budget_bytes)
        in_memory = strategy.tier == "memory" or strategy.placed
        room = budget_bytes - slots if in_memory else disk_budget_bytes
        try:
            if strategy.live:
                schedule = live_schedule(strategy, steps, state_bytes, room, first=first, earlier=earlier)
            else:
                schedule = schedule_of(
                    strategy,
                    steps,
                    state_bytes,
                    level_bytes,
                    room,
                    disk_budget_bytes=disk_budget_bytes,
                    first=first,
                    in_buffers=in_buffers,
                )
        except CheckpointTooLarge as error:
            if not in_memory or error.place != "memory":
                raise
            raise CheckpointTooLarge(
                ("state", 1), "memory", error.raw_bytes, error.needed_bytes, error.held_bytes + slots, budget_bytes
            ) from None
        # With less room a schedule may be another one: planned again until the slots that it takes are counted. That
        # ends, since only the tape of store-all, which has no other schedule, is longer than the buffers.
        needs = (2 if strategy.overlap else 1) if schedule.level_writes else 0, tape_length(schedule.tapes, in_buffers)
        if needs[0] <= carried and needs[1] <= taped:
            break
        carried, taped = max(carried, needs[0]), max(taped, needs[1])
    if strategy.name == "store-all" and budget_bytes < slots:
        raise CheckpointTooLarge(("all levels", strategy.every), "memory", slots, slots, 0, budget_bytes)
    return Plan(schedule, carried, taped, slots)


def live_schedule(
    strategy: Strategy,
    steps: int,
    state_bytes: int,
    budget_bytes: int,
    *,
    first: int = FIRST_STEP,
    earlier: Mapping[int, int] | None = None,
) -> LiveSchedule:
    """Return the schedule of a strategy that makes it up as it goes.

    Parameters are those of :func:`plan`; errors those of :func:`schedule_of`, but for a state that does not fit: only
    the run tells how large one is.
    """
    ratio = float(strategy.values.get("ratio", 1.0))
    last = schedules.last_step(steps, strategy.every, first)
    return LiveSchedule(
        strategy.name,
        first,
        last,
        strategy.every,
        known_end=strategy.values.get("steps", "known") == "known",
        assumed_bytes=stored_bytes(state_bytes, ratio),
        budget_bytes=budget_bytes,
        earlier=earlier,
    )


def schedule_of(
    strategy: Strategy,
    steps: int,
    state_bytes: int,
    level_bytes: int,
    budget_bytes: int,
    *,
    disk_budget_bytes: int | None = None,
    first: int = FIRST_STEP,
    in_buffers: int = 2,
) -> Schedule:
    """Return the schedule of a strategy in a store of so many bytes.

    Parameters
    ----------
    strategy : Strategy
        How the forward wavefield is kept.
    steps : int
        Steps to reverse: one fewer than the number of the last step.
    state_bytes, level_bytes : int
        Uncompressed size of one state, and of one level that is imaged.
    budget_bytes : int
        What the checkpoint store may hold, on all its tiers; of a strategy whose schedule says where, in memory.
    disk_budget_bytes : int, optional
        What that one may hold on disk; without it as much as it likes.
    first : int
        The state that the run begins with.
    in_buffers : int
        Levels that are at hand with a state.

    Raises
    ------
    CheckpointTooLarge
        The budget does not hold a single state.
    DiskTooSmall
        The schedule would put more on the disk than its budget holds.
    ScheduleError
        Nothing would be imaged.
    """
    values, every = strategy.values, strategy.every
    ratio = float(values.get("ratio", 1.0))

    def mixed(levels: int, worth: int) -> Schedule:
        return schedules.mixed(steps, levels, every, first=first, state_levels=worth, in_buffers=in_buffers)

    assert not strategy.live, f"{strategy.name} has no schedule before it is run"
    match strategy.name:
        case "store-all":
            return schedules.store_all(steps, every, first=first)
        case "trajectory":
            return schedules.trajectory(steps, every, first=first)
        case "revolve":
            slots = int(values["slots"]) if "slots" in values else None
            if slots is None:
                slots = room_in(state_bytes, budget_bytes, ratio) // stored_bytes(state_bytes, ratio)
            return schedules.revolve(steps, slots, every, first=first)
        case _ if strategy.placed:
            return placed_within(strategy, steps, state_bytes, budget_bytes, disk_budget_bytes, first)
        case _ if "levels" in values:
            # Two a state, where it is a pair of levels; otherwise as many as it is large.
            return mixed(int(values["levels"]), 2 if in_buffers == 2 else max(1, -(-state_bytes // level_bytes)))
    level, state = stored_bytes(level_bytes, ratio), stored_bytes(state_bytes, ratio)
    room, worth = room_in(state_bytes, budget_bytes, ratio), max(1, -(-state // level))
    if in_buffers < 2:
        return mixed(max(room // level, worth), worth)
    # A state of the whole grid with its halo is more than two levels of the physical domain: those that it is worth,
    # rounded up, or states as large as they are.
    found = [mixed(2 * (room // state), 2)]
    if worth > 2 and room // level >= worth:
        found.append(mixed(room // level, worth))
    return min(found, key=lambda schedule: schedule.forward_steps)


def tape_length(actions: Iterable[Action], in_buffers: int = 2) -> int:
    """Return how many levels the longest tape copies: the last ones of it stay in the code's buffers."""
    return max((_copied(action, in_buffers) for action in actions if isinstance(action, Tape)), default=0)


def _copied(tape: Tape, in_buffers: int) -> int:
    # Where a tape ends with its last level, the run may have to go one step further for the record.
    furthest = tape.reach if tape.to_last else tape.reach + 1
    return sum(step <= furthest - in_buffers for step in tape.kept)
