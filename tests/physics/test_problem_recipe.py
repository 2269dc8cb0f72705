"""Problems as recipes: what is read, what is refused, what the starting model is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import RecipeError, UnknownProblem
from wavecomp.physics.problem_recipe import find_problem, parse_problem, problem_names
from wavecomp.physics.smoothing import smooth_slowness

GOOD = """
name = "p"
description = "a problem"
physics = "acoustic"
[model]
kind = "constant"
velocity_m_s = 2000.0
[initial]
kind = "constant"
velocity_m_s = 1900.0
[grid]
shape = [40, 30]
spacing_m = 10.0
absorbing_points = 5
space_order = 4
[source]
peak_frequency_hz = 20.0
first_m = [100.0, 20.0]
last_m = [300.0, 20.0]
count = 3
[receivers]
depth_m = 20.0
every = 4
[time]
steps = 50
"""


def test_the_shipped_problems_are_sound(tmp_path, monkeypatch):
    for name in ("overthrust_2d_slice.h5", "marmousi_2d.bin"):
        (tmp_path / name).write_bytes(b"what a digest is made of")
    monkeypatch.setenv("WAVECOMP_DATA", str(tmp_path))
    assert set(problem_names()) == {
        "tiny", "quick", "layered-3d", "standard", "paper", "overthrust-2d", "marmousi-2d", "thrust-2d",
        "thrust-3d", "acoustic-2d", "tti-2d", "viscoacoustic-2d",
    }  # fmt: skip
    digests = set()
    for name in problem_names():
        problem = find_problem(name)
        assert problem.name == name
        digests.add(problem.digest)
        for place in [*problem.shots_m, *problem.receivers_m()]:
            assert all(low <= x <= high for x, (low, high) in zip(place, problem.medium.extent_m, strict=True))
    assert len(digests) == len(problem_names())


def test_quick_is_as_large_as_the_benchmark_asks():
    problem = find_problem("quick")
    assert min(problem.medium.shape) >= 100
    assert problem.medium.steps >= 500


def test_shots_and_receivers_are_where_the_text_says():
    problem = parse_problem(GOOD, "p.toml")
    assert problem.shots_m == ((100.0, 20.0), (200.0, 20.0), (300.0, 20.0))
    receivers = problem.receivers_m()
    assert receivers.shape == (10, 2)
    np.testing.assert_array_equal(receivers[:, 0], np.arange(0, 400, 40))
    assert (receivers[:, 1] == 20.0).all()
    assert (problem.true_velocity() == 2000).all()
    assert (problem.initial_velocity() == 1900).all()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("every = 4", "every = 1", "receivers.every"),
        ("depth_m = 20.0", "depth_m = 2000.0", "receivers.depth_m"),
        ("last_m = [300.0, 20.0]\n", "", "source.last_m"),
        ("last_m = [300.0, 20.0]", "last_m = [3000.0, 20.0]", "source.position_m"),
        ("count = 3", "cuont = 3", "source.cuont"),
        ("steps = 50", "steps = 1", "time.steps"),
        ('kind = "constant"\nvelocity_m_s = 1900.0', 'kind = "smoothed"', "initial.radius_m"),
        ("[time]", "[snapshots]\nevery = 5\n[time]", "snapshots"),
        ("[time]", "[tiem]\n[time]", "tiem"),
    ],
)
def test_what_is_wrong_is_named(old, new, key):
    assert old in GOOD
    with pytest.raises(RecipeError, match=rf"p\.toml: {key.replace('.', '[.]')}"):
        parse_problem(GOOD.replace(old, new), "p.toml")


def test_an_unknown_problem_is_met_with_a_suggestion():
    with pytest.raises(UnknownProblem, match='unknown problem "quik"; did you mean "quick"'):
        find_problem("quik")


def test_the_digest_sees_what_matters():
    problem = parse_problem(GOOD, "p.toml")
    assert parse_problem(GOOD.replace("a problem", "the same"), "q.toml").digest == problem.digest
    for old, new in (("1900.0", "1950.0"), ("every = 4", "every = 5"), ("count = 3", "count = 2"), ("= 50", "= 51")):
        assert parse_problem(GOOD.replace(old, new), "p.toml").digest != problem.digest
    assert problem.resized(steps=60).medium.steps == 60


@given(
    st.floats(1000, 6000),
    st.tuples(st.integers(4, 12), st.integers(4, 12)),
    st.floats(5.0, 80.0),
    st.integers(0, 3),
    st.integers(0, 2**32 - 1),
)
def test_smoothing_keeps_limits_constants_and_the_water(velocity, shape, radius, kept, seed):
    """A weighted mean of slownesses lies between the least and the greatest; one float32 rounding at the end."""
    constant = np.full(shape, velocity, np.float32)
    np.testing.assert_allclose(smooth_slowness(constant, (10.0, 10.0), radius, kept), constant, rtol=1e-6)
    rough = np.random.default_rng(seed).uniform(1500, 5000, shape).astype(np.float32)
    smooth = smooth_slowness(rough, (10.0, 10.0), radius, kept)
    np.testing.assert_array_equal(smooth[:, :kept], rough[:, :kept])
    below = rough[:, kept:]
    assert smooth[:, kept:].min() >= below.min() * (1 - 1e-6)
    assert smooth[:, kept:].max() <= below.max() * (1 + 1e-6)


def test_smoothing_is_the_gaussian_of_scipy():
    """Same kernel, same cut-off: what is left is float32 rounding of the result, 2^-24, and of 1e3 double sums."""
    ndimage = pytest.importorskip("scipy.ndimage")
    rough = np.random.default_rng(1).uniform(1500, 5000, (40, 30)).astype(np.float32)
    expected = 1 / ndimage.gaussian_filter(1 / rough.astype(float), (2.5, 2.0), mode="nearest", truncate=4.0)
    np.testing.assert_allclose(smooth_slowness(rough, (8.0, 10.0), 20.0), expected, rtol=2**-23)
