from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.errors import RecipeError
from wavecomp.wavefields import velocity_overthrust as overthrust
from wavecomp.wavefields.velocity import build_velocity, grid_axes


def sample(first, count, spacing):
    """Positions are multiples of 0.5 m, so that a window's positions equal the whole grid's bit by bit."""
    return overthrust.overthrust_like(*[f + spacing * np.arange(n) for f, n in zip(first, count, strict=True)])


@pytest.fixture(scope="module")
def belt():
    """The whole box at 100 m."""
    return sample((0.0, 0.0, 0.0), (201, 201, 52), 100.0)


def test_constant_model(make_recipe):
    velocity = build_velocity(make_recipe({"model.velocity_m_s": 2345.0}))
    assert velocity.shape == (30, 24)
    assert velocity.dtype == np.float32
    assert (velocity == np.float32(2345.0)).all()


@pytest.mark.parametrize("shape", [[12, 24], [12, 10, 24]])
def test_point_on_an_interface_belongs_to_the_layer_beneath(make_recipe, shape):
    recipe = make_recipe(
        {
            "model": {"kind": "layered", "interfaces_m": [50.0, 105.0], "velocities_m_s": [2000.0, 3000.0, 2500.0]},
            "grid.shape": shape,
            "source.position_m": ["centre"] * len(shape),
        }
    )
    velocity = build_velocity(recipe)
    assert velocity.shape == tuple(shape)
    column = [2000.0] * 5 + [3000.0] * 6 + [2500.0] * 13  # z = 0, 10, … 40 | 50 … 100 | 110 …
    assert (velocity == np.array(column, dtype=np.float32)).all()


def test_axes_are_origin_and_spacing(make_recipe):
    x, z = grid_axes(make_recipe({"grid.spacing_m": [10.0, 5.0], "grid.origin_m": [100.0, 0.0]}))
    assert x[:3].tolist() == [100.0, 110.0, 120.0]
    assert z[:3].tolist() == [0.0, 5.0, 10.0]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_window_of_the_overthrust_like_model_is_the_model_in_that_window(data):
    spacing = data.draw(st.sampled_from([12.5, 25.0, 40.0, 62.5]))
    whole = [data.draw(st.integers(6, 16)) for _ in range(3)]
    first = [0.5 * data.draw(st.integers(0, limit)) for limit in (38_000, 38_000, 9_000)]
    start = [data.draw(st.integers(0, n - 1)) for n in whole]
    stop = [data.draw(st.integers(s + 1, n)) for s, n in zip(start, whole, strict=True)]
    window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    part = sample(
        [f + spacing * s for f, s in zip(first, start, strict=True)],
        [b - a for a, b in zip(start, stop, strict=True)],
        spacing,
    )
    np.testing.assert_array_equal(part, sample(first, whole, spacing)[window])


def test_slabs_make_no_difference(monkeypatch):
    grid = ((9000.0, 7000.0, 0.0), (37, 20, 40), 50.0)
    whole = sample(*grid)
    monkeypatch.setattr(overthrust, "SLAB_POINTS", 1)
    np.testing.assert_array_equal(sample(*grid), whole)


def test_working_memory_is_that_of_a_few_slabs(monkeypatch):
    """A slab needs a dozen double-precision arrays of its size; 30 of them are far below the 27 slabs × 12 of all."""
    count, points = (90, 60, 50), 10_000
    monkeypatch.setattr(overthrust, "SLAB_POINTS", points)
    tracemalloc.start()
    velocity = sample((0.0, 0.0, 0.0), count, 50.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - velocity.nbytes < 30 * 8 * points


def test_section_is_a_plane_of_the_volume(make_recipe):
    section = make_recipe(
        {
            "model": {"kind": "overthrust_like", "section_y_m": 6100.0},
            "grid.shape": [60, 50],
            "grid.spacing_m": 50.0,
            "grid.origin_m": [9000.0, 0.0],
            "source.position_m": ["centre", 100.0],
            "source.peak_frequency_hz": 5.0,
        }
    )
    velocity = build_velocity(section)
    assert velocity.shape == (60, 50)
    np.testing.assert_array_equal(velocity, sample((9000.0, 6100.0, 0.0), (60, 1, 50), 50.0)[:, 0])


def test_overthrust_like_velocities_fill_their_range(belt):
    assert belt.dtype == np.float32
    assert overthrust.SLOWEST_ROCK_M_S <= belt.min() < 1600.0
    assert 5990.0 < belt.max() <= overthrust.FASTEST_ROCK_M_S


def test_surface_is_weathered_and_varies(belt):
    surface = belt[:, :, 0]
    assert surface.max() < 1700.0
    assert surface.std() > 20.0
    assert np.median(belt[:, :, 5]) > 1.4 * np.median(surface)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_no_mirror_symmetry(belt, axis):
    """Below the weathering (z ≥ 300 m; along z the whole box) more than 3 points in 4 differ by over 1 %."""
    part = belt if axis == 2 else belt[:, :, 3:]
    mirrored = np.flip(part, axis)
    assert np.mean(np.abs(part / mirrored - 1.0) > 0.01) > 0.75


@pytest.mark.parametrize("axis", [0, 1])
def test_lateral_variation_along_both_horizontal_axes(belt, axis):
    """Within the thrust sheets (500 to 3500 m) the typical change along the whole axis exceeds 5 % of the velocity."""
    part = belt[:, :, 5:35]
    assert np.median(part.std(axis) / part.mean(axis)) > 0.05


def test_thrusts_lay_older_rock_on_younger():
    """Down a column the stratigraphic depth grows, except where it jumps back across a thrust: repeated layers."""
    x, y, z = 50.0 * np.arange(401)[:, None], np.array([[4000.0, 10000.0, 16000.0]]), 25.0 * np.arange(160)
    depth, _ = overthrust._undisturbed(x, y, z)
    jumps = np.diff(depth, axis=2).min(axis=2)
    for section in range(3):
        assert np.mean(jumps[:, section] < -200.0) > 0.25
        assert np.mean(jumps[:, section] > 0.0) > 0.1  # undisturbed foreland remains


def test_channels_run_through_the_whole_model():
    """Just below the edge of the third channel's bed its filling is found at every y, on a path that meanders."""
    _, _, _, _, edge, _, filling = overthrust._CHANNELS[2]
    y = 100.0 * np.arange(201)
    plane = overthrust.overthrust_like(25.0 * np.arange(801), y, np.array([edge + 20.0]))[:, :, 0]
    inside = np.abs(plane - (filling + 12.0)) < 0.5
    assert inside.any(axis=0).all()
    path = 25.0 * np.array([np.flatnonzero(column).mean() for column in inside.T])
    assert np.ptp(path) > 800.0
    assert np.abs(np.diff(path)).max() < 200.0


@pytest.mark.parametrize("origin", [[6782000.3, 0.0], [0.0, 6000.0], [-10_000.0, 0.0]])
def test_a_grid_beside_the_belt_is_refused(make_recipe, origin):
    recipe = make_recipe(
        {"model": {"kind": "overthrust_like"}, "grid.origin_m": origin, "source.position_m": ["centre", "centre"]}
    )
    with pytest.raises(RecipeError, match=r"grid\.origin_m = .*beside the thrust belt"):
        build_velocity(recipe)
