r"""What every stretch of a run costs to reverse, by the recurrence of :mod:`wavecomp.plans.unequal` on blocks of steps.

With blocks that begin at :math:`c_0 = 0 < c_1 < \dots < c_n = N`, states stored where a block begins, and memory in
units, the recurrence is

.. math::

    T(a, b, B) = \min_{a < i < b} \; (c_i - c_a) + T(i, b, B - s_i) + T(a, i, B), \qquad
    T(a, a + 1, B) = p(c_{a+1} - c_a, \; 1 + \lfloor B / s_a \rfloor),

or, without storing, the uppermost block step by step, and then the rest. Within a block sizes are taken to be equal.
Cost: blocks³ / 6 · units additions; a tenth of a second for 128 blocks and 128 units, some seconds for 500 and 64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wavecomp.plans.binomial_table import NEVER, Costs, Moves, binomial_table

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Stretches:
    """T for all stretches of a run.

    Parameters
    ----------
    begins : ndarray of int, shape (blocks + 1,)
        Where each block begins, and the end; all blocks but the last are of equal length.
    sizes : ndarray of float, shape (blocks,)
        Bytes of the states in each block.
    free_bytes : float
        Memory for more states than the first.
    units : int
        Parts of that memory.
    rounded : int
        What is done with sizes between two whole numbers of units: as in
        :func:`~wavecomp.plans.binomial_table.moved`.
    """

    def __init__(self, begins: Integers, sizes: Floats, free_bytes: float, units: int, *, rounded: int = 0) -> None:
        self._rounded = rounded
        self.begins, self.sizes = begins, sizes
        self.unit = max(free_bytes, 1.0) / units
        self.memory = np.arange(units + 1) * self.unit
        self.block = int(begins[1] - begins[0])
        self._count = len(sizes)
        most = int(min(self.block, 1 + free_bytes / max(float(sizes.min()), 1e-9)))
        self._within = binomial_table(self.block, most)
        self.cost = np.full((self._count + 1, self._count, units + 1), NEVER, dtype=np.float32)
        self.cost[0] = 0.0
        self._solve()

    def _solve(self) -> None:
        count, cost, begins = self._count, self.cost, self.begins
        for a in range(count):
            slots = np.minimum(1 + self.memory / max(self.sizes[a], 1e-9), len(self._within) - 1).astype(np.int64)
            cost[1, a] = self._within[slots, begins[a + 1] - begins[a]]
        behind = np.full_like(cost, NEVER)  # T(i, b, B - s_i)
        stored = Moves(self.sizes / self.unit, len(self.memory), rounded=self._rounded)
        for length in range(1, count + 1):
            starts = count - length + 1
            if length > 1:
                top = begins[length:] - begins[length - 1 : -1]  # of the uppermost block
                below = begins[length - 1 : -1] - begins[:starts]
                once = (top * below + top * (top - 1) / 2).astype(np.float32)
                best = cost[length - 1, :starts] + once[:, None]
                total = np.empty_like(best)
                for ahead in range(1, length):
                    np.add(behind[length - ahead, ahead : ahead + starts], cost[ahead, :starts], out=total)
                    total += np.float32(ahead * self.block)
                    np.minimum(best, total, out=best)
                cost[length, :starts] = best
            behind[length, :starts] = stored(cost[length, :starts])

    def of(self, start: int, ends: Integers) -> Costs:
        """Return T from a step to each of some steps, shape (ends, units + 1); between blocks it is interpolated."""
        block = min(start // self.block, self._count - 1)
        spans = ends - start
        whole = np.minimum(spans // self.block, self._count - block)
        share = ((spans - whole * self.block) / self.block).astype(np.float32)[:, None]
        more = np.minimum(whole + 1, self._count - block)
        found: Costs = self.cost[whole, block] * (1 - share) + self.cost[more, block] * share
        short = np.flatnonzero(whole == 0)
        if len(short):
            slots = np.minimum(1 + self.memory / max(self.sizes[block], 1e-9), len(self._within) - 1).astype(np.int64)
            found[short] = self._within[slots[None, :], spans[short][:, None]]
        return found

    def following(self, place: int, end: int, places: Integers, sizes: Floats, free_bytes: float) -> int:
        """Return which of some places between to store at next, or ``end - 1`` where none fits."""
        left = np.floor((free_bytes - sizes) / self.unit + 1e-6).astype(np.int64)
        fits = left >= 0
        if not fits.any():
            return end - 1
        most = len(self.memory) - 1
        places, left = places[fits], np.minimum(left[fits], most)
        units = min(int(free_bytes / self.unit + 1e-6), most)
        total = places - place + self.of(place, places)[:, units] + self._to(places, end, left)
        return min(int(places[total.argmin()]), end - 1)

    def _to(self, starts: Integers, end: int, units: Integers) -> npt.NDArray[np.float32]:
        """Return T from each of some steps to one, each with so many units free."""
        blocks = np.minimum(starts // self.block, self._count - 1)
        spans = end - starts
        most = self._count - blocks
        whole = np.minimum(spans // self.block, most)
        share = ((spans - whole * self.block) / self.block).astype(np.float32)
        more = np.minimum(whole + 1, most)
        found: npt.NDArray[np.float32] = (
            self.cost[whole, blocks, units] * (1 - share) + self.cost[more, blocks, units] * share
        )
        short = np.flatnonzero(whole == 0)
        if len(short):
            slots = 1 + self.memory[units[short]] / np.maximum(self.sizes[blocks[short]], 1e-9)
            most_slots = len(self._within) - 1
            found[short] = self._within[np.minimum(slots, most_slots).astype(np.int64), spans[short]]
        return found
