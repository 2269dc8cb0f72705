"""``every=auto`` on real operators: the number, the error that it comes to, and what a record says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.metrics.gradient import deep_relative_l2
from wavecomp.physics.opening import open_bench
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.signature import highest_frequency, signature_of
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records import GradientArchive, GradientImpact


@pytest.mark.parametrize("order", [2, 4, 8, 16])
def test_the_shortest_wave_on_the_grid(order):
    """+1, −1, +1 … on a ring, by the central weights of that order: Σ 2 w_m m^(2p) is 2 for p = 1, else 0."""
    half = order // 2
    powers = np.array([[2.0 * m ** (2 * p) for m in range(1, half + 1)] for p in range(1, half + 1)])
    weights = np.linalg.solve(powers, [2.0] + [0.0] * (half - 1))
    symbol = sum(2.0 * w * (1 - (-1) ** m) for m, w in enumerate(weights, start=1))
    found = 2 * math.pi * highest_frequency(1500.0, 25.0, order) * 25.0 / 1500.0
    assert found**2 == pytest.approx(symbol, rel=1e-6)
    assert 1.999 < found < math.pi


def test_units_and_shares():
    velocity = np.repeat([2.0, 4.0], 50)
    signature = signature_of(np.ones((5, 1)), 2.5, velocity, (20.0, 10.0), 8)
    assert signature.dt_s == pytest.approx(2.5e-3)
    counted = {round(carried, 6): signature.carried_hz.count(carried) for carried in signature.carried_hz}
    assert counted == {round(highest_frequency(v, 10.0, 8), 6): 10 for v in (2000.0, 4000.0)}


@pytest.mark.parametrize(("error", "most"), [(1e-3, 5), (1e-2, 7)])
def test_the_gradient_keeps_its_share(tiny, open_workbench, error, most):
    """Measured: 5 and 7 are the greatest steps with half the error below the top tenth of the depth. Above it the end
    of the record adds something, which no source tells: there all of the error is allowed."""
    bench = open_workbench(tiny)
    exact = bench.run(parse_strategy("store-all")).gradient
    run = bench.run(parse_strategy(f"store-all:every=auto,error={error}"))
    chosen = bench.settled(parse_strategy(f"store-all:every=auto,error={error}"))
    assert run.strategy == chosen.spec
    assert most - 1 <= chosen.every <= most
    assert deep_relative_l2(exact, run.gradient) <= 0.5 * error
    assert np.linalg.norm(run.gradient - exact) <= error * np.linalg.norm(exact)
    again = bench.run(parse_strategy(f"trajectory:every={chosen.every}"))
    np.testing.assert_array_equal(run.gradient, again.gradient)


@pytest.mark.parametrize(("name", "most"), [("tti-2d", 8), ("viscoacoustic-2d", 6)])
def test_other_physics_tell_their_source(name, most):
    """The greatest steps are measured, for half of 1e-3 below the top tenth of the depth."""
    bench = open_bench(find_problem(name))
    signature = bench.code.signature
    assert signature.dt_s == pytest.approx(bench.dt_s)
    assert signature.wavelet.shape == (bench.steps + 1, 1)
    fastest, slowest = (highest_frequency(f(bench.problem.initial_velocity()), 50.0, 8) for f in (np.max, np.min))
    assert slowest <= signature.carried_hz[0] < signature.carried_hz[-1] <= fastest
    assert 4 <= bench.with_step(parse_strategy("trajectory:every=auto")).every <= most


def test_the_record_keeps_what_was_asked_and_what_was_run(tiny, tmp_path):
    asked = ("trajectory:every=auto,error=1e-2/zfp:accuracy=1e-3peak", "store-all:every=auto")
    cases = impact_cases(tiny, asked, (), default_registry(), shots=(0, 2))
    result = run_impact(cases, GradientArchive(tmp_path), rounds=1, limits=Limits(300.0, 2**40))
    found = {record.spec: record for record in result.records}
    zfp = found["trajectory:every=auto,error=0.01/zfp:accuracy=1e-3peak"]
    stored = found["store-all:every=auto,error=1e-3"]
    assert zfp.strategy_parameters["every"] == "auto"
    assert zfp.strategy_parameters["error"] == 0.01
    assert isinstance(zfp.outcome, GradientImpact)
    assert isinstance(stored.outcome, GradientImpact)
    assert [text.partition("/")[0] for text in zfp.outcome.absolute_specs] == ["trajectory:every=7"] * 2
    assert all(text.partition("/")[2].startswith("zfp:accuracy=0.") for text in zfp.outcome.absolute_specs)
    assert stored.outcome.absolute_specs == ("store-all:every=4",) * 2
