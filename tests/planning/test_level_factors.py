"""Tolerances over time are predicted: bytes, seconds and error by each level's own tolerance, and plans with them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_up import SIZES, made_costs
from planned import costs_with_codecs, job
from wavecomp.errors import UsageError
from wavecomp.planning.candidates import candidates
from wavecomp.planning.choose import choose
from wavecomp.planning.codecs import CodecCosts, ErrorSample
from wavecomp.planning.costs import Costs
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.job import Job
from wavecomp.planning.level_factors import LevelFactors, level_factors
from wavecomp.planning.plan_words import lines
from wavecomp.planning.predict import predict
from wavecomp.planning.prices import Prices
from wavecomp.planning.virtual_clock import Charge
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.time_tolerances import excess, exponents, factor

FAMILY = "interp:abs={},codec=huffman,level=1"

TWO = ((0.0, 4.0), (0.495, 4.0), (0.51, 1.0), (1.0, 1.0))
"""Levels of the first half weigh four times as much: with every third of 120 steps imaged, 20 of either kind."""

JOB = Job("made-up", (25, 40), SIZES)


def weighed(weights: tuple[tuple[float, float], ...] = TWO, seconds: float = 1e-3) -> Costs:
    """Return costs with 2000 bytes and 4 times the seconds at 1e-4, and 500 bytes at 1e-3, all along the run."""
    along, raw = (0.1, 0.9), SIZES.level_bytes
    codecs = tuple(
        CodecCosts(FAMILY, fraction, "level", raw, along, (size,) * 2, (each_s,) * 2, (each_s,) * 2, (50,), (1,))
        for fraction, size, each_s in ((1e-4, 2000.0, 4 * seconds), (1e-3, 500.0, seconds))
    )
    return made_costs(
        codecs=codecs,
        errors=tuple(ErrorSample(FAMILY, fraction, "level", 1, fraction, 2 * fraction) for fraction in (1e-4, 1e-3)),
        imaging=(Imaging(3, 1e-9, 1e-9, 1e-9),),
        weights=weights,
    )


def plain(weights: str = "") -> str:
    return f"trajectory:every=3,tier=disk{weights}/interp:abs=3.1622776601683795e-4peak"


def test_bytes_and_seconds_of_two_tolerances_by_hand():
    """Weights of 4 and 1, as many of each, make factors of 1/2 and 2.

    At the middle of both tolerances in logarithms a level has 1000 bytes; from there twice the tolerance lies log10(2)
    of the way further, in which bytes fall by four and seconds by 3 ms.
    """
    costs, strategy = weighed(), parse_strategy(plain(",weights=coarse"))
    prices = Prices(strategy, SIZES, costs)
    fine, coarse = 1000 * 4 ** np.log10(2), 1000 / 4 ** np.log10(2)
    assert [prices.packed(("level", step), 0.0).sizes for step in (3, 60)] == [(round(fine),)] * 2
    assert [prices.packed(("level", step), 0.0).sizes for step in (63, 120)] == [(round(coarse),)] * 2
    for step, size, part in ((60, fine, 0.5 - np.log10(2)), (63, coarse, 0.5 + np.log10(2))):
        to_disk = size / costs.disk_write_bytes_s
        assert prices(Charge("put", 1, step)) == pytest.approx(4e-3 - 3e-3 * part + to_disk)
    uniform, found = (predict(parse_strategy(text), SIZES, costs) for text in (plain(), plain(",weights=coarse")))
    assert uniform.writes == found.writes == 40
    assert uniform.disk_bytes == 40 * 1000
    assert found.disk_bytes == 20 * round(fine) + 20 * round(coarse)


def test_the_error_of_two_tolerances_by_hand():
    """The mean of (f w)² is that of 2² and 2²; the mean of w² that of 4² and 1²."""
    uniform, found = (predict(parse_strategy(text), SIZES, weighed()) for text in (plain(), plain(",weights=earlier")))
    ratio = 2 / 8.5**0.5
    assert found.gradient_error == pytest.approx(ratio * uniform.gradient_error, rel=1e-6)
    assert found.deep_error == pytest.approx(ratio * uniform.deep_error, rel=1e-6)


def test_zfp_has_the_error_of_the_powers_of_two_that_it_goes_by():
    """0.05 asks for 1/32; half of it for 1/64, twice of it for 1/16. Times √2 it asks for 1/16, over √2 for 1/32."""
    levels = LevelFactors(range(1, 3), (-2, 2), (4.0, 1.0))
    assert levels.error_ratio("zfp:accuracy={}", 1e-3, 50.0) == pytest.approx(2 / 8.5**0.5)
    levels = LevelFactors(range(1, 3), (-1, 1), (2.0, 1.0))
    assert levels.error_ratio("zfp:accuracy={}", 1e-3, 50.0) == pytest.approx((8 / 5) ** 0.5)
    assert levels.error_ratio(FAMILY, 1e-3, 50.0) == pytest.approx((4 / 5) ** 0.5)


@given(weights=st.lists(st.floats(1.0, 4000.0), min_size=1, max_size=60))
def test_the_ratio_is_that_of_the_excesses(weights):
    """At unequal bits: rounding leaves the factors a geometric mean that is not 1, which the excess takes out."""
    values = np.array(weights)
    levels = tuple(map(int, exponents(values)))
    factors = np.array([factor(k) for k in levels])
    expected = excess(values, 1 / factors) / excess(values, np.ones(len(values)))
    expected *= float(np.exp(np.mean(np.log(factors))))
    found = LevelFactors(range(1, 1 + len(weights)), levels, tuple(weights)).error_ratio(FAMILY, 1e-3, 50.0)
    assert found == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(weight=st.floats(1e-30, 1e30), fraction=st.floats(1e-4, 1e-3), way=st.sampled_from(["", ",overlap"]))
def test_equal_weights_are_one_tolerance_for_all(weight, fraction, way):
    costs = weighed(((0.0, weight), (1.0, weight)))
    uniform, found = (
        predict(parse_strategy(f"trajectory:every=3{way}{weights}/interp:abs={fraction!r}peak"), SIZES, costs)
        for weights in ("", ",weights=coarse")
    )
    assert replace(found, strategy=uniform.strategy) == uniform


def test_far_factors_are_said_to_lie_beyond():
    """Factors of 1/2 and 2 about the finest calibrated tolerance: half of the levels lie beyond it, by two."""
    strategy = parse_strategy("trajectory:every=3,weights=coarse/interp:abs=1e-4peak")
    assert Prices(strategy, SIZES, weighed()).beyond == pytest.approx(2**0.5)


def test_weights_go_with_the_part_of_the_run():
    scaled = weighed().scaled_to(4 * SIZES.level_bytes, 4 * SIZES.state_bytes, 2, 240)
    assert scaled.weights == TWO
    levels = level_factors(scaled, replace(SIZES, last=241), 3)
    assert levels.levels == (-2,) * 40 + (2,) * 40
    assert [levels.exponent(step) for step in (1, 120, 122, 241)] == [-2, -2, 2, 2]


def test_costs_of_an_earlier_version_are_read_and_say_what_they_lack():
    values = json.loads(weighed().to_json())
    assert Costs.from_json(json.dumps(values)) == weighed()
    del values["weights"]
    old = Costs.from_json(json.dumps(values))
    assert old == weighed(())
    assert predict(parse_strategy(plain()), SIZES, old).gradient_error
    with pytest.raises(UsageError, match=r"measured on made-up have no weights of levels.*calibrate again"):
        predict(parse_strategy(plain(",weights=coarse")), SIZES, old)


def test_a_compressor_that_was_calibrated_at_one_tolerance_alone_is_refused():
    name = FAMILY.replace("{}", "0.05")
    costs = weighed()
    costs = replace(costs, codecs=tuple(replace(one, family=name, fraction=None) for one in costs.codecs[:1]))
    with pytest.raises(UsageError, match="at this tolerance alone"):
        predict(parse_strategy("trajectory:weights=coarse/interp:abs=0.05"), SIZES, costs)


def test_every_compressed_strategy_is_also_tried_with_weights():
    found = [one.text for one in candidates(JOB, weighed(), 1e-2, disk=True)]
    heads = {text.partition("/")[0] for text in found if "weights" in text}
    trajectories = {head for head in heads if head.startswith("trajectory")}
    assert trajectories == {f"trajectory:every=1{way},weights=coarse" for way in ("", ",tier=disk")}
    assert trajectories == heads  # of states nothing is known
    states = candidates(job(), costs_with_codecs(weights=weighed().weights), 1e-2)
    heads = {one.text.partition(":")[0] for one in states if "weights" in one.text}
    assert heads == {"trajectory", "revolve", "mixed"}
    known = replace(weighed(), handoffs={FAMILY: 1e-4})  # what compressing beside the time steps costs was calibrated
    assert any(",overlap,weights" in one.text for one in candidates(JOB, known, 1e-2))
    for text in found:
        canonical = parse_strategy(text).text.head
        assert str(canonical) == text.partition("/")[0].replace("every=1,", "").replace(":every=1", "")
    assert not any("weights" in one.text for one in candidates(JOB, weighed(()), 1e-2))
    # A problem whose source nobody knows is none of the acoustic equation, and has no coarse run.
    assert not any("weights" in one.text for one in candidates(replace(JOB, problem="1f"), weighed(), 1e-2))


def test_a_memory_for_weighted_levels_alone_is_planned_with_them():
    """Weights of 16 and 1: the same error leaves a tolerance √128.5 / 4 times as coarse, 1.5 / 2 of it by the reserves.

    Bytes fall by 4 ** log10 of it, to 0.64, and half of the levels have more and half less by 4 ** log10(4): 0.87.
    """
    costs, error = weighed(tuple((place, 16.0 if rms > 1 else 1.0) for place, rms in TWO)), 1e-3
    everything = choose(JOB, costs, 10**6, error).points
    need = {
        name: min(one.needed_bytes for one in everything if one.strategy.weights == name and one.strategy.relative)
        for name in ("coarse", None)
    }
    assert need["coarse"] < need[None]
    memory = (need["coarse"] + need[None]) // 2
    made = choose(JOB, costs, memory, error)
    assert made.best.strategy.weights == "coarse"
    assert made.best.error <= error / 1.5
    assert sum("run with half the resolution" in line for line in lines(made)) == 1
    without = choose(JOB, weighed(()), memory, error)
    assert without.best.strategy.name == "mixed"
    assert without.best.prediction.seconds > made.best.prediction.seconds
    assert not any("half the resolution" in line for line in lines(without))
