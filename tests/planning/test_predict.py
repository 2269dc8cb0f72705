"""Predictions add up: tasks, work that goes on beside, memory, and the error of the gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_costs import full_costs

from made_up import SIZES, made_costs
from wavecomp.adjoint.imaging_step import Signature, aliasing
from wavecomp.planning.codecs import ErrorSample
from wavecomp.planning.gradient_error import expected_error, imaging_errors
from wavecomp.planning.imaging import Imaging, end_miss
from wavecomp.planning.predict import predict, sharing
from wavecomp.planning.published_form import published_seconds
from wavecomp.planning.virtual_clock import Charge, VirtualClock
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.strategies import parse_strategy

FAMILY = "interp:abs={},codec=huffman,level=1"


@pytest.mark.parametrize("text", ["revolve:slots=6", "mixed:levels=15", "trajectory:every=3", "store-all"])
def test_the_terms_and_what_is_beside_them_are_all_of_it(text):
    costs = made_costs()
    found = predict(parse_strategy(text), SIZES, costs)
    spans = len(virtual_run(parse_strategy(text), SIZES).spans)
    assert sum(found.terms.values()) + costs.run_s + spans * costs.span_s == pytest.approx(found.seconds)
    assert found.gradient_error == (None if "every" in text else 0.0)  # nobody has told what imaging does here
    assert found.low == pytest.approx(found.seconds * 0.91)
    assert found.high == pytest.approx(found.seconds * 1.09)


def test_storing_everything_by_hand():
    """120 steps of one call each: 119 levels are copied to the tape, the last is imaged in the buffers."""
    costs = made_costs()
    found = predict(parse_strategy("store-all"), SIZES, costs)
    line = {task: one.seconds(1) for task, one in costs.lines.items()}
    expected = 120 * (line["record"] + line["down:each"]) + 119 * (line["keep:tape"] + line["image:each:tape"])
    expected += line["image:each:live"] + costs.run_s
    spans = 120 * 3 + 119 + 1
    assert found.seconds == pytest.approx(expected + spans * costs.span_s)
    assert (found.forward_steps, found.writes, found.peak_bytes) == (120, 0, 119 * SIZES.level_bytes)


@given(
    steps=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=8),
    beside=st.floats(0.0, 10.0),
    share=st.floats(0.2, 1.0),
)
def test_what_goes_on_beside_takes_no_more_than_one_after_the_other_and_no_less_than_its_share(steps, beside, share):
    """With share s both together take min(a, b) (1/s) + |a − b|: between max(a, b) for s = 1 and a + b for s = 1/2."""
    clock = VirtualClock(share)
    future = clock.begin_beside(lambda: clock.spend(Charge("put", 1, 1), beside))
    for seconds in steps:
        with clock.doing("forward", 1, 2):
            clock.spend(Charge("forward", 1, 2), seconds)
    future.result()
    total = sum(steps)
    assert clock.now == pytest.approx(min(total, beside) / share + abs(total - beside), abs=1e-9)


def test_cores_are_shared_among_all_who_want_them():
    costs = made_costs(threads=2, cores=2)
    assert sharing(costs, parse_strategy("trajectory/interp:abs=1e-3")) == 1.0
    assert sharing(costs, parse_strategy("trajectory:overlap/interp:abs=1e-3")) == 0.5
    assert sharing(replace(costs, cores=3), parse_strategy("trajectory:overlap/interp:abs=1e-3")) == 1.0
    assert sharing(replace(costs, cores=8), parse_strategy("trajectory:overlap/interp:abs=1e-3")) == 1.0


def test_bytes_of_compressed_levels_are_counted_where_they_lie():
    """40 levels of 100 to 200 bytes, each with its head and bookkeeping, and one slot for the level on its way."""
    plain = predict(parse_strategy("trajectory:every=3"), SIZES, full_costs())
    packed = predict(parse_strategy("trajectory:every=3/interp:abs=1e-3peak"), SIZES, full_costs())
    levels = plain.writes
    assert packed.writes == levels
    assert plain.peak_bytes - packed.peak_bytes > levels * (SIZES.level_bytes - 300)
    assert packed.peak_bytes > SIZES.level_bytes + levels * 100
    assert packed.fits
    tight = predict(parse_strategy("trajectory:every=3/interp:abs=1e-3peak"), SIZES, full_costs(), 12_000)
    assert not tight.fits


def test_imaging_at_fewer_steps_follows_the_estimate_with_the_measured_factor():
    """Twice the estimate at k = 4, half of it at k = 16: the logarithm is straight in between."""
    costs = made_costs(imaging=(Imaging(4, 1e-4, 2e-4, 3e-4), Imaging(8, 1e-3), Imaging(16, 1e-2, 5e-3, 5e-3)))
    (whole, deep), beyond = imaging_errors(costs, 8)
    assert (whole, deep) == pytest.approx((1e-3, 1e-3 * (3 * 0.5) ** 0.5))
    assert beyond == 1.0
    assert imaging_errors(costs, 1) == ((0.0, 0.0), 1.0)
    assert imaging_errors(costs, 2)[1] == pytest.approx(2.0)
    wavelet = np.diff(np.exp(-(np.linspace(-4, 4, 200) ** 2)), 2)
    source = Signature(wavelet, 1e-3, (1e3,))
    (whole, _), _ = imaging_errors(costs, 16, source)
    assert whole == pytest.approx(0.5 * aliasing(source, 16))


def test_the_end_of_the_record_weighs_as_the_number_of_steps_says():
    """Measured on `tiny` (300 steps), at steps whose aliasing is nothing: k, the whole error and the deep one.

    With k = 2 and 4 known, k = 3 follows: the end is missed by 1/2, 1 and 3/2 steps. Of 1,013 steps k = 3 misses
    nothing, and the deep error is all there is. The law is one of a step; the image changes within three: 5 %.
    """
    costs = made_costs(
        imaging=(Imaging(2, 0.0, 2.185e-4, 1.07e-6, 300), Imaging(3, 5e-8), Imaging(4, 4e-6, 6.950e-4, 3.34e-6, 300)),
        last=300,
    )
    (whole, deep), _ = imaging_errors(costs, 3)
    assert whole == pytest.approx(4.494e-4, rel=0.05)
    assert 1.07e-6 < deep < 3.34e-6
    for k, measured in ((2, 2.185e-4), (4, 6.950e-4)):
        assert imaging_errors(costs, k)[0][0] == pytest.approx(measured, rel=0.05)
    (whole, deep), _ = imaging_errors(replace(costs, last=1013), 3)
    assert whole == deep
    assert [end_miss(3, last) for last in (299, 300, 301)] == [0.0, 1.0, 1.0]


def test_errors_add_in_squares_and_grow_as_pairs_of_runs_say():
    """Errors of 3e-3 at k = 4 and of 6e-3 at k = 16, with nothing from imaging: they grow with the root of k."""
    errors = (
        ErrorSample(FAMILY, 1e-3, "level", 4, 3e-3, 3e-3),
        ErrorSample(FAMILY, 1e-4, "level", 4, 3e-4, 3e-4),
        ErrorSample(FAMILY, 1e-3, "level", 16, 6e-3, 6e-3),
        ErrorSample(FAMILY, 1e-3, "state", 1, 8e-3, 8e-3, 20),
    )
    imaging = (Imaging(4, 1e-9, 1e-9, 1e-9), Imaging(9, 4e-3, 4e-3, 4e-3), Imaging(16, 1e-9, 1e-9, 1e-9))
    costs = made_costs(errors=errors, imaging=imaging)
    found = expected_error(costs, 9, (FAMILY, 1e-3), 1.0, lossless=False)
    assert found.relative_l2 == pytest.approx((4e-3**2 + 4.5e-3**2) ** 0.5, rel=1e-6)
    assert expected_error(costs, 1, (FAMILY, 1e-3), 0.0, lossless=False).relative_l2 == pytest.approx(8e-3)
    half = expected_error(costs, 4, (FAMILY, 1e-3), 0.5, lossless=False).relative_l2
    assert half == pytest.approx((0.5 * 3e-3**2 + 0.5 * 8e-3**2) ** 0.5, rel=1e-6)
    assert expected_error(costs, 1, (FAMILY, None), 1.0, lossless=True).relative_l2 == 0.0
    assert expected_error(costs, 4, (FAMILY, 1e-2), 1.0, lossless=False).beyond == pytest.approx(10.0)


def test_the_published_form_is_that_of_the_same_checkpoints():
    """Storing every level: 2 C N and N copies there and back, two of them a time."""
    costs, strategy = made_costs(), parse_strategy("trajectory")
    seconds = published_seconds(strategy, virtual_run(strategy, SIZES).schedule, SIZES, costs)
    assert seconds == pytest.approx(costs.bare_s + 120 * 4 * SIZES.level_bytes / costs.memory_bytes_s)
    strategy = parse_strategy("revolve:slots=5")
    from wavecomp.perfmodel.published import revolve_seconds

    step_s = costs.bare_s / 240
    assert published_seconds(strategy, virtual_run(strategy, SIZES).schedule, SIZES, costs) == pytest.approx(
        float(revolve_seconds(120, 5 * SIZES.state_bytes, SIZES.state_bytes, step_s, costs.memory_bytes_s))
    )
