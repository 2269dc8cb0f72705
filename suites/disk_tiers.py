"""Checkpoints in memory and on a disk: what each schedule costs in the same memory, interleaved in one process.

Every strategy has the memory of so many uncompressed states (``--states``), the slots of levels on their way and what
waits for the disk included, and as much disk as it likes. In every round the bare sweeps run once, then each strategy
once; a ratio is formed within its round. Time is that of a run, without the making of its plan, which is told apart.
What is written goes through the system's page cache: ``--disk`` names the folder, and only a file larger than the free
memory shows what its disk does. Run it on an otherwise idle machine::

    python suites/disk_tiers.py --problem quick --states 8 --rounds 5 --disk /scratch --out results/disk-tiers
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from wavecomp.adjoint.result import GradientRun
from wavecomp.checkpoints.disk_kind import disk_kind
from wavecomp.physics.opening import open_bench
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.budget import plan
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy

HEADS = (
    "revolve",
    "h-revolve",
    "h-revolve:async",
    "disk-revolve",
    "disk-revolve:async",
    "periodic-disk-revolve",
    "periodic-disk-revolve:async",
    "two-level",
    "two-level:async",
    "trajectory:tier=disk",
    "trajectory:tier=disk,async",
)
_UNLIMITED = 1 << 62


@dataclass(frozen=True)
class Row:
    """One strategy: what it cost, over all rounds, and what it counted."""

    strategy: str
    plan_seconds: float
    wall_over_bare: list[float]
    wall_seconds: list[float]
    forward_steps: int
    writes: int
    disk_writes: int
    memory_bytes: int
    disk_bytes: int
    exact: bool

    @property
    def cells(self) -> tuple[str, ...]:
        low, high = min(self.wall_over_bare), max(self.wall_over_bare)
        return (
            f"`{self.strategy}`",
            f"{statistics.median(self.wall_over_bare):.2f} [{low:.2f}, {high:.2f}]",
            str(self.forward_steps),
            f"{self.writes} ({self.disk_writes})",
            f"{self.memory_bytes / 1e6:.2f}",
            f"{self.disk_bytes / 1e6:.2f}",
            f"{self.plan_seconds:.2f}",
            "yes" if self.exact else "**no**",
        )


_HEAD = (
    "strategy",
    "wall over bare sweeps",
    "forward steps",
    "writes (to disk)",
    "memory, MB",
    "disk, MB",
    "plan, s",
    "exact",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="quick")
    parser.add_argument("--states", type=int, default=8, help="uncompressed states that the memory holds [default: 8]")
    parser.add_argument("--every", type=int, default=1, help="image at every k-th step [default: 1]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=float, default=2.0, help="cost of a state to the disk, in steps [default: 2]")
    parser.add_argument("--read", type=float, default=2.0, help="cost of a state from the disk, in steps [default: 2]")
    parser.add_argument("--disk", type=Path, help="folder of the tier on disk [default: the system's temporary one]")
    parser.add_argument("--out", type=Path, required=True, help="folder of disk_tiers.json and disk_tiers.md")
    given = parser.parse_args()
    bench = open_bench(find_problem(given.problem))
    code = bench.code
    # The bookkeeping of what lies on the disk is counted in memory too: 2 kB for each level that is imaged, at most.
    budget = given.states * (code.state_bytes + 2048) + 2 * code.level_bytes + 2048 * (code.last // given.every) + 4096
    strategies = [parse_strategy(_with(head, given)) for head in HEADS]
    exact = bench.run(parse_strategy(f"store-all:every={given.every}")).gradient
    planned = {strategy.spec: _plan_seconds(strategy, code, budget) for strategy in strategies}
    bare: list[float] = []
    runs: dict[str, list[GradientRun]] = {strategy.spec: [] for strategy in strategies}
    for number in range(given.rounds + 1):  # the first one is for pages, kernels and thread pools
        bare.append(bench.bare().run.seconds.wall)
        for strategy in strategies:
            run = bench.run(strategy, budget_bytes=budget, disk_folder=given.disk, traced=True)
            runs[strategy.spec].append(run)
        print(f"round {number} of {given.rounds}: bare {bare[-1]:.2f} s", file=sys.stderr, flush=True)
    rows = [_row(spec, planned[spec], ran[1:], bare[1:], exact) for spec, ran in runs.items()]
    about = {
        "problem": given.problem,
        "shape": list(bench.operators.problem.medium.shape) if hasattr(bench, "operators") else [],
        "steps": code.last,
        "every": given.every,
        "memory_budget_bytes": budget,
        "state_bytes": code.state_bytes,
        "level_bytes": code.level_bytes,
        "rounds": given.rounds,
        "bare_seconds": bare[1:],
        "disk": disk_kind(given.disk),
        "threads": bench.threads,
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "disk_tiers.json").write_text(
        json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1) + "\n"
    )
    page = _page(about, rows)
    (given.out / "disk_tiers.md").write_text(page)
    print(page)
    return 0 if all(row.exact for row in rows) else 1


def _with(head: str, given: argparse.Namespace) -> str:
    name, _, items = head.partition(":")
    costs = [f"write={given.write!r}", f"read={given.read!r}"] if "revolve" in name[1:] or name == "two-level" else []
    return f"{name}:{','.join([f'every={given.every}', *filter(None, [items]), *costs])}"


def _plan_seconds(strategy: Strategy, code, budget: int) -> float:
    begun = time.perf_counter()
    plan(
        strategy, code.last - code.first, code.state_bytes, code.level_bytes, budget, _UNLIMITED, first=code.first,
        in_buffers=code.in_buffers,
    )  # fmt: skip
    return time.perf_counter() - begun


def _row(spec: str, plan_seconds: float, runs: list[GradientRun], bare: list[float], exact: np.ndarray) -> Row:
    last = runs[-1]
    return Row(
        spec,
        plan_seconds,
        [run.seconds.wall / base for run, base in zip(runs, bare, strict=True)],
        [run.seconds.wall for run in runs],
        last.forward_steps,
        last.writes,
        sum(receipt.tier == "disk" for receipt in last.receipts),
        max(run.peak_checkpoint_bytes - run.peak_disk_bytes for run in runs),
        max(run.peak_disk_bytes for run in runs),
        all(np.array_equal(run.gradient, exact) for run in runs),
    )


def _page(about: dict[str, object], rows: list[Row]) -> str:
    lines = [
        f"# {about['problem']}: checkpoints in memory and on a disk",
        "",
        f"{about['steps']} steps, imaging at every {about['every']}; states of {about['state_bytes']} bytes, levels of "
        f"{about['level_bytes']}, a memory of {about['memory_budget_bytes']} bytes; disk: {about['disk']}; "
        f"{about['threads']} threads; medians of {about['rounds']} interleaved rounds [least, greatest].",
        "",
        f"| {' | '.join(_HEAD)} |",
        f"|{'---|' * len(_HEAD)}",
        *(f"| {' | '.join(row.cells)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
