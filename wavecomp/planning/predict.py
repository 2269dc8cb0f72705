"""What a run by one strategy will take: time, memory, forward steps, writes, and the gradient's error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wavecomp.adjoint.imaging_step import Signature
from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.compressors import Lossless
from wavecomp.errors import UsageError
from wavecomp.planning.costs import Costs
from wavecomp.planning.gradient_error import expected_error
from wavecomp.planning.prices import Prices
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.strategy import Strategy

_WIDENING = 0.1


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is expected of a run.

    Attributes
    ----------
    strategy : str
        Its text.
    seconds, low, high : float
        Wall time, in s; between ``low`` and ``high`` lie nine of ten runs like the calibrating ones, and the interval
        grows with ``beyond``.
    peak_bytes, store_bytes, disk_bytes : int
        As a run's ``peak_checkpoint_bytes``, ``peak_store_bytes`` and ``peak_disk_bytes``; exact without compression.
    fits : bool
        Whether all of it stays within the budgets.
    forward_steps, writes, reads : int
        Exact.
    gradient_error, deep_error : float or None
        Relative L2 error of the gradient, of all of it and below the top tenth of the depth; None where nothing was
        calibrated to go by.
    beyond : float
        By what factor tolerance, imaging step or grid lie beyond what was calibrated; 1 within.
    terms : mapping of str to float
        Seconds by task.
    """

    strategy: str
    seconds: float
    low: float
    high: float
    peak_bytes: int
    store_bytes: int
    disk_bytes: int
    fits: bool
    forward_steps: int
    writes: int
    reads: int
    gradient_error: float | None
    deep_error: float | None
    beyond: float
    terms: Mapping[str, float]


def predict(
    strategy: Strategy,
    sizes: ProblemSizes,
    costs: Costs,
    budget_bytes: int = UNLIMITED,
    *,
    disk_budget_bytes: int = UNLIMITED,
    signature: Signature | None = None,
) -> Prediction:
    """Predict a run: the plan that it would obey, with the price of each of its tasks.

    Parameters
    ----------
    strategy : Strategy
        With a number for its imaging step; tolerances may be relative to the peak.
    sizes : ProblemSizes
        Of the problem.
    costs : Costs
        Of this problem; those of another grid are to be :meth:`~wavecomp.planning.costs.Costs.scaled_to` it before.
    budget_bytes, disk_budget_bytes : int
        What may be held in memory and on disk.
    signature : Signature, optional
        The problem's source, for what imaging at fewer steps does; that of the calibrated problem by default.

    Raises
    ------
    CheckpointTooLarge, SlotsTooLarge, ScheduleError
        No plan fits the budget.
    UnsupportedStrategy
        Checkpoints in two tiers, or an imaging step that nobody has found yet.
    UsageError
        The costs are those of another grid, or say nothing about the compressor, or about the weights of levels where
        the strategy has some.
    """
    if (sizes.level_bytes, sizes.state_bytes) != (costs.level_bytes, costs.state_bytes):
        raise UsageError(
            f"costs of levels of {costs.level_bytes} and states of {costs.state_bytes} bytes were given for a problem "
            f"with {sizes.level_bytes} and {sizes.state_bytes}: scale them to it first (Costs.scaled_to)"
        )
    prices = Prices(strategy, sizes, costs)
    run = virtual_run(
        strategy,
        sizes,
        packed=prices.packed,
        price=prices,
        share=sharing(costs, strategy),
        run_s=costs.run_s,
        span_s=costs.span_s,
        handoff_s=costs.handoff(prices.family and prices.family[0]) or 0.0,
        budget_bytes=budget_bytes,
        disk_budget_bytes=disk_budget_bytes,
    )
    lossless = prices.family is None or isinstance(strategy.compressor.bound, Lossless)
    images = [charge.task for charge in run.charges if charge is not None and charge.task.startswith("image")]
    share = sum(task.endswith("store") for task in images) / max(len(images), 1)
    error = expected_error(
        costs, strategy.every, prices.family, share, lossless=lossless, signature=signature, levels=prices.levels
    )
    beyond = max(prices.beyond, error.beyond, costs.scaled, 1.0 / costs.scaled)
    low, high = interval(costs, beyond)
    return Prediction(
        strategy=strategy.spec,
        seconds=run.seconds,
        low=run.seconds * low,
        high=run.seconds * high,
        peak_bytes=run.peak_bytes,
        store_bytes=run.store_bytes,
        disk_bytes=run.disk_bytes,
        fits=run.peak_bytes - run.disk_bytes <= budget_bytes and run.disk_bytes <= disk_budget_bytes,
        forward_steps=run.forward_steps,
        writes=run.writes,
        reads=run.reads,
        gradient_error=error.relative_l2,
        deep_error=error.deep,
        beyond=beyond,
        terms=run.terms,
    )


def sharing(costs: Costs, strategy: Strategy) -> float:
    """Return what part of its speed everything has while a compressor works beside the time steps.

    T threads of the operators and t of the compressor on c cores: the fullest core has ⌈(T + t) / c⌉ of them, and each
    of these gets as small a part of it. A time step is done when the last of its threads is. 1 with cores enough.
    """
    wanted = costs.threads + strategy.compressor.capabilities.threads if strategy.overlap else costs.threads
    return 1.0 / math.ceil(wanted / costs.cores) if strategy.overlap else 1.0


def interval(costs: Costs, beyond: float) -> tuple[float, float]:
    """Return the factors that a predicted time may be off by: from the calibrating runs, wider far from them."""
    ratios = costs.ratios or (1.0,)
    low, high = (float(np.quantile(ratios, part)) for part in (0.05, 0.95))
    wider = beyond**_WIDENING
    return min(low, 1.0) / wider, max(high, 1.0) * wider
