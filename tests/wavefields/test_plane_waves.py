"""Plane waves in the elastic equations: their speeds are v_P and v_S, and their losses Q_P and Q_S.

A plane wave along x is put in as an initial particle velocity, along x for P and along z for S, with the stress at
rest: two halves run to either side, ½ g(x ∓ v t), as d'Alembert has it. Nothing of the source's is in that. Only the
middle row of the grid is looked at, before anything can come from the top or the bottom edge (800 m, 0.4 s).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from wavecomp.wavefields.propagation import open_propagator
from wavecomp.wavefields.velocity import build_velocity

H, V_P, V_S, F0 = 10.0, 2000.0, 1200.0, 10.0
SHAPE = (220, 161)
ROW = SHAPE[1] // 2


def plane_wave(make_recipe, physics, material, component, profile, steps):
    """Return the middle row of a component at the given steps, and the time step in s."""
    recipe = make_recipe(
        {
            "physics": physics,
            "material": {"density_kg_m3": 2000.0, "vs_m_s": V_S, **material},
            "grid": {"shape": list(SHAPE), "spacing_m": H, "absorbing_points": 5, "space_order": 4},
            "source": {"position_m": ["centre", "centre"], "peak_frequency_hz": F0},
            "time": {"steps": max(steps), "dt_s": 0.002},
            "snapshots": {"component": component},
        }
    )
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    propagator._arguments["src"].data[:] = 0.0
    initial = propagator._fields[component].data
    initial[0] = profile(H * (np.arange(SHAPE[0] + 10) - 5))[:, None]
    rows, reached = [], 0
    for step in steps:
        propagator.advance(reached + 1, step)
        rows.append(propagator.level(step)[:, ROW].astype(np.float64))
        reached = step
    return rows, propagator.dt_s


@pytest.mark.parametrize(("component", "speed"), [("vx", V_P), ("vz", V_S)])
def test_p_and_s_waves_arrive_with_their_velocities(make_recipe, component, speed):
    """The centre of the right-running half moves by v t.

    A Gaussian of standard deviation 6 h has wavenumbers up to 2/(6 h), k h = 1/3. There the scheme's speed is off by
    (ω Δt)²/24 (time, second order) and 3/640 (k h)⁴ (space, fourth order), 1e-3 and 6e-5. Between two times the speed
    is the displacement, with no question of when the wave began.
    """

    def profile(x):
        return np.exp(-(((x - 700.0) / (6 * H)) ** 2) / 2)

    (one, two), dt = plane_wave(make_recipe, "elastic", {}, component, profile, (100, 180))
    x = H * np.arange(SHAPE[0])
    right = [np.where(np.abs(x - 700.0 - speed * n * dt) < 250.0, row, 0.0) ** 2 for n, row in ((100, one), (180, two))]
    first, second = (float((energy * x).sum() / energy.sum()) for energy in right)
    assert abs((second - first) / (80 * dt) / speed - 1.0) < 2e-3
    assert abs(one.max() - 0.5) < 0.01


@pytest.mark.parametrize(("component", "speed", "quality"), [("vx", V_P, 30.0), ("vz", V_S, 60.0)])
def test_p_and_s_waves_lose_what_their_q_says(make_recipe, component, speed, quality):
    """A wave loses exp(−ω₀ t / 2Q) of its amplitude in the time t.

    It is a packet with wavenumber ω₀/v in the middle, whose right half has gone 3 standard deviations when its Fourier
    coefficient there is taken. A lossless run of the same set-up gives what it has without loss. Q of a standard
    linear solid is stationary at ω₀; ω is that of the modulus at ω₀, up to 1/(2Q) more than v says, and the exponent is
    off by 1/Q of itself at most. Euler's rule for the memory variable lags half a step: ω₀ Δt/2 of the exponent, 0.063.
    The cut between the halves, 3 standard deviations from both, takes less than 0.01. With Devito's own convention for
    f₀ the exponents would be 3.2 times smaller, and with Q_P for the Q of λ that of P waves 0.64 of it.
    """
    wavenumber, middle, width = 2.0 * np.pi * F0 / speed, 1100.0, 150.0
    steps = round(3.0 * width / (speed * 0.002))

    def profile(x):
        return np.cos(wavenumber * (x - middle)) * np.exp(-(((x - middle) / width) ** 2) / 2)

    def amplitude(physics, material):
        (row,), dt = plane_wave(make_recipe, physics, material, component, profile, (steps,))
        x = H * np.arange(SHAPE[0])
        return abs((row * np.exp(-1j * wavenumber * x))[x > middle].sum()), dt

    lossy, dt = amplitude("viscoelastic", {"qp": 30.0, "qs": 60.0})
    lossless, _ = amplitude("elastic", {})
    wanted = math.pi * F0 * steps * dt / quality
    assert abs(-math.log(lossy / lossless) - wanted) < (1.0 / quality + 0.063) * wanted + 0.01
