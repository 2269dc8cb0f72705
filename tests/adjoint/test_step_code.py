"""A code in two functions: its gradient is that of its misfit, by every strategy; what is wrong with it is said."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.adjoint import Reversal, StepCode, check_code
from wavecomp.errors import UsageError
from wavecomp.plans.strategies import parse_strategy

STEPS, SHAPE = 23, (3, 7)
SOURCE = np.sin(np.arange(STEPS))


def damped(rate, dtype="float64"):
    """u[n+1] = u + rate·u·(1 − u) + 0.01 sin n, with J = ½‖u[N]‖²; the rate has one number a column."""
    start = np.linspace(0.1, 0.7, int(np.prod(SHAPE))).reshape(SHAPE).astype(dtype)

    def step(n, u):
        u += rate * u * (1 - u) + dtype_of(0.01 * SOURCE[n])

    def back(n, u, a, g):
        g += np.sum(a * u * (1 - u), axis=0)
        a *= 1 + rate * (1 - 2 * u)

    dtype_of = np.dtype(dtype).type
    return StepCode(start, STEPS, step, back, lambda u: (0.5 * np.sum(u**2), u), like=rate)


def misfit_at(rate):
    code = damped(rate)
    code.rest()
    code.forward(0, STEPS, record=True)
    return code.begin_reversal()


RATE = np.linspace(0.05, 0.4, SHAPE[1])


def test_it_keeps_its_word():
    report = check_code(damped(RATE))
    assert report.ok, str(report)
    assert report.complete
    assert check_code(damped(RATE.astype("float32"), "float32")).ok


def test_its_gradient_is_that_of_its_misfit():
    """Central differences with h = 1e-5 err by h² J'''/6 and by the rounding of J, ε J/h: below 1e-8 of J' both."""
    run = Reversal(damped(RATE)).run(parse_strategy("store-all"))
    assert run.misfit == misfit_at(RATE)
    for column in range(SHAPE[1]):
        h = 1e-5 * np.eye(SHAPE[1])[column]
        assert run.gradient[column] == pytest.approx((misfit_at(RATE + h) - misfit_at(RATE - h)) / 2e-5, rel=1e-7)


@pytest.mark.parametrize(
    "text", ["trajectory/identity", "trajectory/zfp:reversible", "revolve:slots=3", "mixed:levels=4", "revolve:slots=1"]
)
def test_every_lossless_strategy_gives_the_same_bits_again_and_again(text):
    reversal = Reversal(damped(RATE))
    exact = reversal.run(parse_strategy("store-all")).gradient.copy()
    for _ in range(2):
        np.testing.assert_array_equal(reversal.run(parse_strategy(text)).gradient, exact)


@pytest.mark.parametrize("beside", ["", ",async"])
@pytest.mark.parametrize("compressor", ["identity", "zfp:reversible"])
@pytest.mark.parametrize(
    "head",
    [
        "h-revolve:slots=2,disk_slots=3",
        "disk-revolve:slots=2",
        "periodic-disk-revolve:slots=1",
        "two-level:slots=1,period=5",
    ],
)
def test_states_on_a_disk_and_in_memory_give_the_same_bits(head, compressor, beside, tmp_path):
    """Some of the 23 steps' states lie on the disk, some in memory, and steps are taken again from both."""
    reversal = Reversal(damped(RATE))
    exact = reversal.run(parse_strategy("store-all"))
    strategy = parse_strategy(f"{head}{beside}/{compressor}")
    for _ in range(2):
        run = reversal.run(strategy, disk_folder=tmp_path, traced=True)
        np.testing.assert_array_equal(run.gradient, exact.gradient)
        assert run.misfit == exact.misfit
        assert {receipt.tier for receipt in run.receipts} == {"disk", "memory"}
        assert run.forward_steps > STEPS


def test_the_start_is_copied_and_may_lie_in_any_order():
    start = np.asfortranarray(np.full((4, 3), 0.5))

    def step(_n, u):
        u *= 2

    def back(_n, _u, a, g):
        a *= 2
        g[...] = a

    code = StepCode(start, 3, step, back, lambda u: (u.sum(), np.ones_like(u)))
    start[:] = 7
    run = Reversal(code).run(parse_strategy("revolve:slots=1"))
    assert run.misfit == 12 * 0.5 * 8
    np.testing.assert_array_equal(run.gradient, np.full((4, 3), 8.0))


def test_the_level_cannot_be_written_to():
    def back(_n, u, _a, _g):
        u += 1

    code = StepCode(np.ones(3), 2, lambda _n, _u: None, back, lambda u: (0.0, u))
    with pytest.raises(ValueError, match="read-only"):
        Reversal(code).run(parse_strategy("store-all"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"start": [1.0, 2.0]}, "an array of list"),
        ({"start": np.arange(3)}, "an array of int64 was given"),
        ({"start": np.ones(3, ">f4")}, "an array of >f4 was given"),
        ({"like": np.ones(3, complex)}, "an array of complex128 was given"),
        ({"steps": 0}, "steps=0: there is nothing to reverse"),
    ],
)
def test_what_cannot_be_taken_is_refused(changes, says):
    given = {"start": np.ones(3), "steps": 5, "step": None, "back": None, "misfit": None} | changes
    with pytest.raises(UsageError, match=says):
        StepCode(**given)


def test_a_derivative_of_another_shape_is_refused():
    code = StepCode(np.ones((2, 3)), 4, lambda _n, _u: None, lambda *_: None, lambda u: (1.0, u.ravel()))
    with pytest.raises(UsageError, match=r"dJ/du of shape \(6,\); u has the shape \(2, 3\)"):
        Reversal(code).run(parse_strategy("store-all"))
