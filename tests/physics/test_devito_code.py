"""Operators of one's own: the bits of Devito's own stored gradients, whatever way the wavefield is kept."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from own_operators import STEPS, code_of, stored_gradient, wave

from wavecomp.adjoint.conformance import check_code
from wavecomp.adjoint.reversal import Reversal
from wavecomp.errors import UnsupportedStrategy, UsageError
from wavecomp.plans.strategies import parse_strategy

LOSSLESS = [
    "store-all",
    "trajectory",
    "trajectory:overlap/blosc2:codec=lz4",
    "trajectory:tier=disk",
    "trajectory/zfp:reversible",
    "revolve:slots=1",
    "revolve:slots=3",
    "revolve:slots=4,tier=two/blosc2:codec=lz4",
    "mixed:levels=2",
    "mixed:levels=6",
    "mixed:levels=9,overlap/blosc2:codec=lz4",
]
UNIT_32 = 2.0**-24


@cache
def saved(imaging="curvature of v", dtype="float32"):
    symbols = wave(imaging=imaging, save=STEPS, dtype=dtype)
    return symbols, *stored_gradient(symbols)


@cache
def buffered(imaging="curvature of v", buffers=None, dtype="float32"):
    wave()  # sets Devito up
    from devito import Buffer

    return wave(imaging=imaging, save=buffers and Buffer(buffers), dtype=dtype)


@cache
def reversal(imaging="curvature of v", buffers=None, dtype="float32", offsets=(0,)):
    return Reversal(code_of(buffered(imaging, buffers, dtype), offsets))


def error(gradient, exact):
    """Relative L2 distance."""
    return float(np.linalg.norm((gradient - exact).astype(np.float64)) / np.linalg.norm(exact.astype(np.float64)))


@pytest.mark.parametrize("buffers", [None, 2, 4])
@pytest.mark.parametrize("strategy", LOSSLESS)
def test_lossless_strategies_give_the_bits_of_devitos_stored_gradient(strategy, buffers, tmp_path):
    """With three buffers, with two where u[n+1] is written over u[n-1], and with one more than it needs."""
    _, exact, misfit = saved()
    assert np.abs(exact).max() > 0
    run = reversal(buffers=buffers).run(parse_strategy(strategy), disk_folder=tmp_path)
    np.testing.assert_array_equal(run.gradient, exact)
    assert run.misfit == misfit


@pytest.mark.parametrize("buffers", [None, 4])
@pytest.mark.parametrize("strategy", LOSSLESS)
def test_levels_of_three_times_are_put_where_the_reverse_operator_reads_them(strategy, buffers, tmp_path):
    """u.dt2 reads u[n-1], u[n] and u[n+1]: the last of these comes out of iteration n itself."""
    _, exact, _ = saved("curvature of u")
    run = reversal("curvature of u", buffers, offsets=(-1, 0, 1)).run(parse_strategy(strategy), disk_folder=tmp_path)
    np.testing.assert_array_equal(run.gradient, exact)


@pytest.mark.parametrize("strategy", ["store-all", "trajectory", "revolve:slots=3", "mixed:levels=6"])
def test_double_precision(strategy):
    _, exact, _ = saved(dtype="float64")
    assert exact.dtype == np.float64
    run = reversal(dtype="float64").run(parse_strategy(strategy))
    np.testing.assert_array_equal(run.gradient, exact)


@pytest.mark.parametrize("every", [2, 3, 7])
@pytest.mark.parametrize("head", ["store-all:every={}", "trajectory:every={}", "revolve:slots=3,every={}"])
def test_every_kth_level_is_the_sum_over_levels_of_which_the_others_are_zero(head, every):
    """Devito alone, on a saved wavefield of which all levels but every k-th are set to zero, times k."""
    symbols, _, _ = saved()
    zeroed, _ = stored_gradient(symbols, kept=range(0, STEPS, every))
    run = reversal().run(parse_strategy(head.format(every)))
    np.testing.assert_array_equal(run.gradient, zeroed * np.float32(every))


def test_without_imaging_between_the_gradient_is_the_same_but_for_rounding():
    """The adjoint is the same equation compiled a second time. A step rounds ten operations at a point, and these
    errors grow no faster than a wave, at most in proportion to the steps that are left: N²/2 times ten roundings, of
    the adjoint's greatest value, is a bound on the change of any level relative to that. (The image of u is bilinear.)
    """
    symbols = buffered()
    with_alone = Reversal(code_of(symbols, adjoint_alone=symbols.alone()))
    strategy = parse_strategy("trajectory:every=3")
    one, other = with_alone.run(strategy).gradient, reversal().run(strategy).gradient
    assert error(one, other) < 10 * STEPS**2 / 2 * UNIT_32


@pytest.mark.parametrize("imaging", ["curvature of v"])
def test_a_lossy_gradients_error_falls_with_the_tolerance(imaging):
    """The gradient is linear in the levels: |Δg| ≤ τ Σ |w_n| at every point, w_n what the level is multiplied with.

    Σ |w_n| is computed by Devito alone, from v at all steps of the saved problem's reverse sweep in NumPy; a second
    term is for the rounding of two sums of N terms, γ Σ |u_n w_n| with γ = 2 (N + 3) 2⁻²⁴.
    """
    symbols, exact, _ = saved(imaging)
    w = adjoint_curvatures(symbols)
    rounding = 2 * (STEPS + 3) * UNIT_32 * sum(np.abs(symbols.u.data[n] * w[n]) for n in w)
    for tolerance in (1e-2, 1e-4):
        run = reversal(imaging).run(parse_strategy(f"trajectory/sz3:abs={tolerance}"))
        bound = tolerance * sum(np.abs(each) for each in w.values()) + rounding
        assert (np.abs(run.gradient - exact) <= bound).all()
        assert not np.array_equal(run.gradient, exact)


def adjoint_curvatures(symbols):
    """Step the reverse operator of a saved problem one iteration at a time; return v's second difference by step."""
    stored_gradient(symbols)
    symbols.v.data_with_halo[:] = 0
    found = {}
    for n in range(STEPS - 2, 0, -1):
        symbols.reverse.apply(time_m=n, time_M=n, dt=symbols.dt)
        above, here, below = (np.array(symbols.v.data[k % 3], dtype=np.float64) for k in (n + 1, n, n - 1))
        found[n] = (above - 2 * here + below) / float(symbols.dt) ** 2
    return found


