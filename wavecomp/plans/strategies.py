"""How the forward wavefield is kept for the adjoint run: schedule × compressor × imaging step × where it is kept.

A strategy has a text form, like a compressor; what follows ``/`` is the compressor of its checkpoints::

    strategy = name [":" item {"," item}] ["/" compressor]

``store-all`` keeps every level that is imaged, uncompressed, in memory that is there before the run; ``trajectory``
puts every one of them, compressed, into the checkpoint store; ``revolve`` keeps a few states and computes the rest
anew; ``mixed`` keeps levels beside the states, and computes less. ``adaptive`` keeps as many states as their actual
sizes allow, wherever that computes least anew; ``planned`` does so with the sizes of the run before, and is
``adaptive`` where there was none. Both live in memory alone: where bytes are plenty, on a disk, ``revolve`` does as
well. ``h-revolve``, ``disk-revolve``, ``periodic-disk-revolve`` and ``two-level`` keep states in memory and on a disk,
each where the schedule says (:mod:`wavecomp.plans.placed`). With ``async`` a thread writes to the disk, and reads
ahead, beside the propagation.

An absolute tolerance of the compressor may be given as a fraction of the wavefield's greatest amplitude:
``trajectory/zfp:accuracy=1e-3peak`` (:mod:`wavecomp.plans.relative`).

Levels may have tolerances of their own, by what an error of each weighs in the gradient:
``trajectory:weights=coarse/zfp:accuracy=1e-3`` (:mod:`wavecomp.plans.time_tolerances`).

The imaging step may be left to the source: ``trajectory:every=auto,error=1e-3`` takes as long a one as that error of
the gradient allows (:mod:`wavecomp.adjoint.imaging_step`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from wavecomp.compressors import Compressor, Parameter, Reading, Registry, Value, default_registry
from wavecomp.compressors.foreign import failing_as
from wavecomp.compressors.origin import registry_for
from wavecomp.compressors.promises import promise_of
from wavecomp.compressors.spec import canonical_part, format_value, read_values
from wavecomp.errors import PluginFailed, SpecError, UnknownStrategy, UnsupportedStrategy
from wavecomp.plans.library import READ_COST, WRITE_COST
from wavecomp.plans.relative import UNIT, Place, check_relative, in_field_units, with_unit, without_unit
from wavecomp.plans.time_tolerances import times, tolerance_of
from wavecomp.promise import NOTHING, Loss, Promise
from wavecomp.spec_text import UNCOMPRESSED, SpecText

AUTO = "auto"
"""Stands for the number of ``every`` until a code's source has told it."""

USUAL_ERROR = 1e-3
"""What ``every=auto`` asks for where nothing is said."""

