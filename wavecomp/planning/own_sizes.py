"""Costs of another problem with compressed sizes of its own, and sweeps: bare ones tell them, and its peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wavecomp.planning.codecs import CodecCosts
from wavecomp.planning.costs import Costs
from wavecomp.planning.tasks import ADVANCING


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


def with_own_sweeps(costs: Costs, bare_s: float) -> Costs:
    """Return scaled costs in which forward and adjoint steps take what the problem's own bare sweeps say.

    Points are not all that a step takes, and caches are not as large on every grid: between ``tiny`` and ``thrust-2d``
    that of ``acoustic-2d`` takes 0.86 of what lies between theirs.

    Parameters
    ----------
    costs : Costs
        Scaled to the problem.
    bare_s : float
        What its bare sweeps took, at the speed that the costs are for.
    """
    factor = bare_s / costs.bare_s
    lines = {
        task: replace(line, call_s=line.call_s * factor, step_s=line.step_s * factor) if task in ADVANCING else line
        for task, line in costs.lines.items()
    }
    return replace(costs, lines=lines, bare_s=bare_s)
