"""Which keys of a compressor say how much may be lost: what a search for a setting turns.

A definition may name them. Where it does not, they are found by trying: a number is such a key if the promise of the
compressor changes with it; where nothing is promised, a number that has no default.
"""

from __future__ import annotations

from collections.abc import Iterator

from wavecomp.compressors.definition import Definition, Reading
from wavecomp.compressors.promises import promise_of
from wavecomp.compressors.registry import Registry
from wavecomp.compressors.spec import THREADS, Parameter, Value
from wavecomp.errors import PluginFailed, SpecError
from wavecomp.promise import Promise
from wavecomp.spec_text import SpecText


def tolerance_keys(definition: Definition, registry: Registry) -> tuple[str, ...]:
    """Return the keys of a definition that say how much may be lost, the usual one first; none of a wrapper.

    Examples
    --------
    >>> registry = Registry()
    >>> tolerance_keys(registry.definition("zfp"), registry), tolerance_keys(registry.definition("int8"), registry)
    (('accuracy', 'precision', 'rate'), ())
    """
    if definition.tolerances is not None:
        return definition.tolerances
    if definition.wraps:
        return ()
    numbers = [one for one in definition.parameters if is_number(one) and one.name != THREADS]
    telling = tuple(one.name for one in numbers if _promise_changes(definition, one, registry))
    return telling or tuple(one.name for one in numbers if one.default is None)


def is_number(parameter: Parameter) -> bool:
    """Tell a number from a choice and a flag."""
    return parameter.kind in ("int", "float")


def promised(reading: Reading, registry: Registry) -> Promise:
    """Return what a compressor that was read promises; nothing, where its code cannot say."""
    try:
        return promise_of(registry.usable(reading).bound)
    except (PluginFailed, SpecError):
        return Promise("none")


def _promise_changes(definition: Definition, parameter: Parameter, registry: Registry) -> bool:
    for reading, value in _examples(definition, parameter, registry):
        before = promised(reading, registry)
        for other in (2 * value, value / 2) if parameter.kind == "float" else (value + 1, value - 1):
            try:
                after = promised(registry.with_value(reading, 0, parameter.name, other), registry)
            except SpecError:  # beyond its range
                continue
            if before.value is not None and after.kind == before.kind and after.value != before.value:
                return True
    return False


def _examples(definition: Definition, parameter: Parameter, registry: Registry) -> Iterator[tuple[Reading, float]]:
    """Yield the examples that give the parameter, with its value there."""
    for example in definition.examples:
        text = SpecText.parse(example)
        value: Value | None = registry.read(text).values.get(parameter.name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield registry.read(text), value