_EVERY = Parameter(
    "every", "int", "imaging condition at every k-th step, with weight k", default=1, low=1, high=10**6, choices=(AUTO,)
)
_ERROR = Parameter(
    "error", "float", "with every=auto: relative L2 error asked of the gradient", low=0.0, low_open=True, high=1.0
)
_SLOTS = Parameter(
    "slots", "int", "states that are held at most; absent: as many as the budget allows", low=1, high=10**6
)
_LEVELS = Parameter(
    "levels", "int", "levels that are held at most, two a state; absent: by the budget", low=2, high=10**6
)
_RATIO = Parameter(
    "ratio", "float", "compression ratio that the budget is divided by", default=1.0, low=0.0, low_open=True
)
_ASSUMED = Parameter(
    "ratio", "float", "compression ratio that is assumed before a state is seen", default=1.0, low=0.0, low_open=True
)
_STEPS = Parameter("steps", "choice", "whether the end is known before", default="known", choices=("known", "unknown"))
_TIER = Parameter("tier", "choice", "where checkpoints live", default="memory", choices=("memory", "disk", "two"))
_OVERLAP = Parameter("overlap", "flag", "compress in a thread beside the propagation")
_ASYNC = Parameter("async", "flag", "write to the disk, and read ahead, in a thread beside the propagation")
_WEIGHTS = Parameter(
    "weights",
    "choice",
    "each level's tolerance by what its error weighs: from a coarse run, or as an earlier gradient had it; the "
    "compressor's is their geometric mean",
    choices=("coarse", "earlier"),
)
_MEMORY_SLOTS = Parameter(
    "slots", "int", "states that memory holds at most; absent: as many as the budget allows", low=1, high=10**6
)
_DISK_SLOTS = Parameter(
    "disk_slots",
    "int",
    "states that the disk holds at most; absent: by its budget, no more than 256",
    low=0,
    high=10**6,
)
_PERIOD = Parameter(
    "period",
    "int",
    "imaged steps from one state on disk to the next; absent: by the costs and the budget",
    low=1,
    high=10**6,
)
_WRITE = Parameter(
    "write",
    "float",
    "cost of a state to the disk, in forward runs from one imaged step to the next",
    default=WRITE_COST,
    low=0.0,
    high=1e6,
)
_READ = Parameter(
    "read",
    "float",
    "cost of a state from the disk, in forward runs from one imaged step to the next",
    default=READ_COST,
    low=0.0,
    high=1e6,
)
_PLACED = (_EVERY, _ERROR, _RATIO, _WRITE, _READ, _ASYNC, _WEIGHTS)

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "store-all": (_EVERY, _ERROR),
    "trajectory": (_EVERY, _ERROR, _TIER, _OVERLAP, _ASYNC, _WEIGHTS),
    "revolve": (_SLOTS, _EVERY, _ERROR, _RATIO, _TIER, _ASYNC, _WEIGHTS),
    "mixed": (_LEVELS, _EVERY, _ERROR, _RATIO, _TIER, _OVERLAP, _ASYNC, _WEIGHTS),
    "h-revolve": (_MEMORY_SLOTS, _DISK_SLOTS, *_PLACED),
    "disk-revolve": (_MEMORY_SLOTS, *_PLACED),
    "periodic-disk-revolve": (_MEMORY_SLOTS, *_PLACED),
    "two-level": (_MEMORY_SLOTS, _PERIOD, *_PLACED),
    "adaptive": (_EVERY, _ERROR, _ASSUMED, _STEPS, _WEIGHTS),
    "planned": (_EVERY, _ERROR, _WEIGHTS),
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
        Its parameters; that of ``every`` is a number, or :data:`AUTO`, and then it is no strategy to be run yet.
    reading : Reading
        The compressor, as its spec was read.
    relative : tuple
        Which of its compressor's numbers are fractions of the wavefield's peak; with any, ``reading`` is that for a
        peak of 1, and it is no strategy to be run yet.
    registry : Registry or None
        Who builds the compressor. It stays in its process: in another one None stands for the built-in compressors and
        those plug-ins alone that the text names. What others do while they are loaded could change what is measured.
    """

    name: str
    values: Mapping[str, Value] = field(hash=False)
    reading: Reading
    relative: tuple[Place, ...] = ()
    registry: Registry | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.spec

    def __getstate__(self) -> dict[str, object]:
        """Hand plain values on to another process, and nothing that was built."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"registry": None}

    @cached_property
    def compressor(self) -> Compressor:
        """For whatever goes into the checkpoint store; built once, where it is asked for first."""
        return self._known.usable(self.reading)

    @property
    def _known(self) -> Registry:
        return self.registry or registry_for(self.reading)

    @cached_property
    def text(self) -> SpecText:
        """The one canonical text, taken apart."""
        head = SpecText((canonical_part(self.name, self.values, PARAMETERS[self.name]),))
        return with_unit(head if self.name == "store-all" else head.around(self.reading.text), self.relative)

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
        """Its parameters as a record keeps them."""
        return dict(self.values)

    @property
    def compressor_parameters(self) -> dict[str, Value]:
        """Those of its compressor: one that is relative to the peak as text."""
        relative = {place[:2] for place in self.relative}
        return {
            key: f"{format_value(value)}{UNIT}" if (1 + key.count("."), key.rpartition(".")[2]) in relative else value
            for key, value in self.reading.all_values.items()
        }

    @cached_property
    def loss(self) -> Loss:
        """What loses of a stored level: the compressor, or nothing.

        Of a tolerance that is relative to the wavefield's peak the number is the fraction of it.
        """
        try:
            with failing_as(self.reading.spec):
                promise = promise_of(self.compressor.bound)
        except PluginFailed:  # the measuring process will say so
            promise = Promise("none")
        if promise.kind == "lossless":
            return NOTHING
        kind = "wavefield-peak" if self.relative and promise.kind == "absolute" else promise.kind
        return Loss(self.text.innermost.name, kind, promise.value)

    def at(self, peak: float) -> Strategy:
        """Return the strategy for a wavefield of that greatest amplitude: tolerances are absolute, with three digits.

        Examples
        --------
        >>> parse_strategy("trajectory/zfp:accuracy=1e-3peak").at(82.857).spec
        'trajectory/zfp:accuracy=0.0829'

        Raises
        ------
        SpecError
            Such a tolerance is none that the compressor can have.
        """
        reading = self.reading
        for number, key, fraction in self.relative:
            reading = self._known.with_value(reading, number - 1, key, in_field_units(fraction, peak))
        return Strategy(self.name, self.values, reading, registry=self.registry)

    def without_sizes(self) -> Strategy:
        """Return what it is run as where no sizes of an earlier run are known: ``planned`` as ``adaptive``.

        Examples
        --------
        >>> parse_strategy("planned:every=4/zfp:accuracy=1e-3").without_sizes().spec
        'adaptive:every=4/zfp:accuracy=1e-3'
        """
        if self.name != "planned":
            return self
        return replace(self, name="adaptive", values={**self.values, "ratio": 1.0, "steps": "known"})

    def with_step(self, every: int) -> Strategy:
        """Return the strategy with a number where it had none.

        Examples
        --------
        >>> parse_strategy("trajectory:every=auto,error=1e-3/zfp:accuracy=4e-3").with_step(5).spec
        'trajectory:every=5/zfp:accuracy=4e-3'
        """
        values = {key: value for key, value in self.values.items() if key != "error"} | {"every": every}
        return replace(self, values=values)

    @property
    def step_error(self) -> float | None:
        """The error of the gradient from which ``every`` is to be found; None where that is a number."""
        return float(self.values["error"]) if self.values.get("every") == AUTO else None

    @property
    def unsettled(self) -> bool:
        """Whether a code has to be asked before it is run: for its wavefield's peak, or for its imaging step."""
        return bool(self.relative) or self.step_error is not None

    @property
    def weights(self) -> str | None:
        """Where the weights of its levels come from: ``coarse`` or ``earlier``; None for one tolerance for all."""
        return str(self.values["weights"]) if "weights" in self.values else None

    def compressor_times(self, exponent: int) -> Compressor:
        """Return its compressor with the tolerance of a level (:mod:`wavecomp.plans.time_tolerances`).

        Raises
        ------
        SpecError
            The compressor has no absolute tolerance, or cannot have that one.
        """
        if exponent == 0:
            return self.compressor
        tolerance = tolerance_of(self.spec, self.reading, self._known)
        return self._known.usable(times(self.reading, tolerance, exponent, self._known))

    @property
    def every(self) -> int:
        """The imaging condition is evaluated at every k-th step; raises UnsupportedStrategy where it is not known."""
        if self.step_error is not None:
            raise UnsupportedStrategy(
                f'strategy "{self.spec}" cannot be run before every={AUTO} is a number, which only a code with a '
                "source tells; give one, as in every=4"
            )
        return int(self.values.get("every", 1))

    @property
    def tier(self) -> str:
        """Where checkpoints live: ``memory``, ``disk`` or ``two``."""
        return str(self.values.get("tier", "two" if self.placed else "memory"))

    @property
    def placed(self) -> bool:
        """Its schedule says for each state whether it goes to memory or to the disk."""
        return _WRITE in PARAMETERS[self.name]

    @property
    def asynchronous(self) -> bool:
        """What goes to the disk is written in a thread beside the propagation."""
        return bool(self.values.get("async", False))

    @property
    def live(self) -> bool:
        """Whether its schedule is made up as it goes, from the sizes that the store reports."""
        return self.name in ("adaptive", "planned")

    @property
    def overlap(self) -> bool:
        """Compression runs in a thread beside the propagation."""
        return bool(self.values.get("overlap", False))


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
    return read_strategy(SpecText.parse(text), registry or default_registry())


