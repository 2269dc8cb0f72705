"""What the published equations say of a run, for the comparison with what it took and with our own prediction."""

from __future__ import annotations

from wavecomp.perfmodel.published import compressed_revolve_seconds, revolve_seconds
from wavecomp.planning.codecs import CodecCosts, Kind, between
from wavecomp.planning.costs import Costs
from wavecomp.planning.families import family_of
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.plans.schedules import Schedule
from wavecomp.plans.strategy import Strategy


def published_seconds(strategy: Strategy, schedule: Schedule, sizes: ProblemSizes, costs: Costs) -> float:
    """Return equation (2), or (3) with compression, in the slides' form, for a run with the same checkpoints.

    C is a half of the bare sweeps' step, B the bandwidth of copies; t_c, t_d and F are the means along the run. M is
    what the schedule holds at most: states of S bytes for Revolve and ``mixed``, a level a step where all are stored.
    The equations know nothing of an imaging step, of what an image costs, of a call, or of states beside levels.

    Parameters
    ----------
    strategy : Strategy
    schedule : Schedule
        What it obeys.
    sizes : ProblemSizes
    costs : Costs
        Of this grid.
    """
    steps = sizes.steps
    step_s = costs.bare_s / (2 * (costs.last - costs.first))
    stored = strategy.name in ("store-all", "trajectory")
    kind: Kind = "level" if stored else "state"
    size = sizes.level_bytes if stored else sizes.state_bytes
    slots = steps if stored else max(1, schedule.levels_held_max // schedule.state_levels)
    family = family_of(strategy, costs)
    if family is None:
        return float(revolve_seconds(steps, slots * size, size, step_s, costs.memory_bytes_s))
    mine = [one for one in costs.codecs if one.family == family[0]]
    codec, _ = between([one for one in mine if one.kind == kind] or mine, family[1], costs.peak)
    codec = codec.scaled(size / codec.raw_bytes)
    ratio = codec.mean_ratio
    memory = slots * size / ratio
    times = _mean(codec)
    return float(compressed_revolve_seconds(steps, memory, size, step_s, costs.memory_bytes_s, ratio, *times))


def _mean(codec: CodecCosts) -> tuple[float, float]:
    return sum(codec.store_s) / len(codec.store_s), sum(codec.fetch_s) / len(codec.fetch_s)
