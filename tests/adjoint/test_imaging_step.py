"""``every=auto``: the estimate against sums that are aliased, and the step that follows from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integers import Integers
from wavecomp.adjoint import Reversal, Signature
from wavecomp.adjoint.imaging_step import SAFETY, SHARE, aliasing, step_for
from wavecomp.errors import UnsupportedField, UnsupportedStrategy
from wavecomp.plans.strategies import parse_strategy

ALL = (np.inf,)
"""A grid that carries whatever there is."""

wavelets = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=24).filter(lambda w: max(map(abs, w)) > 0.01)
errors = st.floats(1e-6, 1.0)


def ricker(dt: float, peak_hz: float = 10.0, delay: float = 2.0) -> np.ndarray:
    """The delay in periods: after two of them a Ricker wavelet begins with 1e-16 of its peak."""
    t = np.arange(0.0, 2 * delay / peak_hz, dt) - delay / peak_hz
    square = (np.pi * peak_hz * t) ** 2
    return (1 - 2 * square) * np.exp(-square)


def sums(wavelet, points, every, shifts):
    """The gradient's sum over all steps, and k times that over every k-th, of two shifted copies on a ring."""
    u, v = (np.roll(np.pad(wavelet, (0, points - len(wavelet))), shift) for shift in shifts)
    product = -u * (np.roll(v, 1) - 2 * v + np.roll(v, -1))
    return product.sum(), every * product[::every].sum()


@given(wavelets, st.integers(2, 6), st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_no_two_arrivals_of_a_wavelet_have_a_greater_error(wavelet, every, shifts):
    """On a ring of N = k·m points k Σ p[kn] is Σ_j P(jν), j = 0 … k − 1, and by the convolution theorem and the
    triangle inequality |P(jν)| ≤ Σ |U(f)| |ω² V(jν − f)| / N. A shift changes no amplitude. The sum over j ≥ 1 is the
    estimate, times that for j = 0, which is the sum of the wavelet's own curvature. What is rounded is a few units in
    the last place of numbers up to N times 4 max|w|²."""
    points = every * -(-2 * len(wavelet) // every)
    whole, aliased = sums(wavelet, points, every, shifts)
    own, _ = sums(wavelet, points, every, (0, 0))
    bound = aliasing(Signature(np.array(wavelet), 1e-3, ALL), every) * own
    assert abs(aliased - whole) <= bound + 1e-13 * points * max(map(abs, wavelet)) ** 2


@pytest.mark.parametrize("every", [3, 4, 5])
def test_the_bound_is_reached(every):
    """By a wavelet whose spectrum is positive, at its own place: then all that is aliased adds up. A Gaussian curve of
    σ = 2 samples, cut at 8 σ, where it is 1e-14: so much at most is its spectrum below zero."""
    wavelet = np.exp(-0.5 * (np.arange(-16, 17) / 2.0) ** 2)
    points = every * -(-2 * len(wavelet) // every)
    whole, aliased = sums(wavelet, points, every, (-16, -16))
    estimate = aliasing(Signature(wavelet, 1e-3, ALL), every)
    assert estimate > 1e-6
    assert abs(aliased - whole) / whole == pytest.approx(estimate, rel=1e-6)


@given(wavelets, st.integers(1, 5), st.integers(1, 3))
def test_twice_the_step_has_no_smaller_error(wavelet, every, periods):
    """The multiples of ν are among those of ν/2, at the same frequencies: 2L is a multiple of 2k samples."""
    samples = np.zeros(every * -(-len(wavelet) // every) * periods)
    samples[: len(wavelet)] = wavelet
    signature = Signature(samples, 1e-3, ALL)
    assert aliasing(signature, every) <= aliasing(signature, 2 * every) * (1 + 1e-12) + 1e-12


@given(errors, errors, st.floats(20.0, 200.0))
def test_a_greater_error_allows_no_smaller_step(one, other, carried_hz):
    signature = Signature(ricker(1e-3, delay=1.0), 1e-3, (carried_hz, 2 * carried_hz))
    steps = [step_for(signature, error) for error in sorted((one, other))]
    assert 1 <= steps[0] <= steps[1]


@given(errors)
def test_the_step_is_the_last_that_keeps_the_share(error):
    signature = Signature(ricker(1e-3), 1e-3, ALL)
    every = step_for(signature, error)
    assert every == 1 or SAFETY * aliasing(signature, every) <= SHARE * error
    assert SAFETY * aliasing(signature, every + 1) > SHARE * error


def test_a_clock_twice_as_fast_leaves_out_twice_as_many():
    slow, fast = (Signature(ricker(dt), dt, ALL) for dt in (2e-3, 1e-3))
    for error in (1e-2, 1e-3, 1e-4):
        assert step_for(fast, error) in (2 * step_for(slow, error), 2 * step_for(slow, error) + 1)


def test_what_begins_abruptly_needs_shorter_steps_unless_the_grid_carries_no_short_waves():
    smooth, abrupt = (Signature(ricker(1e-3, delay=delay), 1e-3, ALL) for delay in (2.0, 1.0))
    carried = Signature(abrupt.wavelet, 1e-3, (50.0,))
    assert step_for(abrupt, 1e-3) == 1
    assert step_for(smooth, 1e-3) > step_for(carried, 1e-3) > 5


def test_two_steps_a_period_are_left():
    """A tone of 50 Hz and long duration is never aliased as long as ν is above 100 Hz, so that no error stops it."""
    t = 1e-3 * np.arange(2000)
    tone = np.sin(2 * np.pi * 50.0 * t) * np.hanning(2000)
    assert step_for(Signature(tone, 1e-3, ALL), 1.0) <= 10


def test_several_sources_are_one_where_they_do_the_same():
    wavelet = ricker(1e-3, delay=1.0)
    one, three = (Signature(shape, 1e-3, (60.0,)) for shape in (wavelet, np.stack([wavelet] * 3, axis=1)))
    assert aliasing(three, 6) == pytest.approx(aliasing(one, 6), rel=1e-12)


@pytest.mark.parametrize("wavelet", [np.zeros(8), np.full(8, np.nan), np.full(8, np.inf)])
def test_a_source_that_says_nothing(wavelet):
    with pytest.raises(UnsupportedField, match="every=4"):
        step_for(Signature(wavelet, 1e-3, ALL), 1e-3)


class WithSource(Integers):
    signature = Signature(ricker(1e-3), 1e-3, ALL)


@pytest.mark.parametrize("name", ["store-all", "trajectory", "revolve:slots=3", "mixed:levels=4"])
def test_a_code_with_a_source_is_run_with_the_number(name):
    code = WithSource(0, 60, 2)
    asked = f"{name}{',' if ':' in name else ':'}every=auto,error=1e-2"
    run = Reversal(code).run(parse_strategy(asked))
    every = step_for(code.signature, 1e-2)
    assert every > 1
    assert run.strategy == parse_strategy(asked.replace("auto,error=1e-2", str(every))).spec
    assert code.imaged == [n for n in range(59, -1, -1) if n % every == 0]


def test_a_code_without_a_source_is_refused():
    with pytest.raises(UnsupportedStrategy, match=r"Integers has no signature.*give a number, as in every=4"):
        Reversal(Integers(0, 60, 2)).run(parse_strategy("trajectory:every=auto"))
