"""Binomial checkpointing, without a table: every split follows from a closed form."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from wavecomp.plans.actions import Action, Forward, LoadState, Reverse, SaveState, Tape, imaged


def repetitions(steps: int, slots: int) -> int:
    """Return the least t with C(slots + t, slots) >= steps: no step of an optimal schedule is advanced more often."""
    t, reach = 0, 1
    if slots == 1:
        return steps - 1
    while reach < steps:
        t += 1
        reach = reach * (slots + t) // t
    return t


def recomputed_steps(steps: int, slots: int) -> int:
    r"""Return :math:`p(N, M)`, the forward steps that Revolve takes beside the N that it tapes.

    .. math::

        p(N, 1) = \tfrac12 N (N - 1), \quad
        p(N, M) = \min_k \; k + p(k, M) + p(N - k, M - 1)
        = t N - \binom{M + t}{t - 1}, \quad t = \min \{t : \tbinom{M + t}{M} \ge N\}

    [Griewank2000]_. p(10, 3) = 15, p(100, 5) = 316. More slots than N - 1 do not help. Here are single numbers of any
    size, for schedules; :func:`wavecomp.perfmodel.revolve.recomputed_steps` takes arrays, and a test holds them equal.
    """
    slots = max(1, min(slots, steps - 1))
    t = repetitions(steps, slots)
    return t * steps - comb(slots + t, t - 1) if t else 0


def split(steps: int, slots: int) -> int:
    """Return how far to advance before the next state is stored.

    Every k with C(M + t - 2, M) <= k <= C(M + t - 1, M) and C(M + t - 2, M - 1) <= N - k <= C(M + t - 1, M - 1) is
    optimal. Among these, N - k nearest to C(M + t - 2, M - 1) + C(M + t - 3, M - 2) stores the fewest states in all
    [Griewank2000]_: 1,830 for 2,526 steps and 60 slots, where the greatest k would store 2,453.

    Parameters
    ----------
    steps : int
        N, at least 2: the states from here to the one that is reversed next.
    slots : int
        M, free slots and the one that the state here is in.
    """
    slots = min(slots, steps - 1)
    if slots == 1:
        return steps - 1
    t = repetitions(steps, slots)
    above = comb(slots + t - 2, slots - 1)
    least = max(1, comb(slots + t - 2, slots))
    greatest = min(comb(slots + t - 1, slots), steps - above)
    return min(max(steps - above - comb(slots + t - 3, slots - 2), least), greatest)


def revolve_actions(first: int, last: int, every: int, slots: int) -> Iterator[Action]:
    """Yield the actions of :func:`wavecomp.plans.schedules.revolve`."""
    steps = imaged(first, last, every)
    held: list[int] = []
    place, end, swept = 0, len(steps), False
    if first < steps[0]:
        yield Forward(first, steps[0])
    while True:
        while place < end - 1:
            if not held or held[-1] != place:
                yield SaveState(steps[place])
                held.append(place)
            ahead = place + split(end - place, slots - len(held) + 1)
            yield Forward(steps[place], steps[ahead])
            place = ahead
        below = steps[place] if place else first
        above = steps[end] if end < len(steps) else last
        yield Tape(steps[place], above, every, to_last=not swept)
        yield Reverse(above, below, every, "tape")
        swept = True
        end -= 1
        if not held:
            return
        place = held[-1]
        keep = place < end - 1
        yield LoadState(steps[place], keep)
        if not keep:
            held.pop()
