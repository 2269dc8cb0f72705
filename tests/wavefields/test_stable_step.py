"""Time steps that von Neumann's condition allows, against the roots of the schemes themselves."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Rational, finite_diff_weights

from wavecomp.wavefields.stable_step import (
    greatest_rate,
    kelvin_voigt_step,
    lossless_step,
    maxwell_step,
    staggered_symbol,
)

SPARE = 0.95


@pytest.mark.parametrize("order", [2, 4, 8, 16])
def test_symbol_is_the_sum_of_the_weights(order):
    points = range(-order // 2 + 1, order // 2 + 1)
    weights = finite_diff_weights(1, list(points), Rational(1, 2))[-1][-1]
    assert staggered_symbol(order) == pytest.approx(float(sum(map(abs, weights))))


def test_rate_adds_the_axes():
    assert greatest_rate(2.0, (10.0, 10.0, 10.0), 2) == pytest.approx(2.0 * 2.0 * np.sqrt(3.0) / 10.0)


def kelvin_voigt(rate, tau, dt):
    """p⁺ − 2p + p⁻ = −λ Δt² p − λ τ Δt (p − p⁻)."""
    a, b = (rate * dt) ** 2, rate**2 * tau * dt
    return np.roots([1.0, -2.0 + a + b, 1.0 - b])


def maxwell(rate, loss, dt):
    """p⁺ − 2p + p⁻ = −λ Δt² p − (ω₀/Q) Δt (p − p⁻)."""
    a, c = (rate * dt) ** 2, loss * dt
    return np.roots([1.0, -2.0 + a + c, 1.0 - c])


@pytest.mark.parametrize("value", [0.0, 1e-3, 0.1, 1.0])
@pytest.mark.parametrize(("step", "roots"), [(kelvin_voigt_step, kelvin_voigt), (maxwell_step, maxwell)])
def test_the_limit_is_where_a_root_leaves_the_unit_circle(step, roots, value):
    rate = 0.7
    limit = step(rate, value) / SPARE
    assert np.abs(roots(rate, value, 0.999 * limit)).max() <= 1.0 + 1e-12
    assert np.abs(roots(rate, value, 1.001 * limit)).max() > 1.0
    if value == 0.0:
        assert limit == pytest.approx(lossless_step(rate) / SPARE)
