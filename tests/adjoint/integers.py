"""A time-stepping code without physics: level n is the number n, and nothing that it is told is believed."""

from __future__ import annotations

import numpy as np

from wavecomp.adjoint.array_code import ArraySlot
from wavecomp.adjoint.time_stepping import Array, TimeStepping


class Integers(TimeStepping[ArraySlot]):
    """Counts; a state at n holds the levels n, n - 1, …, as many as ``in_buffers`` says (one at least).

    The gradient is the sum of the squares of the levels that were imaged: whichever is wrong or missing shows.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, first: int, last: int, in_buffers: int) -> None:
        self.first, self.last, self.in_buffers = first, last, in_buffers
        self.depth = max(in_buffers, 1)
        self.buffers = [np.zeros(1) for _ in range(self.depth)]
        self.at = self.adjoint = -1
        self.recorded: list[int] = []
        self.imaged: list[int] = []
        self.total = np.zeros(1)
        self.forward_steps = self.mended = 0
        self.turned = False

    @property
    def level_bytes(self) -> int:
        return 8

    @property
    def state_bytes(self) -> int:
        return 8 * self.depth

    def rest(self) -> None:
        self.at, self.adjoint, self.turned = self.first, self.last, False
        for back, buffer in enumerate(self.buffers):
            buffer[:] = self.first - back
        self.recorded, self.imaged, self.forward_steps = [], [], 0
        self.total[:] = 0

    def forward(self, first: int, last: int, *, record: bool) -> None:
        assert self.first <= first < last <= self.last
        assert [int(buffer[0]) for buffer in self.buffers] == [first - back for back in range(self.depth)]
        if record:
            assert first == (self.recorded[-1] + 1 if self.recorded else self.first)
            self.recorded += range(first, last)
        else:
            assert last - 1 in self.recorded
        self.forward_steps += last - first
        self.at = last
        for back, buffer in enumerate(self.buffers):
            buffer[:] = last - back

    def state(self, step: int) -> tuple[Array, ...]:
        self.at = step  # read or written over: what is in the buffers is looked at before the next step
        return tuple(self.buffers)

    def mend(self, step: int) -> None:
        self.mended += 1

    def slots(self, count: int) -> list[ArraySlot]:
        return [ArraySlot((np.zeros(1),)) for _ in range(count)]

    def level(self, step: int) -> float:
        assert 0 <= self.at - step < self.depth
        return float(self.buffers[self.at - step][0])

    def keep(self, step: int, slot: ArraySlot) -> None:
        slot.stored[0][:] = self.level(step)

    def prepare(self, every: int, *, taped: bool) -> None:
        assert every >= 1

    def begin_reversal(self) -> None:
        assert not self.turned
        assert self.recorded == list(range(self.first, self.last))
        assert self.at == self.last == self.level(self.last)
        self.turned = True

    def sweep(self, every: int) -> Integers:
        self.every = every
        return self

    def down(self, last: int, first: int) -> None:
        assert self.turned
        assert self.adjoint == last >= first
        assert all(step % self.every for step in range(first, last)), "a step that is imaged is passed over"
        self.adjoint = first

    def down_to_image(self, last: int, step: int) -> None:
        self.down(last, step + 1)

    def image(self, step: int, slot: ArraySlot | None) -> None:
        assert self.turned
        assert self.adjoint == step + 1
        assert step % self.every == 0
        assert slot is not None or self.at - step < self.in_buffers
        seen = self.level(step) if slot is None else float(slot.stored[0][0])
        assert seen == step
        self.imaged.append(step)
        self.total += seen**2
        self.adjoint = step

    @property
    def gradient(self) -> Array:
        return self.total
