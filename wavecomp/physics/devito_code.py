"""Devito operators of one's own under the reversal machine: a forward one, a reverse one, and what passes between them.

Both are operators as Devito's own checkpointing takes them (``CheckpointOperator``): all wavefields in buffers that
take turns, none saved at every step. In time, everything follows from three rules. Iteration n of the forward operator
computes level n + 1 of the wavefields. Level n of a time function with B buffers lies in buffer n mod B, whichever
operator reads it. And the state at step n is, of every wavefield that the forward operator writes, as many levels as
its iterations read backwards, the latest of them level n.

The reverse operator's iteration n may read levels at other offsets than 0. Where it reads u[n + 1] (u.dt and u.dt2 do),
the forward operator has to be ahead: with that offset s > 0, what the reversal calls step n is reached when the
iterations up to n + s − 1 have run, or all there are. So the level at step n, a copy of u[n + o] for every offset o, is
in the buffers at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from devito import Operator

from wavecomp.adjoint.array_code import ArrayCode, ArraySlot
from wavecomp.adjoint.time_stepping import Array
from wavecomp.errors import UnsupportedStrategy, UsageError
from wavecomp.physics.compiled import Compiled
from wavecomp.physics.level_buffers import LevelBuffers, Region
from wavecomp.physics.operator_roles import Roles
from wavecomp.wavefields.devito_setup import open_devito


class DevitoCode(ArrayCode):
    """Two Devito operators as a time-stepping code.

    Parameters
    ----------
    forward, reverse : devito.Operator
        Iteration n of the one computes the wavefields at n + 1; of the other, it takes the adjoint one step back and
        adds to the gradient, for n = last − 1, …, first.
    reads : sequence of (devito.TimeFunction, int)
        Which of the forward operator's wavefields the reverse one reads, and at which offsets in time: with (u, 0) its
        iteration n reads u[n]. The same objects must be among the arguments of both.
    gradient : devito.Function
        What the reverse operator adds to.
    first, last : int
        The steps first … last − 1 are run, as ``time_m=first, time_M=last - 1`` would.
    forward_arguments, reverse_arguments : dict
        What ``Operator.apply`` would be given, without ``time_m`` and ``time_M``.
    state : sequence of devito.TimeFunction, optional
        The wavefields that the forward operator goes on from; by default all that it writes.
    adjoint : sequence of devito.TimeFunction, optional
        To be zero when a run begins; by default all that the reverse operator writes.
    begin_reversal : callable, optional
        Called once a run, between the last forward and the first reverse step: makes the adjoint source of what the
        forward operator recorded, and returns the misfit, or None.
    initial : callable, optional
        Called when a run begins, with all wavefields zero: writes what they are at step ``first``.
    adjoint_alone : devito.Operator, optional
        The reverse operator without imaging: runs the steps between with ``every=k``, and saves what it would cost.
    alone_arguments : dict, optional
        Its arguments; by default those of the reverse operator that it has as well.
    region : tuple of slice, optional
        The part of the grid that is imaged: levels are kept, and the gradient is taken there only. A full copy of each
        level, with its halo, by default.

    Raises
    ------
    UsageError
        Something does not fit together; the text says what, and what would.
    """

    def __init__(
        self,
        *,
        forward: Operator,
        reverse: Operator,
        reads: Sequence[tuple[Any, int]],
        gradient: Any,
        first: int,
        last: int,
        forward_arguments: Mapping[str, Any] | None = None,
        reverse_arguments: Mapping[str, Any] | None = None,
        state: Sequence[Any] | None = None,
        adjoint: Sequence[Any] | None = None,
        begin_reversal: Callable[[], float | None] | None = None,
        initial: Callable[[], None] | None = None,
        adjoint_alone: Operator | None = None,
        alone_arguments: Mapping[str, Any] | None = None,
        region: Region | None = None,
    ) -> None:
        if not 0 <= first < last:
            raise UsageError(f"first={first}, last={last}: must be steps with 0 <= first < last")
        open_devito()
        self.first, self.last = first, last
        forward_given, reverse_given = dict(forward_arguments or {}), dict(reverse_arguments or {})
        self._roles = roles = Roles(forward, reverse, reads, gradient, forward_given, reverse_given, state, adjoint)
        self._gradient, self._begin, self._initial = gradient, begin_reversal, initial
        self._region = roles.checked_region(region)
        self.separable = roles.separable
        self.in_buffers = roles.in_buffers
        self._forward = _prepared("forward_arguments", forward, forward_given)
        self._reverse = _prepared("reverse_arguments", reverse, reverse_given)
        self.threads = self._forward.threads
        self._alone: Compiled | None = None
        if adjoint_alone is not None:
            names = {parameter.name for parameter in adjoint_alone.parameters}
            same = {name: value for name, value in reverse_given.items() if name in names}
            given = same if alone_arguments is None else dict(alone_arguments)
            self._alone = _prepared("alone_arguments", adjoint_alone, given)
        self._levels = [
            LevelBuffers(function, name, offsets, self._region, zeros=roles.separable and self._alone is None)
            for function, name, offsets in roles.reads
        ]
        self._linear: bool | None = None
        self._still: dict[str, bool] = {}

    def clear(self) -> None:
        """Set wavefields, record and gradient to zero."""
        for function in self._roles.zeroed:
            np.asarray(function._data)[...] = 0

    def rest(self) -> None:
        """Begin anew: wavefields, record and gradient zero, or what ``initial`` makes of them."""
        self.clear()
        if self._initial is not None:
            self._initial()
        self._run(self.first, min(self.first + self._roles.ahead, self.last))

    def forward(self, first: int, last: int, *, record: bool) -> None:  # noqa: ARG002 (it always records)
        """Advance the state."""
        self._run(self._reached(first), self._reached(last))

    def state(self, step: int) -> tuple[Array, ...]:
        """Return, of every wavefield, the levels that the next iteration and the reversal of this step read."""
        latest = self._reached(step)
        arrays = []
        for function, depth in self._roles.state:
            memory = np.asarray(function._data)
            arrays += [memory[(latest - back) % len(memory)] for back in range(depth - 1, -1, -1)]
        return tuple(arrays)

    def level(self, step: int) -> tuple[Array, ...]:
        """Return views of what the reverse operator's iteration ``step`` reads."""
        return tuple(array for buffers in self._levels for array in buffers.level(step))

    def mend(self, step: int) -> None:
        """Set the halo of a state to zero where it has been zero at the end of the forward run."""
        latest = self._reached(step)
        for function, depth in self._roles.state:
            if self._still.get(function.name, False):
                memory = np.asarray(function._data)
                for back in range(depth):
                    _zero_outside(memory[(latest - back) % len(memory)], function)

    def prepare(self, every: int, *, taped: bool) -> None:
        """Refuse ``every`` above 1 unless the gradient is linear in the levels, which is tried out once."""
        super().prepare(every, taped=taped)
        if every > 1 and self._linear is None:
            self._linear = self._tried()
        if every > 1 and not self._linear:
            raise UnsupportedStrategy(
                f"every={every}: what the reverse operator adds to the gradient is not linear in "
                f"{self._roles.read_names}, so levels cannot be left out and the others weighted; every=1 is right"
            )

    def begin_reversal(self) -> float | None:
        """Have the adjoint source made."""
        for function, _ in self._roles.state:
            self._still[function.name] = _zero_halo(function)
        return None if self._begin is None else self._begin()

    def reverse(self, step: int, level: tuple[Array, ...] | None) -> None:
        """Take the adjoint from ``step + 1`` to ``step``."""
        if level is None:
            self.down(step + 1, step)
            return
        rest = list(level)
        for buffers in self._levels:
            mine, rest = rest[: len(buffers.offsets)], rest[len(buffers.offsets) :]
            buffers.put(step, mine)
            buffers.give_copy(self._reverse)
        self._reverse.down(step + 1, step)

    def down(self, last: int, first: int) -> None:
        """Reverse steps whose levels were not kept: without imaging, or with levels that are zero."""
        if first >= last:
            return
        if self._alone is not None:
            self._alone.down(last, first)
            return
        for buffers in self._levels:
            buffers.give_nothing(self._reverse)
        self._reverse.down(last, first)

    def down_to_image(self, last: int, step: int) -> None:
        """Reverse the steps above ``step``."""
        self.down(last, step + 1)

    def image(self, step: int, slot: ArraySlot | None) -> None:
        """Reverse a step with its level: a slot's, or that in the forward run's buffers."""
        if slot is not None:
            super().image(step, slot)
            return
        for buffers in self._levels:
            buffers.give_forward(self._reverse)
        self._reverse.down(step + 1, step)

    @property
    def gradient(self) -> Array:
        """The gradient so far, a view of the region that is imaged, or of the grid."""
        data = np.asarray(self._gradient.data)
        return data if self._region is None else data[self._region]

    def _reached(self, step: int) -> int:
        """Return the latest level that is there at a step."""
        return min(step + self._roles.ahead, self.last)

    def _run(self, first: int, last: int) -> None:
        if first < last:
            self._forward.up(first, last)

    def _tried(self) -> bool:
        """Tell whether levels of noise, times −2, add −2 times as much to the gradient; in floats that is exact."""
        added = []
        for factor in (1, -2):
            noise = np.random.default_rng(0)
            self.rest()
            for function in self._roles.adjoint:
                _fill(np.asarray(function._data), noise)
            for buffers in self._levels:
                shape = buffers.function.shape_allocated[1:]
                buffers.fill(factor * noise.standard_normal(shape).astype(self.dtype))
                buffers.give_copy(self._reverse)
            self._reverse.down(self.first + 1, self.first)
            added.append(np.array(self.gradient))
        for buffers in self._levels:
            buffers.fill(np.zeros((), self.dtype))
        return bool(np.array_equal(-2 * added[0], added[1]))


def _prepared(word: str, operator: Operator, given: Mapping[str, Any]) -> Compiled:
    try:
        return Compiled(operator, **given)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{word}: Devito does not take {', '.join(sorted(given)) or 'nothing'} ({error})") from error


def _fill(memory: Array, noise: np.random.Generator) -> None:
    memory[...] = noise.standard_normal(memory.shape)


def _inner(function: Any) -> tuple[slice, ...]:
    return tuple(function._mask_domain[1:])


def _zero_halo(function: Any) -> bool:
    """Tell whether nothing but the grid's own points has a value, in any buffer."""
    inner = _inner(function)
    return all(np.count_nonzero(level) == np.count_nonzero(level[inner]) for level in np.asarray(function._data))


def _zero_outside(level: Array, function: Any) -> None:
    for axis, (inside, size) in enumerate(zip(_inner(function), level.shape, strict=True)):
        low, high, _ = inside.indices(size)
        along = np.moveaxis(level, axis, 0)
        along[:low] = 0
        along[high:] = 0
