"""Is a plug-in's definition one? It is looked at once, when it is registered, so that nothing later trips over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from wavecomp.compressors.definition import Definition
from wavecomp.compressors.spec import Parameter, checked_head, is_name
from wavecomp.errors import SpecError
from wavecomp.plain_text import error_text, one_line
from wavecomp.spec_text import SpecText

_KINDS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "choice": (str,), "flag": (bool,)}


def fault_of(definition: object) -> str | None:
    """Return what is wrong with a definition, or None."""
    try:
        return _fault_of(definition)
    except Exception as error:  # attributes may be code, and raise
        return f"its definition cannot be read: {error_text(error)}"


def _fault_of(definition: object) -> str | None:
    if not isinstance(definition, Definition):
        return f"it is {_shown(definition)}, and no compressor Definition"
    if not (isinstance(definition.name, str) and is_name(definition.name)):
        return f"its name is {_shown(definition.name)}; a name is a word of small letters, digits and _"
    wrong = {
        "summary": not isinstance(definition.summary, str),
        "build": not callable(definition.build),
        "requires": not (definition.requires is None or isinstance(definition.requires, str)),
        "wraps": not isinstance(definition.wraps, bool),
        "parameters": not _all(definition.parameters, Parameter),
        "examples": not _all(definition.examples, str),
        "load": not (definition.load is None or callable(definition.load)),
        "extra": not (definition.extra is None or isinstance(definition.extra, str)),
        "respell": not (definition.respell is None or callable(definition.respell)),
        "variants": not (
            isinstance(definition.variants, Mapping)
            and all(_all(parameters, Parameter) for parameters in definition.variants.values())
            and (definition.parameters or not definition.variants)
        ),
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            return f"its {name} is {_shown(getattr(definition, name))}"
    for parameters in ((), *definition.variants.values()):
        together = (*definition.parameters, *parameters)
        names = [parameter.name for parameter in together]
        for parameter in together:
            fault = _fault_of_parameter(parameter)
            if fault is not None:
                return f"its parameter {_shown(parameter.name)} {fault}"
            if names.count(parameter.name) > 1:
                return f"it has two parameters named {parameter.name!r}"
    tolerances = definition.tolerances
    if tolerances is not None and not (_all(tolerances, str) and {*tolerances} <= _numbers(definition)):
        return f"its tolerances are {_shown(tolerances)}; they are keys of parameters that are numbers"
    return next(filter(None, (_fault_of_example(definition, example) for example in definition.examples)), None)


def _numbers(definition: Definition) -> set[str]:
    return {parameter.name for parameter in definition.parameters if parameter.kind in ("int", "float")}


def _fault_of_parameter(parameter: Parameter) -> str | None:
    low, high = parameter.low, parameter.high
    checks: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: isinstance(parameter.name, str) and is_name(parameter.name), "has no name that a spec could hold"),
        (lambda: parameter.kind in _KINDS, f"is of kind {_shown(parameter.kind)}; write one of {', '.join(_KINDS)}"),
        (lambda: isinstance(parameter.doc, str), f"has the doc {_shown(parameter.doc)}"),
        (lambda: _is_number(low) and _is_number(high) and low <= high, f"has a range from {low!r:.40} to {high!r:.40}"),
        (lambda: _all(parameter.choices, str), f"has the choices {_shown(parameter.choices)}"),
        (lambda: parameter.kind != "choice" or bool(parameter.choices), "is a choice of nothing"),
        (lambda: _default_fits(parameter), f"has the default {_shown(parameter.default)}, which it could not be given"),
    )
    return next((fault for holds, fault in checks if not holds()), None)


def _default_fits(parameter: Parameter) -> bool:
    default = parameter.default
    if default is None:
        return True
    if not isinstance(default, _KINDS[parameter.kind]) or (parameter.kind != "flag" and isinstance(default, bool)):
        return False
    if parameter.kind == "choice":
        return default in parameter.choices
    return not isinstance(default, int | float) or (
        parameter.kind == "flag" or (math.isfinite(default) and parameter.low <= default <= parameter.high)
    )


def _fault_of_example(definition: Definition, example: str) -> str | None:
    try:
        spec = checked_head(SpecText.parse(example))
        definition.read(example, spec.head.items)
    except SpecError as error:
        return f"its example is wrong: {one_line(str(error), 300)}"
    if spec.head.name != definition.name:
        return f"its example {_shown(example)} is one of another compressor"
    if (spec.inner is not None) != definition.wraps:
        return (
            f"its example {_shown(example)} wraps {'nothing' if definition.wraps else 'a compressor, and it does not'}"
        )
    return None


def _all(values: object, kind: type) -> bool:
    # A text is a sequence of texts, and never what is meant.
    listed = isinstance(values, Sequence) and not isinstance(values, str)
    return listed and all(isinstance(value, kind) for value in values)  # type: ignore[attr-defined]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _shown(value: object) -> str:
    """Return at most a hundred characters of how a value prints itself, whatever that does."""
    try:
        return one_line(f"{value!r}", 100)
    except Exception as error:
        return f"a {type(value).__name__} ({error_text(error)})"
