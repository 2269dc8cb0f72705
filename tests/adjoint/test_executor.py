"""Every strategy gives the exact gradient where nothing is lost, and a bounded one where something is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from wavecomp.errors import BudgetExceeded, CheckpointTooLarge
from wavecomp.physics import acoustic as operators
from wavecomp.plans.budget import schedule_of
from wavecomp.plans.strategies import parse_strategy

EXACT = [
    "trajectory/identity",
    "trajectory:overlap/identity",
    "trajectory/zfp:reversible",
    "trajectory:overlap/blosc2:codec=lz4,level=5,shuffle=shuffle",
    "trajectory:tier=disk/identity",
    "revolve:slots=1/identity",
    "revolve:slots=5/identity",
    "revolve:slots=40/zfp:reversible",
    "revolve:slots=5,tier=disk/identity",
    "mixed:levels=2/identity",
    "mixed:levels=10/identity",
    "mixed:levels=81/zfp:reversible",
]


@pytest.fixture(scope="module")
def bench(cube, open_workbench):
    return open_workbench(cube)


@pytest.fixture(scope="module")
def exact(bench):
    return bench.run(parse_strategy("store-all"))


@pytest.mark.parametrize("text", EXACT)
def test_nothing_lost_means_the_same_bits(text, bench, exact, tmp_path):
    run = bench.run(parse_strategy(text), disk_folder=tmp_path, disk_budget_bytes=1 << 30)
    np.testing.assert_array_equal(run.gradient, exact.gradient)
    assert run.misfit == exact.misfit
    assert run.writes > 0
    assert run.peak_store_bytes + run.peak_disk_bytes > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("every", [2, 3, 7])
@pytest.mark.parametrize(
    "text", ["trajectory:every={}/identity", "revolve:slots=4,every={}", "mixed:levels=9,every={}"]
)
def test_subsampled_gradients_agree_among_strategies(text, every, bench, exact):
    reference = bench.run(parse_strategy(f"store-all:every={every}"))
    run = bench.run(parse_strategy(text.format(every)))
    np.testing.assert_array_equal(run.gradient, reference.gradient)
    if every == 2:
        error = np.linalg.norm(run.gradient - exact.gradient) / np.linalg.norm(exact.gradient)
        assert 0 < error < 0.1  # a wrong weight would be an error of 0.5 or 1


@pytest.mark.parametrize("every", [1, 2, 7])
def test_two_levels_in_place_agree_with_three_in_turn(every, bench, inner, cube, monkeypatch):
    """They add v[n+1], -2 v[n], v[n-1] up in different orders, five roundings at most, then N products one by one:

    |Δg| ≤ 2 γ(N + 5) k Σ_n S_n |u_n|, S = (|v[n+1]| + 2 |v[n]| + |v[n-1]|) / Δt² [Higham2002]. S is some tens of times
    the second difference itself, γ(N + 5) is 6e-6: a wrong level would show.
    """
    texts = [text.format(every) for text in ("trajectory:every={}", "revolve:slots=4,every={}", "store-all:every={}")]
    found = []
    for in_place_from in (1, 100):
        monkeypatch.setattr(operators, "IN_PLACE_FROM", in_place_from)
        runs = [bench.run(parse_strategy(text)) for text in texts]
        for run in runs[1:]:
            np.testing.assert_array_equal(run.gradient, runs[0].gradient)
        found.append(runs[0].gradient)
    made = bench.operators
    imaged = [step for step in range(1, made.last) if step % every == 0]
    levels = dict(zip(imaged, made.slots(len(imaged)), strict=True))
    made.rest()
    at = 1
    for step, slot in levels.items():
        made.forward(at, step, record=True)
        made.keep(at := step, slot)
    made.forward(at, made.last, record=True)
    made.residual.data[:] = made.records.data - bench.observed()
    scale, at = np.zeros(cube.medium.shape), made.last
    for step in reversed(imaged):
        made.sweep().down(at, step)
        at = step
        below, here, above = (np.abs(inner(cube, made.v.data[n % 3]).astype(float)) for n in range(step - 1, step + 2))
        scale += (above + 2 * here + below) * np.abs(levels[step].array)
    unit = (len(imaged) + 5) * 2.0**-24
    bound = 2 * unit / (1 - unit) * every / float(made._dt_ms) ** 2 * scale
    assert (np.abs(found[0].astype(float) - found[1]) <= bound).all()
    assert np.linalg.norm(bound) < 0.05 * np.linalg.norm(found[1])


@pytest.mark.parametrize("text", ["trajectory/zfp:accuracy={}", "trajectory:overlap/slabs/zfp:accuracy={}"])
def test_the_error_falls_with_the_tolerance(text, bench, exact):
    """Each imaged level is off by at most the tolerance: |Δg| ≤ tolerance · Σ_n |v.dt2|, linear in the tolerance.

    ZFP stays below its tolerance by a factor that varies by less than 4 between these tolerances (it halves its step).
    """
    norm = np.linalg.norm(exact.gradient)
    errors, ratios = [], []
    for tolerance in ("1e-1", "1e-2", "1e-3", "1e-4"):
        run = bench.run(parse_strategy(text.format(tolerance)))
        errors.append(float(np.linalg.norm(run.gradient - exact.gradient) / norm))
        ratios.append(run.ratios.median)
    assert all(2.5 < a / b < 40 for a, b in pairwise(errors)), errors
    assert ratios == sorted(ratios, reverse=True)


def test_lossy_restarts_come_near(bench, exact):
    run = bench.run(parse_strategy("revolve:slots=6/zfp:accuracy=1e-4"))
    error = np.linalg.norm(run.gradient - exact.gradient) / np.linalg.norm(exact.gradient)
    assert 0 < error < 1e-2
    assert run.misfit == exact.misfit  # the record comes from the first sweep, which nothing was lost in


def test_the_counts_are_those_of_the_schedule(bench):
    steps = bench.operators.last - 1
    for text in ("store-all", "trajectory:every=3", "revolve:slots=5", "mixed:levels=10"):
        strategy = parse_strategy(text)
        schedule = schedule_of(strategy, steps, bench.operators.state_bytes, bench.operators.level_bytes, 1 << 40)
        run = bench.run(strategy)
        assert run.forward_steps == schedule.forward_steps, text
        assert run.writes == schedule.state_writes + schedule.level_writes
        assert run.reads == schedule.state_reads + schedule.level_writes
        assert run.seconds.other >= 0


def test_a_budget_decides_the_slots_and_is_kept(bench, exact):
    operators = bench.operators
    budget = 4 * operators.state_bytes
    run = bench.run(parse_strategy("revolve/identity"), budget_bytes=budget)
    assert run.checkpoints_held == 3  # four would leave nothing for the bookkeeping
    assert run.peak_store_bytes <= budget
    np.testing.assert_array_equal(run.gradient, exact.gradient)
    with pytest.raises(CheckpointTooLarge, match=str(operators.state_bytes // 2)):
        bench.run(parse_strategy("revolve/identity"), budget_bytes=operators.state_bytes // 2)
    with pytest.raises(BudgetExceeded):
        bench.run(parse_strategy("trajectory/identity"), budget_bytes=10 * operators.level_bytes)
    with pytest.raises(BudgetExceeded):
        bench.run(parse_strategy("trajectory:overlap/identity"), budget_bytes=10 * operators.level_bytes)
    # What failed has left nothing behind.
    np.testing.assert_array_equal(bench.run(parse_strategy("trajectory")).gradient, exact.gradient)
