"""Tolerances of a strategy relative to the wavefield: ``accuracy=1e-3peak`` in its text.

The peak is the greatest amplitude of a shot's forward wavefield. It is 83 on one problem and 851 on another, in units
that nobody compares: a tolerance that suits the one is coarse or out of reach on the other. As a fraction of the peak,
one text suits every problem. The text becomes an absolute one, with three digits, once the peak is known: before the
clock of a run starts.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from wavecomp.compressors import Reading, Registry
from wavecomp.compressors.bounds import Absolute, ErrorBound, ValueRangeRelative
from wavecomp.compressors.spec import format_value
from wavecomp.errors import SpecError
from wavecomp.spec_text import SpecText

UNIT = "peak"

Place: TypeAlias = tuple[int, str, float]
"""Which part of the text between slashes, which key in it, and the fraction of the peak."""


def without_unit(spec: SpecText) -> tuple[SpecText, tuple[Place, ...]]:
    """Return a text with its relative tolerances as plain numbers, and where they are.

    Examples
    --------
    >>> plain, places = without_unit(SpecText.parse("trajectory:every=4/zfp:accuracy=1e-3peak"))
    >>> str(plain), places
    ('trajectory:every=4/zfp:accuracy=1e-3', ((1, 'accuracy', 0.001),))
    """
    places: list[Place] = []
    for number, part in enumerate(spec.parts):
        for key, value in part.items:
            if value is not None and _is_relative(value):
                fraction = value.removesuffix(UNIT)
                places.append((number, key, float(fraction)))
                spec = spec.with_value(number, key, fraction)
    return spec, tuple(places)


def with_unit(canonical: SpecText, places: tuple[Place, ...]) -> SpecText:
    """Return a canonical text with the unit again where it was."""
    for number, key, fraction in places:
        # As a plain number it may be the default, which canonical text leaves out: then it is added.
        canonical = canonical.with_value(number, key, f"{format_value(fraction)}{UNIT}")
    return canonical


def in_field_units(fraction: float, peak: float) -> float:
    """Return a tolerance in the unit of a wavefield of that greatest amplitude, with three digits.

    Examples
    --------
    >>> in_field_units(6e-5, 82.857)
    0.00497
    """
    return float(f"{fraction * peak:.2e}")


def check_relative(spec: SpecText, places: tuple[Place, ...], reading: Reading, registry: Registry) -> None:
    """Refuse the unit where the value is no tolerance in the unit of the field.

    A compressor's value is one if its bound is absolute and grows with it; that is tried, so plug-ins need say nothing.
    The strategy's own parameters are counts and words.

    Raises
    ------
    SpecError
        The unit stands behind another number; or the text would change its meaning with it.
    """
    for number, key, fraction in places:
        if number == 0 or not scales(reading, number - 1, key, fraction, registry):
            raise SpecError(
                f'strategy "{spec}": {key} is no tolerance in the unit of the wavefield, so it cannot be given as a '
                f"fraction of the {UNIT}; absolute tolerances such as zfp:accuracy=1e-3{UNIT} can"
            )


def scales(reading: Reading, depth: int, key: str, value: float, registry: Registry) -> bool:
    """Whether a number of a compressor, ``depth`` of them inwards, is a tolerance in the unit of the field."""
    bounds = []
    for factor in (1.0, 2.0):
        changed = registry.with_value(reading, depth, key, factor * value)
        bounds.append(_tolerance(registry.usable(changed).bound))
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
