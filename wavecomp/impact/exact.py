"""Can anything be compared with an exact gradient?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import MeaninglessGradient


def check_exact(problem: str, shots: Sequence[int], misfit: float | None, gradient: NDArray[np.floating]) -> None:
    """See that an exact gradient is neither zero nor broken: whatever is compared with zero has the same bits.

    Parameters
    ----------
    problem : str
        Its name, for the message.
    shots : sequence of int
        Whose gradients are added up in ``gradient``; none where the problem has no shots.
    misfit : float or None
        Of shots their J = ½ Σ r², zero where no receiver has a residual at any time; None where the code names none.
    gradient : ndarray

    Raises
    ------
    MeaninglessGradient
        The residual is zero everywhere, or the gradient is zero or not finite.
    """
    where, said = f"problem {problem}", "no finite misfit" if misfit is None else f"misfit {misfit:g}"
    not_finite = zero = "check the code with wavecomp.check_code"
    if shots:
        where += f", shot{'s' if len(shots) > 1 else ''} {', '.join(map(str, shots))}"
        not_finite = "check the velocities, the time step and the amplitude of the source"
        zero = "give more time steps, so that the waves of sources and receivers meet"
    if shots and misfit == 0.0:
        raise MeaninglessGradient(
            f"{where}: the data of the initial model equal those of the true one (max |residual| = 0), so that every "
            "gradient is zero and every row would have the same bits; give another [initial] model, or more time "
            "steps if no wave reaches a receiver"
        )
    if (misfit is not None and not np.isfinite(misfit)) or not np.isfinite(gradient).all():
        raise MeaninglessGradient(
            f"{where}: the exact gradient is not finite ({said}), and nothing can be compared with it; {not_finite}"
        )
    if not gradient.any():
        raise MeaninglessGradient(
            f"{where}: the exact gradient is zero everywhere ({said}), and nothing can be compared with it; {zero}"
        )
