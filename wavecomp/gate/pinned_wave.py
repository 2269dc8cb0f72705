r"""A gradient whose bits are the same on every processor: a wave equation in NumPy, of nothing but sums and products.

On 60 × 50 points whose rim is held at zero, with :math:`m = (v\,\Delta t/h)^2` at each point, the Laplacian :math:`L`
of five points, and a source :math:`w` at one of them,

.. math::
    u_{n+1} = 2u_n - u_{n-1} + m\,Lu_n + \delta\,w_n, \qquad J = \tfrac12 \sum_n \lVert R u_n - d_n \rVert^2,

where :math:`R` takes the values at the receivers and :math:`d` is what another model :math:`m` gives there. With
:math:`\lambda_n = \partial J/\partial u_n`, L being symmetric,

.. math::
    \lambda_n = R^T(Ru_n - d_n) + 2\lambda_{n+1} - \lambda_{n+2} + L(m\,\lambda_{n+1}), \qquad
    \frac{\mathrm{d}J}{\mathrm{d}m} = \sum_n \lambda_{n+1}\,Lu_n.

IEEE 754 leaves a single sum or product of float32 no choice, whatever instruction computes it, and NumPy makes each of
them a call of its own, so that none are fused. What could differ is kept out: no sine and no exponential (their last
bit depends on the instruction set), no sum whose order is NumPy's or a BLAS's, and no number below the smallest normal
one, which a processor may be told to round to zero. For the last, no point is slow: a wave's first, tiny forerunner
falls by a factor of m at each point that it goes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint import ArrayCode
from wavecomp.adjoint.time_stepping import Array

Field = NDArray[np.float32]

SHAPE = (60, 50)
STEPS = 200
SOURCE = (14, 4)
RECEIVERS = (slice(2, 58, 3), 2)
"""Points x, z: along one row near the upper edge."""

_INSIDE = (slice(1, -1), slice(1, -1))
_PULSE = 30  # steps of half the wavelet


def layers(*, lens: bool) -> Field:
    """Return m of three layers, with or without a fast lens in the second: numbers that float32 has exactly."""
    m = np.full(SHAPE, 13 / 64, np.float32)
    m[:, 17:] = 18 / 64
    m[:, 34:] = 25 / 64
    if lens:
        for x, z in np.ndindex(SHAPE):
            if (x - 32) ** 2 + 4 * (z - 25) ** 2 <= 100:
                m[x, z] = 22 / 64
    return m


def wavelet() -> list[float]:
    r"""Return :math:`(1 - t^2)^2 (1 - 7t^2)` for t from -1 to 1, whose integral is zero, and zeros behind it."""
    out = []
    for n in range(STEPS):
        t = (n + 1 - _PULSE) / _PULSE
        out.append((1 - t * t) * (1 - t * t) * (1 - 7 * t * t) if t < 1 else 0.0)
    return out


class PinnedWave(ArrayCode):
    """The code; a level is one time of the wavefield, float32 of shape (60, 50).

    Parameters
    ----------
    m : ndarray of float32, optional
        Where the gradient is taken; by default the layers without the lens. Not copied.
    observed : ndarray of float32 of shape (201, receivers), optional
        By default that of the layers with the lens.
    """

    separable = True

    def __init__(self, m: Field | None = None, observed: Field | None = None) -> None:
        self.first, self.last = 0, STEPS
        self.m = layers(lens=False) if m is None else m
        self._wavelet = [np.float32(value) for value in wavelet()]
        self._levels = np.zeros((2, *SHAPE), np.float32)
        self._back = np.zeros((2, *SHAPE), np.float32)  # λ[n + 1], and what λ[n] has from λ[n + 2]
        self._sum = np.zeros(SHAPE, np.float32)
        self._recorded = np.zeros((STEPS + 1, self._levels[0][RECEIVERS].size), np.float32)
        self._observed = observed_with_lens() if observed is None else observed

    @property
    def recorded(self) -> Field:
        """What the receivers have recorded: one row a step, from step 0."""
        return self._recorded

    def rest(self) -> None:
        """Begin anew."""
        for array in (self._levels, self._back, self._sum, self._recorded):
            array[...] = 0

    def forward(self, first: int, last: int, *, record: bool) -> None:
        """Advance the wavefield."""
        for step in range(first, last):
            here, other = self._levels[step % 2], self._levels[(step + 1) % 2]
            change = _laplacian(here)
            change *= self.m[_INSIDE]
            change += here[_INSIDE]
            change += here[_INSIDE]
            change -= other[_INSIDE]
            other[_INSIDE] = change
            other[SOURCE] += self._wavelet[step]
            if record:
                self._recorded[step + 1] = other[RECEIVERS]

    def state(self, step: int) -> tuple[Array, ...]:
        """Return u[n] and u[n - 1]."""
        return self._levels[step % 2], self._levels[(step + 1) % 2]

    def level(self, step: int) -> tuple[Array, ...]:
        """Return u[n]."""
        return (self._levels[step % 2],)

    def begin_reversal(self) -> float:
        """Return J, whose sum is rounded once, and begin with the residual of the last step."""
        residual = self._recorded - self._observed
        self._back[0][RECEIVERS] = residual[-1]
        return 0.5 * math.fsum(value * value for value in residual.ravel().tolist())

    def reverse(self, step: int, level: tuple[Array, ...] | None) -> None:
        """Take the adjoint from ``step + 1`` to ``step``."""
        above, rest = self._back
        if level is not None:
            self._sum[_INSIDE] += above[_INSIDE] * _laplacian(level[0])
        below = _laplacian(self.m * above)
        below += above[_INSIDE]
        below += above[_INSIDE]
        below += rest[_INSIDE]
        np.negative(above, out=rest)
        above[_INSIDE] = below
        above[RECEIVERS] += self._recorded[step] - self._observed[step]

    @property
    def gradient(self) -> Array:
        """dJ/dm so far."""
        return self._sum


def observed_with_lens() -> Field:
    """Return what is observed: recorded in the model with the lens."""
    true = PinnedWave(layers(lens=True), np.empty(0, np.float32))
    true.rest()
    true.forward(true.first, true.last, record=True)
    return true.recorded


def _laplacian(field: Array) -> Array:
    """Return the sum of a point's four neighbours less four times itself, for the points inside."""
    out = field[2:, 1:-1] + field[:-2, 1:-1]
    out += field[1:-1, 2:]
    out += field[1:-1, :-2]
    out -= np.float32(4) * field[_INSIDE]
    return out
