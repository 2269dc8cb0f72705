"""Who takes part: a spec whose tolerance may be left out, and what stands in its place."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

from wavecomp.compressors import Lossless, Parameter, Reading, Registry
from wavecomp.compressors.foreign import failing_as
from wavecomp.compressors.spec import format_value
from wavecomp.compressors.tolerances import is_number, tolerance_keys
from wavecomp.errors import PluginFailed, SpecError
from wavecomp.spec_text import SpecPart, SpecText


@dataclass(frozen=True, slots=True)
class Contestant:
    """One compressor as it was named, with the parameter that is to be found, if there is one.

    Attributes
    ----------
    text : str
        The canonical spec, without the value of the parameter that is to be found.
    reading : Reading
        As the spec was read, with a stand-in for that value.
    depth : int
        How many compressors inwards the parameter is.
    free : Parameter or None
        The parameter; None where nothing is to be found, and the compressor stands where it stands.
    lossless : bool
        Every bit comes back, as it stands.
    """

    text: str
    reading: Reading
    depth: int = 0
    free: Parameter | None = None
    lossless: bool = False

    def at(self, value: float, registry: Registry) -> Reading:
        """Return the compressor with a value for its parameter.

        Raises
        ------
        SpecError
            The parameter cannot have that value.
        """
        assert self.free is not None
        return registry.with_value(self.reading, self.depth, self.free.name, value)


def read_contestant(text: str, registry: Registry) -> Contestant:
    """Read a spec whose tolerance may be left out.

    What is searched: the key that stands without a value (``zfp:accuracy``); else, where the spec is not complete
    without one, or loses and names none of them, the first of the compressor's keys that say how much may be lost
    (``zfp``). A complete spec stands as it is: ``zfp:rate=8``, ``blosc2``, ``int8``.

    Raises
    ------
    SpecError
        Unknown name or key, bad value, contradiction, or two keys without values.
    CompressorUnavailable
        What it needs is missing on this machine.
    """
    spec = SpecText.parse(text)
    marked = list(_without_value(spec, registry))
    if len(marked) > 1:
        names = " and ".join(key for _, key in marked)
        raise SpecError(f'spec "{text}": {names} stand without a value; one of them can be searched at a time')
    if marked:
        ((number, key),) = marked
        found = _with_free(spec, number, key, registry)
        try:
            registry.usable(found.reading)
        except SpecError as error:  # it speaks of the stand-in, which nobody wrote
            raise SpecError(str(error).replace(found.reading.spec, text)) from None
        return found
    complete = registry.read(spec)
    wrong: SpecError | None = None
    try:
        lossless = _is_lossless(complete, registry)
        if lossless or _names_tolerance(spec, registry):
            return Contestant(complete.spec, complete, lossless=lossless)
    except SpecError as error:
        wrong = error
    for key in _keys(spec, registry):
        with contextlib.suppress(SpecError):
            found = _with_free(spec, len(spec.parts) - 1, key, registry)
            registry.usable(found.reading)
            return found
    if wrong is not None:
        raise wrong
    return Contestant(complete.spec, complete)


def _is_lossless(reading: Reading, registry: Registry) -> bool:
    compressor = registry.usable(reading)
    try:
        with failing_as(reading.spec):
            return isinstance(compressor.bound, Lossless)
    except PluginFailed:  # the measuring process will say so
        return False


def _keys(spec: SpecText, registry: Registry) -> tuple[str, ...]:
    return tolerance_keys(registry.definition(spec.innermost.name), registry)


def _names_tolerance(spec: SpecText, registry: Registry) -> bool:
    return bool({*_keys(spec, registry)} & {*spec.innermost.values})


def _without_value(spec: SpecText, registry: Registry) -> Iterator[tuple[int, str]]:
    """Yield the place and the key of every number that stands without a value."""
    for number, part in enumerate(spec.parts):
        for key, value in part.items:
            if value is None and any(key == one.name and is_number(one) for one in _parameters(part.name, registry)):
                yield number, key


def _parameters(name: str, registry: Registry) -> tuple[Parameter, ...]:
    return registry.definition(name).parameters if name else ()


def _with_free(spec: SpecText, number: int, key: str, registry: Registry) -> Contestant:
    free = next(one for one in _parameters(spec.parts[number].name, registry) if one.name == key)
    reading = registry.read(spec.with_value(number, key, format_value(stand_in(free))))
    # Canonical as a whole, and the free key without what stands in for it.
    part = reading.text.parts[number]
    if key not in part.values:  # the stand-in is its default
        part = part.with_value(key, "")
    items = tuple((one, None if one == key else value) for one, value in part.items)
    return Contestant(str(reading.text.with_part(number, SpecPart(part.name, items))), reading, number, free)


def stand_in(parameter: Parameter) -> float | int:
    """Return some value that a parameter can have, from which a search may start."""
    low, high = parameter.low, parameter.high
    if parameter.kind == "int":
        least = int(low) if math.isfinite(low) else 0 if high >= 0 else int(high)
        most = int(high) if math.isfinite(high) else least + 31
        return (least + most) // 2
    if math.isfinite(high):
        return high - (high - max(low, -abs(high))) * 0.875 if math.isfinite(low) else high / 8 or high - 1.0
    return 1e-3 if low < 1e-3 else 2.0 * low
