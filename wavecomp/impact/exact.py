"""Can anything be compared with an exact gradient?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import MeaninglessGradient


def check_exact(problem: str, shots: Sequence[int], misfit: float, gradient: NDArray[np.floating]) -> None:
    """See that an exact gradient is neither zero nor broken: whatever is compared with zero has the same bits.

    Parameters
    ----------
    problem : str
        Its name, for the message.
    shots : sequence of int
        Whose gradients are added up in ``gradient``.
    misfit : float
        Their J = ½ Σ r²; zero where no receiver has a residual at any time, NaN where the code names none.
    gradient : ndarray

    Raises
    ------
    MeaninglessGradient
        The residual is zero everywhere, or the gradient is zero or not finite.
    """
    where = f"problem {problem}, shot{'s' if len(shots) > 1 else ''} {', '.join(map(str, shots))}"
    if misfit == 0.0:
        raise MeaninglessGradient(
            f"{where}: the data of the initial model equal those of the true one (max |residual| = 0), so that every "
            "gradient is zero and every row would have the same bits; give another [initial] model, or more time "
            "steps if no wave reaches a receiver"
        )
    if np.isinf(misfit) or not np.isfinite(gradient).all():  # no misfit at all is NaN
        raise MeaninglessGradient(
            f"{where}: the exact gradient is not finite (misfit {misfit:g}), and nothing can be compared with it; "
            "check the velocities, the time step and the amplitude of the source"
        )
    if not gradient.any():
        raise MeaninglessGradient(
            f"{where}: the exact gradient is zero everywhere (misfit {misfit:g}), and nothing can be compared with it; "
            "give more time steps, so that the waves of sources and receivers meet"
        )
