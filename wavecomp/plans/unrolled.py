"""A schedule laid out in time, one unit for each step forward or back: what the classical picture of Revolve shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from wavecomp.plans.actions import Action, Forward, ForwardKeeping, LoadState, Reverse, SaveState, Tape
from wavecomp.plans.schedules import Schedule


class Stretch(NamedTuple):
    """Steps that follow one another in one direction.

    Attributes
    ----------
    begun : int
        Steps of any kind that were done before: the wall clock, if each takes one unit.
    first, last : int
        Simulated steps; ``last`` is the lower one on the way back.
    """

    begun: int
    first: int
    last: int


class Held(NamedTuple):
    """One checkpoint from when it is written to when it is read for the last time.

    Attributes
    ----------
    kind : "state", "level" or "tape"
        What it is: a state or a level in the store, or a level on the tape.
    step : int
        Whose it is.
    written, dropped : int
        On the wall clock.
    reads : tuple of int
        On the wall clock, the last one included.
    """

    kind: Literal["state", "level", "tape"]
    step: int
    written: int
    dropped: int
    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A schedule in time.

    Attributes
    ----------
    first, last : int
        Simulated steps between which the run goes.
    forward, backward : tuple of Stretch
        In order of time.
    held : tuple of Held
        In the order in which they are dropped.
    wall_steps : int
        Steps of both kinds in all. Storing and reading take no time here.
    """

    first: int
    last: int
    forward: tuple[Stretch, ...]
    backward: tuple[Stretch, ...]
    held: tuple[Held, ...]
    wall_steps: int

    @property
    def forward_steps(self) -> int:
        """Forward steps in all."""
        return sum(stretch.last - stretch.first for stretch in self.forward)

    def held_at_once(self, kind: str) -> int:
        """Return the most checkpoints of a kind between their writing and their dropping at one time."""
        marks = sorted(
            mark
            for one in self.held
            if one.kind == kind
            for mark in ((one.written, 1), (one.dropped, -1))
        )  # fmt: skip
        most = now = 0
        for _, change in marks:
            now += change
            most = max(most, now)
        return most


def unroll(schedule: Schedule) -> Unrolled:
    """Lay a schedule out in time. It is taken to be right: :func:`wavecomp.plans.replay.replay` tells whether it is."""
    clock = _Clock(schedule.first)
    for action in schedule:
        clock.run(action)
    return Unrolled(
        schedule.first,
        schedule.last,
        tuple(clock.forward),
        tuple(clock.backward),
        tuple(clock.done),
        clock.now,
    )


class _Clock:
    def __init__(self, first: int) -> None:
        self.now, self.state = 0, first
        self.forward: list[Stretch] = []
        self.backward: list[Stretch] = []
        self.done: list[Held] = []
        self._open: dict[tuple[Literal["state", "level", "tape"], int], tuple[int, list[int]]] = {}

    def run(self, action: Action) -> None:
        match action:
            case Forward(_, last):
                self._advance(last)
            case ForwardKeeping(first, last):
                self._lay("level", action.kept, first)
                self._advance(last)
            case Tape(first):
                for step in [step for kind, step in self._open if kind == "tape"]:
                    del self._open["tape", step]
                self._lay("tape", action.kept, min(first, self.state))
                self._advance(action.reach)
            case SaveState(step):
                self._open["state", step] = (self.now, [])
            case LoadState(step, keep):
                self._read("state", step, self.now, last=not keep)
                self.state = step
            case Reverse(last, first, _, source):
                kind: Literal["tape", "level"] = "tape" if source == "tape" else "level"
                for step in action.imaged:
                    self._read(kind, step, self.now + last - step, last=True)
                self.backward.append(Stretch(self.now, last, first))
                self.now += last - first

    def _advance(self, last: int) -> None:
        if last > self.state:
            self.forward.append(Stretch(self.now, self.state, last))
            self.now += last - self.state
            self.state = last

    def _lay(self, kind: Literal["level", "tape"], steps: range, first: int) -> None:
        """Note levels that are kept while the state goes on from ``first``: each when the state is there."""
        for step in steps:
            self._open[kind, step] = (self.now + max(step - max(first, self.state), 0), [])

    def _read(self, kind: Literal["state", "level", "tape"], step: int, now: int, *, last: bool) -> None:
        written, reads = self._open[kind, step]
        reads.append(now)
        if last:
            del self._open[kind, step]
            self.done.append(Held(kind, step, written, now, tuple(reads)))
