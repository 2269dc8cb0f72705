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
