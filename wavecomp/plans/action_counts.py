"""What a list of actions does, counted: forward steps, what is stored and read, and the most that is held."""

from __future__ import annotations

from wavecomp.plans.actions import Action, DropState, Forward, ForwardKeeping, LoadState, Reverse, SaveState, Tape


class ActionCounts:
    """Counts what a list of actions does; it believes that the list is right.

    Parameters
    ----------
    state_levels : int
        What a state takes of the store, in levels.
    """

    def __init__(self, state_levels: int) -> None:
        self._state_levels = state_levels
        self.forward_steps = self.state_writes = self.state_reads = self.level_writes = 0
        self.states_held_max = self.levels_held_max = self.tape_levels = 0
        self.states = self.levels = self._step = 0
        self.disk_writes = self.disk_reads = self.disk_states_max = 0
        self._on_disk: set[int] = set()
        self._begun = False

    def add(self, action: Action) -> None:
        """Count one more action."""
        match action:
            case Forward() | ForwardKeeping():
                self.forward_steps += action.last - action.first
                self._step = action.last
                if isinstance(action, ForwardKeeping):
                    self.levels += len(action.kept)
                    self.level_writes += len(action.kept)
            case DropState():
                self.states -= 1
            case SaveState(step, place):
                self.state_writes += 1
                self.states += 1
                self._step = step
                if place == "disk":
                    self.disk_writes += 1
                    self._on_disk.add(step)
                    self.disk_states_max = max(self.disk_states_max, len(self._on_disk))
            case LoadState(step, keep):
                self.state_reads += 1
                self.states -= not keep
                self._step = step
                self.disk_reads += step in self._on_disk
                if not keep:
                    self._on_disk.discard(step)
            case Tape():
                # The state may be one step ahead of the tape's beginning, and the very first is where it begins.
                begin = max(action.first, self._step) if self._begun else action.first
                self.forward_steps += max(action.reach - begin, 0)
                self.tape_levels = max(self.tape_levels, len(action.kept))
                self._step = max(begin, action.reach)
            case Reverse(source="store"):
                self.levels -= len(action.imaged)
        self._begun = True
        self.states_held_max = max(self.states_held_max, self.states)
        self.levels_held_max = max(self.levels_held_max, self._state_levels * self.states + self.levels)
