"""Schedules that say for each state whether it goes to memory or to the disk."""

from __future__ import annotations

from dataclasses import replace

from wavecomp.errors import ScheduleError
from wavecomp.plans.actions import Action, SaveState, imaged
from wavecomp.plans.binomial import revolve_actions
from wavecomp.plans.library import READ_COST, WRITE_COST, Name, their_actions
from wavecomp.plans.schedules import FIRST_STEP, Schedule
from wavecomp.plans.translated import translated


def placed(
    name: Name,
    steps: int,
    slots: int,
    every: int = 1,
    *,
    first: int = FIRST_STEP,
    disk_slots: int = 0,
    period: int = 1,
    write: float = WRITE_COST,
    read: float = READ_COST,
) -> Schedule:
    r"""Return one of the schedules of :func:`wavecomp.plans.library.their_actions`.

    With N steps, of which :math:`\nu` are imaged, k = ``every``, and :math:`p'` forward steps that the library takes
    without taping them, the forward steps are :math:`N + k\,(p' - \nu + 1)`, as those of
    :func:`~wavecomp.plans.schedules.revolve`; of ``two-level`` fewer, since its last part is not run twice.

    Parameters
    ----------
    name : str
        Of the schedule.
    steps, every, first
        As in :func:`~wavecomp.plans.schedules.store_all`.
    slots, disk_slots : int
        States that may be held in memory; and on disk, of ``h-revolve``.
    period : int
        ``two-level`` puts every so many-th imaged step's state on the disk.
    write, read : float
        Cost of one state to the disk, and from there, in forward runs from one imaged step to the next.

    Raises
    ------
    ScheduleError
        Nothing would be imaged; or no slot in memory.
    """
    last = first + steps
    levels = len(imaged(first, last, every))
    if not levels:
        raise ScheduleError(
            f"none of the steps {first} … {last - 1} is a multiple of every = {every}: nothing would be imaged"
        )
    if slots < 1 or disk_slots < 0 or period < 1:
        raise ScheduleError(
            f"{name} with {slots} slots in memory, {disk_slots} on disk and period {period}: "
            "at least 1, 0 and 1 are needed"
        )
    if name != "two-level" and slots >= levels - 1:
        # Memory holds every state that is of any use. (The library takes minutes over 2,500 of them.)
        ours = revolve_actions(first, last, every, slots)
        return Schedule(name, first, last, every, tuple(map(_in_memory, ours)))
    theirs = their_actions(name, levels, slots, disk_slots=disk_slots, period=period, write=write, read=read)
    return Schedule(name, first, last, every, tuple(translated(theirs, first, last, every)))


def _in_memory(action: Action) -> Action:
    return replace(action, place="memory") if isinstance(action, SaveState) else action
