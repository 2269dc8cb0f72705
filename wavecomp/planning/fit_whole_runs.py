"""What whole runs say of costs that were fitted to their parts: handing work over, and how far off predictions are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import Trial
from wavecomp.planning.predict import predict


def fit_handoffs(trials: Mapping[str, Sequence[Trial]], costs: Costs) -> dict[str, float]:
    """Return what handing a level to another thread takes beyond what sharing the cores says, in s, by family.

    Of several runs the median counts: where threads wait for each other a run may take half as long again as the next.

    Parameters
    ----------
    trials : mapping of str to sequence of Trial
        Of runs with ``overlap``, by their compressor's family.
    costs : Costs
        With everything else.
    """
    found = {}
    for family, runs in trials.items():
        expected = predict(runs[0].strategy, runs[0].sizes, replace(costs, handoffs={}))
        more = median(trial.run.seconds.wall / trial.speed for trial in runs) - expected.seconds
        found[family] = max(more, 0.0) / (expected.writes + expected.reads)
    return found


def with_ratios(costs: Costs, trials: Sequence[Trial]) -> Costs:
    """Return the costs with how far the calibrating runs are from what the costs say of them."""
    ratios = []
    for trial in trials:
        expected = predict(trial.strategy, trial.sizes, replace(costs, first=trial.sizes.first, last=trial.sizes.last))
        ratios.append(trial.run.seconds.wall / trial.speed / expected.seconds)
    return replace(costs, ratios=tuple(sorted(ratios)))
