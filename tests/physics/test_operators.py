"""The operators against Devito's own solver, and the gradient against the misfit that it is the gradient of."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from wavecomp.physics.reciprocal import per_dt2
from wavecomp.plans.strategies import parse_strategy

FLOPS_A_POINT = 40
"""Roundings of one point's update: 25 stencil points of eighth order in two dimensions, damping, sums."""


def devitos_gradient(bench, shot=0):
    """The gradient as Devito's users compute it: forward with every level saved, then jacobian_adjoint."""
    from wavecomp.wavefields.float_state import kernel_float_state

    operators = bench.operators
    observed = bench.observed(shot)
    operators.set_shot(shot)
    with kernel_float_state():
        solver = operators.solver
        records, u, _ = solver.forward(src=operators.source, save=True, dt=operators._dt_ms)
        residual = operators.geometry.rec
        residual.data[:] = records.data - observed
        gradient, _ = solver.jacobian_adjoint(residual, u, dt=operators._dt_ms)
    return np.asarray(gradient.data), 0.5 * float((np.asarray(residual.data, dtype=np.float64) ** 2).sum())


@pytest.mark.parametrize("name", ["tiny", "cube"])
def test_the_stored_gradient_is_devitos_own_bit_by_bit(name, request, open_workbench, inner):
    problem = request.getfixturevalue(name)
    bench = open_workbench(problem)
    expected, misfit = devitos_gradient(bench)
    run = bench.run(parse_strategy("store-all"))
    assert np.abs(run.gradient).max() > 0
    np.testing.assert_array_equal(run.gradient, inner(problem, expected))
    assert run.misfit == pytest.approx(misfit, rel=1e-12)


def test_the_bits_are_devitos_whatever_the_time_step(cube, open_workbench, inner):
    """The compiler's 1/Δt² is off by a unit in the last place for some Δt, and then so would gradients be, by 2e-7 and
    more: with the right one the bits agree, and with its neighbours they do not.

    The spacings give steps at which 1/(Δt·Δt) in single precision is off, at which the compiler's is too low, and at
    which it is too high.
    """
    for spacing in (33.0, 25.0, 17.0):
        medium = replace(cube.medium, spacing_m=(spacing,) * 3, steps=40)
        shot = tuple(origin + 10 * spacing for origin in medium.origin_m)
        receivers = replace(cube.receivers, depth_m=medium.origin_m[-1] + 2 * spacing)
        problem = replace(cube, medium=replace(medium, source_m=shot), shots_m=(shot,), receivers=receivers)
        bench = open_workbench(problem)
        expected, _ = devitos_gradient(bench)
        gradient = bench.run(parse_strategy("store-all")).gradient
        assert np.abs(gradient).max() > 0
        np.testing.assert_array_equal(gradient, inner(problem, expected))
    right = per_dt2(bench.operators._dt_ms)
    for neighbour in (np.nextafter(right, 0), np.nextafter(right, 2 * right)):
        sweep = bench.operators.sweep()
        for kernel in (sweep._image, sweep._image_live):
            kernel.replace("per_dt2", neighbour)
        assert not np.array_equal(bench.run(parse_strategy("store-all")).gradient, gradient)
        for kernel in (sweep._image, sweep._image_live):
            kernel.replace("per_dt2", right)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_compilers_reciprocal_is_one(dtype):
    """An approximate reciprocal and one step of Newton's method: good to two units in the last place."""
    for dt in np.linspace(0.5, 5.0, 40).astype(dtype):
        exact = 1 / float(dt) ** 2
        assert abs(float(per_dt2(dt)) - exact) <= 2.5 * np.finfo(dtype).eps * exact


def test_a_second_shot_and_a_second_run_are_as_good_as_the_first(tiny, open_workbench, inner):
    bench = open_workbench(tiny)
    first = bench.run(parse_strategy("store-all")).gradient
    expected, _ = devitos_gradient(bench, shot=2)
    np.testing.assert_array_equal(bench.run(parse_strategy("store-all"), shot=2).gradient, inner(tiny, expected))
    np.testing.assert_array_equal(bench.run(parse_strategy("store-all")).gradient, first)


