"""Full waveform inversion with compressed gradients, against the exact one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.catalogue import Notice
from wavecomp.inversion.fwi import invert
from wavecomp.inversion.stacking import add_up
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records.experiment import ExperimentResult

EXACT = "store-all"


@dataclass(frozen=True)
class FwiSettings:
    """One inversion for each strategy.

    Attributes
    ----------
    strategies : tuple of str
        Against ``store-all``, which is always run.
    shots : int
        So many of the problem's shots, evenly spread.
    iterations : int
        Of L-BFGS-B.
    fixed_depth_m : float
        Above it the model is taken to be known.
    """

    strategies: tuple[str, ...] = (
        "trajectory:every=4/zfp:accuracy=1e-1",
        "trajectory:every=8/zfp:accuracy=1e0",
        "trajectory:every=8/zfp:accuracy=1e2",
    )
    shots: int = 5
    iterations: int = 16
    fixed_depth_m: float = 150.0


def fwi(bench: ExperimentBench, settings: FwiSettings, progress: Notice) -> ExperimentResult:
    """Invert with exact and with compressed gradients: misfit and model error of each iteration, and the models."""
    problem, workbench = bench.problem, bench.workbench
    count = len(problem.shots_m)
    shots = [int(shot) for shot in np.linspace(0, count - 1, min(settings.shots, count)).round()]
    strategies = (EXACT, *settings.strategies)
    total = len(strategies) * settings.iterations
    rows: list[Row] = []
    arrays = {"true_m_s": problem.true_velocity(), "initial_m_s": problem.initial_velocity()}
    exact = add_up(bench.exacts(shots))
    for place, text in enumerate(strategies):
        # One tolerance for all shots and models, also where it is asked for relative to the wavefield.
        strategy = workbench.settled(parse_strategy(text), shots)
        distance = gradient_distance(exact, add_up(run.gradient for run in bench.runs(strategy, shots)))

        def notice(iteration: int, misfit: float, before: int = place * settings.iterations, label: str = text) -> None:
            progress(before + iteration, total, f"{label}: misfit {misfit:.4g}")

        done = invert(
            workbench, strategy, shots=shots, iterations=settings.iterations,
            fixed_depth_m=settings.fixed_depth_m, notice=notice, computed_by=bench.shots,
        )  # fmt: skip
        arrays[f"model_{place}_m_s"] = done.velocity_m_s
        rows += [
            {
                "strategy": done.strategy,
                "iteration": iteration,
                "misfit": misfit,
                "relative_misfit": misfit / done.misfits[0],
                "model_error": error,
                "first_gradient_error": distance.relative_l2,
                "evaluations": done.evaluations,
                "peak_checkpoint_bytes": done.peak_checkpoint_bytes,
                "message": done.message,
            }
            for iteration, (misfit, error) in enumerate(zip(done.misfits, done.model_errors, strict=True))
        ]
    medium = problem.medium
    facts = {**bench.facts(), "fixed_depth_m": settings.fixed_depth_m, "shots": len(shots)}
    for axis, (first, last) in zip("xz", (medium.extent_m[0], medium.extent_m[-1]), strict=True):
        facts |= {f"{axis}_first_m": first, f"{axis}_last_m": last}
    return ExperimentResult(
        "fwi", problem.name, problem.digest, dict(vars(settings)), facts, tuple(rows), arrays=arrays
    )
