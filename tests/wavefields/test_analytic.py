"""The constant-velocity problem against its analytic solution.

The scheme adds dt² v² s(t) to one grid point, which is the equation (1/v²) ∂²u/∂t² − ∇²u = s(t) h^d δ(x − x_s) with
Devito's Ricker wavelet s, zero before t = 0. Its solutions, with r the distance from the source:

    3-D:  u = h³ s(t − r/v) / (4 π r)
    2-D:  u = h² / (2 π) ∫ s(t − τ) / √(τ² − r²/v²) dτ,  τ from r/v to t;  with τ = (r/v) cosh θ the integrand is
          smooth: u = h² / (2 π) ∫ s(t − (r/v) cosh θ) dθ,  θ from 0 to arcosh(v t / r).

How far the scheme may be off. A time-harmonic part of angular frequency ω, wavenumber k = ω/v, travels through
the grid with a wavenumber k' that solves (2/(v dt))² sin²(ω dt/2) = D(k'), D the symbol of the difference operator.
Second order in time alone gives k − k' ≤ k (ω dt)²/24, and eighth order in space, worst along an axis,
k' − k ≤ k · (4!)²/10! · (k h)⁸. The part arrives with an error of phase φ ≤ r · (the sum of both), and of amplitude
2 sin(φ/2) ≤ min(φ, 2). Summed over the wavelet's spectrum |S(f)| = (4/√π) f²/f0³ exp(−f²/f0²), f > 0 (which sums to
its height, 1),

    |u − u_exact| ≤ ∫ |S(f)| |G(f, r)| min(φ, 2) df,   |G| = h³/(4πr) in 3-D, < (h²/4) √(2/(π k r)) in 2-D.

The wavelet does not begin smoothly: s(0) = (1 − 2π²) e^(−π²) = −9.7e-4. That step is outside of the spectrum above; its
grid noise is bounded by its own height twice over, 2e-3 times the geometric amplitude.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from wavecomp.wavefields.propagation import open_propagator, run
from wavecomp.wavefields.velocity import build_velocity

V, F0 = 2000.0, 10.0  # m/s, Hz: a wavelength of 200 m
ONSET = 2e-3


def ricker(t):
    a = (np.pi * F0 * (t - 1.0 / F0)) ** 2
    return np.where(t >= 0, (1.0 - 2.0 * a) * np.exp(-a), 0.0)


def exact(r, t, h, rank, nodes=200):
    if rank == 3:
        return h**3 * ricker(t - r / V) / (4.0 * np.pi * r)
    x, weights = np.polynomial.legendre.leggauss(nodes)
    top = np.arccosh(np.maximum(V * t / r, 1.0))[..., None]
    theta = top * (x + 1.0) / 2.0
    return h**2 / (2.0 * np.pi) * (ricker(t - r[..., None] / V * np.cosh(theta)) * weights * top / 2.0).sum(-1)


def bound(r, h, dt, rank):
    f = np.linspace(0.05, 6.0 * F0, 3000)
    k, omega = 2.0 * np.pi * f / V, 2.0 * np.pi * f
    spectrum = 4.0 / math.sqrt(math.pi) * f**2 / F0**3 * np.exp(-((f / F0) ** 2))
    drift = k * ((omega * dt) ** 2 / 24.0 + math.factorial(4) ** 2 / math.factorial(10) * (k * h) ** 8)
    r = r[..., None]
    green = h**3 / (4.0 * np.pi * r) if rank == 3 else h**2 / 4.0 * np.sqrt(2.0 / (np.pi * k * r))
    integral = (spectrum * green * np.minimum(drift * r, 2.0)).sum(-1) * (f[1] - f[0])
    return integral + ONSET * geometric(r[..., 0], h, rank)


def geometric(r, h, rank):
    """Amplitude of the solution for a wavelet of height 1, in 2-D at the peak frequency."""
    return h**3 / (4.0 * np.pi * r) if rank == 3 else h**2 / 4.0 * np.sqrt(V / (np.pi**2 * F0 * r))


def compare(make_recipe, rank, h, changes=None):
    """Return distance, computed and exact wavefield, and bound, at 0.3 s, from 100 to 400 m from the source.

    The nearest edge is 600 m away: what comes back from there has gone 800 m at least, 0.4 s.
    """
    half = round(600.0 / h)
    recipe = make_recipe(
        {
            "grid": {"shape": [2 * half + 1] * rank, "spacing_m": h, "absorbing_points": 5, "space_order": 8},
            "source": {"position_m": ["centre"] * rank, "peak_frequency_hz": F0},
            "time": {"duration_s": 0.3, "dt_s": 2e-4 * h},  # v dt / h = 0.4
            "snapshots": {},
            **(changes or {}),
        }
    )
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    ((step, level),) = run(propagator, recipe.kept.of(propagator.steps))
    axis = h * (np.arange(2 * half + 1) - half)
    r = np.sqrt(sum(np.square(part) for part in np.ix_(*[axis] * rank)))
    shell = (r >= 100.0) & (r <= 400.0)
    distances, inverse = np.unique(r[shell].round(6), return_inverse=True)
    t = np.array(step * propagator.dt_s)
    return (
        distances[inverse],
        level[shell].astype(np.float64),
        exact(distances, t, h, rank)[inverse],
        bound(distances, h, propagator.dt_s, rank)[inverse],
    )


@pytest.mark.parametrize(("rank", "h"), [(2, 20.0), (2, 10.0), (3, 20.0)])
def test_wavefield_is_the_analytic_one_within_the_dispersion_bound(make_recipe, rank, h):
    _, found, wanted, allowed = compare(make_recipe, rank, h)
    assert np.abs(wanted).max() > 0.3 * geometric(400.0, h, rank)  # the pulse is inside of the shell
    assert (np.abs(found - wanted) <= allowed).all()
    # and the bound says something: a tenth more of the source's strength breaks it
    assert (np.abs(found * 1.1 - wanted) > allowed).any()


@pytest.mark.parametrize("kernel", ["kv", "maxwell"])
def test_a_visco_acoustic_field_without_loss_is_the_acoustic_one(make_recipe, kernel):
    """The same solution and the same bound: a staggered stencil of eighth order is off by (35/1152)/4⁴ (k h)⁸ = 1.2e-4
    (k h)⁸ along an axis, less than the (4!)²/10! = 1.6e-4 of the other. With Q = 1e5 the loss on the way is
    ω t / 2Q ≤ 2e-4 at twice the peak frequency, a tenth of what the wavelet's beginning is allowed.
    """
    changes = {"physics": "viscoacoustic", "material": {"kernel": kernel, "qp": 1e5, "density_kg_m3": 2000.0}}
    _, found, wanted, allowed = compare(make_recipe, 2, 10.0, changes)
    assert (np.abs(found - wanted) <= allowed).all()
    assert (np.abs(found * 1.1 - wanted) > allowed).any()


@pytest.mark.parametrize(("rank", "spacings"), [(2, (20.0, 10.0)), (3, (24.0, 12.0))])
def test_error_falls_with_the_second_order(make_recipe, rank, spacings):
    """At a fixed v dt / h the error in time is of second order and rules: (ω dt)²/24 against (4!)²/10! (k h)⁸ is more
    than 100 to 1 at the peak frequency for 8 points a wavelength. The next term is of fourth order and φ²/2 of the
    first, φ ≤ 0.05 in the mean: the slope is 2 within 0.1, and 0.1 more for the wavelet's sudden beginning."""
    errors = []
    for h in spacings:
        _, found, wanted, _ = compare(make_recipe, rank, h)
        errors.append(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
    slope = math.log(errors[0] / errors[1]) / math.log(spacings[0] / spacings[1])
    assert 1.8 <= slope <= 2.2


def test_quadrature_of_the_two_dimensional_solution_has_converged():
    r = np.linspace(100.0, 400.0, 31)
    few, many = (exact(r, np.array(0.3), 10.0, 2, nodes) for nodes in (200, 400))
    np.testing.assert_allclose(few, many, rtol=0, atol=1e-4 * np.abs(many).max())
