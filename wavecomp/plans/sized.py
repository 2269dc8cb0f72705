r"""Checkpointing with the sizes that states and levels have: a restart takes a state, the imaging a level.

A state is two levels of the whole grid, absorbing layer and halo included; the imaging reads one level of the physical
domain. In three dimensions that is easily a quarter of half a state. With n imaged steps to reverse from a state in the
operator's buffers whose own level is the lowest of them, room for m levels, states as large as c levels, and forward
steps counted in units of k = ``every``:

.. math::

    H(n, m) = \min \begin{cases}
        1 + H(n - 1, m - 1) & \text{store the level} \\
        \min_i \; i + H(n - i, m - c) + H(i, m) & \text{store the state, go } i \text{ ahead}
    \end{cases}

and H(n, m) = n - 1 for as many levels as the buffers hold anyway: three with k = 1, otherwise one. The first line is
taken only where nothing below needs to restart from here. Restart data and imaging data of different sizes are
those of [Maddison2024]_; c is theirs, not 2. H is not convex in n, so every i is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from wavecomp.plans.actions import Action, Forward, ForwardKeeping, LoadState, Reverse, SaveState, Tape, imaged

_NEVER = 2**29


def sized_actions(first: int, last: int, every: int, levels: int, state_levels: int, tape: int) -> Iterator[Action]:
    """Yield the actions for room of so many levels; the buffers hold the last ``tape`` of them anyway."""
    steps = imaged(first, last, every)
    bounds = [first, *steps[1:], last]  # the adjoint goes from bounds[j + 1] to bounds[j] with the imaging at steps[j]
    choices = sized_choices(len(steps), min(levels, len(steps) + state_levels), state_levels, tape)
    room = choices.shape[1] - 1
    states: list[int] = []
    stored: set[int] = set()
    place, end, free = 0, len(steps), room
    if first < steps[0]:
        yield Forward(first, steps[0])
    while True:
        while end - place > tape:
            ahead = int(choices[end - place, free])
            if ahead == 0:
                begin = place
                while end - place > tape and choices[end - place, free] == 0:
                    stored.add(place)
                    place, free = place + 1, free - 1
                yield ForwardKeeping(steps[begin], steps[place], every)
                continue
            if not states or states[-1] != place:
                yield SaveState(steps[place])
                states.append(place)
            yield Forward(steps[place], steps[place + ahead])
            place, free = place + ahead, free - state_levels
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
        # The room of the state counts as free: whether it stays is chosen anew.
        place, free = states[-1], free + state_levels
        keep = end - place > tape and bool(choices[end - place, free])
        yield LoadState(steps[place], keep)
        if not keep:
            states.pop()


@lru_cache(maxsize=8)
def sized_choices(steps: int, levels: int, state_levels: int, tape: int) -> npt.NDArray[np.int32]:
    """Tabulate H: entry [n, m] is how far to go after storing the state, or 0 for storing the level alone.

    Takes steps² · levels / 2 additions: a tenth of a second for 500 steps, some seconds for 1,000.
    """
    cost = np.full((steps + 1, levels + 1), _NEVER, dtype=np.int32)
    choice = np.zeros((steps + 1, levels + 1), dtype=np.int32)
    for n in range(min(tape, steps) + 1):
        cost[n] = max(n - 1, 0)
    rest = levels + 1 - state_levels  # with room for so many more levels than a state
    for n in range(tape + 1, steps + 1):
        if rest > 0:
            ahead = np.arange(1, n, dtype=np.int32)
            totals = cost[n - 1 : 0 : -1, :rest] + cost[1:n, state_levels:]
            totals += ahead[:, None]
            # The greatest of equal distances stores the fewest states.
            best = n - 2 - totals[::-1].argmin(axis=0)
            cost[n, state_levels:] = np.minimum(totals[best, np.arange(rest)], _NEVER)
            choice[n, state_levels:] = ahead[best]
        level = 1 + cost[n - 1, :-1]
        cheaper = level <= cost[n, 1:]
        cost[n, 1:][cheaper] = level[cheaper]
        choice[n, 1:][cheaper] = 0
    choice.setflags(write=False)
    return choice
