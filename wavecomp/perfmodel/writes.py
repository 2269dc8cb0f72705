"""How often Revolve puts a state into a slot and takes one out: not a matter of p, but of which schedule is run.

Many schedules reach p(N, M). They differ in the step at which the next state is laid, and so in how many are laid at
all. Two are in use, and here they have names:

``fewest``
    Of all optimal steps one that leads to the fewest writes: Griewank and Walther's own choice, that of
    :func:`wavecomp.plans.binomial.split`, of pyrevolve, and of MultistageCheckpointSchedule in checkpoint_schedules
    (both of its trajectories). 1,830 writes for 2,526 steps and 60 slots.
``greatest``
    The farthest optimal step: that of Revolve and HRevolve in checkpoint_schedules. 2,453 writes there.
"""

from __future__ import annotations

from collections import Counter
from math import comb
from typing import Literal, TypeAlias

import numpy as np

from wavecomp.perfmodel.inputs import Ints, Numbers, chosen, whole
from wavecomp.perfmodel.revolve import most_steps, repetitions

ScheduleName: TypeAlias = Literal["fewest", "greatest"]
SCHEDULES: tuple[ScheduleName, ...] = ("fewest", "greatest")


def writes(steps: Numbers, slots: Numbers, schedule: ScheduleName = "fewest") -> Ints:
    r"""Return W(N, M), how often a state is put into a slot, the one of the beginning included.

    With :math:`\beta(m, t) = \binom{m + t}{t}` and t the repetitions of N steps with M slots, for ``fewest``

    .. math::

        W = \begin{cases}
            \beta(M - 1, t - 1) & N \le \beta(M, t - 1) + \beta(M - 1, t - 1) \\
            N - \beta(M, t - 1) & \text{otherwise}
        \end{cases}

    (the least number in [Griewank2000]_, also over all schedules that reach p: tested by trying them out). For
    ``greatest`` the run comes apart into pieces of exactly :math:`\beta(m, t)` steps, of which each has but one optimal
    schedule; the writes of the pieces are added up, at most some thousand of them for 10 million steps.

    Parameters
    ----------
    steps, slots : array_like of int
        N and M, each from 1 to :data:`~wavecomp.perfmodel.inputs.MOST`.
    schedule : str
        ``fewest`` or ``greatest``.

    Returns
    -------
    ndarray of int64
        Writes: none for one step, 1 for one slot, N - 1 from M = N - 1 on.

    Raises
    ------
    OutsideTheModel
        A number is not whole, too small or too large; or no schedule has that name.
    """
    chosen("schedule", schedule, SCHEDULES)
    n, m = np.broadcast_arrays(whole("steps", steps), whole("slots", slots))
    m = np.minimum(m, np.maximum(n - 1, 1))
    count = _fewest if schedule == "fewest" else _greatest
    return np.where(n > 1, count(n.ravel(), m.ravel()).reshape(n.shape), 0)


def reads(steps: Numbers) -> Ints:
    """Return how often a state is brought back, in any optimal schedule: N - 1 times, before all but the first step.

    Equation (3) of the study counts N.

    Parameters
    ----------
    steps : array_like of int
        N.

    Returns
    -------
    ndarray of int64
        Reads.

    Raises
    ------
    OutsideTheModel
        A number is not whole, too small or too large.
    """
    return np.asarray(whole("steps", steps) - 1)


def traffic_by_slot(steps: int, slots: int, schedule: ScheduleName = "fewest") -> tuple[Ints, Ints]:
    r"""Count how often each slot is written and read, by following the schedule's splits.

    A run of n steps with m slots from a state that is held is split into n - k steps with m - 1 slots, whose first
    state is written, and then, the state being read again, k steps with m slots. Runs of one length with one number of
    slots are counted together: there are few of them.

    Parameters
    ----------
    steps, slots : int
        N and M, at least 1.
    schedule : str
        ``fewest`` or ``greatest``.

    Returns
    -------
    written, read : ndarray of int64, shape (M,)
        By slot, in the order in which the first sweep fills them: slot 0 holds the beginning. They sum to
        :func:`writes` and :func:`reads`.

    Raises
    ------
    OutsideTheModel
        A number is not whole, too small or too large; or no schedule has that name.
    """
    chosen("schedule", schedule, SCHEDULES)
    n, m = int(whole("steps", steps)), int(whole("slots", slots))
    written, read = np.zeros(m, np.int64), np.zeros(m, np.int64)
    begun, slot = Counter({n: 1}), 0
    while slot < m and max(begun) > 1:
        free, again, above = m - slot, begun, Counter[int]()
        written[slot] = sum(number for length, number in begun.items() if length > 1)
        while again and (length := max(again)) > 1:
            # The longest first: what it leaves for the same slot is shorter.
            number = again.pop(length)
            if free == 1:
                read[slot] += (length - 1) * number
                continue
            ahead = _split(length, free, schedule)
            read[slot] += number
            again[ahead] += number
            above[length - ahead] += number
        begun, slot = above or Counter({1: 1}), slot + 1
    return written, read


def _split(steps: int, slots: int, schedule: ScheduleName) -> int:
    """Return how far to advance before the next state; ``fewest`` as :func:`wavecomp.plans.binomial.split` does."""
    slots = min(slots, steps - 1)
    if slots == 1:
        return steps - 1
    t = int(repetitions(steps, slots))
    above = comb(slots + t - 2, slots - 1)
    greatest = min(comb(slots + t - 1, slots), steps - above)
    if schedule == "greatest":
        return greatest
    return min(max(steps - above - comb(slots + t - 3, slots - 2), 1, comb(slots + t - 2, slots)), greatest)


def _fewest(n: Ints, m: Ints) -> Ints:
    t = np.maximum(repetitions(n, m) - 1, 0)
    below, above = most_steps(m, t), most_steps(np.maximum(m - 1, 1), t)
    return np.where(m == 1, 1, np.where(n <= below + above, above, n - below))


def _greatest(n: Ints, m: Ints) -> Ints:
    """Add up the pieces: of each run that is left either the part above or the part below has exactly β(m, t) steps."""
    total, left = np.ones(n.shape, np.int64), np.arange(n.size)
    n, m = n.copy(), m.copy()
    while True:
        left = left[(n[left] > 1) & (m[left] > 1)]
        if not left.size:
            return total
        steps, slots = n[left], m[left]
        t = repetitions(steps, slots)
        # No more slots than steps to store: all but the first of the states are written once.
        enough = t == 1
        total[left[enough]] += steps[enough] - 2
        n[left[enough]] = 1
        left, steps, slots, t = left[~enough], steps[~enough], slots[~enough], t[~enough]
        above, below = most_steps(slots - 1, t - 1), most_steps(slots, t - 1)
        low = steps <= above + below
        # A run of β(m, t) steps writes β(m - 1, t) states, its first one included, or that one alone with one slot.
        # Where the full piece is above, its first state is a new one: β(m - 2, t - 1) writes. Where it is below, its
        # first state is counted already, but the run above, which is left, begins with a new one: β(m - 1, t - 1).
        piece = np.where(slots > 2, most_steps(np.maximum(slots - 2, 1), t - 1), 1)
        total[left] += np.where(low, piece, above)
        n[left] = np.where(low, steps - above, steps - below)
        m[left] = np.where(low, slots, slots - 1)
