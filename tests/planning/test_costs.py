"""Costs are kept whole, scaled by bytes, and taken to other speeds."""

from __future__ import annotations

import pytest

from made_up import SIZES, made_costs
from wavecomp.errors import DamagedArchive, UsageError
from wavecomp.planning.codecs import CodecCosts, ErrorSample, between, effective, power_law
from wavecomp.planning.costs import Costs
from wavecomp.planning.families import family_of
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.predict import predict
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.tasks import OF_STATES, Line
from wavecomp.planning.two_grids import scaled_between
from wavecomp.plans.strategies import parse_strategy


def codec(
    fraction: float | None, size: float, kind: str = "level", family: str = "interp:abs={},codec=huffman,level=1"
):
    raw = SIZES.level_bytes if kind == "level" else SIZES.state_bytes
    arrays = 1 if kind == "level" else 2
    return CodecCosts(
        family, fraction, kind, raw, (0.1, 0.9), (size, 2 * size), (0.4, 0.8), (0.2, 0.6), (50,) * arrays, (1,) * arrays
    )  # fmt: skip


def full_costs() -> Costs:
    return made_costs(
        codecs=(codec(1e-4, 400.0), codec(1e-3, 100.0), codec(1e-3, 500.0, "state")),
        errors=(ErrorSample("interp:abs={},codec=huffman,level=1", 1e-3, "level", 4, 2e-3, 3e-3),),
        imaging=(Imaging(4, 1e-4, 2e-4, 1e-4), Imaging(5, 3e-4)),
    )


def test_a_text_gives_back_what_was_written():
    costs = full_costs()
    assert Costs.from_json(costs.to_json()) == costs
    assert Costs.from_json(costs.to_json()).to_json() == costs.to_json()
    with pytest.raises(DamagedArchive, match="these are no costs"):
        Costs.from_json('{"problem": "made-up"}')


def test_twice_the_points_take_twice_the_time_but_for_calls():
    costs = made_costs()
    twice = costs.scaled_to(2 * SIZES.level_bytes, 2 * SIZES.state_bytes, 2)
    for task, line in costs.lines.items():
        assert twice.lines[task] == Line(line.call_s, 2 * line.step_s)
    assert (twice.scaled, twice.bare_s) == (2.0, 2 * costs.bare_s)
    assert costs.scaled_to(SIZES.level_bytes, SIZES.state_bytes, 2, 240).bare_s == 2 * costs.bare_s


def test_steps_go_with_states_and_images_with_levels():
    twice = made_costs().scaled_to(3 * SIZES.level_bytes, 5 * SIZES.state_bytes, 2)
    usual = made_costs()
    assert twice.lines["forward"].step_s == 5 * usual.lines["forward"].step_s
    assert twice.lines["image:each:tape"].step_s == 3 * usual.lines["image:each:tape"].step_s
    assert twice.lines["put"].step_s == 3 * usual.lines["put"].step_s
    assert twice.lines["save"].step_s == 5 * usual.lines["save"].step_s


def test_scaled_compressors_keep_ratio_and_seconds_a_byte():
    costs = full_costs().scaled_to(4 * SIZES.level_bytes, 4 * SIZES.state_bytes, 2)
    before = full_costs().codecs[0]
    assert costs.codecs[0].mean_ratio == pytest.approx(before.mean_ratio)
    assert costs.codecs[0].store_s == pytest.approx([4 * one for one in before.store_s])


def test_a_slower_moment_is_slower_throughout():
    strategy = parse_strategy("mixed:levels=9/interp:abs=1e-3peak")
    usual, slow = (predict(strategy, SIZES, costs) for costs in (full_costs(), full_costs().at_speed(1.5)))
    assert slow.seconds == pytest.approx(1.5 * usual.seconds)
    assert slow.peak_bytes == usual.peak_bytes


def test_what_makes_no_sense_is_refused():
    costs = made_costs()
    with pytest.raises(UsageError, match="in 2 dimensions, say nothing about 3"):
        costs.scaled_to(10, 20, 3)
    with pytest.raises(UsageError, match="levels of 0"):
        costs.scaled_to(0, 20, 2)
    with pytest.raises(UsageError, match="a speed of 0"):
        costs.at_speed(0.0)
    with pytest.raises(UsageError, match='no task "image:each:moon"'):
        costs.line("image:each:moon")
    with pytest.raises(UsageError, match="scale them to it first"):
        predict(parse_strategy("trajectory"), SIZES, made_costs(level_bytes=1))
    with pytest.raises(UsageError, match="zfp:accuracy=1e-3 was not calibrated on made-up"):
        predict(parse_strategy("trajectory/zfp:accuracy=1e-3"), SIZES, full_costs())
    with pytest.raises(UsageError, match="from step 3 to 3"):
        ProblemSizes(3, 3, (4,), (8,), 2)


