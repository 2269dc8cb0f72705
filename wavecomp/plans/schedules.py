"""Schedules: which levels of the forward run are kept, and which are computed again, on the way back.

A :class:`Schedule` is a finished list of actions (:mod:`wavecomp.plans.actions`); nothing in it depends on a size, a
grid or a compressor. :func:`wavecomp.plans.replay.replay` runs any of them on integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from wavecomp.errors import ScheduleError
from wavecomp.plans.action_counts import ActionCounts
from wavecomp.plans.actions import Action, ForwardKeeping, LoadState, Reverse, Tape, imaged
from wavecomp.plans.binomial import revolve_actions
from wavecomp.plans.ledger import Ledger
from wavecomp.plans.paired import TAPE, paired_actions
from wavecomp.plans.sized import sized_actions

_MOST_WORK = 10**9
"""Steps² · levels of a plan that takes some seconds; beyond it states alone are planned, by a closed form."""

FIRST_STEP = 1
"""Devito's acoustic operators begin with u[0] and u[1] at rest: the state at step 1."""


@dataclass(frozen=True)
class Schedule:
    """A plan of one adjoint run.

    Attributes
    ----------
    name : str
        That of the strategy.
    first, last : int
        The run goes from the state at step ``first`` to the state at step ``last``, and back.
    every : int
        The imaging condition is evaluated at every n with ``n % every == 0``.
    actions : tuple
        In order.
    state_levels : int
        What a state takes of the store, in levels.
    """

    name: str
    first: int
    last: int
    every: int
    actions: tuple[Action, ...]
    state_levels: int = 2

    def __iter__(self) -> Iterator[Action]:
        return iter(self.actions)

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def tapes(self) -> list[Tape]:
        """Its tapes."""
        return [action for action in self.actions if isinstance(action, Tape)]

    def actions_for(self, _: Ledger) -> Iterator[Action]:
        """Return the actions, which no store's books change."""
        return iter(self.actions)

    @property
    def steps(self) -> int:
        """Forward steps of the run if nothing is computed twice."""
        return self.last - self.first

    @property
    def levels(self) -> int:
        """Levels that the imaging condition reads, each once."""
        return len(imaged(self.first, self.last, self.every))

    @property
    def loads(self) -> tuple[int, ...]:
        """Steps of the states that are brought back, in their order."""
        return tuple(action.step for action in self.actions if isinstance(action, LoadState))

    @property
    def forward_steps(self) -> int:
        """Forward steps in all, counted."""
        return self._tally.forward_steps

    @property
    def state_writes(self) -> int:
        """States put into the store, counted: W of the performance model."""
        return self._tally.state_writes

    @property
    def state_reads(self) -> int:
        """States brought back from the store, counted."""
        return self._tally.state_reads

    @property
    def level_writes(self) -> int:
        """Single levels put into the store, each read once."""
        return self._tally.level_writes

    @property
    def states_held_max(self) -> int:
        """Most states in the store at one time."""
        return self._tally.states_held_max

    @property
    def levels_held_max(self) -> int:
        """Most levels in the store at one time, a state counted as ``state_levels``."""
        return self._tally.levels_held_max

    @property
    def tape_levels(self) -> int:
        """Most levels on the tape at one time."""
        return self._tally.tape_levels

    @property
    def disk_writes(self) -> int:
        """States that it puts on the disk, counted; not those that a store moves there of its own accord."""
        return self._tally.disk_writes

    @property
    def disk_reads(self) -> int:
        """States that it brings back from where it put them on the disk, counted."""
        return self._tally.disk_reads

    @property
    def disk_states_max(self) -> int:
        """Most states at one time that it has put on the disk."""
        return self._tally.disk_states_max

    def held_bytes_max(self, state_bytes: int, level_bytes: int) -> int:
        """Return the most bytes in the store at one time, without compression and bookkeeping."""
        tally, most = ActionCounts(self.state_levels), 0
        for action in self.actions:
            tally.add(action)
            most = max(most, tally.states * state_bytes + tally.levels * level_bytes)
        return most

    @cached_property
    def _tally(self) -> ActionCounts:
        tally = ActionCounts(self.state_levels)
        for action in self.actions:
            tally.add(action)
        return tally


