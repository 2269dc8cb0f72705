r"""The first way up over a stretch whose states have unequal sizes: which of them to keep, by dynamic programming.

With F(i, B) the fewest forward steps that reverse the steps from i to the end of a stretch, the state at i stored and
B bytes free, and :math:`p(N, M)` the closed form of binomial checkpointing with equal sizes,

.. math::

    F(i, B) = \min \begin{cases}
        p(e - i, \; 1 + \lfloor B / \bar s_{ie} \rfloor) \\
        \min_{i < j < e} \; (j - i) + F(j, B - s_j) + p(j - i, \; 1 + \lfloor B / \bar s_{ij} \rfloor)
    \end{cases}

where e is the end and :math:`\bar s_{ij}` stands for the sizes of the states between i and j: the least of them for a
lower bound, the greatest for an upper one, their mean for a plan. It is the recurrence of
:mod:`wavecomp.plans.unequal` with its inner term replaced. Cost: candidates² / 2 · units of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from wavecomp.plans.binomial_table import NEVER, binomial_table, moved
from wavecomp.plans.stretches import Stretches

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Within: TypeAlias = Literal["least", "mean", "greatest"]


@dataclass(frozen=True, slots=True, eq=False)
class FirstSweep:
    """What to keep on the way over one stretch, for every amount of free memory.

    Attributes
    ----------
    places : ndarray of int, shape (candidates + 1,)
        Where a state may be stored, ascending: the first one is where the stretch begins, the last its end.
    cost : ndarray of float32, shape (candidates, units + 1)
        F: forward steps from a candidate on, with so many units free.
    choice : ndarray of int32, shape (candidates, units + 1)
        Number of the next candidate to store; that of the end where nothing more is stored.
    unit : float
        Bytes of one unit.
    """

    places: Integers
    cost: npt.NDArray[np.float32]
    choice: npt.NDArray[np.int32]
    unit: float

    def units(self, free_bytes: float) -> int:
        """Return how many whole units so many bytes are."""
        most: int = self.cost.shape[1] - 1
        return max(0, min(int(free_bytes / self.unit + 1e-6), most))

    def kept(self, sizes: Floats, free_bytes: float) -> list[int]:
        """Return the places to store at, the first one left out, if the candidates have these sizes in bytes."""
        found: list[int] = []
        number = 0
        while True:
            number = int(self.choice[number, self.units(free_bytes)])
            if number == len(self.places) - 1:
                return found
            found.append(int(self.places[number]))
            free_bytes -= sizes[number]


def first_sweep(
    places: Integers,
    sizes: Floats,
    free_bytes: float,
    units: int,
    within: Within,
    reach: int | None = None,
    stretches: Stretches | None = None,
) -> FirstSweep:
    """Solve the recurrence of this module.

    Parameters
    ----------
    places : ndarray of int, shape (candidates + 1,)
        Where the stretch begins, where else a state may be stored, and its end.
    sizes : ndarray of float, shape (candidates,)
        Bytes of the state at each candidate; those between two candidates are taken to be of their sizes.
    free_bytes : float
        Memory for more states than the first, which is stored already.
    units : int
        Into how many parts that memory is divided. Sizes are rounded down for ``"least"``, up for ``"greatest"``, and
        interpolated between for ``"mean"``.
    within : "least", "mean" or "greatest"
        Which size stands for those of a gap.
    reach : int, optional
        Consider no next state further ahead than this, which is a plan still but no lower bound.
    """
    count = len(places) - 1
    unit = max(free_bytes, 1.0) / units
    rounded = {"least": -1, "mean": 0, "greatest": 1}[within]
    memory = np.arange(units + 1) * unit
    table = binomial_table(int(places[-1] - places[0]), _slots_most(free_bytes, sizes, int(places[-1] - places[0])))
    cost = np.full((count, units + 1), NEVER, dtype=np.float32)
    behind = np.full((count, units + 1), NEVER, dtype=np.float32)  # F(j, B - s_j)
    choice = np.full((count, units + 1), count, dtype=np.int32)
    for i in range(count - 1, -1, -1):
        standing = _standing(sizes[i + 1 :], within)
        inner = count if reach is None else int(np.searchsorted(places, places[i] + reach, side="right"))
        numbers = np.append(np.arange(i + 1, min(max(inner, i + 2), count)), count)
        gaps = places[numbers] - places[i]
        if stretches is not None:
            total = stretches.of(int(places[i]), places[numbers])
        else:
            with np.errstate(divide="ignore"):
                slots = memory[None, :] / standing[numbers - i - 1][:, None]
            slots += 1.0
            np.minimum(slots, np.minimum(gaps, table.shape[0] - 1)[:, None], out=slots)
            total = table[slots.astype(np.int64), gaps[:, None]]
        total[:-1] += gaps[:-1, None] + behind[numbers[:-1]]
        if within != "least":
            total[-1] = gaps[-1] * (gaps[-1] - 1) / 2
        best = total.argmin(axis=0)
        cost[i] = total[best, np.arange(units + 1)]
        choice[i] = numbers[best]
        behind[i] = moved(cost[i], sizes[i] / unit, rounded=rounded)
    return FirstSweep(places, cost, choice, unit)


def _slots_most(free_bytes: float, sizes: Floats, steps: int) -> int:
    least = float(sizes[1:].min(initial=np.inf))
    return int(min(steps, 1 + (free_bytes / least if least > 0 else np.inf)))


def _standing(sizes: Floats, within: Within) -> Floats:
    """Return what stands for the sizes before each candidate, and before the end; of none, the first one's."""
    if not len(sizes):
        return np.full(1, np.inf)
    match within:
        case "least":
            found = np.minimum.accumulate(sizes)
        case "greatest":
            found = np.maximum.accumulate(sizes)
        case _:
            found = np.cumsum(sizes) / np.arange(1, len(sizes) + 1)
    return np.concatenate((sizes[:1], found))
