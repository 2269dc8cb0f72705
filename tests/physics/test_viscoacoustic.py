"""Media with loss, with the operators of Devito's example solver: every kernel, of first and of second order."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from seismic_solvers import code_of_solver, dot_test, solver_of, stored_gradient

from wavecomp.adjoint.reversal import Reversal
from wavecomp.plans.strategies import parse_strategy

KINDS = ["sls:1", "sls:2", "kv:2", "maxwell:1"]
LOSSLESS = ["store-all", "trajectory:tier=disk/blosc2:codec=lz4", "revolve:slots=4", "mixed:levels=9"]
UNIT_64 = 2.0**-53
FLOPS_A_POINT = 120
"""Roundings of one point's update, at fourth order in two dimensions: pressure, memory variable, velocities."""


@cache
def opened(kind):
    """A solver, our code of it, and the gradient that the solver itself stores everything for."""
    solver = solver_of(kind, dtype="float64")
    return solver, code_of_solver(kind, solver), stored_gradient(kind, solver)[0]


@pytest.mark.parametrize("strategy", LOSSLESS)
@pytest.mark.parametrize("kind", KINDS)
def test_lossless_strategies_give_the_bits_of_the_solvers_stored_gradient(kind, strategy, tmp_path):
    _, code, exact = opened(kind)
    assert np.abs(exact).max() > 0
    run = Reversal(code).run(parse_strategy(strategy), disk_folder=tmp_path)
    np.testing.assert_array_equal(run.gradient, exact)


@pytest.mark.parametrize("kind", ["sls:1"])
def test_the_gradient_is_the_adjoint_of_the_born_operator(kind):
    """As in the test of TTI, with its bound."""
    solver, code, _ = opened(kind)
    there, back, size = dot_test(kind, solver, code)
    steps = code.last - code.first
    assert abs(there) > 1e-3 * size
    assert abs(there - back) < 2 * steps**2 / 2 * FLOPS_A_POINT * UNIT_64 * size


@pytest.mark.parametrize("kind", ["sls:1", "sls:2"])
def test_lossy_levels_and_states_are_near(kind):
    _, code, exact = opened(kind)
    reversal = Reversal(code)

    def error(text):
        gradient = reversal.run(parse_strategy(text)).gradient
        return float(np.linalg.norm(gradient - exact) / np.linalg.norm(exact))

    rough, fine = (error(f"trajectory/zfp:accuracy={t}peak") for t in ("1e-2", "1e-4"))
    assert 0 < fine < rough < 0.1
    assert 0 < error("trajectory:every=3") < 0.1
    assert 0 < error("revolve:slots=4/zfp:accuracy=1e-6peak") < 0.1


def test_three_dimensions():
    solver = solver_of("maxwell:2", shape=(14, 13, 15), ms=60.0)
    exact, _ = stored_gradient("maxwell:2", solver)
    reversal = Reversal(code_of_solver("maxwell:2", solver))
    assert np.abs(exact).max() > 0
    for text in ("trajectory/blosc2:codec=lz4", "revolve:slots=3"):
        np.testing.assert_array_equal(reversal.run(parse_strategy(text)).gradient, exact)