def test_a_tolerance_is_the_same_as_a_fraction_and_in_the_unit_of_the_field():
    costs = full_costs()
    family = "interp:abs={},codec=huffman,level=1"
    assert family_of(parse_strategy("trajectory/interp:abs=1e-3peak"), costs) == (family, 1e-3)
    assert family_of(parse_strategy("trajectory/interp:abs=0.05"), costs) == (family, pytest.approx(1e-3))
    assert family_of(parse_strategy("trajectory"), costs) is None
    with pytest.raises(UsageError, match="was not calibrated"):
        family_of(parse_strategy("trajectory/interp:abs=0.05,codec=lz4"), costs)


def test_between_two_tolerances_bytes_are_straight_in_logarithms():
    """Halfway in the logarithm between 400 and 100 bytes lie 200; beyond 1e-3 the line goes on, and it is said."""
    found = full_costs().codecs[:2]
    middle, beyond = between(found, 10**-3.5, 50.0)
    assert middle.sizes == pytest.approx((200.0, 400.0))
    assert beyond == 1.0
    further, beyond = between(found, 1e-2, 50.0)
    assert further.sizes == pytest.approx((25.0, 50.0))
    assert beyond == pytest.approx(10.0)
    assert further.store_s == pytest.approx(found[1].store_s)


def test_a_parabola_goes_through_three_tolerances():
    three = [codec(10.0**-n, size) for n, size in ((5, 900.0), (4, 300.0), (3, 150.0))]
    for one in three:
        assert between(three, one.fraction, 50.0)[0].sizes == pytest.approx(one.sizes)


def test_zfp_goes_by_powers_of_two_in_the_unit_of_the_field():
    assert effective("zfp:accuracy={}", 1e-3, 50.0) * 50 == 2.0**-5  # 0.05 lies between 1/32 and 1/16
    assert effective("interp:abs={}", 1e-3, 50.0) == 1e-3
    same = [codec(fraction, 100.0, family="zfp:accuracy={}") for fraction in (1e-4, 1e-3)]
    sizes = {between(same, fraction, 50.0)[0].sizes for fraction in (7e-4, 8e-4, 1.2e-3)}
    assert len(sizes) == 1


def test_an_error_goes_with_the_tolerance_where_one_is_known_and_through_all_that_are():
    assert power_law([(1e-3, 2e-4)])(1e-2) == pytest.approx(2e-3)
    law = power_law([(1e-3, 1e-4), (1e-1, 1e-3)])
    assert law(1e-2) == pytest.approx(10**-3.5)
    assert power_law([(1e-3, 0.0)])(1.0) == 0.0


def test_a_grid_between_two_has_prices_between_theirs_and_one_outside_is_scaled():
    """A machine with a price of 1 + bytes for everything: no grid alone tells the 1, two do."""

    def machine(factor: int) -> Costs:
        usual = made_costs()
        lines = {
            task: Line(0.5, 1.0 + factor * (SIZES.state_bytes if task in OF_STATES else SIZES.level_bytes))
            for task in usual.lines
        }
        return made_costs(
            level_bytes=factor * SIZES.level_bytes, state_bytes=factor * SIZES.state_bytes, lines=lines,
            codecs=(codec(1e-3, 100.0),), bare_s=120.0 * (1.0 + factor * SIZES.state_bytes),
        )  # fmt: skip

    def asked(factor: int) -> Costs:
        grid = factor * SIZES.level_bytes, factor * SIZES.state_bytes
        return scaled_between(machine(1), machine(4), *grid, 2, 120)

    for task, line in machine(3).lines.items():
        assert asked(3).lines[task].seconds(2) == pytest.approx(line.seconds(2))
    assert asked(3).bare_s == pytest.approx(machine(3).bare_s)
    assert asked(3).codecs[0].store_s == pytest.approx((0.4, 0.8))  # of both grids
    assert asked(5) == machine(1).scaled_to(5 * SIZES.level_bytes, 5 * SIZES.state_bytes, 2, 120)
    assert scaled_between(machine(1), None, *(2 * SIZES.level_bytes, 2 * SIZES.state_bytes), 2, 120).scaled == 2.0
