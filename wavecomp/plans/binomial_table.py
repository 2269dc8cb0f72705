"""p(N, M) for all N and M at once, and what else the dynamic programs over unequal sizes share."""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Costs: TypeAlias = npt.NDArray[np.float32]

NEVER = np.float32(1e12)
"""Cost of what cannot be done."""


@lru_cache(maxsize=8)
def binomial_table(steps: int, slots: int) -> Costs:
    r"""Tabulate :math:`p(N, M) = \sum_{\tau \ge 0} \max(0, N - \binom{M + \tau}{\tau})`: entry [M, N]; M = 0 never.

    That is the closed form of :func:`wavecomp.plans.binomial.recomputed_steps`, summed up in another order.
    p(N, M) - p(N - 1, M) is the number of repetitions that do not reach N steps.
    """
    slots = max(1, min(slots, steps))
    table = np.full((slots + 1, steps + 1), NEVER, dtype=np.float32)
    lengths = np.arange(1, steps + 1)
    for m in range(1, slots + 1):
        reached, t = [], 0
        while (once := comb(m + t, t)) < steps:
            reached.append(once)
            t += 1
        repeated = np.searchsorted(np.array(reached, dtype=np.int64), lengths, side="left")
        table[m] = np.concatenate(([0], np.cumsum(repeated)))
    table.setflags(write=False)
    return table


def moved(cost: Costs, size_units: float, *, rounded: int = 0) -> Costs:
    """Return the costs with a state of so many units of memory taken away: F(B - s) for all B, where F(B) is given.

    A size between two whole numbers is rounded down (``rounded=-1``), up (1), or the cost is interpolated (0).
    """

    def by(units: int) -> Costs:
        out = np.full_like(cost, NEVER)
        if units < len(cost):
            out[units:] = cost[: len(cost) - units]
        return out

    below, above = int(np.floor(size_units)), int(np.ceil(size_units))
    if rounded or below == above:
        return by(below if rounded < 0 else above)
    share = np.float32(size_units - below)
    out: Costs = by(below) * (1 - share) + by(above) * share
    return out


class Moves:
    """What :func:`moved` does, for the states of many places at once.

    Parameters
    ----------
    sizes_units : ndarray of float, shape (places,)
        In units of memory.
    columns : int
        Entries of the costs of one place: units + 1.
    rounded : int
        As there.
    """

    def __init__(self, sizes_units: npt.NDArray[np.float64], columns: int, *, rounded: int = 0) -> None:
        below = np.floor(sizes_units).astype(np.int64)
        above = np.ceil(sizes_units).astype(np.int64)
        if rounded:
            below = above = below if rounded < 0 else above
        self._below, self._above = (_from(units, columns) for units in (below, above))
        self._share = (sizes_units - below if not rounded else np.zeros(len(below))).astype(np.float32)[:, None]

    def __call__(self, cost: Costs) -> Costs:
        """Return the moved costs of the first places, of which the costs are given: shape (places, columns)."""
        places = len(cost)
        padded = np.concatenate((cost, np.full((places, 1), NEVER, dtype=np.float32)), axis=1)
        rows, share = np.arange(places)[:, None], self._share[:places]
        out: Costs = padded[rows, self._below[:places]] * (1 - share) + padded[rows, self._above[:places]] * share
        return out


def _from(units: npt.NDArray[np.int64], columns: int) -> npt.NDArray[np.int64]:
    """Return the column that lies so many units below each one; ``columns`` where none does."""
    found = np.arange(columns) - units[:, None]
    return np.where(found < 0, columns, found)
