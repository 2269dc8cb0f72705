"""What whole runs say of costs that were fitted to their parts: handing work over, and how far off predictions are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from wavecomp.planning.codecs import CodecCosts
from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import Trial, is_steady
from wavecomp.planning.predict import predict

_GROWTH = 0.25  # exponent of the tolerance


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
        more = median(trial.run.seconds.wall / trial.speed for trial in steady(runs)) - expected.seconds
        found[family] = max(more, 0.0) / (expected.writes + expected.reads)
    return found


def with_ratios(costs: Costs, trials: Sequence[Trial]) -> Costs:
    """Return the costs with how far the calibrating runs are from what the costs say of them."""
    ratios = []
    for trial in steady(trials):
        expected = predict(trial.strategy, trial.sizes, replace(costs, first=trial.sizes.first, last=trial.sizes.last))
        ratios.append(trial.run.seconds.wall / trial.speed / expected.seconds)
    return replace(costs, ratios=tuple(sorted(ratios)))


def steady(trials: Sequence[Trial]) -> Sequence[Trial]:
    """Return those that were made on the machine that costs are for, as far as bare sweeps tell; all if none was."""
    return [trial for trial in trials if is_steady(trial.speed)] or trials


def with_growth(codecs: Sequence[CodecCosts]) -> list[CodecCosts]:
    """Return compressors' costs with a growth where no run told one: that of the nearest tolerance, by a power of it.

    A finer tolerance leaves less of an error to grow, and the stream is longer: from 3e-5 to 3e-3 of the peak the
    growth of ``interp`` and ``zfp`` went with the tolerance to the power of 0.2 to 0.3, on two problems. Levels that
    are computed from compressed states grow as these do.
    """
    known = [one for one in codecs if one.kind == "state" and one.growth_at_end is not None]

    def growth(one: CodecCosts) -> float | None:
        mine = [other for other in known if other.family == one.family]
        if one.growth_at_end is not None or not mine:
            return one.growth_at_end
        if one.fraction is None:
            return mine[0].growth_at_end
        ratios = [(one.fraction / (other.fraction or one.fraction), other.growth_at_end or 0.0) for other in mine]
        ratio, nearest = min(ratios, key=lambda pair: abs(math.log(pair[0])))
        return nearest * float(ratio**_GROWTH)

    return [replace(one, growth_at_end=growth(one)) for one in codecs]
