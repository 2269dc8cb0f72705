"""Runs whose levels have tolerances of their own: what each one loses, and what is told of it."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.adjoint import ArrayCode, Reversal
from wavecomp.adjoint.level_weights import measured_weights
from wavecomp.compressors.interp import Interp
from wavecomp.errors import UnsupportedField, UnsupportedStrategy
from wavecomp.plans.actions import imaged
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.time_tolerances import digest_of, exponents, factor

SHAPE, FIRST, LAST = (24, 20), 1, 41


def field(step: int) -> np.ndarray:
    x, y = np.meshgrid(*(np.linspace(0, 6, n) for n in SHAPE), indexing="ij")
    return np.asarray(np.sin(x + 0.3 * step) * np.cos(1.3 * y - 0.2 * step), np.float32)


class Played(ArrayCode):
    """Fields by a formula, summed up with made-up weights; it keeps what each imaged level was off by."""

    separable = True

    def __init__(self, weights: dict[int, float]) -> None:
        self.first, self.last, self.weights = FIRST, LAST, weights
        self._u, self._g = field(FIRST), np.zeros(SHAPE, np.float32)
        self.errors: dict[int, float] = {}
        self.forward_runs = 0

    def rest(self) -> None:
        self._u[...] = field(self.first)
        self._g[...] = 0
        self.errors.clear()

    def forward(self, first: int, last: int, *, record: bool) -> None:
        self.forward_runs += record and first == self.first
        self._u[...] = field(last)

    def state(self, step: int) -> tuple[np.ndarray, ...]:
        return (self._u,)

    def begin_reversal(self) -> float:
        return 0.0

    def reverse(self, step: int, level: tuple[np.ndarray, ...] | None) -> None:
        if level is not None:
            self.errors[step] = float(np.abs(level[0].astype(np.float64) - field(step)).max())
            self._g += level[0]

    def adjoint_weight(self, step: int, every: int) -> float:
        return self.weights[step]

    @property
    def gradient(self) -> np.ndarray:
        return self._g


def falling(step: int) -> float:
    return float(11.0 * np.exp(-step / 6.0))


def played() -> Played:
    return Played({step: falling(step) for step in range(FIRST, LAST)})


@pytest.mark.parametrize("head", ["trajectory", "trajectory:overlap", "trajectory:every=3", "mixed:levels=12"])
@pytest.mark.parametrize(
    "compressor", ["interp:abs=1e-2", "zfp:accuracy=1e-2", "slabs:planes=8,threads=2/zfp:accuracy=1e-2"]
)
def test_every_level_keeps_its_own_tolerance(head, compressor):
    """The bound of each compressor holds to the rounding of a value around 1, 1.2e-7, at tolerances from 1e-4 on; and
    levels that may lose more do: else one tolerance for all would pass as well."""
    strategy = parse_strategy(f"{head}{',' if ':' in head else ':'}weights=earlier/{compressor}")
    code = played()
    run = Reversal(code).run(strategy)
    steps = imaged(FIRST, LAST, strategy.every)
    levels = exponents(np.array([falling(step) for step in steps]))
    tolerances = {step: float(f"{1e-2 * factor(k):.2e}") for step, k in zip(steps, levels, strict=True)}
    assert set(code.errors) == set(steps)
    assert min(tolerances.values()) < 1e-3 < 1e-1 < max(tolerances.values())
    for step, error in code.errors.items():
        assert error <= tolerances[step] + 1.2e-7
    assert any(error > 1e-2 for error in code.errors.values())
    assert run.weights == digest_of(levels.tolist())
    assert run.weights_s > 0


def test_weights_are_found_once_a_series():
    code = played()
    reversal = Reversal(code)
    strategy = parse_strategy("trajectory:weights=earlier/zfp:accuracy=1e-2")
    first = reversal.run(strategy, series="a")
    assert code.forward_runs == 2  # that of the weights, and the run's own
    code.weights = dict.fromkeys(code.weights, 1.0)
    again = reversal.run(strategy, series="a")
    assert code.forward_runs == 3
    assert (again.weights, again.weights_s) == (first.weights, 0.0)
    np.testing.assert_array_equal(again.gradient, first.gradient)
    other = reversal.run(strategy, series="b")
    assert other.weights != first.weights
    reversal.forget_peaks()
    assert reversal.run(strategy, series="a").weights == other.weights


def test_equal_weights_give_the_bits_of_one_tolerance():
    code = Played(dict.fromkeys(range(FIRST, LAST), 3.0))
    one = Reversal(code).run(parse_strategy("trajectory/zfp:accuracy=1e-2"))
    own = Reversal(code).run(parse_strategy("trajectory:weights=earlier/zfp:accuracy=1e-2"))
    np.testing.assert_array_equal(own.gradient, one.gradient)
    assert own.peak_checkpoint_bytes == one.peak_checkpoint_bytes
    assert (one.weights, one.weights_s) == ("", 0.0)


def test_all_tolerances_work_in_the_same_memory():
    strategy = parse_strategy("trajectory:weights=earlier/interp:abs=1e-2")
    compressors = [strategy.compressor_times(k) for k in range(-6, 7)]
    assert all(isinstance(one, Interp) for one in compressors)
    assert len({id(one._scratch) for one in compressors}) == 1
    assert len({one.spec for one in compressors}) == 13


def test_a_coarse_run_is_asked_for_the_imaged_steps():
    asked = []

    def coarse(series, steps):
        asked.append((series, steps))
        return np.array([falling(step) for step in steps])

    strategy = parse_strategy("trajectory:every=4,weights=coarse/zfp:accuracy=1e-2")
    run = Reversal(played(), coarse).run(strategy, series=5)
    assert asked == [(5, imaged(FIRST, LAST, 4))]
    assert run.weights == Reversal(played()).run(parse_strategy(strategy.spec.replace("coarse", "earlier"))).weights


@pytest.mark.parametrize("source", ["earlier", "coarse"])
def test_a_code_that_does_not_tell_is_refused(source):
    code = played()
    code.adjoint_weight = lambda step, every: ArrayCode.adjoint_weight(code, step, every)
    with pytest.raises(UnsupportedStrategy, match=f"weights=.*({source}|adjoint_weight)"):
        Reversal(code).run(parse_strategy(f"trajectory:weights={source}/zfp:accuracy=1e-2"))


def test_an_adjoint_at_rest_is_refused():
    with pytest.raises(UnsupportedField, match="not all zero"):
        Reversal(Played(dict.fromkeys(range(FIRST, LAST), 0.0))).run(
            parse_strategy("trajectory:weights=earlier/zfp:accuracy=1e-2")
        )


def test_measuring_asks_at_imaged_steps_alone():
    """``Played`` fails with a KeyError elsewhere."""
    code = Played({step: falling(step) for step in imaged(FIRST, LAST, 7)})
    weights = measured_weights(code, 7)
    np.testing.assert_array_equal(weights, [falling(step) for step in (7, 14, 21, 28, 35)])
