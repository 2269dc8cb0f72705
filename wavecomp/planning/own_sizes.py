"""Costs of another problem with compressed sizes of its own: one forward sweep tells them, and its peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wavecomp.planning.codecs import CodecCosts
from wavecomp.planning.costs import Costs


def with_own_sizes(costs: Costs, sampled: Sequence[CodecCosts], peak: float) -> Costs:
    """Return scaled costs in which compressed levels and states have the sizes that were sampled on the problem itself.

    Seconds stay those of the calibrated problem, scaled.

    Parameters
    ----------
    costs : Costs
        Scaled to the problem.
    sampled : sequence of CodecCosts
        At the calibrated tolerances, as parts of the problem's own peak; those that are missing stay as they are.
    peak : float
        Greatest amplitude of its wavefield.
    """
    own = {(one.family, one.fraction, one.kind): one for one in sampled}
    made = []
    for one in costs.codecs:
        found = own.get((one.family, one.fraction, one.kind))
        if found is None:
            made.append(one)
            continue
        sizes = tuple(found.at("sizes", place) for place in one.places)
        growth = one.growth_at_end if found.growth_at_end is None else found.growth_at_end
        made.append(replace(one, sizes=sizes, heads=found.heads, parts=found.parts, growth_at_end=growth))
    return replace(costs, codecs=tuple(made), peak=peak)
