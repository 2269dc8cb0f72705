"""A toy machine that runs a schedule on integers: level n is the number n, and nothing is believed.

It has what the real executor has, buffers that hold the two levels of a state, a store, a tape, an adjoint that comes
down step by step, and refuses whatever the executor could not do or should not: to advance a state that is not there,
to image a level that is not at hand, to leave a step out, to do one twice, to hold more than was allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wavecomp.errors import ScheduleError
from wavecomp.plans.actions import (
    Action,
    DropState,
    Forward,
    ForwardKeeping,
    LoadState,
    Place,
    Reverse,
    SaveState,
    Tape,
)
from wavecomp.plans.schedules import Schedule


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a schedule did on the toy machine; all of it counted, nothing taken from the schedule's own figures.

    Attributes
    ----------
    forward_steps : int
        Forward steps.
    state_writes, state_reads, level_writes, level_reads : int
        Traffic with the store.
    states_held_max, levels_held_max : int
        Most states, and most levels with a state counted as the schedule does, in the store at one time.
    tape_levels : int
        Most levels on the tape at one time.
    imaged : tuple of int
        The steps of the imaging condition, in order.
    disk_writes, disk_reads : int
        Those states among them that the schedule puts on the disk.
    memory_states_max, disk_states_max : int
        Most states in either place at one time, of those that the schedule gives one.
    """

    forward_steps: int
    state_writes: int
    state_reads: int
    level_writes: int
    level_reads: int
    states_held_max: int
    levels_held_max: int
    tape_levels: int
    imaged: tuple[int, ...]
    disk_writes: int = 0
    disk_reads: int = 0
    memory_states_max: int = 0
    disk_states_max: int = 0


