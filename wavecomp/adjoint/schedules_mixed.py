r"""Checkpointing that counts levels, not states: one level is enough for the imaging, two for a restart.

**Every step imaged.** The state at n holds u[n - 1] and u[n], so each state that is stored serves the imaging twice,
and :data:`TAPE` levels come for nothing: the operator's own three time buffers. Let F(n, s) be the fewest forward steps
that reverse n levels, beginning at a stored state whose own level is the lowest of the n, with s more slots for states:

.. math::

    F(n, s) = \min \begin{cases}
        n - 1 + F(n - 3, s) & \text{advance to the top, nothing stored} \\
        \min_i \; i + F(n - i, s - 1) + F(i - 1, s) & \text{store the state } i \text{ steps ahead}
    \end{cases}

with F(n, s) = n - 1 for n <= 3. As in binomial checkpointing there is a closed form: with t repetitions at most

.. math:: B_s(t) = 3 \binom{s + t}{s + 1} + 2 \binom{s + t}{s} - 1

levels can be reversed, and :math:`F(n, s) = t n - \sum_{\tau < t} B_s(\tau)` for the least t with :math:`B_s(t) \ge n`.

**Every k-th step imaged.** No two neighbours are imaged, a state (two levels) serves one step of imaging, a level of
its own (one) as well; as in [Maddison2024]_, but with their true sizes. With n imaged steps and m levels, in units of k
forward steps:

.. math::

    H(n, m) = \min \begin{cases}
        1 + H(n - 1, m - 1) & \text{store the level} \\
        \min_i \; i + H(n - i, m - 2) + H(i, m) & \text{store the state, go } i \text{ ahead}
    \end{cases}

and H(1, m) = 0. The first line is taken only where nothing below needs to restart from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np
import numpy.typing as npt

from wavecomp.adjoint.actions import Action, Forward, ForwardKeeping, LoadState, Reverse, SaveState, Tape, imaged

TAPE = 3
"""Levels on the tape: as many as a second-order operator's buffers hold anyway."""


def mixed_actions(first: int, last: int, every: int, levels: int) -> Iterator[Action]:
    """Yield the actions of :func:`wavecomp.adjoint.schedules.mixed`."""
    if every == 1:
        return _paired_actions(first, last, levels // 2)
    return _spaced_actions(first, last, every, levels)


def reach(slots: int, repetitions: int) -> int:
    """Return B_s(t), the levels that s further slots can reverse if no step is advanced more than t times again."""
    s, t = slots, repetitions
    return TAPE * comb(s + t, s + 1) + 2 * comb(s + t, s) - 1


def paired_steps(levels: int, slots: int) -> int:
    """Return F(n, s), the forward steps for n levels and s slots besides that of the first state."""
    total, t = 0, 0
    while (reached := reach(slots, t)) < levels:
        total += levels - reached
        t += 1
    return total


def _paired_split(levels: int, slots: int) -> int:
    """Return how far ahead the next state is stored; with no slot, where the last levels begin that the tape takes."""
    if slots == 0:
        return levels - TAPE
    t = 1
    while reach(slots, t) < levels:
        t += 1
    # Optimal: everything below costs t - 2 or t - 1 steps again, everything above t - 1 or t. In this range the middle
    # stores fewer states than either end; no closed form for the fewest is known to us.
    above = reach(slots - 1, t - 1)
    least = 1 + max(reach(slots, t - 2) if t > 1 else 0, levels - 1 - reach(slots - 1, t))
    greatest = 1 + min(reach(slots, t - 1), levels - 1 - above)
    middle = levels + 1 - above - (reach(slots - 2, t - 1) if slots > 1 else 0)
    return min(max(middle, least), greatest)


def _paired_actions(first: int, last: int, slots: int) -> Iterator[Action]:
    held: list[int] = []
    step, end = first, last
    while True:
        while end - step > TAPE:
            if not held or held[-1] != step:
                yield SaveState(step)
                held.append(step)
            free = slots - len(held)
            ahead = step + _paired_split(end - step, free)
            # Nearer to the end the tape takes as many levels as the tape and a state would: store none.
            store = free > 0 and end - ahead >= TAPE
            ahead = ahead if store else end - TAPE
            yield Forward(step, ahead)
            step = ahead
            if not store:
                break
            yield SaveState(step)
            held.append(step)
        yield Tape(step, end, 1, to_last=end == last)
        yield Reverse(end, step, 1, "tape")
        end = step
        while held:
            # A state has the level below it as well, and the tape takes both if there is room.
            step = held[-1]
            low = max(step - 1, first)
            if end - low > TAPE:
                yield LoadState(step, keep=True)
                break
            held.pop()
            yield LoadState(step, keep=False)
            yield Tape(low, end, 1, to_last=False)
            yield Reverse(end, low, 1, "tape")
            end = low
        if not held:
            return


def _spaced_actions(first: int, last: int, every: int, levels: int) -> Iterator[Action]:
    steps = imaged(first, last, every)
    bounds = [first, *steps[1:], last]  # the adjoint goes from bounds[j + 1] to bounds[j] with the imaging at steps[j]
    store_states = _spaced_choices(len(steps), min(levels, 2 * len(steps)))
    room = store_states.shape[1] - 1
    states: list[int] = []
    stored: set[int] = set()
    place, end, free = 0, len(steps), room
    if first < steps[0]:
        yield Forward(first, steps[0])
    while True:
        while place < end - 1:
            ahead = int(store_states[end - place, free])
            if ahead == 0:
                begin = place
                while place < end - 1 and store_states[end - place, free] == 0:
                    stored.add(place)
                    place, free = place + 1, free - 1
                yield ForwardKeeping(steps[begin], steps[place], every)
                continue
            if not states or states[-1] != place:
                yield SaveState(steps[place])
                states.append(place)
            yield Forward(steps[place], steps[place + ahead])
            place, free = place + ahead, free - 2
        yield Tape(steps[place], bounds[end], every, to_last=end == len(steps))
        yield Reverse(bounds[end], bounds[place], every, "tape")
        end = place
        while end - 1 in stored:
            end, free = end - 1, free + 1
            stored.remove(end)
        if end < place:
            yield Reverse(bounds[place], bounds[end], every, "store")
        if not states:
            return
        # The slots of the state count as free: whether it stays is chosen anew.
        place, free = states[-1], free + 2
        keep = end - place > 1 and bool(store_states[end - place, free])
        yield LoadState(steps[place], keep)
        if not keep:
            states.pop()


def _spaced_choices(steps: int, levels: int) -> npt.NDArray[np.int32]:
    """Tabulate H: entry [n, m] is how far to go after storing the state, or 0 for storing the level alone."""
    never = 2**40
    cost = np.full((steps + 1, levels + 1), never, dtype=np.int64)
    choice = np.zeros((steps + 1, levels + 1), dtype=np.int32)
    cost[:2] = 0
    for n in range(2, steps + 1):
        ahead = np.arange(1, n)
        totals = ahead[:, None] + cost[n - 1 : 0 : -1, :-2] + cost[1:n, 2:]
        # The greatest of equal distances stores the fewest states.
        best = n - 2 - totals[::-1].argmin(axis=0)
        cost[n, 2:] = totals[best, np.arange(levels - 1)]
        choice[n, 2:] = ahead[best]
        level = 1 + cost[n - 1, :-1]
        cheaper = level <= cost[n, 1:]
        cost[n, 1:][cheaper] = level[cheaper]
        choice[n, 1:][cheaper] = 0
    return choice
