"""What the operators of a gradient problem take of memory, known before any of it is taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

_GRID_ARRAYS = 8
_DOMAIN_ARRAYS = 10


def operators_bytes(problem: GradientProblem) -> int:
    """Return what the operators of a problem and its models take at most, in single precision.

    On the whole grid with layer and halo lie two levels of u and three of v, velocity and damping: seven arrays, and
    one for what is in between while they are filled. On the physical domain lie a level, its quanta, the gradient, a
    copy of v, two models, and, in double precision, what the smoothing or the conversion of one takes. The records are
    three arrays of steps × receivers: observed, synthetic, residual.
    """
    medium = problem.medium
    receivers = math.prod(-(-n // problem.receivers.every) for n in medium.shape[:-1])
    records = 3 * 4 * receivers * (medium.steps or 0)
    return _GRID_ARRAYS * problem.state_bytes // 2 + _DOMAIN_ARRAYS * problem.level_bytes + records
