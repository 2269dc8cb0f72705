"""A gradient problem that is moved as a whole: the same data, the same gradient, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.compressors import default_registry
from wavecomp.errors import RecipeError
from wavecomp.physics.problem_recipe import parse_problem
from wavecomp.plans.strategies import parse_strategy

SMALL = """
name = "small"
description = "two layers, two shots"
physics = "acoustic"
[model]
kind = "layered"
interfaces_m = [{interface}]
velocities_m_s = [2000.0, 2600.0]
[initial]
kind = "smoothed"
radius_m = {radius}
keep_above_m = {kept}
[grid]
shape = [31, 24]
spacing_m = {spacing}
origin_m = [{x}, {z}]
absorbing_points = 6
space_order = 4
[source]
peak_frequency_hz = {peak}
first_m = [{first}, {depth}]
last_m = [{last}, {depth}]
count = 3
[receivers]
depth_m = {depth}
every = 2
[time]
steps = 90
"""


def small(x, z, spacing):
    """Return the problem with all positions in decimal, as people write them."""

    def at(origin, points):
        return round(origin + points * spacing, 1)

    return parse_problem(
        SMALL.format(
            x=x, z=z, spacing=spacing, radius=2 * spacing, peak=400.0 / spacing / 5.5, interface=at(z, 14),
            kept=at(z, 5), first=at(x, 4), last=at(x, 26), depth=at(z, 3),
        ),
        "small.toml",
    )  # fmt: skip


@pytest.mark.parametrize("spacing", [0.8, 12.7])
def test_a_moved_problem_has_the_same_bits(open_workbench, spacing):
    found = []
    for problem in (small(0.0, 0.0, spacing), small(6782000.3, 1234567.9, spacing)):
        bench = open_workbench(problem)
        assert np.array_equal(problem.initial_velocity()[:, :5], problem.true_velocity()[:, :5])
        for shot in (1, 2):
            run = bench.run(parse_strategy("store-all", default_registry()), shot=shot, budget_bytes=UNLIMITED)
            found.append((bench.observed(shot).copy(), run.gradient.copy(), run.misfit))
    half = len(found) // 2
    for (data, gradient, misfit), (moved_data, moved_gradient, moved_misfit) in zip(
        found[:half], found[half:], strict=True
    ):
        assert np.abs(gradient).max() > 0
        assert np.array_equal(data, moved_data)
        assert np.array_equal(gradient, moved_gradient)
        assert misfit == moved_misfit


def test_positions_far_away_stay_on_their_grid_points():
    near, far = small(0.0, 0.0, 0.8), small(6782000.3, 1234567.9, 0.8)
    assert np.array_equal(near.receivers_from_origin_m(), far.receivers_from_origin_m())
    assert [near.shot_from_origin_m(n) for n in range(3)] == [far.shot_from_origin_m(n) for n in range(3)]
    assert near.shot_from_origin_m(1) == (15 * 0.8, 3 * 0.8)
    assert far.receivers_m()[0] == pytest.approx([6782000.3, 1234567.9 + 2.4], abs=1e-8)


@pytest.mark.parametrize("z", [0.0, 1234567.9])
@pytest.mark.parametrize("below", [0.1, 1e3, 1e300])
def test_an_initial_model_that_keeps_everything_is_refused(z, below):
    problem = small(0.0, z, 0.8)
    text = SMALL.format(
        x=0.0, z=z, spacing=0.8, radius=2.0, peak=90.0, interface=z + 5, kept=z + 23 * 0.8 + below, first=2.4,
        last=18.0, depth=z + 2.4,
    )  # fmt: skip
    with pytest.raises(RecipeError, match=r"small\.toml: initial\.keep_above_m = .*must be at most") as caught:
        parse_problem(text, "small.toml")
    assert f"{z + 23 * 0.8:.12g} m" in str(caught.value)
    assert problem.initial_velocity().shape == (31, 24)


def test_the_last_grid_point_may_be_all_that_is_smoothed():
    text = SMALL.format(
        x=0.0, z=0.1, spacing=0.8, radius=2.0, peak=90.0, interface=5.0, kept=18.5, first=2.4, last=18.0, depth=2.5
    )
    problem = parse_problem(text, "small.toml")
    assert np.array_equal(problem.initial_velocity()[:, :-1], problem.true_velocity()[:, :-1])


@pytest.mark.parametrize(
    ("radius", "fine"), [(1e-300, True), (1e-3, True), (240.0, True), (241.0, False), (1e12, False)]
)
def test_a_radius_beyond_all_structure_is_refused(radius, fine):
    """It would take memory for a kernel of that length; one below a cell smooths nothing."""
    text = SMALL.format(
        x=0.0, z=0.0, spacing=0.8, radius=radius, peak=90.0, interface=5.0, kept=0.0, first=2.4, last=18.0, depth=2.4
    )
    if not fine:
        with pytest.raises(RecipeError, match=r"initial\.radius_m = .*at most 240"):
            parse_problem(text, "small.toml")
        return
    problem = parse_problem(text, "small.toml")
    smooth = problem.initial_velocity()
    assert np.array_equal(smooth, problem.true_velocity()) == (radius < 0.1)
