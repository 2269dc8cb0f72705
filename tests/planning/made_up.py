"""A machine with known prices: a code without physics whose every call moves a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wavecomp.adjoint.result import GradientRun
from wavecomp.checkpoints.receipts import Receipt
from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import Trial
from wavecomp.planning.prices import Prices
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.tasks import ADVANCING, SINGLE, Line
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records import WorkTimes

SIZES = ProblemSizes(1, 121, (4000,), (9000, 9000), 2, 2)


def made_costs(**values: object) -> Costs:
    """Return costs with a price of its own for every task."""
    lines = {task: Line(0.003 * (1 + n), 0.01 * (2 + n)) for n, task in enumerate(ADVANCING)}
    lines |= {task: Line(0.0, 0.001 * (3 + n)) for n, task in enumerate(SINGLE)}
    usual: dict[str, object] = {
        "problem": "made-up", "dimensions": 2, "level_bytes": SIZES.level_bytes, "state_bytes": SIZES.state_bytes,
        "first": SIZES.first, "last": SIZES.last, "threads": 2, "cores": 2, "peak": 50.0, "bare_s": 9.0,
        "run_s": 0.25, "span_s": 0.0005, "after_store_s": 0.004, "lines": lines, "memory_bytes_s": 1e6,
        "disk_write_bytes_s": 1e5, "disk_read_bytes_s": 2e5, "ratios": (0.9, 1.0, 1.1),
    }  # fmt: skip
    return Costs(**(usual | values))  # type: ignore[arg-type]


def trial_of(text: str, costs: Costs, sizes: ProblemSizes = SIZES, speed: float = 1.0) -> Trial:
    """Return a traced run as that machine would make it, at some speed."""
    strategy = parse_strategy(text)
    seen = virtual_run(
        strategy, sizes, price=Prices(strategy, sizes, costs), run_s=costs.run_s, span_s=costs.span_s
    )  # fmt: skip
    spans = tuple(span._replace(seconds=span.seconds * speed) for span in seen.spans)
    other = seen.seconds - sum(span.seconds for span in seen.spans)
    seconds = WorkTimes(0.0, 0.0, 0.0, 0.0, other=other * speed, wall=seen.seconds * speed)
    run = GradientRun(
        strategy.spec, np.zeros(1), 0.0, seconds, seen.forward_steps, seen.writes, seen.reads, seen.held, (), 0, 0, 0,
        timeline=spans,
    )  # fmt: skip
    return Trial(strategy, sizes, run, speed)


def with_receipts(trial: Trial, kind: str, sizes: Mapping[int, int]) -> Trial:
    """Return a trial whose store gave receipts for the checkpoints of these steps, in their order."""
    receipts = tuple(Receipt((kind, step), size, size, 1.0, 0.0, "memory") for step, size in sizes.items())
    return replace(trial, run=replace(trial.run, receipts=receipts))
