"""Where the search for a parameter begins, and which way is coarser: told by what the compressor promises."""

from __future__ import annotations

from typing import Literal

from wavecomp.comparison.contestant import Contestant, stand_in
from wavecomp.comparison.target import Target
from wavecomp.comparison.trials import Axis
from wavecomp.compressors import Registry
from wavecomp.compressors.tolerances import promised
from wavecomp.errors import SpecError

_GROWS = {"absolute": 1, "range": 1, "peak": 1, "pointwise": 1, "l2": 1, "psnr": -1, "rate": -1, "precision": -1}
"""Whether a promise of that kind allows more error with a larger number."""


def axis_of(contestant: Contestant, target: Target, peak: float, registry: Registry) -> Axis:
    """Return the axis of a contestant's parameter.

    Parameters
    ----------
    contestant : Contestant
        With a parameter that is to be found.
    target : Target
    peak : float
        max |x| of the field.
    registry : Registry
        Builds the compressor at two settings, and nothing is compressed.
    """
    free = contestant.free
    assert free is not None
    here = stand_in(free)
    whole = free.kind == "int"
    there = here + 1 if whole else 2 * here
    if there > free.high:
        there = here - 1 if whole else here / 2
    coarser: Literal[1, -1, 0] = 0
    start = here
    try:
        first, second = (promised(contestant.at(value, registry), registry) for value in (here, there))
    except SpecError:
        return Axis(here, free.low, free.high, free.low_open, 0, whole)
    if first.value is not None and second.value is not None and first.value != second.value:
        rises = (second.value > first.value) == (there > here)
        grows = _GROWS.get(first.kind, 0)
        coarser = 0 if not grows else 1 if rises == (grows > 0) else -1
        wished = _wished(first.kind, target, peak)
        in_proportion = abs(second.value * here - first.value * there) <= 1e-9 * abs(first.value * there)
        if wished is not None and in_proportion and not whole:
            start = wished * here / first.value
    inside = free.low <= start <= free.high and start > 0.0
    return Axis(start if inside else here, free.low, free.high, free.low_open, coarser, whole)


def _wished(kind: str, target: Target, peak: float) -> float | None:
    """Return a promise of that kind that may come near the target: the search begins there, and needs no more."""
    limit = target.limit(peak)
    # Errors spread evenly up to e have a root mean square of e / sqrt(3); the range of a wave is about two peaks.
    greatest = limit if target.measure == "max-error" else limit * 2.0 * peak * 3.0**0.5
    match kind:
        case "absolute":
            return greatest
        case "range":
            return greatest / (2.0 * peak) if peak > 0.0 else None
        case "peak" | "pointwise":
            return greatest / peak if peak > 0.0 else None
        case "psnr" if target.measure == "psnr":
            return target.number
    return None
