"""A time-stepping code in two functions: a step of one array, and the step back of its adjoint."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wavecomp.adjoint.array_code import ArrayCode
from wavecomp.adjoint.time_stepping import Array
from wavecomp.errors import UsageError


class StepCode(ArrayCode):
    r"""The gradient of a misfit :math:`J(u_N)` for :math:`u_{n+1} = F_n(u_n; m)`, with the steps as plain functions.

    With :math:`a_N = \partial J/\partial u_N` the way back is :math:`a_n = (\partial F_n/\partial u)^T a_{n+1}`.
    The gradient is :math:`\mathrm{d}J/\mathrm{d}m = \sum_n (\partial F_n/\partial m)^T a_{n+1}`.

    Parameters
    ----------
    start : ndarray of float32 or float64
        :math:`u_0`, of any shape; copied. Several fields are one array with a leading axis.
    steps : int
        N, at least 1.
    step : callable
        ``step(n, u)`` takes the array from step n to step n + 1, in place.
    back : callable
        ``back(n, u, a, g)``, with the array of step n (read-only): takes ``a`` from step n + 1 to step n and adds to
        ``g`` what this step gives to the gradient, both in place.
    misfit : callable
        ``misfit(u)`` returns J and dJ/du for the array of step N.
    like : ndarray, optional
        Of the gradient's shape and dtype; as ``start`` by default.

    Raises
    ------
    UsageError
        An array of other numbers, or no step at all; while it runs, a derivative of another shape than the array.

    Examples
    --------
    Exponential growth, whose derivative by its rate is known: N u[N] / (1 + m).

    >>> import numpy as np
    >>> from wavecomp.adjoint import Reversal, StepCode
    >>> from wavecomp.plans.strategies import parse_strategy
    >>> m = np.array([0.1])
    >>> def step(n, u):
    ...     u *= 1 + m
    >>> def back(n, u, a, g):
    ...     g += a * u
    ...     a *= 1 + m
    >>> code = StepCode(np.ones(1), 10, step, back, misfit=lambda u: (u.sum(), np.ones_like(u)))
    >>> run = Reversal(code).run(parse_strategy("revolve:slots=2"))
    >>> f"{run.misfit:.4f} {run.gradient[0]:.4f} {10 * 1.1**9:.4f}"
    '2.5937 23.5795 23.5795'
    """

    def __init__(
        self,
        start: Array,
        steps: int,
        step: Callable[[int, Array], None],
        back: Callable[[int, Array, Array, Array], None],
        misfit: Callable[[Array], tuple[float, Array]],
        *,
        like: Array | None = None,
    ) -> None:
        for array in (start, start if like is None else like):
            if not isinstance(array, np.ndarray) or array.dtype not in (np.float32, np.float64):
                kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
                raise UsageError(f"an array of {kind} was given; a StepCode takes arrays of float32 or float64")
        if steps < 1:
            raise UsageError(f"steps={steps}: there is nothing to reverse; give at least 1")
        self.first, self.last = 0, steps
        self._start = np.array(start, order="C")
        self._step, self._back, self._misfit = step, back, misfit
        self._u, self._adjoint = self._start.copy(), np.zeros_like(self._start)
        self._gradient = np.zeros_like(self._start if like is None else like, order="C")

    def rest(self) -> None:
        """Begin anew."""
        self._u[...] = self._start
        self._adjoint[...] = 0
        self._gradient[...] = 0

    def forward(self, first: int, last: int, *, record: bool) -> None:  # noqa: ARG002 (J is of the last step alone)
        """Advance the array."""
        for n in range(first, last):
            self._step(n, self._u)

    def state(self, step: int) -> tuple[Array, ...]:  # noqa: ARG002 (one array for all steps)
        """Return the array."""
        return (self._u,)

    def begin_reversal(self) -> float:
        """Return J, and begin with its derivative."""
        misfit, derivative = self._misfit(self._u)
        if np.shape(derivative) != self._u.shape:
            raise UsageError(f"misfit returned dJ/du of shape {np.shape(derivative)}; u has the shape {self._u.shape}")
        self._adjoint[...] = derivative
        return float(misfit)

    def reverse(self, step: int, level: tuple[Array, ...] | None) -> None:
        """Take the adjoint back one step."""
        assert level is not None  # not separable: no level is left out
        u = level[0].view()
        u.flags.writeable = False
        self._back(step, u, self._adjoint, self._gradient)

    @property
    def gradient(self) -> Array:
        """The gradient so far."""
        return self._gradient
