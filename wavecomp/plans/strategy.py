"""One configured strategy: its values, its compressor, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from wavecomp.compressors import Compressor, Reading, Registry, Value
from wavecomp.compressors.foreign import failing_as
from wavecomp.compressors.origin import registry_for
from wavecomp.compressors.promises import promise_of
from wavecomp.compressors.spec import canonical_part, format_value
from wavecomp.errors import PluginFailed, UnsupportedStrategy
from wavecomp.plans.parameters import AUTO, LIVE, PARAMETERS, PLACED
from wavecomp.plans.relative import UNIT, Place, in_field_units, with_unit
from wavecomp.plans.time_tolerances import times, tolerance_of
from wavecomp.promise import NOTHING, Loss, Promise
from wavecomp.spec_text import SpecText


@dataclass(frozen=True)
class Strategy:
    """A configured strategy; build it with :func:`wavecomp.plans.strategies.parse_strategy`.

    Attributes
    ----------
    name : str
        One of :data:`wavecomp.plans.parameters.PARAMETERS`.
    values : mapping
        Its parameters; that of ``every`` is a number, or ``auto``, and then it is no strategy to be run yet.
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
        >>> from wavecomp.plans.strategies import parse_strategy
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
        >>> from wavecomp.plans.strategies import parse_strategy
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
        >>> from wavecomp.plans.strategies import parse_strategy
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
        return self.name in PLACED

    @property
    def asynchronous(self) -> bool:
        """What goes to the disk is written in a thread beside the propagation."""
        return bool(self.values.get("async", False))

    @property
    def live(self) -> bool:
        """Whether its schedule is made up as it goes, from the sizes that the store reports."""
        return self.name in LIVE

    @property
    def overlap(self) -> bool:
        """Compression runs in a thread beside the propagation."""
        return bool(self.values.get("overlap", False))