def store_all(steps: int, every: int = 1, *, first: int = FIRST_STEP) -> Schedule:
    """Keep every level that is imaged, uncompressed, on one long tape.

    Parameters
    ----------
    steps : int
        Forward steps of the run.
    every : int
        The imaging condition is evaluated at every n with ``n % every == 0``.
    first : int
        The state that the run begins with.

    Raises
    ------
    ScheduleError
        No step, or none that would be imaged.
    """
    last = last_step(steps, every, first)
    return Schedule("store-all", first, last, every, (Tape(first, last, every), Reverse(last, first, every, "tape")))


def trajectory(steps: int, every: int = 1, *, first: int = FIRST_STEP) -> Schedule:
    """Keep every level that is imaged in the store; nothing is computed twice.

    Parameters and errors are those of :func:`store_all`.
    """
    last = last_step(steps, every, first)
    return Schedule(
        "trajectory", first, last, every, (ForwardKeeping(first, last, every), Reverse(last, first, every, "store"))
    )


def revolve(steps: int, slots: int, every: int = 1, *, first: int = FIRST_STEP) -> Schedule:
    r"""Binomial checkpointing [Griewank2000]_: at most ``slots`` states in the store, the rest computed again.

    For :math:`\nu` imaged levels and M slots (the state of the beginning takes one) the least number of steps that a
    checkpointer advances without reversing them is :math:`p(\nu, M)`, see
    :func:`~wavecomp.plans.binomial.recomputed_steps`. Textbooks then add one forward step before each
    reversal, to tape it. The imaging condition needs only u[n], which the state at n holds: all of these but the last
    step of the first sweep are left out. So with N steps and k = ``every`` the forward steps are

    .. math:: N + k\,(p(\nu, M) - \nu + 1),

    which is :math:`p(N, M) + 1` for k = 1, where a textbook's schedule takes :math:`N + p(N, M)`.

    Parameters
    ----------
    steps, every, first
        As in :func:`store_all`.
    slots : int
        States that the store may hold, of two levels each; more than useful are not used.

    Raises
    ------
    ScheduleError
        As :func:`store_all`, or no slot.
    """
    last = last_step(steps, every, first)
    if slots < 1:
        raise ScheduleError(f"revolve with {slots} slots: at least 1 is needed, for the state that the run begins with")
    return Schedule("revolve", first, last, every, tuple(revolve_actions(first, last, every, slots)))


def mixed(
    steps: int,
    levels: int,
    every: int = 1,
    *,
    first: int = FIRST_STEP,
    state_levels: int = 2,
    in_buffers: int = 2,
) -> Schedule:
    """Checkpointing that knows what a level is worth: one is enough for the imaging, two for a restart.

    With ``every = 1`` each state that is stored may serve the imaging at two steps; single levels are stored where
    nothing needs to restart from them. Of schedules of states alone and of states and levels, the one with fewer
    forward steps is taken. Both in the store and in forward steps this is below :func:`revolve` with
    ``levels // state_levels`` slots, or equal to it.

    Parameters
    ----------
    steps, every, first
        As in :func:`store_all`.
    levels : int
        Levels that the store may hold.
    state_levels : int
        What a state takes of it: two levels of the whole grid are more than two of the physical domain.
    in_buffers : int
        Levels that are at hand with a state: 2 where the state at n serves the imaging at n - 1 as well.

    Raises
    ------
    ScheduleError
        As :func:`store_all`, or no room for the first state.
    """
    last = last_step(steps, every, first)
    if state_levels < 1 or levels < state_levels:
        raise ScheduleError(
            f"mixed with {levels} levels: at least {max(state_levels, 1)} are needed, for the first state"
        )
    found = []
    if every == 1 and in_buffers == 2:
        found.append(tuple(paired_actions(first, last, levels // state_levels)))
    if not found or (state_levels > 2 and steps**2 * levels <= _MOST_WORK):
        tape = min(in_buffers + 1, TAPE) if every == 1 else 1
        found.append(tuple(sized_actions(first, last, every, levels, state_levels, tape)))
    schedules = [Schedule("mixed", first, last, every, actions, state_levels) for actions in found]
    return min(schedules, key=lambda schedule: schedule.forward_steps)


def last_step(steps: int, every: int, first: int) -> int:
    """Return the step at which a run ends; raises ScheduleError for no step, or none that would be imaged."""
    if steps < 1 or every < 1 or first < 0:
        raise ScheduleError(f"steps {steps}, every {every}, first {first}: at least 1, 1 and 0 are needed")
    if not imaged(first, first + steps, every):
        raise ScheduleError(
            f"none of the steps {first} … {first + steps - 1} is a multiple of every = {every}: nothing would be imaged"
        )
    return first + steps
