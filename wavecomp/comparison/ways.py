"""Ways of keeping the wavefield as contestants: a strategy whose tolerance may be left out, or a compressor alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from wavecomp.comparison.contestant import read_contestant, stand_in
from wavecomp.comparison.few import Scale
from wavecomp.comparison.trials import Number
from wavecomp.compressors import Parameter, Registry
from wavecomp.compressors.spec import format_value
from wavecomp.compressors.tolerances import promised
from wavecomp.errors import SpecError
from wavecomp.plans.parameters import AUTO, PARAMETERS
from wavecomp.plans.relative import UNIT
from wavecomp.plans.strategies import read_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import SpecPart, SpecText

EVERY = 4
"""Where a compressor is named alone, every so many steps one level is kept and imaged."""

_PER_UNIT = {"rate": math.log(2.0), "precision": math.log(2.0), "psnr": math.log(10.0) / 20.0}
"""By how much the logarithm of the error falls with one more of what such a promise counts."""


@dataclass(frozen=True, slots=True)
class Way:
    """One contestant for a gradient.

    Attributes
    ----------
    text : str
        The strategy's canonical text, without the value of the parameter that is to be found.
    strategy : Strategy or None
        What stands as it is; None where something is to be found.
    place : tuple of int and str, or None
        Which part of the text, and which key in it, is to be found.
    free : Parameter or None
        That key.
    relative : bool
        Its values are fractions of the wavefield's peak.
    scale : Scale
        How the error goes with it.
    kind : str
        What its values promise: the kind of a :class:`wavecomp.promise.Promise`.
    """

    text: str
    strategy: Strategy | None = None
    place: tuple[int, str] | None = None
    free: Parameter | None = None
    relative: bool = False
    scale: Scale = field(default_factory=Scale)
    kind: str = "none"

    def at(self, value: Number, registry: Registry) -> Strategy:
        """Return the strategy with a value for its parameter; raises SpecError."""
        assert self.place is not None
        return read_strategy(_with(SpecText.parse(self.text), self.place, self._word(value)), registry)

    def start(self, limit: float) -> Number:
        """Return the value with which a search for an error begins."""
        assert self.free is not None
        if self.scale.whole:  # bits
            return self.scale.value(self.scale.place(1 - math.log2(limit)))
        if self.relative or self.kind in ("range", "peak", "pointwise"):
            return self.scale.value(math.log(limit))
        if self.kind == "psnr":
            return self.scale.value(self.scale.place(10.0 - 20.0 * math.log10(limit)))
        return stand_in(self.free)

    def _word(self, value: Number) -> str:
        return format_value(value) + (UNIT if self.relative else "")


def read_way(text: str, registry: Registry, every: int = EVERY, error: float | None = None) -> Way:
    """Read a strategy, or a compressor that a trajectory of every few levels is kept with.

    What is searched :func:`wavecomp.comparison.contestant.read_contestant` says of the compressor. A tolerance in the
    unit of the field is searched as a fraction of the wavefield's peak.

    With ``every=auto`` the step is found from ``error``, unless the text has one.

    Raises
    ------
    SpecError
        A text that is no strategy or no compressor, a contradiction, or several values left out.
    CompressorUnavailable
        What a compressor needs is missing on this machine.
    """
    spec = SpecText.parse(text)
    if spec.head.name not in PARAMETERS:
        spec = SpecText((SpecPart("trajectory", (("every", str(every)),) if every > 1 else ()),)).around(spec)
    if error is not None and ("every", AUTO) in spec.head.items and "error" not in spec.head.values:
        spec = spec.with_value(0, "error", format_value(error))
    inner = spec.inner
    contestant = None
    # A compressor's own tolerances may be fractions of the peak, which it does not read itself.
    if inner is not None and UNIT not in str(inner):
        contestant = read_contestant(str(inner), registry)
    if contestant is None or contestant.free is None:
        strategy = read_strategy(spec, registry)
        return Way(strategy.spec, strategy)
    whole = SpecText((spec.head, *SpecText.parse(contestant.text).parts))
    return _searched(whole, (1 + contestant.depth, contestant.free.name), contestant.free, registry)


def _searched(spec: SpecText, place: tuple[int, str], free: Parameter, registry: Registry) -> Way:
    value = format_value(stand_in(free))
    relative = True
    try:
        strategy = read_strategy(_with(spec, place, f"1e-3{UNIT}"), registry)
    except SpecError:
        relative = False
        strategy = read_strategy(_with(spec, place, value), registry)
    part = strategy.text.parts[place[0]]
    items = tuple((key, None if key == place[1] else old) for key, old in part.items)
    text = str(strategy.text.with_part(place[0], SpecPart(part.name, items)))
    kind = "absolute" if relative else promised(strategy.reading, registry).kind
    whole = free.kind == "int"
    scale = Scale(_PER_UNIT.get(kind, math.log(2.0) if whole else None), whole, free.low, free.high)
    return Way(text, None, place, free, relative, scale, kind)


def _with(spec: SpecText, place: tuple[int, str], value: str) -> SpecText:
    return spec.with_value(*place, value)
