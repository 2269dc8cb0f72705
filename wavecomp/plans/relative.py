"""Tolerances of a strategy relative to the wavefield: ``accuracy=1e-3peak`` in its text.

The peak is the greatest amplitude of a shot's forward wavefield. It is 83 on one problem and 851 on another, in units
that nobody compares: a tolerance that suits the one is coarse or out of reach on the other. As a fraction of the peak,
one text suits every problem. The text becomes an absolute one, with three digits, once the peak is known: before the
clock of a run starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from wavecomp.compressors import Registry
from wavecomp.compressors.bounds import Absolute, ErrorBound, ValueRangeRelative
from wavecomp.compressors.spec import format_value
from wavecomp.errors import SpecError
from wavecomp.spec_text import Item, SpecPart, SpecText

UNIT = "peak"

Place: TypeAlias = tuple[int, str, str]
"""Which part of the text between slashes, which key in it, and the fraction of the peak."""


def without_unit(spec: SpecText) -> tuple[SpecText, tuple[Place, ...]]:
    """Return a text with its relative tolerances as plain numbers, and where they are.

    Examples
    --------
    >>> plain, places = without_unit(SpecText.parse("trajectory:every=4/zfp:accuracy=1e-3peak"))
    >>> str(plain), places
    ('trajectory:every=4/zfp:accuracy=1e-3', ((1, 'accuracy', '1e-3'),))
    """
    places: list[Place] = []

    def plain(number: int, key: str, fraction: str) -> str:
        places.append((number, key, format_value(float(fraction))))
        return fraction

    return _changed(spec, plain), tuple(places)


def with_unit(canonical: SpecText, places: tuple[Place, ...]) -> SpecText:
    """Return a canonical text with the unit again where it was."""
    for number, key, value in places:
        # As a plain number it may be the default, which canonical text leaves out: then it is added.
        there = canonical.parts[number].values.get(key, value)
        canonical = canonical.with_value(number, key, f"{there}{UNIT}")
    return canonical


def absolute_text(text: str, peak: float) -> str:
    """Return what a text means for a wavefield of that greatest amplitude, each tolerance with three digits.

    Examples
    --------
    >>> absolute_text("trajectory:quantum=6e-5peak/blosc2", 82.857)
    'trajectory:quantum=4.97e-3/blosc2'
    """
    return str(_changed(SpecText.parse(text), lambda _, __, f: format_value(float(f"{float(f) * peak:.2e}"))))


def check_relative(spec: SpecText, places: tuple[Place, ...], registry: Registry) -> None:
    """Refuse the unit where the value is no tolerance in the unit of the field.

    A compressor's value is one if its bound is absolute and grows with it; that is tried, so plug-ins need say nothing.

    Raises
    ------
    SpecError
        The unit stands behind another number; or the text would change its meaning with it.
    """
    for number, key, _ in places:
        if (number == 0 and key != "quantum") or (number > 0 and not _scales(spec, number, key, registry)):
            raise SpecError(
                f'strategy "{spec}": {key} is no tolerance in the unit of the wavefield, so it cannot be given as a '
                f"fraction of the {UNIT}; quantum can, and absolute tolerances such as zfp:accuracy=1e-3{UNIT}"
            )


def _scales(spec: SpecText, number: int, key: str, registry: Registry) -> bool:
    plain, _ = without_unit(spec)
    bounds = []
    for factor in (1.0, 2.0):
        value = format_value(factor * float(plain.parts[number].values[key]))
        bounds.append(_tolerance(registry.parse(str(plain.with_value(number, key, value).inner)).bound))
    return bounds[0] is not None and bounds[1] == 2.0 * bounds[0]


def _tolerance(bound: ErrorBound) -> float | None:
    match bound:
        case Absolute(tolerance):
            return tolerance
        case ValueRangeRelative(_, absolute) if absolute < float("inf"):
            return absolute
    return None


def _changed(spec: SpecText, change: Callable[[int, str, str], str]) -> SpecText:
    """Return a text with every relative value changed: ``change`` gets its part, its key and the fraction."""

    def item(number: int, key: str, value: str | None) -> Item:
        if value is None or not _is_relative(value):
            return key, value
        return key, change(number, key, value.removesuffix(UNIT))

    parts = (
        SpecPart(part.name, tuple(item(number, *one) for one in part.items)) for number, part in enumerate(spec.parts)
    )
    return SpecText(tuple(parts))


def _is_relative(value: str) -> bool:
    number = value.removesuffix(UNIT)
    if number == value or not re.fullmatch(r"[+0-9.eE-]+", number):
        return False
    try:
        return 0.0 < float(number) < float("inf")
    except ValueError:
        return False
