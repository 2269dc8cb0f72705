"""The keywords of a function as the keys of a spec: name, annotation and default say all that there is to say."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from wavecomp.compressors.spec import Parameter, Value, is_name
from wavecomp.plain_text import error_text

_PLAIN: Mapping[str, type] = {"float": float, "int": int, "bool": bool}


class Malformed(Exception):
    """What is wrong with a plug-in's function or class, in words without the name of its file."""


def parameters_of(function: Callable[..., Any], given: int, name: str, example: str) -> tuple[Parameter, ...]:
    """Return the keys that a function's keywords stand for, in their order.

    ``tolerance: float = 1e-3`` is a number, ``level: int = 6`` an integer, ``fast: bool = False`` a flag, and
    ``mode: Literal["a", "b"] = "a"`` a choice. Without an annotation the default tells the kind.

    Parameters
    ----------
    function : callable
    given : int
        How many arguments it is called with before its keywords.
    name, example : str
        What it is called in messages, and how it is written.

    Raises
    ------
    Malformed
        It cannot be called so, or a keyword has no default, or one that no spec can hold.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:  # a compiled function may not say
        raise Malformed(f"{name} does not say what it takes ({error_text(error)}); write {example}") from None
    first, others = parameters[:given], parameters[given:]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(first) < given or any(one.kind not in positional for one in first):
        raise Malformed(f"{name}{inspect.signature(function)} has to take {given} arguments; write {example}")
    try:
        hints = get_type_hints(function)
    except Exception:  # annotations are code; that of the array may name what only a type checker has
        hints = {one.name: _PLAIN.get(str(one.annotation)) for one in others}
    return tuple(_parameter(one, hints.get(one.name), name) for one in others)


def pinned(parameter: Parameter) -> Parameter:
    """Have a parameter printed at its default too: the text says all, whatever the file says later."""
    return replace(parameter, pinned=parameter.kind != "flag")


def _parameter(one: inspect.Parameter, hint: Any, name: str) -> Parameter:
    words = f'the keyword "{one.name}" of {name}'
    if one.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        raise Malformed(f"{name} takes {one}: name every keyword, with its default")
    if one.kind is inspect.Parameter.POSITIONAL_ONLY or one.default is inspect.Parameter.empty:
        raise Malformed(f"{words} needs a default, and must be one that can be given by its name")
    return parameter_from(one.name, one.default, words, type(one.default) if hint is None else hint, name)


def parameter_from(name: str, default: object, words: str, hint: Any, of: str) -> Parameter:
    """Return the key of a name, a default and a type, which is one of something; raises Malformed.

    ``words`` stand at the beginning of a complaint.
    """
    if not is_name(name):
        raise Malformed(f"{words} is no key of a spec: write it in small letters, digits and _")
    doc = f"of {of}"
    if hint is bool and default is False:
        return Parameter(name, "flag", doc, default=False)
    if hint is int and isinstance(default, int) and not isinstance(default, bool):
        return pinned(Parameter(name, "int", doc, default=default))
    if hint is float and isinstance(default, int | float) and not isinstance(default, bool) and math.isfinite(default):
        return pinned(Parameter(name, "float", doc, default=float(default)))
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    if choices and all(isinstance(one, str) and one for one in choices) and default in choices:
        value: Value = str(default)
        return pinned(Parameter(name, "choice", doc, default=value, choices=choices))
    raise Malformed(
        f"{words} has the default {default!r:.60}, of type {getattr(hint, '__name__', hint)!s:.60}; write a float, an "
        'int, a bool that is False, or Literal["one", "another"] and one of these'
    )
