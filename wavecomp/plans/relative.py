"""Tolerances of a strategy relative to the wavefield: ``accuracy=1e-3peak`` in its text.

The peak is the greatest amplitude of a shot's forward wavefield. It is 83 on one problem and 851 on another, in units
that nobody compares: a tolerance that suits the one is coarse or out of reach on the other. As a fraction of the peak,
one text suits every problem. The text becomes an absolute one, with three digits, once the peak is known: before the
clock of a run starts.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from wavecomp.compressors import Registry
from wavecomp.compressors.bounds import Absolute, ErrorBound, ValueRangeRelative
from wavecomp.compressors.spec import format_value
from wavecomp.errors import SpecError

UNIT = "peak"

Place: TypeAlias = tuple[int, str, str]
"""Which part of the text between slashes, which key in it, and the fraction of the peak."""


def without_unit(text: str) -> tuple[str, tuple[Place, ...]]:
    """Return a text with its relative tolerances as plain numbers, and where they are.

    Examples
    --------
    >>> without_unit("trajectory:every=4/zfp:accuracy=1e-3peak")
    ('trajectory:every=4/zfp:accuracy=1e-3', ((1, 'accuracy', '1e-3'),))
    """
    places: list[Place] = []
    parts = []
    for number, part in enumerate(text.split("/")):
        head, colon, rest = part.partition(":")
        items = []
        for item in rest.split(",") if colon else ():
            key, equals, value = item.partition("=")
            if equals and _is_relative(value):
                value = value.removesuffix(UNIT)
                places.append((number, key, format_value(float(value))))
            items.append(f"{key}{equals}{value}")
        parts.append(f"{head}{colon}{','.join(items)}")
    return "/".join(parts), tuple(places)


def with_unit(canonical: str, places: tuple[Place, ...]) -> str:
    """Return a canonical text with the unit again where it was."""
    parts = canonical.split("/")
    for number, key, value in places:
        head, _, rest = parts[number].partition(":")
        items = rest.split(",") if rest else []
        if not any(item.partition("=")[0] == key for item in items):
            items.append(f"{key}={value}")  # as a plain number it is the default, which canonical text leaves out
        items = [f"{item}{UNIT}" if item.partition("=")[0] == key else item for item in items]
        parts[number] = f"{head}:{','.join(items)}"
    return "/".join(parts)


def absolute_text(text: str, peak: float) -> str:
    """Return what a text means for a wavefield of that greatest amplitude, each tolerance with three digits.

    Examples
    --------
    >>> absolute_text("trajectory:quantum=6e-5peak/blosc2", 82.857)
    'trajectory:quantum=4.97e-3/blosc2'
    """
    parts = []
    for part in text.split("/"):
        head, colon, rest = part.partition(":")
        items = []
        for item in rest.split(",") if colon else ():
            key, equals, value = item.partition("=")
            if equals and _is_relative(value):
                value = format_value(float(f"{float(value.removesuffix(UNIT)) * peak:.2e}"))
            items.append(f"{key}{equals}{value}")
        parts.append(f"{head}{colon}{','.join(items)}")
    return "/".join(parts)


def check_relative(text: str, places: tuple[Place, ...], registry: Registry) -> None:
    """Refuse the unit where the value is no tolerance in the unit of the field.

    A compressor's value is one if its bound is absolute and grows with it; that is tried, so plug-ins need say nothing.

    Raises
    ------
    SpecError
        The unit stands behind another number; or the text would change its meaning with it.
    """
    for number, key, _ in places:
        if (number == 0 and key != "quantum") or (number > 0 and not _scales(text, number, key, registry)):
            raise SpecError(
                f'strategy "{text}": {key} is no tolerance in the unit of the wavefield, so it cannot be given as a '
                f"fraction of the {UNIT}; quantum can, and absolute tolerances such as zfp:accuracy=1e-3{UNIT}"
            )


def _scales(text: str, number: int, key: str, registry: Registry) -> bool:
    bounds = []
    for factor in (1.0, 2.0):
        parts = without_unit(text)[0].split("/")
        head, _, rest = parts[number].partition(":")
        pairs = [item.partition("=") for item in rest.split(",")]
        items = [
            f"{name}={format_value(factor * float(value))}" if name == key else f"{name}{equals}{value}"
            for name, equals, value in pairs
        ]
        parts[number] = f"{head}:{','.join(items)}"
        bounds.append(_tolerance(registry.parse("/".join(parts[1:])).bound))
    return bounds[0] is not None and bounds[1] == 2.0 * bounds[0]


def _tolerance(bound: ErrorBound) -> float | None:
    match bound:
        case Absolute(tolerance):
            return tolerance
        case ValueRangeRelative(_, absolute) if absolute < float("inf"):
            return absolute
    return None


def _is_relative(value: str) -> bool:
    number = value.removesuffix(UNIT)
    if number == value or not re.fullmatch(r"[+0-9.eE-]+", number):
        return False
    try:
        return 0.0 < float(number) < float("inf")
    except ValueError:
        return False
