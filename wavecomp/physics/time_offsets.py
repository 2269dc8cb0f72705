"""From buffers to levels: at which offsets in time an operator reads and writes a function.

A time function with B buffers has level n in buffer n mod B, so that compiled code says of an access only what its
offset is modulo B. Iteration n of a forward operator writes level n + 1 and none beyond; that makes offsets of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Accesses:
    """Accesses of one function.

    Attributes
    ----------
    read, written : set of int
        Offsets in time, as far as they are known: the code gives them modulo the number of buffers.
    points : set of tuple
        Where in space it is read, as indices in the loops over the grid.
    saved : bool
        It has a level for every step, not buffers that take turns.
    adds : bool
        It is added to, not only written over.
    """

    read: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    points: set[tuple[Any, ...]] = field(default_factory=set)
    saved: bool = False
    adds: bool = False
    writes: bool = False


def earliest_written(accesses: Accesses, buffers: int) -> int:
    """Return the lowest offset that a forward operator's iteration writes at, 1 where it writes the next level alone.

    Levels before that one are as they stay.
    """
    places = {offset % buffers for offset in accesses.written}
    return min((place if place <= 1 else place - buffers for place in places), default=1)


def deepest(accesses: Accesses, buffers: int, time_order: int) -> int:
    """Return how many steps back a forward operator's iteration reads a function, 0 for its latest level alone.

    Where offsets are the same modulo the number of buffers, the one further back is taken: a state that holds one
    level too many is right as well.
    """
    back = 0
    for offset in accesses.read:
        place = offset % buffers
        if place > 1:
            back = max(back, buffers - place)
        elif place == 1 and (buffers <= time_order or offset < 0):
            back = max(back, buffers - 1)
    return back
