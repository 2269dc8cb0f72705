"""Which calibrated compressor a strategy's is: the same text but for the tolerance."""

from __future__ import annotations

from collections.abc import Iterable

from wavecomp.errors import UsageError
from wavecomp.planning.codecs import HOLE
from wavecomp.planning.costs import Costs
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import UNCOMPRESSED, SpecText


def family_of(strategy: Strategy, costs: Costs) -> tuple[str, float | None] | None:
    """Return the family of a strategy's compressor and its tolerance as a part of the peak; None without compression.

    A tolerance in the unit of the field is divided by the peak of the calibrated problem.

    Raises
    ------
    UsageError
        The compressor was not calibrated; the text names those that were.
    """
    inner = strategy.text.inner
    if inner is None or str(inner) == UNCOMPRESSED:
        return None
    families = list(dict.fromkeys(codec.family for codec in costs.codecs))
    if strategy.relative:
        number, key, fraction = strategy.relative[0]
        found = str(inner.with_value(number - 1, key, HOLE))
        if found in families:
            return found, fraction
    for family in families:
        tolerance = _tolerance(SpecText.parse(family), inner)
        if tolerance is not None:
            return family, float(tolerance) / costs.peak
    if str(inner) in families:
        return str(inner), None
    raise UsageError(
        f"{inner} was not calibrated on {costs.problem}, only {', '.join(families) or 'runs without compression'}; "
        "calibrate it, or take one of those"
    )


def template_of(strategy: Strategy) -> tuple[str, float | None]:
    """Return a compressor's text with :data:`HOLE` for its relative tolerance, and that; the text where it has none."""
    inner = strategy.text.inner
    assert inner is not None, "store-all compresses nothing"
    if not strategy.relative:
        return str(inner), None
    number, key, fraction = strategy.relative[0]
    return str(inner.with_value(number - 1, key, HOLE)), fraction


def with_fractions(compressors: Iterable[str], fractions: Iterable[float]) -> list[tuple[str, float | None]]:
    """Return compressors' texts with each tolerance in their place, as a part of the peak; others as they are.

    Examples
    --------
    >>> with_fractions(["zfp:accuracy={}", "blosc2"], [1e-3])
    [('zfp:accuracy=0.001peak', 0.001), ('blosc2', None)]
    """
    made: list[tuple[str, float | None]] = []
    tolerances = tuple(fractions)
    for text in compressors:
        if HOLE in text:
            made += [(text.replace(HOLE, f"{fraction!r}peak"), fraction) for fraction in tolerances]
        else:
            made.append((text, None))
    return made


def _tolerance(family: SpecText, inner: SpecText) -> str | None:
    """Return what stands in a text where a family has its hole, if they are the same elsewhere."""
    for number, part in enumerate(family.parts):
        for key, value in part.items:
            if value == HOLE and number < len(inner.parts) and key in inner.parts[number].values:
                if str(inner.with_value(number, key, HOLE)) == str(family):
                    return inner.parts[number].values[key]
                return None
    return None
