import ctypes
import hashlib
import itertools
import math
import platform
import struct

import numpy as np
import pytest

from wavecomp.adjoint import Reversal, check_code
from wavecomp.gate.pinned_problem import PinnedProblem
from wavecomp.gate.pinned_wave import PinnedWave, layers
from wavecomp.impact.problem import Problem
from wavecomp.plans.strategies import parse_strategy

# Of the gradient's bytes and of the problem. Who changes the arithmetic on purpose raises its version number, renews
# both, and the baselines with them.
GRADIENT = "5e00b93ca10bb38975b740c1b18a5e35c759bc737222e35ad1ede2c06d08228c"
DIGEST = "ec4faebb2461544a846170bde05669af7b1b989879676c5c70a68be98880f994"


@pytest.fixture(scope="module")
def exact():
    return Reversal(PinnedWave()).run(parse_strategy("store-all"))


def test_it_keeps_its_word():
    assert str(check_code(PinnedWave())) == "PinnedWave keeps its word."


def test_it_is_a_problem():
    problem: Problem = PinnedProblem()
    bench = problem.open()
    assert (bench.code.level_bytes, bench.code.state_bytes) == (problem.level_bytes, problem.state_bytes)
    assert (bench.code.first, bench.steps, bench.code.in_buffers) == (problem.first, problem.steps, problem.in_buffers)
    assert (bench.code.gradient.shape, bench.code.dtype) == (problem.shape, problem.dtype)
    assert problem.levels_bytes() == 200 * problem.level_bytes
    assert problem.levels_bytes(4) == 50 * problem.level_bytes
    assert problem == PinnedProblem()


def test_its_bits_are_the_pinned_ones(exact):
    assert (hashlib.sha256(exact.gradient.tobytes()).hexdigest(), PinnedProblem().digest) == (GRADIENT, DIGEST)


@pytest.mark.parametrize("spec", ["trajectory", "revolve:slots=10", "mixed:levels=20"])
def test_what_loses_nothing_has_the_same_bits(exact, spec):
    run = Reversal(PinnedWave()).run(parse_strategy(spec))
    assert run.gradient.tobytes() == exact.gradient.tobytes()
    assert run.misfit == exact.misfit


def test_the_adjoint_is_the_transpose():
    """⟨F'(m)δ, r⟩ = ⟨δ, F'(m)ᵀr⟩, with the linearised forward run written out here in float64.

    ε = 2^-24 is the relative rounding of a float32. A value of a run has at most 7 roundings a step over 200 steps, and
    the gradient 200 more: below 2000 ε = 1.2e-4 of the sum of magnitudes where rounding errors are carried along and
    do not grow. Random signs make it √2000 ε = 2.7e-6; held is to 1e-4.
    """
    code = PinnedWave()
    gradient = Reversal(code).run(parse_strategy("store-all")).gradient.astype(np.float64)
    residual = (code.recorded - code._observed).astype(np.float64)
    m = code.m.astype(np.float64)
    direction = np.zeros_like(m)
    direction[1:-1, 1:-1] = np.random.default_rng(3).standard_normal((58, 48))

    def bend(u):
        out = np.zeros_like(u)
        out[1:-1, 1:-1] = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        return out

    from wavecomp.gate.pinned_wave import RECEIVERS, SOURCE, wavelet

    before, here = np.zeros_like(m), np.zeros_like(m)
    d_before, d_here = np.zeros_like(m), np.zeros_like(m)
    product = magnitude = 0.0
    for step, value in enumerate(wavelet()):
        d_here, d_before = 2 * d_here - d_before + m * bend(d_here) + direction * bend(here), d_here
        here, before = 2 * here - before + m * bend(here), here
        here[SOURCE] += value
        product += float(d_here[RECEIVERS] @ residual[step + 1])
        magnitude += float(np.abs(d_here[RECEIVERS]) @ np.abs(residual[step + 1]))
    assert magnitude > 0
    assert abs(product - float(np.sum(gradient * direction))) < 1e-4 * magnitude


def test_the_gradient_is_that_of_the_misfit(exact):
    """J(m + εδ) - J(m) - ε g·δ falls as ε² : slope 2, between two ε for which float32's rounding is far below."""
    start, direction = layers(lens=False), layers(lens=True) - layers(lens=False)
    slope = float(np.sum(exact.gradient.astype(np.float64) * direction))
    left = []
    for size in (0.5, 0.25, 0.125):
        code = PinnedWave(start + np.float32(size) * direction)
        code.rest()
        code.forward(code.first, code.last, record=True)
        left.append(abs(code.begin_reversal() - exact.misfit - size * slope))
    slopes = [math.log2(more / less) for more, less in itertools.pairwise(left)]
    assert all(abs(found - 2) < 0.25 for found in slopes), slopes


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the bits that are set here are those of x86-64's MXCSR")
def test_rounding_the_smallest_numbers_to_zero_changes_nothing(exact):
    """A library built with -ffast-math may tell the processor so; then no intermediate result may be that small."""
    program = ctypes.CDLL(None)
    usual, flushing = ctypes.create_string_buffer(256), ctypes.create_string_buffer(256)
    program.fegetenv(usual)
    ctypes.memmove(flushing, usual, 256)
    (flags,) = struct.unpack_from("<I", flushing, 28)
    struct.pack_into("<I", flushing, 28, flags | 0x8040)  # results, and operands, that are not normal are zero
    program.fesetenv(flushing)
    try:
        flushed = np.float32(1e-30) * np.float32(1e-10)
        run = Reversal(PinnedWave()).run(parse_strategy("store-all"))
    finally:
        program.fesetenv(usual)
    assert flushed == 0
    assert run.gradient.tobytes() == exact.gradient.tobytes()
