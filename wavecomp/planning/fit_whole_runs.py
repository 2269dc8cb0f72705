"""What whole runs say of costs that were fitted to their parts: handing work over, and how far off predictions are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import Trial
from wavecomp.planning.predict import predict


def fit_handoff(trials: Sequence[Trial], costs: Costs) -> float | None:
    """Return what handing a level to another thread takes beyond what sharing the cores says, in s: a median.

    None without a run.

    Parameters
    ----------
    trials : sequence of Trial
        Of runs with ``overlap``.
    costs : Costs
        With everything else.
    """
    more = []
    for trial in trials:
        expected = predict(trial.strategy, trial.sizes, replace(costs, handoff_s=None))
        more.append((trial.run.seconds.wall / trial.speed - expected.seconds) / (expected.writes + expected.reads))
    return max(median(more), 0.0) if more else None


def with_ratios(costs: Costs, trials: Sequence[Trial]) -> Costs:
    """Return the costs with how far the calibrating runs are from what the costs say of them."""
    ratios = []
    for trial in trials:
        expected = predict(trial.strategy, trial.sizes, replace(costs, first=trial.sizes.first, last=trial.sizes.last))
        ratios.append(trial.run.seconds.wall / trial.speed / expected.seconds)
    return replace(costs, ratios=tuple(sorted(ratios)))
