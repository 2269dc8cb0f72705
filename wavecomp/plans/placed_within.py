"""The schedule of a strategy that says where each state goes, within a budget of memory and one of the disk."""

from __future__ import annotations

from typing import cast

from wavecomp.errors import CheckpointTooLarge, DiskTooSmall
from wavecomp.plans.actions import imaged
from wavecomp.plans.library import Name, usual_period
from wavecomp.plans.placed import placed
from wavecomp.plans.room import OVERHEAD_BYTES, room_in, stored_bytes
from wavecomp.plans.schedules import Schedule
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import UNCOMPRESSED

WAITING = 2
"""Checkpoints that memory has room for beside the slots where a thread writes: one that is written, one that waits."""

MOST_DISK_SLOTS = 256
"""Slots on disk that are planned with at most, where a budget alone counts them: 2,500 steps take seconds then."""


def placed_within(
    strategy: Strategy, steps: int, state_bytes: int, budget_bytes: int, disk_budget_bytes: int | None, first: int
) -> Schedule:
    """Return the schedule of a strategy that says where each state goes.

    ``h-revolve`` and ``two-level`` are planned for as many states as the disk's budget holds. The other two put there
    what their costs say, whatever there is: where that is known to be too much, they are refused before a step is run.
    Of compressed states that is known where ``ratio`` says how large they are; otherwise the run tells.

    Parameters
    ----------
    strategy : Strategy
        One of :data:`wavecomp.plans.parameters.PLACED`.
    steps : int
        Steps to reverse.
    state_bytes : int
        Uncompressed size of one state.
    budget_bytes : int
        What may be held in memory.
    disk_budget_bytes : int or None
        What may be held on disk; None for as much as it likes.
    first : int
        The state that the run begins with.

    Raises
    ------
    CheckpointTooLarge
        One of the budgets does not hold a single state.
    DiskTooSmall
        The disk's does not hold those that the schedule puts there at one time.
    ScheduleError
        Nothing would be imaged.
    """
    values, every = strategy.values, strategy.every
    levels, ratio = max(1, len(imaged(first, first + steps, every))), float(values["ratio"])
    disk_slots, on_disk = levels, max(1, int(state_bytes / ratio))
    if disk_budget_bytes is not None:
        if disk_budget_bytes < on_disk:
            raise CheckpointTooLarge(("state", first), "disk", state_bytes, on_disk, 0, disk_budget_bytes)
        disk_slots = min(levels, disk_budget_bytes // on_disk)
    known = min(disk_slots, MOST_DISK_SLOTS) if strategy.name == "h-revolve" else disk_slots
    known = int(values.get("disk_slots", known))
    if "slots" in values:
        slots = int(values["slots"])
    else:
        # Memory also remembers where each state on the disk lies.
        stored = stored_bytes(state_bytes, ratio)
        room = room_in(state_bytes, budget_bytes, ratio) - OVERHEAD_BYTES * min(known, levels)
        slots = max(1, room // stored - (WAITING if strategy.asynchronous else 0))
    write, read = float(values["write"]), float(values["read"])
    usual = usual_period(min(slots, levels), write, read)
    schedule = placed(
        cast(Name, strategy.name),
        steps,
        slots,
        every,
        first=first,
        disk_slots=min(known, levels),
        period=min(int(values.get("period", max(usual, -(-levels // disk_slots)))), levels),
        write=write,
        read=read,
    )
    known_size = ratio != 1.0 or strategy.reading.spec == UNCOMPRESSED
    if disk_budget_bytes is not None and known_size and schedule.disk_states_max * on_disk > disk_budget_bytes:
        given = next((key for key in ("disk_slots", "period") if key in values), None)
        instead = f"leave {given} to the budget" if given else "h-revolve, which is planned for what the disk holds"
        raise DiskTooSmall(strategy.spec, schedule.disk_states_max, on_disk, state_bytes, disk_budget_bytes, instead)
    return schedule
