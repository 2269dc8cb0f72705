"""What imaging at every k-th step does to one problem's gradient."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Imaging:
    """What imaging at every k-th step does to the gradient of the calibrated problem, with nothing compressed.

    Attributes
    ----------
    every : int
        k.
    estimate : float
        The source's estimate (:func:`wavecomp.adjoint.imaging_step.aliasing`).
    relative_l2, deep : float or None
        The errors, the latter below the top tenth of the depth; None where nobody looked at this k.
    last : int
        Last step of the run: see :func:`end_miss`.
    """

    every: int
    estimate: float
    relative_l2: float | None = None
    deep: float | None = None
    last: int = 0


def end_miss(every: int, last: int) -> float:
    r"""Return by how many steps imaging at every k-th step weighs the end of a record wrongly.

    The last step that is imaged, L, stands for k steps with L in their middle; there are :math:`r = (N - 1) \bmod k`
    beyond it, of N: :math:`|(k - 1)/2 - r|`. Where waves arrive while the record ends, the image at the receivers ends
    with a jump, and the error that is made there is as many times its last value.
    """
    return abs((every - 1) / 2 - (last - 1) % every)
