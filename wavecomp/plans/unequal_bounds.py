r"""Between which numbers the least recomputation with unequal sizes lies, where it is too costly to compute.

Lower bounds, for every persistent schedule (:mod:`wavecomp.plans.unequal`):

- :math:`p(N, M)` for as many of the smallest states as fit, which holds for every schedule;
- the recurrence of :mod:`wavecomp.plans.first_sweep` with the least size of each gap, sizes rounded down;
- contraction: let the chain be cut after the steps φ, φ + g, … for an offset φ from 1 to g. A schedule of the chain is
  one of the chain of the pieces, if a piece counts as held while any state in it is, and as reversed once its uppermost
  step is; it remains persistent. A forward step is one of the pieces' for exactly one φ. So :math:`T \ge g \, T'`,
  where T' is the optimum for :math:`\lfloor (N - 1) / g \rfloor + 1` pieces, each with the least size that any offset
  gives it, rounded down.

Upper bounds are what programs find whose plans fit for certain: the recurrence of :mod:`wavecomp.plans.first_sweep`
with the greatest size of each gap, and that of :mod:`wavecomp.plans.stretches` with the greatest of each block, sizes
rounded up in both. The second is the closer one where few states fit. What a schedule takes that is really run is one
more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wavecomp.plans.binomial_table import binomial_table
from wavecomp.plans.first_sweep import Floats, Integers, first_sweep
from wavecomp.plans.stretches import Stretches
from wavecomp.plans.unequal import check_budget


class Bounds(NamedTuple):
    """Bounds on the fewest forward steps T(0, N, B - s_0), by the name of what they follow from."""

    by_count: int
    by_gaps: int
    by_contraction: int
    above: int

    @property
    def below(self) -> int:
        """The best lower bound."""
        return max(self.by_count, self.by_gaps, self.by_contraction)


def bounds(sizes: Integers, budget_bytes: int, *, units: int = 64, pieces: int = 400) -> Bounds:
    """Return bounds; about ten seconds for 2,500 steps.

    Parameters
    ----------
    sizes : ndarray of int, shape (steps,)
        Bytes of the state at each imaged step.
    budget_bytes : int
        What all states may hold, the first one included.
    units : int
        Parts of the memory: more of them, closer bounds.
    pieces : int
        Of the contracted chain, about.

    Raises
    ------
    ScheduleError
        As :func:`~wavecomp.plans.unequal.least_recomputed`.
    """
    check_budget([int(size) for size in sizes], budget_bytes)
    exact, free = np.asarray(sizes, dtype=np.float64), float(budget_bytes - int(sizes[0]))
    places = np.arange(len(exact) + 1)
    room = _room(free)
    low, high = (first_sweep(places, exact, free, units, way).cost[0, room] for way in ("least", "greatest"))
    fit = 1 + int((np.cumsum(np.sort(exact[1:])) <= free).sum())
    count = binomial_table(len(exact), fit)[-1, -1]
    contracted = _contracted(exact, free, units, -(-len(exact) // pieces))
    above = min(int(np.ceil(high)), above_by_blocks(sizes, budget_bytes, units=units, blocks=pieces))
    return Bounds(int(count), int(low), contracted, above)


def above_by_blocks(sizes: Integers, budget_bytes: int, *, units: int = 128, blocks: int = 400) -> int:
    """Return what a schedule takes at most that knows all sizes and stores states where a block begins.

    Some seconds for 2,500 steps.

    Parameters
    ----------
    sizes : ndarray of int, shape (steps,)
        Bytes of the state at each imaged step.
    budget_bytes : int
        What all states may hold, the first one included.
    units : int
        Parts of the memory.
    blocks : int
        Of the chain, about.

    Raises
    ------
    ScheduleError
        As :func:`~wavecomp.plans.unequal.least_recomputed`.
    """
    check_budget([int(size) for size in sizes], budget_bytes)
    free = float(budget_bytes - int(sizes[0]))
    begins = np.append(np.arange(0, len(sizes), -(-len(sizes) // blocks)), len(sizes))
    greatest = np.maximum.reduceat(np.asarray(sizes, dtype=np.float64), begins[:-1])
    stretches = Stretches(begins, greatest, free, units, rounded=1)
    return int(np.ceil(stretches.cost[len(greatest), 0, _room(free)]))


def _room(free_bytes: float) -> int:
    """Return which entry of a table over units of memory stands for all of it."""
    return -1 if free_bytes >= 1 else 0


def _contracted(sizes: Floats, free_bytes: float, units: int, length: int) -> int:
    """Return g T' for pieces of g steps."""
    count = (len(sizes) - 1) // length + 1
    if count < 2:
        return 0
    # Whatever the offset, piece j lies within (j - 1) g < n < (j + 1) g.
    least = np.array([sizes[max(0, (j - 1) * length + 1) : (j + 1) * length].min() for j in range(count)])
    stretches = Stretches(np.arange(count + 1), least, free_bytes, units, rounded=-1)
    return length * int(stretches.cost[count, 0, _room(free_bytes)])