@dataclass
class Machine:
    """Buffers, store, tape and adjoint, as numbers."""

    first: int
    last: int
    every: int
    max_states: int | None
    max_levels: int | None
    state_levels: int = 2
    buffers: tuple[int, int] | None = None
    adjoint: int | None = None
    tape: list[int] = field(default_factory=list)
    states: dict[int, tuple[int, int]] = field(default_factory=dict)
    places: dict[int, Place | None] = field(default_factory=dict)
    placed_max: dict[Place, int] = field(default_factory=lambda: {"memory": 0, "disk": 0})
    disk_writes: int = 0
    disk_reads: int = 0
    levels: dict[int, int] = field(default_factory=dict)
    imaged: list[int] = field(default_factory=list)
    forward_steps: int = 0
    state_writes: int = 0
    state_reads: int = 0
    level_writes: int = 0
    level_reads: int = 0
    states_held_max: int = 0
    levels_held_max: int = 0
    tape_levels: int = 0

    def demand(self, condition: bool, complaint: str) -> None:
        """Raise ScheduleError with a complaint, unless a condition holds."""
        if not condition:
            raise ScheduleError(complaint)

    def stand_at(self, step: int) -> None:
        """Demand that the state at a step is in the buffers."""
        self.demand(self.buffers == (step - 1, step), f"the state at step {step} is needed, there is {self.buffers}")

    def step(self) -> None:
        """Advance by one step."""
        assert self.buffers is not None
        below, here = self.buffers
        self.demand(here < self.last, f"step {here + 1} is beyond the end, {self.last}")
        self.buffers = (here, below + 2)
        self.forward_steps += 1

    def advance(self, first: int, last: int) -> Iterable[int]:
        """Go from first to last and yield every level before it is left behind."""
        self.stand_at(first)
        self.demand(first < last, f"from step {first} to step {last} there is nothing to advance")
        self.tape = []
        for _ in range(first, last):
            assert self.buffers is not None
            yield self.buffers[1]
            self.step()

    def put_level(self, level: int) -> None:
        """Put a level into the store."""
        self.demand(level not in self.levels, f"level {level} is in the store already")
        self.levels[level] = level
        self.level_writes += 1
        self.watch_store()

    def watch_store(self) -> None:
        """Count what is held, and demand that it is no more than was allowed."""
        self.states_held_max = max(self.states_held_max, len(self.states))
        for place, most in self.placed_max.items():
            self.placed_max[place] = max(most, sum(self.places[step] == place for step in self.states))
        held = self.state_levels * len(self.states) + len(self.levels)
        self.levels_held_max = max(self.levels_held_max, held)
        if self.max_states is not None:
            self.demand(len(self.states) <= self.max_states, f"{len(self.states)} states in {self.max_states} slots")
        if self.max_levels is not None:
            self.demand(held <= self.max_levels, f"{held} levels held, {self.max_levels} allowed")

    def run(self, action: Action) -> None:
        """Do an action; raises ScheduleError."""
        match action:
            case Forward(first, last):
                for _ in self.advance(first, last):
                    pass
            case ForwardKeeping(first, last, every):
                for level in self.advance(first, last):
                    if level % every == 0:
                        self.put_level(level)
            case SaveState(step, place):
                self.stand_at(step)
                assert self.buffers is not None
                self.demand(step not in self.states, f"the state at step {step} is in the store already")
                self.states[step] = self.buffers
                self.places[step] = place
                self.state_writes += 1
                self.disk_writes += place == "disk"
                self.watch_store()
            case DropState(step):
                self.demand(step in self.states, f"no state at step {step} is in the store")
                del self.states[step]
            case LoadState(step, keep):
                self.demand(step in self.states, f"no state at step {step} is in the store")
                self.buffers = self.states[step] if keep else self.states.pop(step)
                self.tape = []
                self.state_reads += 1
                self.disk_reads += self.places[step] == "disk"
            case Tape():
                self.lay(action)
            case Reverse():
                self.reverse(action)

    def lay(self, action: Tape) -> None:
        """Lay a tape."""
        first, last = action.first, action.last
        self.demand(first < last, f"from step {first} to step {last} there is nothing to tape")
        self.demand(
            self.buffers in ((first - 1, first), (first, first + 1)),
            f"the tape begins at step {first}, the state is {self.buffers}",
        )
        assert self.buffers is not None
        self.tape = []
        wanted = [n for n in range(first, last) if n % action.every == 0]
        for level in wanted:
            while self.buffers[1] < level:
                self.step()
            self.demand(level in self.buffers, f"level {level} is not in the buffers, which hold {self.buffers}")
            self.tape.append(level)
        while action.to_last and self.buffers[1] < last:
            self.step()
        self.tape_levels = max(self.tape_levels, len(self.tape))

    def reverse(self, action: Reverse) -> None:
        """Come down, imaging on the way."""
        if self.adjoint is None:
            self.demand(self.buffers == (self.last - 1, self.last), "the forward run has not come to its end")
            self.adjoint = self.last
        self.demand(
            self.adjoint == action.last > action.first >= self.first,
            f"the adjoint stands at step {self.adjoint}, not at {action.last} above {action.first}",
        )
        self.demand(action.every == self.every, f"every is {action.every}, the run's is {self.every}")
        for n in range(action.last - 1, action.first - 1, -1):
            if n % self.every == 0:
                if action.source == "tape":
                    self.demand(n in self.tape, f"level {n} is not on the tape, which holds {self.tape}")
                else:
                    self.demand(n in self.levels, f"level {n} is not in the store")
                    self.demand(self.levels.pop(n) == n, f"level {n} has a wrong value")
                    self.level_reads += 1
                self.imaged.append(n)
            self.adjoint = n

    def finish(self) -> ReplayReport:
        """Demand that the run is at its end, with an empty store, and report."""
        self.demand(self.adjoint == self.first, f"the adjoint ends at step {self.adjoint}, not at {self.first}")
        left = sorted([*self.states, *self.levels])
        self.demand(not left, f"the store still holds what belongs to the steps {left}")
        return ReplayReport(
            self.forward_steps,
            self.state_writes,
            self.state_reads,
            self.level_writes,
            self.level_reads,
            self.states_held_max,
            self.levels_held_max,
            self.tape_levels,
            tuple(self.imaged),
            self.disk_writes,
            self.disk_reads,
            self.placed_max["memory"],
            self.placed_max["disk"],
        )


def replay(schedule: Schedule, *, max_states: int | None = None, max_levels: int | None = None) -> ReplayReport:
    """Run a schedule on the toy machine.

    Parameters
    ----------
    schedule : Schedule
        Any.
    max_states, max_levels : int, optional
        Refuse more than so many states, or levels (a state counted as the schedule does), in the store at any time.

    Raises
    ------
    ScheduleError
        An action cannot be done or should not be; the text says which, and why.
    """
    begin = (schedule.first - 1, schedule.first)
    machine = Machine(
        schedule.first, schedule.last, schedule.every, max_states, max_levels, schedule.state_levels, begin
    )
    for number, action in enumerate(schedule):
        try:
            machine.run(action)
        except ScheduleError as error:
            raise ScheduleError(f"action {number} of {schedule.name}, {action}: {error}") from None
    return machine.finish()
