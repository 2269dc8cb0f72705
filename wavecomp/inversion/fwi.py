"""A full waveform inversion whose gradients come from any strategy: L-BFGS with bounds on the velocity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import UsageError
from wavecomp.inversion.shots import OneByOne, Shots
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.plans.strategy import Strategy

if TYPE_CHECKING:
    from wavecomp.physics.workbench import Workbench

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Inversion:
    """What an inversion gave.

    Attributes
    ----------
    strategy : str
        Canonical text.
    misfits : tuple of float
        J, summed over the shots, at the initial model and after each iteration.
    model_errors : tuple of float
        ‖m − m_true‖₂ / ‖m_true‖₂ over the free points at the same models, m = 1/v².
    evaluations : int
        Misfits with gradient that were computed, line searches included.
    velocity_m_s : ndarray of float32
        The last model.
    peak_checkpoint_bytes : int
        Of the greatest gradient run.
    message : str
        Why it ended.
    """

    strategy: str
    misfits: tuple[float, ...]
    model_errors: tuple[float, ...]
    evaluations: int
    velocity_m_s: NDArray[np.float32]
    peak_checkpoint_bytes: int
    message: str


def invert(
    workbench: Workbench,
    strategy: Strategy,
    *,
    shots: Sequence[int],
    iterations: int,
    fixed_depth_m: float,
    first_change: float = 0.1,
    notice: Callable[[int, float], None] = lambda _iteration, _misfit: None,
    computed_by: Shots | None = None,
) -> Inversion:
    """Minimise the misfit of several shots, from the initial model, by scipy's L-BFGS-B.

    The unknowns are the squared slownesses m below ``fixed_depth_m``. The bounds are the least and greatest velocity of
    the true and the initial model, so that every model is sampled and stable on the problem's grid and clock. The
    absorbing layer stays that of the initial model. The misfit is scaled so that the greatest change of the first
    steepest-descent step is ``first_change`` times the mean of m; a scale is all that is chosen, and it is the same for
    every strategy, since the misfit and the first exact gradient do not depend on it.

    Parameters
    ----------
    workbench : Workbench
        Operators and observed data; left at the initial model.
    strategy : Strategy
        How each gradient's forward wavefield is kept; a tolerance relative to the peak is that of the initial model's
        greatest among the shots, and ``every=auto`` what the source allows there.
    shots : sequence of int
        Which of the problem's shots.
    iterations : int
        Of L-BFGS, at most.
    fixed_depth_m : float
        The model above stays as it is: sources and receivers leave singular gradients there.
    notice : callable
        Told after each iteration its number and the misfit.
    computed_by : Shots, optional
        What computes the gradients of the shots, which has no influence on them; the workbench, by default.

    Raises
    ------
    UsageError
        No free point, no shot or no iteration.
    ShotFailed
        With shots in other processes: one was refused, or its process died.
    """
    from scipy.optimize import Bounds, OptimizeResult, minimize

    operators, problem = workbench.operators, workbench.operators.problem
    medium = problem.medium
    depth = medium.spacing_m[-1] * np.arange(medium.shape[-1])
    free = (..., depth >= medium.depth_from_origin_m(fixed_depth_m))
    if not shots or iterations < 1 or not np.any(free[1]):
        raise UsageError(
            f"an inversion with shots {list(shots)}, {iterations} iterations and a model fixed above {fixed_depth_m} m "
            "has nothing to do; give at least one shot, one iteration, and a depth inside the model"
        )
    true, initial = problem.true_velocity(), problem.initial_velocity()
    start = _squared_slowness(initial)
    goal = _squared_slowness(true)[free]
    velocities = np.stack([true, initial])
    bounds = Bounds(1e6 / float(velocities.max()) ** 2, 1e6 / float(velocities.min()) ** 2)
    operators.set_velocity(initial, renew_layer=True)
    strategy = workbench.settled(strategy, shots)
    gradients = computed_by or OneByOne(workbench)
    peak = 0

    def evaluate(unknowns: Array) -> tuple[float, Array]:
        nonlocal peak
        squared = start.copy()
        squared[free] = unknowns.reshape(goal.shape)
        misfit, gradient = 0.0, np.zeros(start.shape)
        for run in gradients.runs(strategy, shots, 1e3 / np.sqrt(squared)):
            misfit += run.misfit
            gradient += run.gradient
            peak = max(peak, run.peak_checkpoint_bytes)
        return misfit, gradient[free].ravel()

    begin = start[free].ravel()
    misfit, gradient = evaluate(begin)
    largest = float(np.abs(gradient).max())
    if largest == 0.0:
        raise UsageError("the gradient at the initial model is zero: there is nothing to invert")
    scale = first_change * float(begin.mean()) / largest
    misfits, errors = [misfit], [_distance(begin, goal)]
    first: list[tuple[float, Array]] = [(misfit, gradient)]
    evaluations = 1

    def scaled(unknowns: Array) -> tuple[float, Array]:
        nonlocal evaluations
        if first:  # scipy begins where the scale was taken
            value, slope = first.pop()
        else:
            value, slope = evaluate(unknowns)
            evaluations += 1
        return scale * value, scale * slope

    def after(intermediate_result: OptimizeResult) -> None:
        misfits.append(float(intermediate_result.fun) / scale)
        errors.append(_distance(intermediate_result.x, goal))
        notice(len(misfits) - 1, misfits[-1])

    options: dict[str, Any] = {"maxiter": iterations, "maxfun": 4 * iterations + 10, "ftol": 0.0, "gtol": 0.0}
    ended = minimize(scaled, begin, jac=True, method="L-BFGS-B", bounds=bounds, callback=after, options=options)
    final = start.copy()
    final[free] = ended.x.reshape(goal.shape)
    operators.set_velocity(initial, renew_layer=True)
    return Inversion(
        strategy=strategy.spec,
        misfits=tuple(misfits),
        model_errors=tuple(errors),
        evaluations=evaluations,
        velocity_m_s=(1e3 / np.sqrt(final)).astype(np.float32),
        peak_checkpoint_bytes=peak,
        message=str(ended.message),
    )


def _squared_slowness(velocity_m_s: NDArray[np.floating]) -> Array:
    """Return 1/v² in s²/km²."""
    return 1e6 / np.square(velocity_m_s.astype(np.float64))


def _distance(unknowns: Array, goal: Array) -> float:
    return gradient_distance(goal.ravel(), unknowns).relative_l2
