"""Costs of a grid between two that were calibrated: what does not grow with the points shows in what both cost."""

from __future__ import annotations

from dataclasses import replace

from wavecomp.planning.codecs import CodecCosts
from wavecomp.planning.costs import Costs
from wavecomp.planning.tasks import OF_STATES, Line


def scaled_between(
    near: Costs, far: Costs | None, level_bytes: int, state_bytes: int, dimensions: int, steps: int
) -> Costs:
    """Return the costs of a grid that was not calibrated, from those of one or of two that were.

    Between the two grids each price is straight in the bytes that it goes with, those of a state or of a level. On
    small grids a part of each step and checkpoint does not depend on the points, and one grid alone cannot tell which.
    Outside of them, or with one grid alone, the costs of ``near`` are scaled
    (:meth:`~wavecomp.planning.costs.Costs.scaled_to`). Sizes, ratios and errors are those of ``near`` in any case.

    Parameters
    ----------
    near, far : Costs
        Of grids of the same dimension, measured at the same speed of the machine; the first is the nearer one.
    level_bytes, state_bytes, dimensions, steps
        Of the grid that is meant.

    Raises
    ------
    UsageError
        Another dimension, or a size that is not positive.
    """
    made = near.scaled_to(level_bytes, state_bytes, dimensions, steps)
    if far is None or far.dimensions != dimensions:
        return made
    states = _part(near.state_bytes, far.state_bytes, state_bytes)
    levels = _part(near.level_bytes, far.level_bytes, level_bytes)
    if states is None or levels is None:
        return made

    def between(a: float, b: float, part: float) -> float:
        return a + part * (b - a)

    def line(task: str, a: Line) -> Line:
        b, part = far.lines.get(task), states if task in OF_STATES else levels
        if b is None:
            return made.lines[task]
        return replace(a, call_s=between(a.call_s, b.call_s, part), step_s=between(a.step_s, b.step_s, part))

    others = {(one.family, one.fraction, one.kind): one for one in far.codecs}

    def codec(a: CodecCosts, scaled: CodecCosts) -> CodecCosts:
        b, part = others.get((a.family, a.fraction, a.kind)), levels if a.kind == "level" else states
        if b is None:
            return scaled
        stores = zip(a.store_s, (b.at("store_s", place) for place in a.places), strict=True)
        fetches = zip(a.fetch_s, (b.at("fetch_s", place) for place in a.places), strict=True)
        return replace(
            scaled,
            store_s=tuple(between(x, y, part) for x, y in stores),
            fetch_s=tuple(between(x, y, part) for x, y in fetches),
            beside_store_s=between(a.beside_store_s, b.beside_store_s, part),
            beside_fetch_s=between(a.beside_fetch_s, b.beside_fetch_s, part),
        )

    handoffs = {
        family: between(seconds, far.handoffs.get(family, seconds), levels) for family, seconds in near.handoffs.items()
    }
    a_step, b_step = (one.bare_s / (one.last - one.first) for one in (near, far))
    return replace(
        made,
        lines={task: line(task, one) for task, one in near.lines.items()},
        codecs=tuple(codec(a, scaled) for a, scaled in zip(near.codecs, made.codecs, strict=True)),
        run_s=between(near.run_s, far.run_s, states),
        span_s=between(near.span_s, far.span_s, states),
        handoffs=handoffs,
        bare_s=between(a_step, b_step, states) * steps,
        scaled=1.0,
    )


def _part(near: int, far: int, size: int) -> float | None:
    """Return how far a size lies on the way from one to the other; None where it does not lie there."""
    if near == far or not min(near, far) <= size <= max(near, far):
        return None
    return (size - near) / (far - near)