def test_dot_product_of_born_and_adjoint(tiny, open_workbench, inner):
    """⟨J dm, r⟩ = ⟨dm, Jᵀ r⟩ for any dm in the physical domain and any r, in double precision.

    Each of N steps rounds FLOPS_A_POINT times a point, and the second-order recurrence lets an error grow at most
    linearly with the steps that follow: |difference| ≤ FLOPS_A_POINT · N² · eps · ‖J dm‖ ‖r‖.
    """
    from devito import Function

    from wavecomp.wavefields.float_state import kernel_float_state

    operators = open_workbench(tiny, "float64").operators
    random = np.random.default_rng(3)
    dm = Function(name="dm", grid=operators.model.grid, space_order=0)
    inner(tiny, dm.data)[:] = random.normal(size=tiny.medium.shape) * 1e-3
    with kernel_float_state():
        born = np.array(operators.solver.jacobian(dm, src=operators.source, dt=operators._dt_ms)[0].data)
    residual = random.normal(size=born.shape)
    residual[0] = residual[-1] = 0  # the operators read and write the samples 1 … N − 1
    gradient = adjoint_of(operators, residual)
    left = float((born * residual).sum())
    right = float((gradient * inner(tiny, np.array(dm.data))).sum())
    bound = FLOPS_A_POINT * operators.last**2 * np.finfo(float).eps
    scale = float(np.linalg.norm(born) * np.linalg.norm(residual))
    assert abs(left) > 1e6 * bound * scale  # else the two could agree by chance
    assert abs(left - right) <= bound * scale


def adjoint_of(operators, residual):
    """Jᵀ applied to any residual, level by level through one slot."""
    operators.rest()
    last = operators.last
    levels = operators.slots(last)
    for step in range(1, last):
        operators.keep(step, levels[step])
        operators.forward(step, step + 1, record=False)
    operators.residual.data[:] = residual
    for step in range(last - 1, 0, -1):
        operators.sweep().down_to_image(step + 1, step)
        operators.sweep().image(step, levels[step])
    return operators.gradient.copy()


def test_taylor_slopes_of_misfit_and_gradient(tiny, open_workbench):
    """J(m + h dm) − J(m) falls like h, and J(m + h dm) − J(m) − h ⟨g, dm⟩ like h².

    With remainders c₁h + c₂h² and c₂h² + c₃h³ the exponent that is measured between 2h and h differs from 1 and 2 by
    c₂h / (c₁ ln 2) and c₃h / (c₂ ln 2) to first order, which halves along with h. So at the smallest h the deviation
    must be nearer to a half than to all of the one before, and below 0.05; there rounding (N² · FLOPS_A_POINT · eps of
    J) must be a thousandth of the remainder at most, or the exponent would say nothing.
    """
    bench = open_workbench(tiny, "float64")
    operators = bench.operators
    base = tiny.initial_velocity().astype(np.float64)
    true = tiny.true_velocity().astype(np.float64)
    slowness = (1000.0 / base) ** 2
    # Smooth, so that it is seen, and not the way to the true model alone.
    direction = 0.3 * ((1000.0 / true) ** 2 - slowness)
    operators.set_velocity(base, renew_layer=True)
    run = bench.run(parse_strategy("store-all"))
    observed = bench.observed()

    def misfit(h):
        operators.set_velocity(1000.0 / np.sqrt(slowness + h * direction), renew_layer=False)
        synthetic = bench.synthetic()
        return 0.5 * float(((synthetic - observed) ** 2).sum())

    steps = [0.32 * 0.5**k for k in range(5)]
    start = misfit(0.0)
    assert start == pytest.approx(run.misfit, rel=operators.last**2 * FLOPS_A_POINT * np.finfo(float).eps)
    slope = float((run.gradient * direction).sum())
    values = [misfit(h) for h in steps]
    operators.set_velocity(base, renew_layer=True)
    first = [abs(value - start) for value in values]
    second = [abs(value - start - h * slope) for value, h in zip(values, steps, strict=True)]
    rounding = operators.last**2 * FLOPS_A_POINT * np.finfo(float).eps * start
    assert second[-1] > 1000 * rounding
    for remainders, expected in ((first, 1.0), (second, 2.0)):
        exponents = [math.log2(a / b) for a, b in pairwise(remainders)]
        deviations = [abs(exponent - expected) for exponent in exponents]
        assert deviations[-1] < 0.05, exponents
        assert deviations[-1] < 0.75 * deviations[-2], exponents


def test_the_halo_stays_zero_and_is_cleared(cube, open_workbench):
    operators = open_workbench(cube).operators
    operators.rest()
    operators.forward(1, 40, record=False)
    kept = [level.copy() for level in operators.state(40)]
    assert np.abs(kept[1]).max() > 0
    operators.mend(40)
    for before, after in zip(kept, operators.state(40), strict=True):
        np.testing.assert_array_equal(before, after)
    for level in operators.state(40):
        level[:] = 1
    operators.mend(40)
    width = cube.medium.space_order
    points = cube.medium.absorbing_points
    for level in operators.state(40):
        assert level.sum() == np.prod([n + 2 * points for n in cube.medium.shape])
        assert not level[:width].any()
        assert not level[:, :, -width:].any()
