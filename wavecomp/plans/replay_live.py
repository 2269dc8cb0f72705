"""The toy machine with a store that counts bytes: it runs a schedule that is made up as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wavecomp.errors import ScheduleError
from wavecomp.plans.actions import Action, DropState, SaveState
from wavecomp.plans.live_schedule import LiveSchedule
from wavecomp.plans.replay import Machine, ReplayReport
from wavecomp.plans.schedules import Schedule


@dataclass(frozen=True, slots=True)
class LiveReport:
    """What a schedule did in a store that counts bytes.

    Attributes
    ----------
    run : ReplayReport
        What it did.
    refused, dropped : int
        States that were to be stored and did not fit, and states given up.
    held_bytes_max : int
        Most bytes held at one time.
    """

    run: ReplayReport
    refused: int
    dropped: int
    held_bytes_max: int

    @property
    def tries(self) -> int:
        """States that were compressed: written, or refused."""
        return self.run.state_writes + self.refused


@dataclass
class _ByteMachine(Machine):
    """Also a :class:`~wavecomp.plans.ledger.Ledger`."""

    sizes: Sequence[int] = ()
    budget_bytes: int = 0
    refused_bytes: int | None = None
    refused: int = 0
    dropped: int = 0
    held_bytes: int = 0
    held_bytes_max: int = 0
    taken: dict[int, int] = field(default_factory=dict)

    @property
    def free_bytes(self) -> int:
        """What one more state may take."""
        return self.budget_bytes - self.held_bytes

    def size_of(self, step: int) -> int:
        """What the state at a step took."""
        return self.taken[step]

    def run(self, action: Action) -> None:
        """Do an action; a state that does not fit is refused, if it is optional."""
        match action:
            case SaveState(step, optional=optional) if self.sizes[step] > self.free_bytes:
                self.stand_at(step)
                self.demand(optional, f"the state at step {step}, {self.sizes[step]} bytes, does not fit")
                self.refused += 1
                self.refused_bytes = self.sizes[step]
            case _:
                super().run(action)
                self.dropped += isinstance(action, DropState)
                if isinstance(action, SaveState):
                    self.refused_bytes = None
                    self.taken[action.step] = self.sizes[action.step]
        self.held_bytes = sum(self.taken[step] for step in self.states)
        self.held_bytes_max = max(self.held_bytes_max, self.held_bytes)
        self.demand(self.free_bytes >= 0, f"{self.held_bytes} bytes held, {self.budget_bytes} allowed")


def replay_live(schedule: Schedule | LiveSchedule, sizes: Sequence[int], budget_bytes: int) -> LiveReport:
    """Run a schedule of states on the toy machine.

    Parameters
    ----------
    schedule : Schedule or LiveSchedule
        Of a finished one every state must fit.
    sizes : sequence of int
        Bytes of the state at each step of the run, from 0 on.
    budget_bytes : int
        What the store may hold.

    Raises
    ------
    ScheduleError
        An action cannot be done or should not be, or a state does not fit that was not optional.
    """
    begin = (schedule.first - 1, schedule.first)
    machine = _ByteMachine(
        schedule.first,
        schedule.last,
        schedule.every,
        None,
        None,
        buffers=begin,
        sizes=sizes,
        budget_bytes=budget_bytes,
    )
    for number, action in enumerate(schedule.actions_for(machine)):
        try:
            machine.run(action)
        except ScheduleError as error:
            raise ScheduleError(f"action {number} of {schedule.name}, {action}: {error}") from None
    return LiveReport(machine.finish(), machine.refused, machine.dropped, machine.held_bytes_max)
