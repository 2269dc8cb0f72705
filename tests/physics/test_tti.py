"""Tilted transverse isotropy: two wavefields, with the operators of Devito's example solver."""

from __future__ import annotations

import numpy as np
import pytest
from seismic_solvers import code_of_solver, dot_test, solver_of, stored_gradient

from wavecomp.adjoint.reversal import Reversal
from wavecomp.plans.strategies import parse_strategy

LOSSLESS = [
    "store-all",
    "trajectory:overlap/blosc2:codec=lz4",
    "trajectory:tier=disk",
    "revolve:slots=4",
    "revolve:slots=4,tier=two/blosc2:codec=lz4",
    "mixed:levels=9",
]
UNIT_64 = 2.0**-53
FLOPS_A_POINT = 120
"""Roundings of one point's update, at fourth order in two dimensions: two rotated derivatives of two fields."""


@pytest.fixture(scope="module")
def solver():
    return solver_of("tti", dtype="float64")


@pytest.fixture(scope="module")
def code(solver):
    return code_of_solver("tti", solver)


@pytest.fixture(scope="module")
def stored(solver):
    return stored_gradient("tti", solver)


@pytest.mark.parametrize("strategy", LOSSLESS)
def test_lossless_strategies_give_the_bits_of_the_solvers_stored_gradient(strategy, code, stored, tmp_path):
    exact, records = stored
    assert np.abs(exact).max() > 0
    run = Reversal(code).run(parse_strategy(strategy), disk_folder=tmp_path)
    np.testing.assert_array_equal(run.gradient, exact)
    assert run.misfit == pytest.approx(0.5 * float((records**2).sum()), rel=1e-12)


def test_the_gradient_is_the_adjoint_of_the_born_operator(solver, code):
    """⟨J x, y⟩ = ⟨x, Jᵀ y⟩ but for rounding.

    Each of N steps rounds some FLOPS_A_POINT operations at a point, relative to the wavefields' own size, and such an
    error grows at most in proportion to the steps that are left: N²/2 times that, in either sweep.
    """
    there, back, size = dot_test("tti", solver, code)
    steps = code.last - code.first
    assert abs(there) > 1e-3 * size  # y is no noise: it has something to do with J x
    assert abs(there - back) < 2 * steps**2 / 2 * FLOPS_A_POINT * UNIT_64 * size


def test_lossy_levels_are_off_by_no_more_than_the_tolerance_allows(code, stored):
    """Errors fall with the tolerance, and with every fourth level they are those of the sum with k times the step."""
    exact, _ = stored
    reversal = Reversal(code)

    def error(text):
        gradient = reversal.run(parse_strategy(text)).gradient
        return float(np.linalg.norm(gradient - exact) / np.linalg.norm(exact))

    rough, fine = (error(f"trajectory/zfp:accuracy={t}peak") for t in ("1e-2", "1e-4"))
    assert 0 < fine < rough < 0.1
    plain, packed = error("store-all:every=3"), error("trajectory:every=3/zfp:accuracy=1e-4peak")
    assert 0 < plain < 0.1
    assert abs(packed - plain) < 0.1 * plain + fine


def test_the_domain_alone_is_imaged_without_the_layer(solver, stored):
    exact, _ = stored
    region = tuple(slice(8, -8) for _ in exact.shape)
    code = code_of_solver("tti", solver, region=region)
    for text in ("trajectory", "mixed:levels=9"):
        np.testing.assert_array_equal(Reversal(code).run(parse_strategy(text)).gradient, exact[region])
    assert code.level_bytes == 2 * 8 * exact[region].size
