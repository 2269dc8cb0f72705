"""Positions count from the first grid point: a problem that is moved as a whole keeps its bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.errors import RecipeError
from wavecomp.wavefields.positions import from_origin, levels_reached
from wavecomp.wavefields.propagation import open_propagator, run
from wavecomp.wavefields.recipe import find_recipe, recipe_from_json, recipe_names
from wavecomp.wavefields.velocity import build_velocity

UTM = 6782000.3
"""With three more digits than single precision has, and no binary fraction."""


@given(
    origin=st.decimals(-10_000_000, 10_000_000, places=1),
    spacing=st.decimals("0.1", 100, places=2),
    point=st.integers(0, 2000),
)
def test_a_grid_point_written_in_decimal_is_that_grid_point(origin, spacing, point):
    written, computed = float(origin + point * spacing), float(origin) + point * float(spacing)
    for position in (written, computed):
        (found,) = from_origin((position,), (float(origin),), (float(spacing),))
        assert found == point * float(spacing)


@given(origin=st.decimals(-10_000_000, 10_000_000, places=2), away=st.decimals(0, 10_000, places=3))
def test_between_grid_points_the_distance_is_the_decimal_one(origin, away):
    """0.7 m is beside every such place but the multiples of 0.35 m, where a unit in the last place is the grid's."""
    (found,) = from_origin((float(origin + away),), (float(origin),), (0.7,))
    assert found == pytest.approx(float(away), rel=1e-15, abs=0)
    if away % 7 and (20 * away) % 7:
        assert found == float(away)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_any_two_numbers_have_a_distance(position, origin):
    for spacing in (1e-300, 0.8, 1e300):
        (found,) = from_origin((position,), (origin,), (spacing,))
        assert not np.isnan(found)
    (found,) = from_origin((position,), (0.0,), (25.0,))
    assert abs(found - position) <= 4 * 2.0**-52 * abs(position)


def test_layers_and_grid_points_meet_wherever_the_grid_begins():
    for origin in (0.0, 100.1, UTM):
        reached = levels_reached([origin + 2.4, origin + 5.7], origin, 0.8, 10, side="right")
        assert reached.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2]


def moved(spacing, origin, decimals):
    """Return a problem with its source, and one interface, on grid points; all positions as people write them."""
    at = [round(o + k * spacing, decimals) for o, k in zip(origin, (12, 10), strict=True)]
    return {
        "model": {
            "kind": "layered",
            "interfaces_m": [round(origin[1] + 15 * spacing, decimals)],
            "velocities_m_s": [2000.0, 2500.0],
        },
        "grid.spacing_m": spacing,
        "grid.origin_m": list(origin),
        "source": {"position_m": at, "peak_frequency_hz": 200.0 / spacing / 5.0},
    }


@pytest.mark.parametrize("place", ["grid point", "centre", "between"])
@pytest.mark.parametrize("spacing", [0.8, 12.7])
def test_a_moved_wavefield_has_the_same_bits(make_recipe, spacing, place):
    found = []
    for origin in ((0.0, 0.0), (UTM, 1234567.9)):
        changes = moved(spacing, origin, 1)
        if place == "centre":
            changes["source"]["position_m"] = ["centre", "centre"]
        if place == "between":
            changes["source"]["position_m"] = [round(o + 3.3 * spacing, 2) for o in origin]
        recipe = make_recipe(changes)
        propagator, _ = open_propagator(recipe, build_velocity(recipe))
        found.append([level.copy() for _, level in run(propagator, recipe.kept.of(propagator.steps))])
    assert np.abs(found[0][-1]).max() > 0
    assert np.array_equal(*found)


def test_what_single_precision_held_keeps_its_digest_and_the_rest_has_another():
    known = {
        "tiny": "13930f6825c22cd2e4c84d382f21f00d0b3984a623b3376d18572d9e987489ab",
        "quick": "584e19cfbbac852fa412e5402edec04f5b53b6a0e6dd998e6ed75b8149037bf6",
    }
    for name, digest in known.items():
        assert find_recipe(name).digest == digest
    for name in recipe_names():
        recipe = find_recipe(name)
        assert recipe.placed_as_before(recipe.source_m)


def test_the_same_numbers_far_away_are_told_from_what_was_made_of_them_before(make_recipe):
    near, far = make_recipe(moved(0.8, (0.0, 0.0), 1)), make_recipe(moved(0.8, (UTM, 0.3), 1))
    assert near.placed_as_before(near.source_m)
    assert not far.placed_as_before(far.source_m)


def test_the_last_grid_point_is_inside(make_recipe):
    """6782000.3 + 29 · 0.8 is 6782023.5 only in decimal."""
    changes = moved(0.8, (UTM, 0.0), 1)
    changes["source"]["position_m"] = [6782023.5, 18.4]
    assert make_recipe(changes).source_from_origin_m == (29 * 0.8, 23 * 0.8)
    changes["source"]["position_m"] = [6782023.6, 18.4]
    with pytest.raises(RecipeError, match=r"x must be from 6782000\.3 to 6782023\.5 m"):
        make_recipe(changes)


@settings(max_examples=60, deadline=None)
@given(
    origin=st.tuples(*[st.decimals(-10_000_000, 10_000_000, places=1)] * 2),
    spacing=st.tuples(*[st.decimals("0.1", "9.9", places=1)] * 2),
    shape=st.tuples(*[st.integers(9, 300)] * 2),
    data=st.data(),
)
def test_recipes_take_every_point_of_their_grid_and_none_beside_it(make_recipe, origin, spacing, shape, data):
    """Whether the position is written in decimal or computed by whoever makes the recipe."""
    points = [data.draw(st.integers(0, n - 1)) for n in shape]
    written = [float(o + k * h) for o, k, h in zip(origin, points, spacing, strict=True)]
    computed = [float(o) + k * float(h) for o, k, h in zip(origin, points, spacing, strict=True)]
    grid = {
        "grid.shape": list(shape),
        "grid.spacing_m": [float(h) for h in spacing],
        "grid.origin_m": [float(o) for o in origin],
    }
    for position in (written, computed):
        recipe = make_recipe({**grid, "source.position_m": position})
        assert recipe.source_from_origin_m == tuple(k * float(h) for k, h in zip(points, spacing, strict=True))
        assert recipe_from_json(recipe.canonical_json()).digest == recipe.digest
    axis = data.draw(st.integers(0, 1))
    beside = list(written)
    side = data.draw(st.sampled_from([-1, shape[axis]]))
    beside[axis] = float(origin[axis] + side * spacing[axis])
    with pytest.raises(RecipeError, match=f"lies outside the model: {'xz'[axis]} must be from"):
        make_recipe({**grid, "source.position_m": beside})
