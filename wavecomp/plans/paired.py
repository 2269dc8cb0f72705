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

Where states and levels have other sizes, or not every step is imaged: :mod:`~wavecomp.plans.sized`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from wavecomp.plans.actions import Action, Forward, LoadState, Reverse, SaveState, Tape

TAPE = 3
"""Levels on the tape: as many as a second-order operator's buffers hold anyway."""


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


def paired_actions(first: int, last: int, slots: int) -> Iterator[Action]:
    """Yield the actions of a schedule of states alone, each imaged twice."""
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
