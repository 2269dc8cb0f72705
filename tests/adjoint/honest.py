"""Two honest time-stepping codes, small enough to be lied about: one nonlinear, one separable."""

from __future__ import annotations

import numpy as np

from wavecomp.adjoint import ArrayCode


class Logistic(ArrayCode):
    """u[n+1] = u + dt·(r·u·(1 − u) + sin t), with the clock t a part of the state; dJ/dr of J = ½‖u[N]‖²."""

    def __init__(self, shape=(4, 5), steps=9, dtype="float64"):
        self.first, self.last, self.dt = 0, steps, 0.1
        self.start = np.linspace(0.1, 0.7, int(np.prod(shape))).reshape(shape).astype(dtype)
        self.rate = np.linspace(1.0, 2.0, self.start.size).reshape(shape).astype(dtype)
        self.u, self.clock = self.start.copy(), np.zeros(1, dtype)
        self.adjoint, self.sum = np.zeros_like(self.u), np.zeros_like(self.u)

    def rest(self):
        self.u[:], self.clock[:] = self.start, 0
        self.adjoint[:] = self.sum[:] = 0

    def forward(self, first, last, *, record):
        for _ in range(first, last):
            self.u += self.dt * (self.rate * self.u * (1 - self.u) + np.sin(self.clock))
            self.clock += self.dt

    def state(self, step):
        return self.u, self.clock

    def level(self, step):
        return (self.u,)

    def begin_reversal(self):
        self.adjoint[:] = self.u
        return 0.5 * float(np.sum(self.u**2))

    def reverse(self, step, level):
        (u,) = level
        self.sum += self.adjoint * self.dt * u * (1 - u)
        self.adjoint *= 1 + self.dt * self.rate * (1 - 2 * u)

    @property
    def gradient(self):
        return self.sum


class Wave(ArrayCode):
    """u[n+1] = 2u − u[n-1] + m·u″, from step 1, with both levels in its buffers; dJ/dm of J = ½‖u[N]‖²."""

    separable = True
    in_buffers = 2

    def __init__(self, points=12, steps=11):
        self.first, self.last = 1, steps
        self.m = np.linspace(0.2, 0.4, points)
        self.buffers, self.v = np.zeros((2, points)), np.zeros((2, points))
        self.sum = np.zeros(points)

    def bend(self, a):
        return np.roll(a, 1) - 2 * a + np.roll(a, -1)

    def rest(self):
        self.buffers[:] = np.exp(-((np.arange(self.m.size) - 5.0) ** 2))
        self.v[:] = self.sum[:] = 0

    def forward(self, first, last, *, record):
        for step in range(first, last):
            here, other = self.buffers[step % 2], self.buffers[(step + 1) % 2]
            other[:] = 2 * here - other + self.m * self.bend(here)

    def state(self, step):
        return self.buffers[(step - 1) % 2], self.buffers[step % 2]

    def level(self, step):
        return (self.buffers[step % 2],)

    def begin_reversal(self):
        self.v[0] = self.buffers[self.last % 2]
        self.v[1] = 0
        return 0.5 * float(np.sum(self.v[0] ** 2))

    def reverse(self, step, level):
        # v[0] is the derivative by u[step + 1], v[1] what u[step] has from later steps.
        if level is not None:
            self.sum += self.v[0] * self.bend(level[0])
        below = 2 * self.v[0] + self.bend(self.m * self.v[0]) + self.v[1]
        self.v[1] = -self.v[0]
        self.v[0] = below

    @property
    def gradient(self):
        return self.sum
