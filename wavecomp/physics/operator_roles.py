"""Who reads and writes what, of a forward and a reverse operator: looked at before the first run, with clear words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from devito import Operator

from wavecomp.errors import UsageError
from wavecomp.physics.level_buffers import Region
from wavecomp.physics.operator_side import Side
from wavecomp.physics.time_offsets import deepest, earliest_written

MOST_IN_BUFFERS = 2


class Roles:
    """What is state, level, adjoint and gradient.

    Parameters
    ----------
    forward, reverse, reads, gradient, state, adjoint
        As in :class:`~wavecomp.physics.devito_code.DevitoCode`.
    forward_given, reverse_given : dict
        Arguments of the operators.

    Attributes
    ----------
    reads : list of (TimeFunction, str, tuple of int)
        What the reverse operator reads, the name of its argument, and the offsets.
    ahead : int
        How many iterations the forward operator is ahead of the steps, so that the level at a step is there.
    state : list of (TimeFunction, int)
        The forward wavefields with the number of levels that a state has of each.
    adjoint, zeroed : list
        What the reverse operator writes but for the gradient, and what is zero when a run begins.
    in_buffers : int
        Levels that are in the forward run's buffers with the state at a step.
    separable : bool
        Nothing of the levels flows into the adjoint.
    """

    def __init__(
        self,
        forward: Operator,
        reverse: Operator,
        reads: Sequence[tuple[Any, int]],
        gradient: Any,
        forward_given: Mapping[str, Any],
        reverse_given: Mapping[str, Any],
        state: Sequence[Any] | None,
        adjoint: Sequence[Any] | None,
    ) -> None:
        self._up = Side("forward", forward, forward_given)
        self._down = Side("reverse", reverse, reverse_given)
        self._up.check_direction(self._up.anatomy.forward)
        self._down.check_direction(self._down.anatomy.backward)
        self.reads = self._reads(reads)
        self._check_gradient(gradient)
        self._check_meeting()
        self.ahead = 0
        for function, _, offsets in self.reads:
            changed = earliest_written(self._up.accesses(function), _buffers(function))
            self.ahead = max(self.ahead, max(offsets) - changed + 1)
        self.state = self._state(state)
        self.adjoint = self._adjoint(adjoint)
        recorded = [f for f in self._up.written_functions() if getattr(f, "is_SparseTimeFunction", False)]
        self.zeroed = _unique([*(function for function, _ in self.state), *self.adjoint, gradient, *recorded])
        # Of a state that was brought back no more levels are there than it has.
        depths = {id(function): depth for function, depth in self.state}
        at_hand = [depths[id(function)] - self.ahead + min(offsets) for function, _, offsets in self.reads]
        self.in_buffers = min(MOST_IN_BUFFERS, *at_hand)
        names = {name for _, name, _ in self.reads}
        reached = self._down.anatomy.reached_from(names)
        self.separable = reached <= {self._down.name_of(gradient)}

    @property
    def read_names(self) -> str:
        """The forward wavefields that the reverse operator reads, for messages."""
        return ", ".join(function.name for function, _, _ in self.reads)

    def checked_region(self, region: Region | None) -> Region | None:
        """Return the region that is imaged; levels are cut to it, so no neighbour of its points may be read."""
        if region is None:
            return None
        for function, name, _ in self.reads:
            shape = function.shape[1:]
            if len(region) != len(shape):
                raise UsageError(f"region={region!r}: must have one slice for each dimension of a grid of {shape}")
            for part, size in zip(region, shape, strict=True):
                low, high, step = part.indices(size)
                if step != 1 or low >= high:
                    raise UsageError(f"region={region!r}: must be slices of step 1 within a grid of {shape}")
            if len(self._down.anatomy.accesses[name].points) > 1:
                raise UsageError(
                    f"region={region!r}: the reverse operator reads neighbours of a point of {function.name}, which "
                    "are not there at the region's edge; leave region out"
                )
        return region

    def _reads(self, pairs: Sequence[tuple[Any, int]]) -> list[tuple[Any, str, tuple[int, ...]]]:
        if not pairs:
            raise UsageError("reads=[]: must name what the reverse operator reads of the forward run, as (u, 0)")
        offsets: dict[int, set[int]] = {}
        functions: dict[int, Any] = {}
        for function, offset in pairs:
            _check_buffered(function, "reads")
            functions[id(function)] = function
            offsets.setdefault(id(function), set()).add(int(offset))
        if len({np.dtype(function.dtype) for function in functions.values()}) > 1:
            raise UsageError(f"reads: {', '.join(f.name for f in functions.values())} must have one dtype")
        found = []
        for key, function in functions.items():
            self._up.name_of(function)
            if not self._up.accesses(function).writes:
                raise UsageError(f"reads: {function.name} is not written by the forward operator")
            name = self._down.name_of(function)
            said, buffers = offsets[key], _buffers(function)
            read = {offset % buffers for offset in self._down.accesses(function).read}
            for offset in sorted(said):
                if offset % buffers not in read:
                    raise UsageError(
                        f"reads: ({function.name}, {offset}) is not read by the reverse operator, which reads "
                        f"{_offsets_text(read, buffers)}"
                    )
            missing = read - {offset % buffers for offset in said}
            if missing:
                raise UsageError(
                    f"reads: the reverse operator also reads {function.name} at offset "
                    f"{_offsets_text(missing, buffers)}; add ({function.name}, offset)"
                )
            if max(said) - min(said) >= buffers or max(said) > 1:
                raise UsageError(
                    f"reads: {function.name} has {buffers} buffers, which do not hold offsets {sorted(said)} at one "
                    f"time; must lie within {buffers} steps and be at most 1; or give {function.name} more buffers, "
                    f"save=Buffer({max(said) - min(said) + 1})"
                )
            found.append((function, name, tuple(sorted(said))))
        return found

    def _check_gradient(self, gradient: Any) -> None:
        name = self._down.name_of(gradient)
        accesses = self._down.anatomy.accesses[name]
        if getattr(gradient, "is_TimeFunction", False) or not accesses.writes:
            raise UsageError(f"gradient={name}: must be a Function that the reverse operator adds to")

    def _check_meeting(self) -> None:
        """Refuse what the operators would overwrite for each other: steps are run again while the reversal goes on."""
        read = {id(function) for function, _, _ in self.reads}
        for name, function in self._up.functions.items():
            accesses = self._up.anatomy.accesses[name]
            if not accesses.writes:
                continue
            timed = getattr(function, "is_TimeFunction", False)
            if accesses.adds and not timed and not getattr(function, "is_SparseTimeFunction", False):
                raise UsageError(
                    f"the forward operator adds to {function.name}: steps that are computed again would be added "
                    "again; take that equation out"
                )
            theirs = self._down.find(function)
            if theirs is None or id(function) in read:
                continue
            if self._down.anatomy.accesses[theirs].writes:
                raise UsageError(f"{function.name} is written by both operators; give each one of its own")
            if timed:
                raise UsageError(
                    f"the reverse operator reads {function.name}, which is not among reads; add ({function.name}, 0)"
                )
            raise UsageError(
                f"the reverse operator reads {function.name}, which the forward operator writes anew with every step "
                "that is computed again; copy it to a function of its own in begin_reversal"
            )
        for name, function in self._down.functions.items():
            theirs = self._up.find(function)
            if self._down.anatomy.accesses[name].writes and theirs is not None:
                raise UsageError(f"{function.name} is written by the reverse operator and read by the forward one")

    def _state(self, given: Sequence[Any] | None) -> list[tuple[Any, int]]:
        own = [f for f in self._up.written_functions() if getattr(f, "is_TimeFunction", False)]
        chosen = _flat(given) if given is not None else own
        for function in chosen:
            _check_buffered(function, "state")
            self._up.name_of(function)
        ids = {id(function) for function in chosen}
        for function in own:
            accesses = self._up.accesses(function)
            if id(function) not in ids and not accesses.saved:
                raise UsageError(
                    f"state: the forward operator also writes {function.name}, and goes on from it; add it"
                )
        offsets = {id(function): min(each) for function, _, each in self.reads}
        state = []
        for function in chosen:
            accesses, buffers = self._up.accesses(function), _buffers(function)
            if accesses.written and 1 % buffers not in {offset % buffers for offset in accesses.written}:
                raise UsageError(
                    f"state: the forward operator writes {function.name} at offset {max(accesses.written)} and not at "
                    f"1; write {function.name}.forward, so that iteration n computes level n + 1"
                )
            depth = 1 + deepest(accesses, buffers, function.time_order)
            if id(function) in offsets:
                depth = max(depth, 1 + self.ahead - offsets[id(function)])
            if depth > buffers:
                raise UsageError(
                    f"reads: ({function.name}, {offsets.get(id(function), 0)}) needs {depth} levels of "
                    f"{function.name} at one time, and it has {buffers} buffers; give it save=Buffer({depth})"
                )
            state.append((function, depth))
        if not state:
            raise UsageError("state: the forward operator writes no TimeFunction, so it has none")
        return state

    def _adjoint(self, given: Sequence[Any] | None) -> list[Any]:
        if given is None:
            return [f for f in self._down.written_functions() if getattr(f, "is_TimeFunction", False)]
        chosen = _flat(given)
        for function in chosen:
            self._down.name_of(function)
        return chosen


def _check_buffered(function: Any, where: str) -> None:
    label = getattr(function, "name", repr(function))
    if not getattr(function, "is_TimeFunction", False):
        raise UsageError(f"{where}: {label} is no TimeFunction")
    if isinstance(function.save, int | np.integer):
        raise UsageError(
            f"{where}: {label} is saved at every step (save={function.save}), so nothing is left to keep; write "
            "save=None in its place, and build the operators with that"
        )
    if np.dtype(function.dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise UsageError(f"{where}: {label} is of {np.dtype(function.dtype)}, must be float32 or float64")


def _buffers(function: Any) -> int:
    return int(function.shape_allocated[0])


def _flat(functions: Sequence[Any]) -> list[Any]:
    """Return the components of vectors in their places."""
    flat: list[Any] = []
    for each in functions:
        flat += list(each) if getattr(each, "is_VectorValued", False) else [each]
    return flat


def _unique(functions: Sequence[Any]) -> list[Any]:
    return list({id(function): function for function in functions}.values())


def _offsets_text(places: set[int], buffers: int) -> str:
    """Return offsets modulo the number of buffers as those next to 0."""
    return ", ".join(str(place if place <= 1 else place - buffers) for place in sorted(places))
