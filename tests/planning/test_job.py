"""A job's sizes, clock and imaging step are those that the operators of such a problem have."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.adjoint.imaging_step import step_for
from wavecomp.errors import UnsupportedStrategy, UsageError
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.job import job_in_words, job_of, stable_step_s
from wavecomp.planning.sizes import ProblemSizes


@pytest.mark.parametrize("name", ["tiny", "thrust-2d"])
def test_a_problem_is_the_job_that_its_operators_do(name):
    """The time step is cut to four digits on both sides and compared to single precision; all else is exact."""
    problem = find_problem(name)
    job, operators = job_of(problem), open_operators(problem)
    assert job.signature.dt_s == pytest.approx(operators.dt_s, rel=1e-6)
    assert job.sizes == ProblemSizes.of(operators)
    for error in (1e-1, 1e-2, 1e-3, 1e-4):
        assert job.step_for(error) == step_for(operators.signature, error)


def test_words_give_the_same_job_where_they_say_the_same():
    """``quick``: a hundred points a side, twenty of layer; its steps are 1 to 499, its velocities not spread evenly."""
    problem = find_problem("quick")
    velocity = problem.true_velocity()
    medium = problem.medium
    words = job_in_words(
        medium.shape,
        500,
        layer_points=medium.absorbing_points,
        space_order=medium.space_order,
        spacing_m=min(medium.spacing_m),
        velocity_m_s=(float(velocity.min()), float(velocity.max())),
        peak_frequency_hz=medium.peak_frequency_hz,
    )
    job = job_of(problem)
    assert (words.sizes, words.everything_bytes) == (job.sizes, 499 * 4 * 100**3)
    assert words.signature.dt_s == job.signature.dt_s


def test_the_set_up_of_the_study():
    """801 × 801 × 207 points and a layer of 40: the study says 891 MB a time level without the stencil's halo."""
    job = job_in_words((801, 801, 207), 2500)
    assert job.sizes.state_bytes == 2 * 4 * (801 + 80 + 16) ** 2 * (207 + 80 + 16)
    assert job.sizes.level_bytes == 4 * 801 * 801 * 207
    assert job.step_for(1e-2) == 1
    assert job.aliasing(2) == math.inf


@given(
    dims=st.integers(2, 3),
    spacing=st.floats(1.0, 50.0),
    velocity=st.floats(300.0, 8000.0),
    order=st.sampled_from([2, 4, 8, 12]),
)
def test_the_time_step_is_stable_and_not_far_from_the_limit(dims, spacing, velocity, order):
    """The scheme is stable up to 2 h / (v √(d Σ|w|)) with the weights w of the second difference of that order; weights
    of twice the order add up to more, at most π² in the limit, against 4 for order 2: a step of at least 0.63 of it,
    of which cutting to four digits takes a thousandth."""
    squared = 2.0 * sum(4.0**m / (m**2 * math.comb(2 * m, m)) for m in range(1, order // 2 + 1))
    limit = 2.0 * spacing / (velocity * math.sqrt(dims * squared))
    assert 0.63 * limit < stable_step_s(dims, spacing, velocity, order) < limit * (1 + 5e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"shape": (100,)}, "shape 100"),
        ({"shape": (100, 2)}, "shape 100x2"),
        ({"steps": 2}, "steps 2"),
        ({"layer_points": -1}, "-1 points"),
        ({"shots": 0}, "0 shots"),
        ({"space_order": 5}, "space order 5"),
        ({"spacing_m": 10.0}, "without velocity and peak frequency"),
        ({"spacing_m": 10.0, "velocity_m_s": (3000.0, 1500.0), "peak_frequency_hz": 8.0}, "velocity 3000..1500"),
        ({"spacing_m": -1.0, "velocity_m_s": (1500.0, 3000.0), "peak_frequency_hz": 8.0}, "spacing -1"),
        ({"spacing_m": 10.0, "velocity_m_s": (0.0, 3000.0), "peak_frequency_hz": 8.0}, "velocity 0"),
        ({"spacing_m": 10.0, "velocity_m_s": (1e3, 3e3), "peak_frequency_hz": math.inf}, "peak frequency inf"),
    ],
)
def test_what_makes_no_sense_is_refused(words, said):
    with pytest.raises(UsageError, match=said):
        job_in_words(**{"shape": (100, 100), "steps": 500, **words})


def test_of_another_physics_the_steps_are_known_where_they_are_given_and_every_one_is_imaged():
    problem = find_problem("tti-2d")
    assert job_of(problem).step_for(1e-2) == 1
    lasting = replace(problem, medium=replace(problem.medium, steps=None, duration_s=1.0))
    with pytest.raises(UnsupportedStrategy, match="tti-2d"):
        job_of(lasting)
