"""How the forward wavefield is kept for the adjoint run: schedule × compressor × imaging step × where it is kept.

A strategy has a text form, like a compressor; what follows ``/`` is the compressor of its checkpoints::

    strategy = name [":" item {"," item}] ["/" compressor]

``store-all`` keeps every level that is imaged, uncompressed, in memory that is there before the run; ``trajectory``
puts every one of them, compressed, into the checkpoint store; ``revolve`` keeps a few states and computes the rest
anew; ``mixed`` keeps levels beside the states, and computes less. With a ``quantum`` a trajectory's levels are rounded
to multiples of it by the operator that copies them, and multiplied again by the one that images them: 16-bit integers
with many zeros, which a fast lossless compressor makes small in a fraction of the time of a transform coder.

A quantum, or an absolute tolerance of the compressor, may be given as a fraction of the wavefield's greatest amplitude:
``trajectory/zfp:accuracy=1e-3peak`` (:mod:`wavecomp.plans.relative`).
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from wavecomp.compressors import Compressor, Lossless, Parameter, Registry, Value, default_registry
from wavecomp.compressors.foreign import failing_as
from wavecomp.compressors.origin import registry_for
from wavecomp.compressors.promises import promise_of
from wavecomp.compressors.spec import canonical_text, format_value, read_values
from wavecomp.errors import CheckpointTooLarge, PluginFailed, SpecError, UnknownStrategy
from wavecomp.plans import schedules
from wavecomp.plans.relative import UNIT, Place, check_relative, with_unit, without_unit
from wavecomp.plans.schedules import FIRST_STEP, Schedule
from wavecomp.promise import NOTHING, QUANTUM, Loss, Promise
from wavecomp.spec_text import UNCOMPRESSED, SpecText

_EVERY = Parameter("every", "int", "imaging condition at every k-th step, with weight k", default=1, low=1, high=10**6)
_SLOTS = Parameter(
    "slots", "int", "states that are held at most; absent: as many as the budget allows", low=1, high=10**6
)
_LEVELS = Parameter(
    "levels", "int", "levels that are held at most, two a state; absent: by the budget", low=2, high=10**6
)
_RATIO = Parameter(
    "ratio", "float", "compression ratio that the budget is divided by", default=1.0, low=0.0, low_open=True
)
_TIER = Parameter("tier", "choice", "where checkpoints live", default="memory", choices=("memory", "disk", "two"))
_OVERLAP = Parameter("overlap", "flag", "compress in a thread beside the propagation")
_QUANTUM = Parameter(
    "quantum",
    "float",
    "levels are rounded to multiples of it on their way out, unit of the field",
    low=0.0,
    low_open=True,
)

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "store-all": (_EVERY,),
    "trajectory": (_EVERY, _QUANTUM, _TIER, _OVERLAP),
    "revolve": (_SLOTS, _EVERY, _RATIO, _TIER),
    "mixed": (_LEVELS, _EVERY, _RATIO, _TIER, _OVERLAP),
}
"""Name of each strategy, and the keys of its text form."""


@dataclass(frozen=True)
class Strategy:
    """A configured strategy; build it with :func:`parse_strategy`.

    Attributes
    ----------
    name : str
        One of :data:`PARAMETERS`.
    values : mapping
        Its parameters.
    compressor : Compressor
        For whatever goes into the checkpoint store.
    compressor_values : mapping
        Its parameters; those of a wrapped one are under ``inner.key``.
    relative : tuple
        Which of its numbers are fractions of the wavefield's peak; with any, ``values`` and ``compressor`` are those
        for a peak of 1, and it is no strategy to be run yet.
    """

    name: str
    values: Mapping[str, Value]
    compressor: Compressor
    compressor_values: Mapping[str, Value]
    relative: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return self.spec

    @cached_property
    def text(self) -> SpecText:
        """The one canonical text, taken apart."""
        inner = self.compressor.spec if self.name != "store-all" else None
        whole = canonical_text(self.name, self.values, PARAMETERS[self.name], inner)
        return with_unit(SpecText.parse(whole), self.relative)

    @cached_property
    def spec(self) -> str:
        """The one canonical text."""
        return str(self.text)

    @property
    def compressor_spec(self) -> str:
        """The part of the canonical text that is the compressor's; empty for store-all."""
        return str(self.text.inner or "")

    @property
    def parameters(self) -> dict[str, Value]:
        """Its parameters as a record keeps them: one that is relative to the peak as text."""
        return {key: self._shown(0, key, value) for key, value in self.values.items()}

    @property
    def compressor_parameters(self) -> dict[str, Value]:
        """Those of its compressor in the same way."""
        return {
            key: self._shown(1 + key.count("."), key.rpartition(".")[2], value)
            for key, value in self.compressor_values.items()
        }

    def _shown(self, part: int, key: str, value: Value) -> Value:
        return f"{format_value(value)}{UNIT}" if (part, key) in {place[:2] for place in self.relative} else value

    @cached_property
    def loss(self) -> Loss:
        """What loses of a stored level: the quantum, the compressor, or nothing.

        Of a tolerance that is relative to the wavefield's peak the number is the fraction of it.
        """
        relative = {place for place, _, _ in self.relative}
        if self.quantum is not None:
            return Loss(QUANTUM, "wavefield-peak" if 0 in relative else "absolute", self.quantum / 2)
        try:
            with failing_as(self.compressor.spec):
                promise = promise_of(self.compressor.bound)
        except PluginFailed:  # the measuring process will say so
            promise = Promise("none")
        if promise.kind == "lossless":
            return NOTHING
        kind = "wavefield-peak" if relative and promise.kind == "absolute" else promise.kind
        return Loss(self.text.innermost.name, kind, promise.value)

    @property
    def every(self) -> int:
        """The imaging condition is evaluated at every k-th step."""
        return int(self.values.get("every", 1))

    @property
    def quantum(self) -> float | None:
        """Stored levels are multiples of this, in the unit of the field: the error is at most half of it."""
        return float(self.values["quantum"]) if "quantum" in self.values else None

    @property
    def tier(self) -> str:
        """Where checkpoints live: ``memory``, ``disk`` or ``two``."""
        return str(self.values.get("tier", "memory"))

    @property
    def overlap(self) -> bool:
        """Compression runs in a thread beside the propagation."""
        return bool(self.values.get("overlap", False))

    def schedule(
        self,
        steps: int,
        state_bytes: int,
        level_bytes: int,
        budget_bytes: int,
        *,
        first: int = FIRST_STEP,
        in_buffers: int = 2,
    ) -> Schedule:
        """Plan a run over so many steps.

        Parameters
        ----------
        steps : int
            Steps to reverse: one fewer than the number of the last step.
        state_bytes, level_bytes : int
            Uncompressed size of one state, and of one level that is imaged.
        budget_bytes : int
            What the checkpoint store may hold, on all its tiers.
        first : int
            The state that the run begins with.
        in_buffers : int
            Levels that are at hand with a state.

        Raises
        ------
        CheckpointTooLarge
            The budget does not hold a single state.
        ScheduleError
            Nothing would be imaged.
        """
        match self.name:
            case "store-all":
                return schedules.store_all(steps, self.every, first=first)
            case "trajectory":
                return schedules.trajectory(steps, self.every, first=first)
            case "revolve":
                slots = self._count("slots", state_bytes, budget_bytes)
                return schedules.revolve(steps, slots, self.every, first=first)
            case _ if "levels" in self.values:
                # Two a state, where it is a pair of levels; otherwise as many as it is large.
                worth = 2 if in_buffers == 2 else max(1, -(-state_bytes // level_bytes))
                return self._mixed(steps, int(self.values["levels"]), worth, first, in_buffers)
            case _ if in_buffers < 2:
                worth = max(1, -(-self._held_bytes(state_bytes) // self._held_bytes(level_bytes)))
                room = self._room(state_bytes, budget_bytes) // self._held_bytes(level_bytes)
                return self._mixed(steps, max(room, worth), worth, first, in_buffers)
            case _:
                # A state of the whole grid with its halo is more than two levels of the physical domain: those that
                # it is worth, rounded up, or states as large as they are.
                level, state = self._held_bytes(level_bytes), self._held_bytes(state_bytes)
                room = self._room(state_bytes, budget_bytes)
                found = [self._mixed(steps, 2 * (room // state), 2, first, in_buffers)]
                worth = -(-state // level)
                if worth > 2 and room // level >= worth:
                    found.append(self._mixed(steps, room // level, worth, first, in_buffers))
                return min(found, key=lambda schedule: schedule.forward_steps)

    def _mixed(self, steps: int, levels: int, worth: int, first: int, in_buffers: int) -> Schedule:
        return schedules.mixed(steps, levels, self.every, first=first, state_levels=worth, in_buffers=in_buffers)

    def _count(self, key: str, size: int, budget_bytes: int) -> int:
        if key in self.values:
            return int(self.values[key])
        return self._room(size, budget_bytes) // self._held_bytes(size)

    def _room(self, size: int, budget_bytes: int) -> int:
        """Return what a budget leaves for checkpoints, once a state of so many bytes is known to fit."""
        cost = self._held_bytes(size)
        if budget_bytes < cost + PAGE_BYTES:
            raise CheckpointTooLarge(("state", 1), "memory", size, cost + PAGE_BYTES, 0, budget_bytes)
        return budget_bytes - PAGE_BYTES

    def _held_bytes(self, size: int) -> int:
        """Return what the store is expected to hold of so many bytes."""
        return int(size / float(self.values["ratio"])) + OVERHEAD_BYTES


OVERHEAD_BYTES = 2048
"""What the bookkeeping of one checkpoint takes at most, roughly, beside its streams."""

PAGE_BYTES = mmap.PAGESIZE
"""What a store takes besides: its memory comes in whole pages."""


def parse_strategy(text: str, registry: Registry | None = None) -> Strategy:
    """Build the one strategy that a text means.

    Examples
    --------
    >>> parse_strategy("trajectory:every=4/zfp:accuracy=1e-3").spec
    'trajectory:every=4/zfp:accuracy=1e-3'
    >>> parse_strategy("trajectory/slabs/zfp:accuracy=0.001peak").spec
    'trajectory/slabs:planes=16,threads=2/zfp:accuracy=1e-3peak'

    Raises
    ------
    SpecError
        Unknown name or key, bad value, contradiction.
    CompressorUnavailable
        What the compressor needs is missing on this machine.
    """
    return _parsed(SpecText.parse(text), registry or default_registry())


def parse_alone(text: str) -> Strategy:
    """Do what :func:`parse_strategy` does, and import the code of no plug-in but those that the text names.

    For processes that measure: what a plug-in does while it is loaded could change what others measure.
    """
    spec = SpecText.parse(text)
    return _parsed(spec, registry_for(str(spec.inner or "")))


def _parsed(spec: SpecText, registry: Registry) -> Strategy:
    plain, relative = without_unit(spec)
    strategy = _absolute(plain, registry)
    if not relative:
        return strategy
    check_relative(spec, relative, registry)
    return replace(strategy, relative=relative)


def _absolute(spec: SpecText, registry: Registry) -> Strategy:
    head, inner, text = spec.head, spec.inner, str(spec)
    if head.name not in PARAMETERS:
        raise UnknownStrategy(head.name, PARAMETERS)
    unfinished = inner is not None and not str(inner)
    if head.ends_at_colon or unfinished:
        raise SpecError(f'strategy "{text}": nothing follows "{":" if head.ends_at_colon else "/"}"')
    if len(head.values) < len(head.items):
        keys = [key for key, _ in head.items]
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise SpecError(f'strategy "{text}": {twice} is given twice')
    values = read_values(text, head.items, PARAMETERS[head.name])
    if head.name == "store-all" and inner is not None:
        raise SpecError(f'strategy "{text}": store-all compresses nothing; write trajectory/{inner}')
    reading = registry.read(SpecText.parse(UNCOMPRESSED) if inner is None else inner)
    compressor = registry.usable(reading)
    if "quantum" in values and not (isinstance(compressor.bound, Lossless) and compressor.capabilities.nonfinite):
        raise SpecError(
            f'strategy "{text}": with a quantum the compressor gets integers; it must be lossless for any bits, like '
            f"blosc2:codec=lz4,shuffle=bitshuffle; {compressor.spec} is not"
        )
    return Strategy(head.name, values, compressor, reading.all_values)
