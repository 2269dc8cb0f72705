"""Schedules of checkpoint_schedules in our own actions.

The library counts steps where we count imaged levels: its step i is what the state at the i-th imaged step serves. It
tapes each step before it reverses it, one forward step; the imaging condition needs only u[n], which the state at n
holds: these steps are left out, all but the last of the first sweep, as in
:func:`wavecomp.plans.binomial.revolve_actions`. States that it stores and never reads again are not stored, and one
that it never drops is dropped at its last use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from wavecomp.plans.actions import Action, Forward, LoadState, Place, Reverse, SaveState, Tape, imaged


class _Step(NamedTuple):
    """One of the library's actions, by the number of a level; ``until`` is where a forward run ends."""

    kind: Literal["save", "forward", "tape", "load"]
    level: int
    until: int = 0
    place: Place = "memory"


def translated(theirs: Iterable[Any], first: int, last: int, every: int) -> Iterator[Action]:
    """Yield what the library's actions mean for a run from ``first`` to ``last`` that images every k-th step."""
    steps = imaged(first, last, every)
    if first < steps[0]:
        yield Forward(first, steps[0])
    swept = False
    for (kind, level, until, place), again in _with_uses(_plain(theirs, len(steps))):
        match kind:
            case "save":
                if again:
                    yield SaveState(steps[level], place)
            case "load":
                yield LoadState(steps[level], again)
            case "forward":
                yield Forward(steps[level], steps[until])
            case "tape":
                above = steps[level + 1] if level + 1 < len(steps) else last
                below = steps[level] if level else first
                yield Tape(steps[level], above, every, to_last=not swept)
                yield Reverse(above, below, every, "tape")
                swept = True


def _plain(theirs: Iterable[Any], levels: int) -> Iterator[_Step]:
    """Yield steps without what does nothing: to run to the end only to know where it is, and to go where one is."""
    from checkpoint_schedules import Copy, Move, StorageType
    from checkpoint_schedules import Forward as Ahead

    places: dict[Any, Place] = {StorageType.RAM: "memory", StorageType.DISK: "disk"}
    at: int | None = 0
    for action in theirs:
        if isinstance(action, Ahead):
            if action.write_ics:
                yield _Step("save", action.n0, place=places[action.storage])
            if action.write_adj_deps:
                yield _Step("tape", action.n0)
                at = None
            elif action.n1 < levels:
                yield _Step("forward", action.n0, action.n1)
                at = action.n1
        elif isinstance(action, Copy | Move) and at != action.n:
            yield _Step("load", action.n, place=places[action.from_storage])
            at = action.n


def _with_uses(found: Iterable[_Step]) -> list[tuple[_Step, bool]]:
    """Say of each state that is stored or read whether it is read again from there."""
    wanted: set[tuple[int, Place]] = set()
    uses: list[tuple[_Step, bool]] = []
    for step in reversed([*found]):
        key = step.level, step.place
        uses.append((step, key in wanted))
        if step.kind == "load":
            wanted.add(key)
        elif step.kind == "save":
            wanted.discard(key)
    return uses[::-1]
