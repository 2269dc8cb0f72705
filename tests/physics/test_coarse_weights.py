"""Weights from a run with half the resolution, and what they are worth beside those of the run itself."""

from __future__ import annotations

import gc
import json

import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.physics.coarse import coarse_problem, weights_between
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.time_tolerances import RANGE, excess
from wavecomp.records import GradientArchive, GradientImpact, GradientRecord


@pytest.fixture
def bench(tiny, open_workbench):
    return open_workbench(tiny)


def coarse(bench, every, shot=0):
    from wavecomp.physics.workbench import _coarse_weights
    from wavecomp.plans.actions import imaged

    return _coarse_weights(bench.code, shot, imaged(bench.code.first, bench.code.last, every))


@pytest.mark.parametrize("which", ["tiny", "cube"])
def test_half_a_problem_is_the_same_place(which, tiny, cube):
    fine = {"tiny": tiny, "cube": cube}[which]
    half = coarse_problem(fine, 1.5)
    assert half.medium.spacing_m == tuple(2 * h for h in fine.medium.spacing_m)
    for (first, last), (begin, end) in zip(fine.medium.extent_m, half.medium.extent_m, strict=True):
        assert begin == first
        assert last <= end <= last + max(fine.medium.spacing_m)
    np.testing.assert_array_equal(half.receivers_from_origin_m(), fine.receivers_from_origin_m())
    assert half.shot_from_origin_m(0) == fine.shot_from_origin_m(0)
    for half_v, fine_v in (
        (half.true_velocity(), fine.true_velocity()),
        (half.initial_velocity(), fine.initial_velocity()),
    ):
        assert half_v.shape == half.medium.shape
        inside = tuple(slice(0, -(-n // 2)) for n in fine_v.shape)
        np.testing.assert_array_equal(half_v[inside], fine_v[(slice(None, None, 2),) * fine_v.ndim])
    assert half.pinned().true_velocity().shape == half.medium.shape


@pytest.mark.parametrize("every", [1, 5])
def test_coarse_weights_are_closer_to_the_run_than_one_tolerance_is(bench, every):
    """What matters of two sets of weights is the error that one costs where the other is right. The bound is half of
    what is to be gained; the shape itself, in octaves about the mean, may be off by as much as one waveform is from
    another one of 0.63 of its frequency: one octave nearly everywhere, more at the end alone, where the adjoint begins
    a period of the wavelet earlier or later."""
    fine, half = bench.weights(every), coarse(bench, every)
    assert len(fine) == len(half)
    one_for_all = excess(fine, np.ones(len(fine))) - 1.0
    assert one_for_all > 0.2
    assert excess(fine, half) - 1.0 < 0.5 * one_for_all
    octaves = np.log2(half / np.maximum(fine, fine.max() / RANGE))
    off = np.abs(octaves - np.median(octaves))
    period = int(1.0 / (bench.operators.problem.medium.peak_frequency_hz * bench.operators.dt_s * every))
    assert off[: -2 * period].max() < 1.0


@pytest.mark.parametrize("source", ["coarse", "earlier"])
def test_less_error_at_equal_bytes(bench, source):
    """At the same geometric mean the bytes are the same but for what a level's entropy is not linear in the tolerance's
    logarithm: within a fifth. What is to be gained is the excess of one tolerance for all; half of that is asked for,
    and the bytes may not eat it up: the error falls with them at least like their power of -1 (a bit a value halves it,
    and at two bits a value that is half as many bytes more)."""
    exact = bench.run(parse_strategy("store-all")).gradient
    base = bench.run(parse_strategy("store-all:every=4")).gradient

    def measured(text):
        run = bench.run(parse_strategy(text))
        error = np.linalg.norm(run.gradient.astype(np.float64) - base) / np.linalg.norm(exact.astype(np.float64))
        return run.peak_store_bytes, float(error)

    one = measured("trajectory:every=4/interp:abs=4e-3peak")
    own = measured(f"trajectory:every=4,weights={source}/interp:abs=4e-3peak")
    assert own[0] < 1.2 * one[0]
    gain = excess(bench.weights(4), np.ones(len(bench.weights(4))))
    assert own[0] * own[1] < one[0] * one[1] / (1 + 0.5 * (gain - 1))


def test_a_run_finds_the_weights_once_and_has_the_same_bits_again(bench):
    strategy = parse_strategy("trajectory:every=4,weights=coarse/zfp:accuracy=1e-3peak")
    first = bench.run(strategy, shot=1)
    again = bench.run(strategy, shot=1)
    assert first.weights == again.weights != ""
    assert again.weights_s == 0.0 < first.weights_s
    np.testing.assert_array_equal(first.gradient, again.gradient)
    assert bench.run(strategy, shot=2).weights != first.weights


def test_between_times():
    weights = weights_between(np.array([8.0, 2.0, 0.0]), np.array([0.0, 1.0, 2.0]), np.array([-1.0, 0.5, 1.0, 3.0]))
    np.testing.assert_allclose(weights, [8.0, 4.0, 2.0, 8.0 / RANGE], rtol=1e-12)
    assert not weights_between(np.zeros(2), np.arange(2.0), np.arange(3.0)).any()


def test_the_record_keeps_what_the_tolerances_were(tiny, tmp_path):
    asked = (
        "trajectory:every=4,weights=coarse/zfp:accuracy=1e-3peak",
        "mixed:levels=20,weights=earlier/interp:abs=1e-2",
    )
    cases = impact_cases(tiny, asked, (), default_registry(), shots=(0, 2))
    assert len({case.digest for case in cases}) == len(cases)
    plain = impact_cases(tiny, ("trajectory:every=4/zfp:accuracy=1e-3peak",), (), default_registry(), shots=(0, 2))
    assert plain[-1].digest not in {case.digest for case in cases}
    result = run_impact(cases, GradientArchive(tmp_path), rounds=1, limits=Limits(300.0, 2**40))
    _, stored, coarse, earlier = result.records
    for record, count in ((stored, 0), (coarse, 2), (earlier, 2)):
        assert isinstance(record.outcome, GradientImpact)
        assert len(set(record.outcome.level_weights)) == count
        assert GradientRecord.from_line(record.to_line()).to_line() == record.to_line()
    assert "level_weights" not in json.loads(stored.to_line())
    assert coarse.strategy_parameters["weights"] == "coarse"
    assert all("weights=coarse/zfp:accuracy=0.8" in text for text in coarse.outcome.absolute_specs)
    assert earlier.outcome.distance["relative_l2"] < 1e-3


def test_nothing_of_the_coarse_run_stays(bench):
    """Its operators are no part of what a run holds, so they must be gone: they and their sweeps hold each other."""
    from wavecomp.physics.acoustic import AcousticOperators

    def operators() -> int:
        gc.collect()
        return sum(isinstance(one, AcousticOperators) for one in gc.get_objects())

    before = operators()
    coarse(bench, 4)
    assert operators() == before
