r"""Checkpoints of unequal sizes under a budget in bytes: what the least recomputation is, exactly and in bounds.

A chain of N imaged steps, whose state at n takes :math:`s_n` bytes in the store. Let :math:`T(a, b, B)` be the fewest
forward steps that reverse the steps a … b - 1, with the state at a in the buffers and in the store, and B bytes free
for more. With i the lowest state that is stored on the first way up, or nothing stored at all,

.. math::

    T(a, b, B) = \min \begin{cases}
        (b - 1 - a) + T(a, b - 1, B) \\
        \min_{a < i < b,\; s_i \le B} \; (i - a) + T(i, b, B - s_i) + T(a, i, B)
    \end{cases}
    \qquad T(a, a + 1, B) = 0,

where sizes are equal and M states fit :math:`p(N, M)` of binomial checkpointing [Griewank2000]_. It is the optimum
among *persistent* schedules, those that keep a state until its own step is reversed: the actions at and above i never
need a state below i, since i is there to restart from, so they and those below i separate.

**What is hard.** For chains whose steps differ in cost *and* states in size, with the choice of what to keep of a
step, Beaumont et al. (2024) prove that finding the optimum is NP-hard, and that persistence may cost something there:
it may pay to give up a state early for another one. The second holds here too (a test has an example). Steps of equal
cost leave the recurrence above, which is pseudo-polynomial: :math:`O(N^3 G)` for sizes that are multiples of
:math:`1/G` of the budget. Whether equal costs with sizes of many digits are NP-hard is not known to us.

**What makes N = 2,500 easy.** States that lie close to each other have nearly equal sizes, and the gaps between the
states of a first sweep are short. So only the sweep over the whole is a dynamic program, and what happens within a gap
is known in closed form (:mod:`wavecomp.plans.first_sweep`), in :math:`O(N^2 G)`. With the least size of each gap, and
sizes rounded down, the same program is a lower bound on T; with the greatest, and rounded up, an upper one. No bound
has to be believed: their distance says how near the optimum a plan is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from wavecomp.errors import ScheduleError


def least_recomputed(sizes: Sequence[int], budget_bytes: int) -> int:
    """Return T(0, N, B - s_0) exactly; only for short chains, since every sum of sizes may become a case of its own.

    Parameters
    ----------
    sizes : sequence of int, length N
        Bytes of the state at each imaged step.
    budget_bytes : int
        What all states may hold, the first one included.

    Raises
    ------
    ScheduleError
        No step, or a budget that does not hold the first state.
    """
    steps = len(sizes)
    check_budget(sizes, budget_bytes)

    @cache
    def least(first: int, last: int, free: int) -> int:
        if last - first <= 1:
            return 0
        between = sizes[first + 1 : last]
        free = min(free, sum(between))  # more is of no use: fewer cases
        found = last - 1 - first + least(first, last - 1, free)
        for place, size in enumerate(between, first + 1):
            if size <= free:
                found = min(found, place - first + least(place, last, free - size) + least(first, place, free))
        return found

    return least(0, steps, budget_bytes - sizes[0])


def check_budget(sizes: Sequence[int], budget_bytes: int) -> None:
    """Raise ScheduleError for sizes and a budget of which no schedule can be made."""
    if not len(sizes) or min(sizes) < 1:
        raise ScheduleError(f"{len(sizes)} sizes, the least {min(sizes, default=0)}: at least one is needed, of 1 byte")
    if sizes[0] > budget_bytes:
        raise ScheduleError(
            f"the first state takes {sizes[0]} bytes, the budget is {budget_bytes}: at least {sizes[0]} are needed"
        )
