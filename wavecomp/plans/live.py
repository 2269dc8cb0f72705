"""A schedule of states that is made up as it goes, from the sizes that the store reports.

**The first way up.** Nobody has to compute a step again to give up a state that is stored. So states are stored for
what is known so far, with sizes to come taken to be like the last one seen, or as an earlier run had them; where sizes
turn out otherwise the rest of the way is planned anew (:mod:`~wavecomp.plans.first_sweep`), over the states that are
held and all those to come. Held states that the new plan does without are dropped only when their memory is needed. On
long ways between two states others are stored as well, while there is room: to choose from later, and to learn sizes.

**The way back.** Sizes are known at many steps now, and those between lie on a line. Each stretch between a state and
the adjoint is a problem of its own, with the memory that is free at that moment: a dynamic program where its sizes
differ, the closed form where they do not.

A state that does not fit after all is gone without: the next one is stored where its expected size fits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TypeAlias

import numpy as np

from wavecomp.plans.actions import Action, DropState, Forward, LoadState, Reverse, SaveState, Tape
from wavecomp.plans.first_sweep import FirstSweep
from wavecomp.plans.ledger import Ledger
from wavecomp.plans.looks import Looks
from wavecomp.plans.placing import Floats, Places, Placing, candidates
from wavecomp.plans.size_curve import SizeCurve

_FURTHER = 1.15
"""Where a run whose end is unknown is taken to end: this far beyond where it has come."""

_FAR = 1 << 62

Course: TypeAlias = Callable[[int], int]


class LiveActions:
    """The way through one run; :meth:`actions` may be asked for once.

    Parameters
    ----------
    first, every : int
        As in :class:`~wavecomp.plans.schedules.Schedule`.
    course : callable
        How far a run comes that wants to get to a step: there, or to its end.
    known_end : bool
        Whether ``course`` may be asked for the end at the beginning; otherwise it is asked for what comes next alone.
    ledger : Ledger
        Of the store.
    curve : SizeCurve
        What is known of sizes; it learns.
    """

    def __init__(
        self, first: int, every: int, course: Course, ledger: Ledger, curve: SizeCurve, *, known_end: bool
    ) -> None:
        self._first, self._every = first, every
        self._begin = -(-first // every) * every
        self._course, self._ledger, self._curve = course, ledger, curve
        self._last = course(_FAR) if known_end else None
        self._placing = Placing()
        self._looks = Looks(known_end=known_end)
        self._held: list[int] = []
        # The plan of the first way: its end, what it keeps of all that lies behind, where it stores, sizes it assumes.
        self._count = 1
        self._kept: set[int] = set()
        self._ahead: list[int] = []
        self._assumed: dict[int, float] = {}

    def actions(self) -> Iterator[Action]:
        """Yield the actions, each once the one before is done."""
        if self._first < self._begin:
            yield Forward(self._first, self._begin)
        yield from self._save(0, optional=False)
        place = yield from self._up()
        assert self._last is not None
        end = self._count
        yield from self._forward(place, end - 1)
        yield Tape(self._step(end - 1), self._last, self._every, to_last=True)
        yield self._reversed(end - 1)
        end -= 1
        while self._held and self._held[-1] >= end:  # stored where the run came to its end without knowing
            yield from self._drop(self._held[-1])
        while end:
            place = self._held[-1]
            keep = place < end - 1
            yield LoadState(self._step(place), keep)
            if not keep:
                self._held.pop()
            yield from self._climb(place, end)
            yield Tape(self._step(end - 1), self._step(end), self._every, to_last=False)
            yield self._reversed(end - 1)
            end -= 1

    def _step(self, place: int) -> int:
        return self._begin + place * self._every

    def _places(self, last: int) -> int:
        """Return how many imaged steps lie before a step."""
        return -(-(last - self._begin) // self._every)

    def _reversed(self, place: int) -> Reverse:
        assert self._last is not None
        above = min(self._step(place + 1), self._last)
        return Reverse(above, self._step(place) if place else self._first, self._every, "tape")

    def _forward(self, place: int, ahead: int) -> Iterator[Action]:
        if place < ahead:
            yield Forward(self._step(place), self._step(ahead))

    def _save(self, place: int, *, optional: bool = True) -> Iterator[Action]:
        """Store a state if it fits; learn its size in any case."""
        step = self._step(place)
        yield SaveState(step, optional=optional)
        refused = self._ledger.refused_bytes
        if refused is None:
            self._held.append(place)
        self._curve.learn(step, self._ledger.size_of(step) if refused is None else refused)

    def _expected(self, places: Places) -> Floats:
        return self._curve.at(self._begin + self._every * places)

    def _expected_at(self, place: int) -> float:
        return float(self._expected(np.array([place]))[0])

    # --- the first way up ---

    def _up(self) -> Generator[Action, None, int]:
        """Go up until no further state is wanted; return the place then."""
        place = 0
        self._plan_ahead(place)
        while True:
            target = self._ahead[0] if self._ahead else self._count - 1
            look = self._looks.apart(self._count)
            if target > place + look + look // 2:
                target = place + look
            if self._last is None and self._ends_before(target):
                self._plan_ahead(place)
                continue
            if target >= self._count - 1:
                if self._last is not None:
                    break
                self._plan_ahead(place, beyond=target)
                continue
            goal = bool(self._ahead) and target == self._ahead[0]
            if goal:
                self._ahead.pop(0)
            yield from self._forward(place, target)
            place = target
            expected = self._expected_at(place)
            assumed = self._assumed.get(place, expected)
            yield from self._make_room(expected)
            yield from self._save(place)
            size = self._expected_at(place)
            self._looks.learn(expected, size)
            if goal and self._held[-1] != place and self._could_hold(size):
                yield from self._make_room(size)
                yield from self._save(place)
            if goal:
                self._kept.add(place)
            lost = goal and self._held[-1] != place
            otherwise = self._placing.tolerance(goal=goal)
            if lost or not 1 / otherwise < size / assumed < otherwise:
                self._plan_ahead(place)
        yield from self._settle()
        return place

    def _ends_before(self, place: int) -> bool:
        """Return whether the run ends before the step of a place is left behind; the end is known then."""
        wanted = self._step(place) + 1
        reached = self._course(wanted)
        if reached < wanted:
            self._last = reached
        return reached < wanted

    def _plan_ahead(self, place: int, beyond: int = 0) -> None:
        """Plan the rest of the way: what to keep of what is held, and where to store."""
        beyond = max(beyond, place)
        self._count = max(beyond + 8, int(beyond * _FURTHER)) if self._last is None else self._places(self._last)
        held, sizes, free = self._holdings()
        self._placing.look(self._expected(np.arange(self._count)), free)
        future = np.arange(place + 1, self._count)
        future = future[candidates(self._count, free, self._expected(future))]
        expected = self._expected(future)
        sizes = np.concatenate((sizes, expected))
        chosen = self._placing.sweep(np.concatenate((held, future, [self._count])), sizes, free).kept(sizes, free)
        self._kept = {0, *(one for one in chosen if one <= place)}
        self._ahead = [one for one in chosen if one > place]
        self._assumed = dict(zip(future.tolist(), expected.tolist(), strict=True))

    def _holdings(self) -> tuple[Places, Floats, float]:
        """Return what is held, its sizes, and the memory that all but the first of it and what is free would give."""
        sizes = np.array([self._ledger.size_of(self._step(one)) for one in self._held], dtype=np.float64)
        return np.array(self._held), sizes, self._ledger.free_bytes + float(sizes[1:].sum())

    def _others(self) -> list[int]:
        return [one for one in self._held if one not in self._kept]

    def _could_hold(self, size: float) -> bool:
        others = sum(self._ledger.size_of(self._step(one)) for one in self._others())
        return self._ledger.free_bytes + others >= size

    def _make_room(self, wanted: float) -> Iterator[Action]:
        """Drop held states that the plan does without until so many bytes are free: first those next to another one."""
        others = self._others()
        while others and self._ledger.free_bytes < wanted:
            below = {one: one - self._held[number - 1] for number, one in enumerate(self._held) if number}
            least = min(others, key=lambda one: below[one])
            others.remove(least)
            yield from self._drop(least)

    def _drop(self, place: int) -> Iterator[Action]:
        self._held.remove(place)
        yield DropState(self._step(place))

    def _settle(self) -> Iterator[Action]:
        """At the end of the way, drop what the best choice among the states that are held does without."""
        held, sizes, free = self._holdings()
        self._placing.look(self._expected(np.arange(self._count)), free)
        plan = self._placing.sweep(np.append(held, self._count), sizes, free)
        keep = {0, *plan.kept(sizes, free)}
        for one in self._held[::-1]:
            if one not in keep:
                yield from self._drop(one)
        self._placing.look(self._expected(np.arange(self._count)), free, last=True)

    # --- the way back ---

    def _climb(self, place: int, end: int) -> Iterator[Action]:
        """Go from a state to the last step before the adjoint, storing on the way."""
        plan: FirstSweep | None = None
        while place < end - 1:
            sizes = self._expected(np.arange(place + 1, end))
            ahead, plan = self._placing.following(place, end, sizes, self._ledger.free_bytes, plan)
            yield from self._forward(place, ahead)
            place = ahead
            if place < end - 1:
                yield from self._save(place)
                if self._held[-1] != place:
                    plan = None
