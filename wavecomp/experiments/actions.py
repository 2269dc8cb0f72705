"""Where the wall time of Revolve goes, action by action: uncompressed, compressed, and compressed in equal memory.

The study's figures 7 and 8, and the constants of its performance model as one run shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.timeline import WORK_OF
from wavecomp.checkpoints.receipts import Receipt
from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.catalogue import Notice
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records.experiment import ExperimentResult

TASKS = tuple(WORK_OF)
"""A span's task in the arrays is its place in this list, which the facts hold as text."""


@dataclass(frozen=True)
class ActionsSettings:
    """Which runs.

    Attributes
    ----------
    slots : int
        Checkpoints that the uncompressed run holds: its memory, for the third run too.
    compressor : str
        Of the second run, with as many checkpoints, and the third, with as many as the memory of the first should hold
        by the mean ratio of the second.
    rounds : int
        Runs of each, all but the first kept in mind: the first touches its memory. That of the median wall time counts.
    """

    slots: int = 10
    compressor: str = "zfp:accuracy=1e-3peak"
    rounds: int = 4


def actions(bench: ExperimentBench, settings: ActionsSettings, progress: Notice) -> ExperimentResult:
    """Run Revolve three times and keep what each did when.

    Rows have the sums; ``spans-0`` … ``spans-2`` hold the pieces of work, shape (pieces, 5): task, first step, last
    step, seconds since the run began, seconds. ``checkpoints-0`` … hold (writes, 3): step, bytes of its streams,
    seconds of compression alone.
    """
    shot, total = bench.middle_shot, 3 * settings.rounds
    state_bytes, steps = bench.operators.state_bytes, bench.operators.last - bench.operators.first
    rows: list[Row] = []
    arrays: dict[str, NDArray[np.generic]] = {}
    slots = settings.slots
    for place, (kind, compressor) in enumerate(
        (
            ("uncompressed", "identity"),
            ("equal checkpoints", settings.compressor),
            ("equal memory", settings.compressor),
        )
    ):
        if kind == "equal memory":
            slots = min(max(int(settings.slots * _mean_ratio(rows[1], state_bytes)), 1), steps)
        strategy = parse_strategy(f"revolve:slots={slots}/{compressor}")
        runs = []
        for turn in range(settings.rounds):
            progress(place * settings.rounds + turn, total, strategy.spec)
            runs.append(bench.workbench.run(strategy, shot=shot, traced=True))
        counted = sorted(runs[1:] or runs, key=lambda run: run.seconds.wall)
        run = counted[len(counted) // 2]
        rows.append(_row(kind, slots, run))
        codes = [[TASKS.index(span.task), *span[1:]] for span in run.timeline]
        arrays[f"spans-{place}"] = np.array(codes, dtype=np.float64)
        arrays[f"checkpoints-{place}"] = np.array([_written(one) for one in run.receipts], dtype=np.float64)
    facts = {**bench.facts(shot), "first": bench.operators.first, "tasks": " ".join(TASKS)}
    settled = dict(vars(settings))
    return ExperimentResult(
        "actions", bench.problem.name, bench.problem.digest, settled, facts, tuple(rows), arrays=arrays
    )


def _row(kind: str, slots: int, run: GradientRun) -> Row:
    seconds = run.seconds
    adjoint = sum(span.first - span.last if span.task == "down" else 0 for span in run.timeline)
    return {
        "kind": kind,
        "strategy": run.strategy,
        "slots": slots,
        "forward_steps": run.forward_steps,
        "adjoint_steps": adjoint,
        "writes": run.writes,
        "reads": run.reads,
        "checkpoints_held": run.checkpoints_held,
        "written_bytes": sum(receipt.bytes for receipt in run.receipts),
        "peak_checkpoint_bytes": run.peak_checkpoint_bytes,
        "advance_s": seconds.advance,
        "compress_s": seconds.compress,
        "decompress_s": seconds.decompress,
        "reverse_s": seconds.reverse,
        "other_s": seconds.other,
        "wall_s": seconds.wall,
    }


def _mean_ratio(row: Row, state_bytes: int) -> float:
    written, total = row["writes"], row["written_bytes"]
    assert isinstance(written, int)
    assert isinstance(total, int)
    return written * state_bytes / total


def _written(receipt: Receipt) -> tuple[int, int, float]:
    assert isinstance(receipt.key, tuple)
    return receipt.key[1], receipt.bytes, receipt.seconds