def test_a_restart_from_lossy_states_is_near_the_exact_gradient():
    """And nothing stays in the halo: a lossy compressor may leave something there, which nothing would take away."""
    _, exact, _ = saved()
    rough = reversal().run(parse_strategy("revolve:slots=3/zfp:accuracy=1e-3peak"))
    fine = reversal().run(parse_strategy("revolve:slots=3/zfp:accuracy=1e-5peak"))
    assert 0 < error(fine.gradient, exact) < error(rough.gradient, exact) < 0.1
    u, half = buffered().u, 4
    assert not np.asarray(u.data_with_halo)[:, :half].any()


def test_a_region_is_the_same_gradient_there_in_less_memory():
    _, exact, _ = saved()
    region = (slice(4, 15), slice(3, 20))
    reversal_there = Reversal(code_of(buffered(), region=region))
    for strategy in ("store-all", "trajectory/blosc2:codec=lz4", "mixed:levels=6"):
        run = reversal_there.run(parse_strategy(strategy))
        np.testing.assert_array_equal(run.gradient, exact[region])
    assert reversal_there.code.level_bytes == 4 * 11 * 17


def test_a_run_begins_with_the_wavefield_that_it_is_given():
    """A Gaussian at rest instead of a source; Devito alone starts from the same two levels."""
    symbols, ours = saved()[0], buffered()
    x, z = np.ogrid[-10:11, -11:12]
    hill = np.exp(-(x**2 + z**2) / 8.0).astype(np.float32)
    silent = np.zeros_like(symbols.src.data)
    wavelet = np.array(symbols.src.data)
    try:
        for each in (symbols, ours):
            each.src.data[:] = silent
        symbols.u.data_with_halo[:] = 0
        symbols.v.data_with_halo[:] = 0
        symbols.gradient.data[:] = 0
        symbols.u.data[:2] = hill
        symbols.forward.apply(time_m=1, time_M=STEPS - 2, dt=symbols.dt)
        symbols.res.data[:] = symbols.rec.data
        symbols.reverse.apply(time_m=1, time_M=STEPS - 2, dt=symbols.dt)

        def initial():
            ours.u.data[0] = ours.u.data[1] = hill

        runs = Reversal(code_of(ours, initial=initial))
        for strategy in ("store-all", "revolve:slots=2", "mixed:levels=4"):
            np.testing.assert_array_equal(runs.run(parse_strategy(strategy)).gradient, symbols.gradient.data)
        assert np.abs(symbols.gradient.data).max() > 0
    finally:
        for each in (symbols, ours):
            each.src.data[:] = wavelet


