"""Full waveform inversion on the tiny problem."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.errors import UsageError
from wavecomp.inversion.fwi import invert
from wavecomp.plans.strategies import parse_strategy

WHERE = {"shots": (0, 3), "iterations": 3, "fixed_depth_m": 200.0}


@pytest.fixture(scope="module")
def exact(tiny, open_workbench):
    return invert(open_workbench(tiny), parse_strategy("store-all"), **WHERE)


@pytest.mark.parametrize("strategy", ["trajectory/identity", "trajectory/zfp:reversible"])
def test_what_loses_nothing_inverts_to_the_same_bits(tiny, open_workbench, exact, strategy):
    found = invert(open_workbench(tiny), parse_strategy(strategy), **WHERE)
    assert found.misfits == exact.misfits
    assert found.model_errors == exact.model_errors
    assert found.evaluations == exact.evaluations
    np.testing.assert_array_equal(found.velocity_m_s, exact.velocity_m_s)


def test_it_descends_within_the_bounds_and_leaves_what_is_fixed(tiny, open_workbench, exact):
    assert len(exact.misfits) == len(exact.model_errors) == 4
    assert all(after < before for before, after in zip(exact.misfits[:-1], exact.misfits[1:], strict=True))
    initial, true = tiny.initial_velocity(), tiny.true_velocity()
    np.testing.assert_allclose(exact.velocity_m_s[:, :4], initial[:, :4], rtol=2.0**-22)
    both = np.stack([initial, true])
    assert both.min() * (1 - 2.0**-22) <= exact.velocity_m_s.min()
    assert exact.velocity_m_s.max() <= both.max() * (1 + 2.0**-22)
    assert not np.array_equal(exact.velocity_m_s, initial)


def test_the_workbench_is_left_at_the_initial_model(tiny, open_workbench, exact):
    workbench = open_workbench(tiny)
    before = workbench.run(parse_strategy("store-all")).gradient
    invert(workbench, parse_strategy("trajectory:every=4/int8"), shots=(0,), iterations=1, fixed_depth_m=200.0)
    np.testing.assert_array_equal(workbench.run(parse_strategy("store-all")).gradient, before)


@pytest.mark.parametrize("wrong", [{"shots": ()}, {"iterations": 0}, {"fixed_depth_m": 1e5}])
def test_nothing_to_do_is_said(tiny, open_workbench, wrong):
    with pytest.raises(UsageError, match="nothing to do"):
        invert(open_workbench(tiny), parse_strategy("store-all"), **(WHERE | wrong))
