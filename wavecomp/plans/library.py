"""Schedules of two levels of storage as the library checkpoint_schedules makes them, in its own words.

Its classes fill the tables of their dynamic programmes in pure Python: more than a minute for H-Revolve of 2,500 steps
with 20 slots in memory and 100 on disk, measured. Here NumPy fills them, number by number with what the library would
put there, and its own functions make the sequence from them, in three seconds. The terms of every sum come in the
library's order, so that equal costs fall alike.

Costs are in forward steps of the schedule: advancing costs 1; to and from memory a state goes for nothing.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from functools import lru_cache
from math import comb
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from wavecomp.plans.binomial import repetitions

Name: TypeAlias = Literal["h-revolve", "disk-revolve", "periodic-disk-revolve", "two-level"]

WRITE_COST = READ_COST = 2.0
"""What a state costs to the disk and from there, in forward steps: the library's own defaults."""


@lru_cache(maxsize=8)
def their_actions(
    name: Name,
    levels: int,
    slots: int,
    *,
    disk_slots: int = 0,
    period: int = 1,
    write: float = WRITE_COST,
    read: float = READ_COST,
) -> tuple[Any, ...]:
    """Return the actions of one of the library's schedules.

    ``h-revolve`` [Herrmann2020]_ is optimal for so many slots in memory and on disk; ``disk-revolve`` [Aupy2016]_ for
    any number on disk, each read once; ``periodic-disk-revolve`` [Aupy2017]_ puts every p-th state of the first sweep
    there, p from the costs; ``two-level`` [Pringle2016]_ every ``period``-th one.

    Parameters
    ----------
    name : str
        Of the schedule.
    levels : int
        Steps to reverse, as the library counts them: one for each level that is imaged.
    slots : int
        States that memory holds.
    disk_slots : int
        States that the disk holds, for ``h-revolve``.
    period : int
        For ``two-level``.
    write, read : float
        Cost of one state to the disk, and from there, in forward steps.
    """
    from checkpoint_schedules.hrevolve import RevolveCheckpointSchedule
    from checkpoint_schedules.hrevolve_sequences import disk_revolve, periodic_disk_revolve
    from checkpoint_schedules.hrevolve_sequences.hrevolve import hrevolve_recurse
    from checkpoint_schedules.hrevolve_sequences.utils import revolver_parameters

    if name == "two-level":
        return _two_level(levels, slots, period)
    steps, slots = levels - 1, max(1, min(slots, levels - 1))
    with _deep(levels), contextlib.redirect_stdout(io.StringIO()):  # one of them prints its period
        if name == "h-revolve":
            kept, anew = _hierarchic_tables(steps, slots, disk_slots, write, read)
            counts = slots, len(kept[1][0]) - 1
            costs = [0, write], [0, read]
            made = hrevolve_recurse(
                steps, 1, counts[1], counts, *costs, hoptp=kept, hopt=anew, **revolver_parameters(*costs, 1, 1)
            )
        elif name == "disk-revolve":
            memory = memory_table(steps, slots)
            # Every state is written and read once: the library's class has the two costs the other way round.
            table = _unlimited_table(memory[slots], read, write).tolist()
            made = disk_revolve(steps, slots, write, read, 1, 1, opt_0=memory.tolist(), opt_inf=table)
        else:
            longest = max(steps, usual_period(slots, write, read) + 1)
            memory = memory_table(longest, slots)
            made = periodic_disk_revolve(steps, slots, read, write, 1, 1, opt_0=memory.tolist())
        return tuple(RevolveCheckpointSchedule(levels, slots, disk_slots, list(made)))


def usual_period(slots: int, write: float, read: float) -> int:
    r"""Return how far apart states on disk should be, each of which is written and read once.

    .. math:: p = \binom{M + t}{M}, \quad t = \min \{t : \tbinom{M + 1 + t}{t} > w + r\}

    minimises the cost a step of a long run [Aupy2017]_.
    """
    t = 0
    while comb(slots + 1 + t, t) <= write + read:
        t += 1
    return comb(slots + t, slots)


def memory_table(steps: int, slots: int) -> npt.NDArray[np.float64]:
    """Tabulate what l + 1 levels cost in m slots in memory, entry [m, l]: as many adjoint steps, and p(l + 1, m).

    From one l to the next p grows by the number of repetitions, :func:`~wavecomp.plans.binomial.repetitions`.
    """
    table = np.full((slots + 1, steps + 1), np.inf)
    table[0, 0] = 1.0
    for m in range(1, slots + 1):
        most = repetitions(steps + 1, m)
        ends = np.array([min(comb(m + t, m), steps + 1) for t in range(most + 1)])
        more = np.repeat(np.arange(most + 1), np.diff(ends, prepend=0))
        table[m] = np.cumsum(more) + np.arange(1, steps + 2)
    return table


Rows: TypeAlias = list[list[list[float]]]


def _hierarchic_tables(steps: int, slots: int, disk_slots: int, write: float, read: float) -> tuple[Rows, Rows]:
    """Return H-Revolve's two tables, entry [place][l][m]: with the first state on the disk already, and without.

    Of the disk slots there are no more columns than change anything.
    """
    memory = memory_table(steps, slots)
    alone = memory[slots]
    ahead = np.arange(1, steps + 1, dtype=float)
    first = alone.copy()
    kept, anew = [first.copy()], [first]
    for _ in range(disk_slots):
        below, own = anew[-1], alone.copy()
        for level in range(2, steps + 1):
            totals = ahead[: level - 1] + below[level - 1 : 0 : -1] + read + own[: level - 1]
            own[level] = min(alone[level], totals.min())
        all_told = np.minimum(alone, write + own)
        all_told[0] = own[0]
        if len(kept) > 1 and (own == kept[-1]).all() and (all_told == below).all():
            break
        kept.append(own)
        anew.append(all_told)
    in_memory = memory.T.tolist()
    return [in_memory, np.transpose(kept).tolist()], [in_memory, np.transpose(anew).tolist()]


def _unlimited_table(alone: npt.NDArray[np.float64], write: float, read: float) -> npt.NDArray[np.float64]:
    """Return Disk-Revolve's table: what l + 1 levels cost with any number of slots on disk, each read once."""
    table = alone.copy()
    ahead = np.arange(1, len(alone) + 1, dtype=float)
    for level in range(2, len(alone)):
        totals = write + ahead[: level - 1] + table[level - 1 : 0 : -1] + read + alone[: level - 1]
        table[level] = min(alone[level], totals.min())
    return table


def _two_level(levels: int, slots: int, period: int) -> tuple[Any, ...]:
    from checkpoint_schedules import EndForward, EndReverse, StorageType, TwoLevelCheckpointSchedule

    schedule = TwoLevelCheckpointSchedule(period, slots, binomial_storage=StorageType.RAM)
    actions: list[Any] = []
    for action in schedule:
        actions.append(action)
        if isinstance(action, EndReverse):
            break
        if not isinstance(action, EndForward) and schedule.max_n is None and schedule.n >= levels:
            schedule.finalize(levels)
    return tuple(actions)


@contextlib.contextmanager
def _deep(levels: int) -> Iterator[None]:
    """Allow the library's recursion, one call or two for each state that is held."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 1000 + 8 * levels))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