def test_a_gradient_that_is_not_linear_in_the_levels_takes_all_of_them():
    _, exact, _ = saved("square of u")
    runs = reversal("square of u")
    np.testing.assert_array_equal(runs.run(parse_strategy("revolve:slots=3")).gradient, exact)
    with pytest.raises(UnsupportedStrategy, match="not linear in u"):
        runs.run(parse_strategy("trajectory:every=2"))


def test_an_adjoint_that_reads_the_levels_takes_all_of_them():
    runs = Reversal(code_of(wave(adjoint_reads_u=True)))
    one, other = (runs.run(parse_strategy(text)).gradient for text in ("store-all", "mixed:levels=6"))
    np.testing.assert_array_equal(one, other)
    with pytest.raises(UnsupportedStrategy, match="every=2"):
        runs.run(parse_strategy("trajectory:every=2"))


def test_it_keeps_the_word_of_a_time_stepping_code():
    """What the machine asks of any code, promise by promise."""
    assert str(check_code(code_of(buffered()))) == "DevitoCode keeps its word."
    assert str(check_code(code_of(buffered("curvature of u"), (-1, 0, 1)))) == "DevitoCode keeps its word."


def stray():
    """A time function that no operator has."""
    from devito import TimeFunction

    return TimeFunction(name="w", grid=buffered().grid, time_order=2, space_order=4)


def plain():
    """An operator without a loop over time."""
    from devito import Eq, Operator

    return Operator(Eq(buffered().gradient, buffered().m), name="Timeless")


def longer():
    """A field of another number of buffers for u."""
    from devito import Buffer, TimeFunction

    return TimeFunction(name="u", grid=buffered().grid, time_order=2, space_order=4, save=Buffer(5))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda _: {"reads": [(stray(), 0)]}, "w is no part of the forward operator"),
        (lambda _: {"reads": []}, r"reads=\[\]"),
        (lambda s: {"reads": [(s.m, 0)]}, "m is no TimeFunction"),
        (lambda s: {"reads": [(s.u, 1)]}, r"\(u, 1\) is not read"),
        (lambda s: {"reads": [(s.u, 0), (s.u, -1)]}, r"\(u, -1\) is not read"),
        (lambda s: {"reads": [(s.u, 3)]}, "at most 1"),
        (lambda _: {"reads": [(saved()[0].u, 0)]}, "save=None"),
        (lambda s: {"gradient": s.m}, "gradient=m"),
        (lambda _: {"gradient": saved()[0].gradient}, "g is no part of the reverse operator"),
        (lambda _: {"forward": plain(), "forward_arguments": {}}, "no loop over time"),
        (lambda s: {"forward": s.reverse, "reverse": s.forward}, "goes backward"),
        (lambda s: {"reverse": s.forward}, "goes forward"),
        (lambda _: {"first": 9, "last": 9}, "first=9, last=9"),
        (lambda _: {"state": [stray()]}, "w is no part of the forward operator"),
        (lambda _: {"adjoint": [stray()]}, "w is no part of the reverse operator"),
        (lambda s: {"forward_arguments": {"dt": s.dt, "time_M": 5}}, "time_M is set for every call"),
        (lambda s: {"forward_arguments": {"dt": s.dt, "u": longer()}}, "3 buffers"),
        (lambda s: {"reverse": saved()[0].reverse, "reverse_arguments": {"u": s.u}}, "u is saved at every step in"),
        (lambda s: {"reverse_arguments": {"dt": s.dt, "res": s.rec}}, "copy it to a function of its own"),
        (lambda s: {"reverse_arguments": {"dt": s.dt, "v": s.u}}, "u is written by the reverse operator"),
        (lambda _: {"region": (slice(0, 5),)}, "one slice for each dimension"),
        (lambda _: {"region": (slice(5, 5), slice(0, 4))}, "within a grid"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(change, says):
    symbols = buffered()
    with pytest.raises(UsageError, match=says):
        code_of(symbols, **change(symbols))


def test_offsets_that_are_not_said_are():
    with pytest.raises(UsageError, match="also reads u at offset"):
        code_of(buffered("curvature of u"), (0,))


def test_a_sum_over_all_steps_in_the_forward_operator_is_refused():
    """Steps that are computed again would be added again."""
    from devito import Eq, Function, Inc, Operator, solve

    symbols = wave()
    bright = Function(name="bright", grid=symbols.grid)
    step = Eq(symbols.u.forward, solve(symbols.m * symbols.u.dt2 - symbols.u.laplace, symbols.u.forward))
    operator = Operator([Inc(bright, symbols.u * symbols.u), step], name="Illuminating")
    with pytest.raises(UsageError, match="adds to bright"):
        code_of(symbols, forward=operator)