def read_strategy(text: SpecText, registry: Registry) -> Strategy:
    """Do what :func:`parse_strategy` does with a text that was taken apart."""
    plain, relative = without_unit(text)
    values, reading = _read(plain, registry)
    strategy = Strategy(text.head.name, values, reading, relative, registry)
    _ = strategy.compressor  # what it needs may be missing here
    check_relative(text, relative, reading, registry)
    if strategy.weights is not None:
        tolerance_of(strategy.spec, reading, registry)
    return strategy


def _read(spec: SpecText, registry: Registry) -> tuple[Mapping[str, Value], Reading]:
    """Return the typed values of a strategy, and its compressor; raises as :func:`parse_strategy`."""
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
    values = _with_error(text, read_values(text, head.items, PARAMETERS[head.name]))
    if head.name == "store-all" and inner is not None:
        raise SpecError(f'strategy "{text}": store-all compresses nothing; write trajectory/{inner}')
    if "async" in values and values.get("tier") == "memory":
        raise SpecError(
            f'strategy "{text}": async is about a disk, and tier=memory has none; write tier=disk or tier=two'
        )
    return values, registry.read(SpecText.parse(UNCOMPRESSED) if inner is None else inner)


def _with_error(text: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return a strategy's values with the usual error where every=auto has none; raises SpecError for one without."""
    if values["every"] == AUTO:
        return {**values, "error": values.get("error", USUAL_ERROR)}
    if "error" in values:
        raise SpecError(
            f'strategy "{text}": error={format_value(values["error"])} is what every={AUTO} finds its number from; '
            f"write every={AUTO}, or leave error out"
        )
    return values
