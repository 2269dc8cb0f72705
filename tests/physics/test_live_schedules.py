"""Schedules that are made up as they go, on Devito's operators: the gradient's bits, and the budget."""

from __future__ import annotations

import pytest

from wavecomp.plans.strategies import parse_strategy


@pytest.mark.parametrize("text", ["adaptive", "adaptive:every=2,steps=unknown", "planned"])
def test_exact_and_within_the_budget(text, tiny, open_workbench):
    """Lossless, in memory for about six states: the bits of store-all, twice, the second time with sizes known."""
    bench = open_workbench(tiny)
    strategy = parse_strategy(f"{text}/zfp:reversible")
    exact = bench.run(parse_strategy(f"store-all:every={strategy.every}"))
    budget = 6 * bench.operators.state_bytes
    for _ in range(2):
        run = bench.run(strategy, budget_bytes=budget)
        assert run.gradient.tobytes() == exact.gradient.tobytes()
        assert run.misfit == exact.misfit
        assert run.peak_checkpoint_bytes <= budget
        assert run.forward_steps >= exact.forward_steps
