"""A gradient at some points, from two bare sweeps, beside gradients that were really taken."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import MeaninglessGradient
from wavecomp.metrics.gradient import deep_points, deep_relative_l2, gradient_distance
from wavecomp.physics.sampled_points import CUBE, sampled_points
from wavecomp.plans.strategies import parse_strategy


@pytest.fixture
def bench(tiny, open_workbench):
    return open_workbench(tiny)


@given(most=st.integers(1, 5000), shot=st.integers(0, 1), which=st.sampled_from(["tiny", "cube"]))
def test_points_stand_for_the_whole_domain(most, shot, which, tiny, cube):
    problem = {"tiny": tiny, "cube": cube}[which]
    shot = shot % len(problem.shots_m)
    points = sampled_points(problem, shot, most)
    shape = problem.medium.shape
    flat = np.ravel_multi_index(points.at, shape)
    assert len(np.unique(flat)) == len(flat)
    assert points.weights.sum() == pytest.approx(math.prod(shape))
    assert points.weights.min() >= 1.0
    below = math.prod(shape[:-1]) * deep_points(shape[-1])
    assert points.weights[points.deep].sum() == pytest.approx(below)
    again = sampled_points(problem, shot, most)
    assert all(np.array_equal(*pair) for pair in zip(points.at, again.at, strict=True))


def test_where_all_points_are_taken_norms_are_exact(tiny):
    points = sampled_points(tiny, 0, 10**6)
    values = np.random.default_rng(1).normal(size=tiny.medium.shape)
    whole, deep = points.norms(values[points.at])
    assert whole == pytest.approx(np.linalg.norm(values))
    assert deep == pytest.approx(np.linalg.norm(values[..., -deep_points(values.shape[-1]) :]))


def test_singular_places_are_all_looked_at(tiny):
    """What lies at the source and in the receivers' cells alone is summed up exactly, however few points there are."""
    spacing = np.array(tiny.medium.spacing_m)
    values = np.zeros(tiny.medium.shape)
    for place in [tiny.shot_from_origin_m(0), *tiny.receivers_from_origin_m()]:
        cell = tuple(np.minimum(np.floor(np.array(place) / spacing + 0.5).astype(int), np.array(values.shape) - 1))
        values[cell] = 1.0 + sum(cell)
    most = (2 * CUBE + 1) ** 2
    points = sampled_points(tiny, 0, most)
    assert points.weights.max() > 1.0
    assert points.norms(values[points.at])[0] == pytest.approx(np.linalg.norm(values))


def test_norms_by_few_points_are_right_on_average(tiny):
    """Of a stratum of m points of which n are drawn, the mean of the squares has a variance of s² (1 − n/m) / n. With
    squares of normal values, s² is 2. Of 7,200 points: the norm's square is 7,200 within four deviations of that."""
    values = np.random.default_rng(2).normal(size=tiny.medium.shape)
    points = sampled_points(tiny, 0, 100)
    squares = points.norms(values[points.at])[0] ** 2
    drawn = np.unique(points.weights, return_counts=True)
    variance = sum(2.0 * (count * weight) ** 2 * (1 - 1 / weight) / count for weight, count in zip(*drawn, strict=True))
    assert squares == pytest.approx(np.sum(values**2), abs=4 * math.sqrt(variance))


def test_imaging_errors_are_those_of_gradients_that_were_taken(bench):
    """On a grid of which nearly all points are taken, so that what is left is rounding: the imaging condition rounds
    three terms of 1/Δt² each, of which ω² Δt² remains, in every step. Half as much again is allowed where the error is
    below 1e-5, and a twentieth above."""
    sampled = bench.sampled(0)
    exact = bench.run(parse_strategy("store-all")).gradient.copy()
    for every in (2, 3, 4, 6, 8):
        gradient = bench.run(parse_strategy(f"store-all:every={every}")).gradient
        measured = gradient_distance(exact, gradient).relative_l2, deep_relative_l2(exact, gradient)
        for seen, found in zip(sampled.imaging[every], measured, strict=True):
            assert seen == pytest.approx(found, rel=0.05 if found > 1e-5 else 0.5), every


def test_noise_is_what_errors_of_all_levels_do(bench, monkeypatch):
    """Uniform errors, independent from point to point and level to level. The norm of the sum of N of them differs
    from its expectation by a part of about (2 · effective points)^-½; some dozens of points have most of it: 15 %."""
    code = bench.code
    sampled, rms = bench.sampled(0), 1e-3 * bench.peak(0)
    exact = bench.run(parse_strategy("store-all")).gradient.copy()
    generator, keep = np.random.default_rng(3), code.keep

    def noisy(step, slot):
        keep(step, slot)
        for array in slot.stored:
            array += generator.uniform(-rms * 3**0.5, rms * 3**0.5, array.shape).astype(array.dtype)

    monkeypatch.setattr(code, "keep", noisy)
    gradient = bench.run(parse_strategy("store-all")).gradient
    assert gradient_distance(exact, gradient).relative_l2 == pytest.approx(rms * sampled.noise[0], rel=0.15)
    assert deep_relative_l2(exact, gradient) == pytest.approx(rms * sampled.noise[1], rel=0.15)


def test_weights_are_those_of_the_whole_adjoint(bench):
    np.testing.assert_allclose(bench.sampled(0).weights, bench.weights(1), rtol=0.05)


def test_a_run_after_it_is_what_it_was(bench):
    before = bench.run(parse_strategy("revolve:slots=5")).gradient.copy()
    bench.sampled(0)
    np.testing.assert_array_equal(bench.run(parse_strategy("revolve:slots=5")).gradient, before)


def test_a_gradient_of_nothing_is_refused(bench):
    code = bench.code
    bench.observed(0)
    code.set_shot(0)
    code.rest()
    code.forward(code.first, code.last, record=True)
    from wavecomp.physics.sampled_gradient import sampled_gradient

    code.observed = code.records.data.copy()
    with pytest.raises(MeaninglessGradient, match=r"norm of 0, and of 0 below"):
        sampled_gradient(code, 0)
