"""Do the values that were read from a file have the types that their dataclass declares?"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def checked(instance: T) -> T:
    """Return a dataclass's instance if every value has its declared type.

    A float may be an integer, or None, which stands in a file for a number that does not exist or is infinite.

    Raises
    ------
    TypeError
        One has not; the text names it, its value and its type.
    """
    for name, fits in _checks(cast("Hashable", type(instance))):
        value = getattr(instance, name)
        if not fits(value):
            declared = get_type_hints(type(instance))[name]
            shown = getattr(declared, "__name__", str(declared)) if get_origin(declared) is None else str(declared)
            raise TypeError(f"{name} = {str(value)[:60]!r} is no {shown}")
    return instance


@cache
def _checks(kind: Hashable) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    return tuple((name, _check_of(declared)) for name, declared in get_type_hints(cast("type", kind)).items())


def _check_of(declared: Any) -> Callable[[Any], bool]:
    """Return what tells whether a value is of a declared type."""
    origin, arguments = get_origin(declared), get_args(declared)
    if declared is Any or declared is object:
        return lambda _value: True
    if declared is float:
        return lambda value: value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
    if declared is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    if origin is Literal:
        return lambda value: value in arguments
    if origin in (Union, types.UnionType):
        any_of = [_check_of(one) for one in arguments]
        return lambda value: any(fits(value) for fits in any_of)
    if origin is tuple:
        return _check_of_tuple(arguments)
    if origin is not None and issubclass(origin, Mapping):
        of_value = _check_of(arguments[1])
        return lambda value: isinstance(value, Mapping) and all(map(of_value, value.values()))
    if is_dataclass(declared) and isinstance(declared, type):
        return lambda value: isinstance(value, declared) and _whole(value)
    return lambda value: isinstance(value, origin or declared)


def _check_of_tuple(arguments: tuple[Any, ...]) -> Callable[[Any], bool]:
    if arguments[-1] is Ellipsis:
        of_item = _check_of(arguments[0])
        return lambda value: isinstance(value, tuple) and all(map(of_item, value))
    of_items = [_check_of(one) for one in arguments]
    return lambda value: (
        isinstance(value, tuple)
        and len(value) == len(of_items)
        and all(fits(item) for fits, item in zip(of_items, value, strict=True))
    )


def _whole(instance: object) -> bool:
    checked(instance)  # its own error names the column inside
    return True
