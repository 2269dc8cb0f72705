"""What the operators of a gradient problem take of memory, known before any of it is taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wavecomp.physics.sizes import sizes_of

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem


def operators_bytes(problem: GradientProblem) -> int:
    """Return what the operators of a problem and its models take at most, in single precision.

    Of the acoustic ones, on the whole grid with layer and halo lie two levels of u and three of v, velocity and
    damping: seven arrays, and one for what is in between while they are filled. On the physical domain lie a level, the
    gradient, a copy of v, two models, and, in double precision, what the smoothing or the conversion of one takes. The
    records are three arrays of steps × receivers: observed, synthetic, residual. What other physics take of either is
    in :mod:`wavecomp.physics.sizes`.
    """
    medium = problem.medium
    receivers = math.prod(-(-n // problem.receivers.every) for n in medium.shape[:-1])
    records = 3 * 4 * receivers * (medium.steps or 0)
    sizes = sizes_of(medium)
    whole, domain = problem.state_bytes // sizes.state, problem.level_bytes // sizes.level
    return sizes.grid * whole + sizes.domain * domain + records
