"""Several shots: how the error of a stacked gradient falls with their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.catalogue import Notice
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records.experiment import ExperimentResult


@dataclass(frozen=True)
class StackSettings:
    """Stacking.

    Attributes
    ----------
    shots : int
        How many are stacked at most; fewer where the problem has fewer.
    strategies : tuple of str
        How the wavefield is kept.
    orders : int
        Random orders in which shots are added.
    seed : int
        Of the orders.
    """

    shots: int = 16
    strategies: tuple[str, ...] = (
        "trajectory/zfp:accuracy=1e0",
        "trajectory/zfp:accuracy=1e-2",
        "trajectory/int8",
        "trajectory:every=8",
    )
    orders: int = 50
    seed: int = 1


def stack(bench: ExperimentBench, settings: StackSettings, progress: Notice) -> ExperimentResult:
    r"""Add up the gradients of n shots, exact and compressed, and measure the error of the sum.

    With the errors :math:`e_i` and the gradients :math:`g_i` of single shots, the relative error of a stack is
    :math:`\lVert \sum e_i \rVert / \lVert \sum g_i \rVert`. Both norms are kept, for errors that are independent of
    each other add up to :math:`\sqrt n`, and what the gradients add up to depends on how much they have in common.
    The order of the shots is random; each number is the root of the mean square over the orders, with the 10th and
    90th of their percentiles.
    """
    count = min(settings.shots, len(bench.problem.shots_m))
    total = count * (1 + len(settings.strategies))
    exact = []
    progress(0, total, "exact gradients")
    for gradient in bench.exacts(range(count)):
        exact.append(gradient.astype(np.float64))
        progress(len(exact), total, f"exact gradients, shot {len(exact)}")
    generator = np.random.default_rng(settings.seed)
    orders = [generator.permutation(count) for _ in range(settings.orders)]
    gradients = np.stack(exact)
    rows: list[Row] = []
    alone: dict[str, np.ndarray] = {}
    for place, text in enumerate(settings.strategies):
        strategy = parse_strategy(text)
        errors = np.empty_like(gradients)
        for shot, run in enumerate(bench.runs(strategy, range(count))):
            errors[shot] = run.gradient - gradients[shot]
            progress((1 + place) * count + shot + 1, total, f"{text}, shot {shot + 1}")
        alone[f"shots_{place}"] = _norms(errors) / _norms(gradients)
        error_norms, gradient_norms = (
            np.array([_norms(np.cumsum(parts[order], axis=0)) for order in orders]) for parts in (errors, gradients)
        )
        relative = error_norms / gradient_norms
        rows += [
            {
                "strategy": strategy.spec,
                "shots": number + 1,
                "relative_l2": _rms(relative[:, number]),
                "relative_l2_p10": float(np.percentile(relative[:, number], 10)),
                "relative_l2_p90": float(np.percentile(relative[:, number], 90)),
                "error_norm": _rms(error_norms[:, number]),
                "gradient_norm": _rms(gradient_norms[:, number]),
            }
            for number in range(count)
        ]
    return ExperimentResult(
        "stack", bench.problem.name, bench.problem.digest, dict(vars(settings)), bench.facts(), tuple(rows),
        arrays=alone,
    )  # fmt: skip


def _norms(arrays: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(arrays.reshape(len(arrays), -1), axis=1))


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
