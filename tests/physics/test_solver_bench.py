"""Problems of other physics than the acoustic one, from their text to a gradient."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from wavecomp.errors import RecipeError, UsageError
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem, parse_problem
from wavecomp.plans.strategies import parse_strategy

SMALL = """
name = "small"
description = "a small problem"
physics = "{physics}"

[model]
kind = "overthrust_like"

[material]
{material}

[initial]
kind = "smoothed"
radius_m = 150.0

[grid]
shape = [34, 30]
spacing_m = 40.0
origin_m = [12000.0, 0.0]
absorbing_points = 8
space_order = 4

[source]
peak_frequency_hz = 7.0
first_m = [12610.0, 200.0]
{more}

[receivers]
depth_m = 80.0
every = 3

[time]
steps = 120
"""
MATERIALS = {
    "tti": ("tti", "isotropic_radius_m = 150.0"),
    "sls": ("viscoacoustic", 'kernel = "sls"\nqp = 30.0'),
    "maxwell": ("viscoacoustic", 'kernel = "maxwell"\nqp = 30.0'),
}


def problem_of(kind, more=""):
    physics, material = MATERIALS[kind]
    return parse_problem(SMALL.format(physics=physics, material=material, more=more), "small.toml")


@cache
def bench(kind):
    return problem_of(kind).open()


@pytest.mark.parametrize("kind", sorted(MATERIALS))
def test_sizes_are_known_before_the_operators_are_there(kind):
    problem, code = problem_of(kind), bench(kind).code
    assert (problem.first, problem.in_buffers, problem.steps) == (code.first, code.in_buffers, code.last)
    assert (problem.level_bytes, problem.state_bytes) == (code.level_bytes, code.state_bytes)
    assert (problem.shape, problem.dtype) == (code.gradient.shape, code.dtype.name)


@pytest.mark.parametrize("kind", sorted(MATERIALS))
def test_a_gradient_is_the_same_by_every_lossless_way(kind):
    exact = bench(kind).run(parse_strategy("store-all"))
    assert np.abs(exact.gradient).max() > 0
    assert exact.misfit > 0
    for text in ("trajectory:overlap/blosc2", "revolve:slots=5", "mixed:levels=10"):
        np.testing.assert_array_equal(bench(kind).run(parse_strategy(text)).gradient, exact.gradient)


@pytest.mark.parametrize("kind", ["tti", "sls"])
def test_the_gradient_is_the_slope_of_the_misfit(kind):
    """(J(m + h x) − J(m − h x)) / 2h = ⟨x, g⟩ + O(h²), x a smooth bump of squared slowness within the domain.

    What is left of second order at h/2 is a third of the change from h to h/2, and allowed in full. A record d of N
    steps in single precision is off by N 2⁻²⁴ ‖d‖ at most, if the errors of all steps add up, and a misfit with the
    residual r by ‖r‖ times that; the quotient of two of them by 1/h times as much.
    """
    opened = bench(kind)
    code, problem = opened.code, opened.problem
    exact = opened.run(parse_strategy("store-all"))
    model = modelled_at(opened)
    points = problem.medium.absorbing_points
    inside = tuple(slice(points, points + n) for n in problem.medium.shape)
    at = np.array(model.vp.data, dtype=np.float64)
    bump = np.zeros_like(at)
    x, z = np.ogrid[0 : problem.medium.shape[0], 0 : problem.medium.shape[1]]
    away = np.minimum(np.hypot(x - 17, z - 17) / 8.0, 1.0)
    bump[inside] = np.cos(np.pi / 2 * away) ** 2  # nothing of it at the source, whose strength depends on m there
    slope = float(np.vdot(bump[inside], exact.gradient.astype(np.float64)))

    def quotient(h):
        misfits = []
        for sign in (1, -1):
            model.vp.data[:] = (1 / at**2 + sign * h * bump) ** -0.5
            residual = (code.modelled(model) - opened.observed(0)).astype(np.float64)
            misfits.append(0.5 * float((residual**2).sum()))
        return (misfits[0] - misfits[1]) / (2 * h)

    try:
        coarse, fine = quotient(4e-3), quotient(2e-3)
    finally:
        model.vp.data[:] = at
    data = float(np.linalg.norm(opened.observed(0).astype(np.float64)))
    rounding = math.sqrt(2 * exact.misfit) * code.last * 2.0**-24 * data / 2e-3
    allowed = abs(coarse - fine) + rounding
    assert allowed < 0.1 * abs(slope)  # or a wrong factor would not be seen
    assert abs(fine - slope) <= allowed


def modelled_at(opened):
    """The initial model of a bench, prepared once more."""
    from wavecomp.wavefields.seismic_model import prepare

    problem = opened.problem
    return prepare(problem.medium, problem.initial_velocity(), problem.receivers_from_origin_m(), opened._longest).model


def test_the_bare_sweeps_store_nothing_and_give_the_time_of_both():
    bare = bench("sls").bare(0)
    assert not bare.one_level
    assert bare.run.seconds.advance > 0
    assert bare.run.seconds.reverse > 0
    assert bare.run.seconds.compress == 0


def test_physics_without_a_gradient_are_refused():
    with pytest.raises(RecipeError, match="has no gradient: must be one of acoustic, tti, viscoacoustic"):
        parse_problem(SMALL.format(physics="elastic", material="", more="").replace("7.0", "3.0"), "small.toml")


def test_several_shots_cannot_each_have_a_disc_of_their_own():
    more = "last_m = [13000.0, 200.0]\ncount = 3"
    with pytest.raises(RecipeError, match=r"isotropic_radius_m = 150.0: must be 0 with 3 shots"):
        problem_of("tti", more)
    assert len(problem_of("sls", more).shots_m) == 3


def test_experiments_have_acoustic_operators_only():
    with pytest.raises(UsageError, match="acoustic operators only"):
        open_operators(problem_of("tti"))


def test_the_material_is_in_the_digest():
    problem = problem_of("sls")
    other = replace(problem, medium=replace(problem.medium, material=replace(problem.medium.material, qp=31.0)))
    assert other.digest != problem.digest


@pytest.mark.parametrize("name", ["tti-2d", "viscoacoustic-2d"])
def test_shipped_problems_say_what_they_need(name):
    problem = find_problem(name)
    assert problem.levels_bytes() == len(range(problem.first, problem.steps)) * problem.level_bytes
    assert problem.level_bytes == 2 * 4 * math.prod(problem.shape)
