"""Schedules for checkpoints of unequal sizes on a real problem: forward steps and wall time in the same memory.

A run of Revolve that stores every state's receipt tells the compressed sizes on the first way up: the least, the median
and the mean ratio, and the memory, so many states of the mean size (``--states``, which may be given often). In it run
Revolve, planned with each of these ratios, ``adaptive`` with the end of the run known and unknown, and ``planned`` by
the sizes of the run before. In every round the bare sweeps run once, then each strategy once, every second round
backwards; a ratio is formed within its round, and the first round warms up. A Revolve whose ratio was too good is
refused by the store: it is told as an overrun. Time includes making up the schedules of ``adaptive`` and ``planned``.
Run it on an otherwise idle machine::

    python suites/unequal_walls.py --problem quick --states 5 --states 20 --out results/unequal-walls

It writes ``PROBLEM.json`` and ``PROBLEM.md`` to the folder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from saving import Saved

from wavecomp.adjoint.result import GradientRun
from wavecomp.errors import BudgetExceeded, ScheduleError
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.physics.opening import open_bench
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records.provenance import collect_provenance

_UP = 40
"""States of the run that tells the sizes: on the first way up it stores so many."""


@dataclass
class Row:
    """One strategy in one memory."""

    strategy: str
    name: str
    states: int
    budget_bytes: int
    wall_over_bare: list[float] = field(default_factory=list)
    forward_steps: int = 0
    writes: int = 0
    refused: int = 0
    peak_bytes: int = 0
    error: float = 0.0
    overrun: str = ""

    def note(self, run: GradientRun, bare: float, exact: np.ndarray) -> None:
        self.wall_over_bare.append(run.seconds.wall / bare)
        self.forward_steps, self.writes, self.refused = run.forward_steps, run.writes, run.refused
        self.peak_bytes = max(self.peak_bytes, run.peak_checkpoint_bytes)
        self.error = gradient_distance(exact, run.gradient).relative_l2


def ratios(run: GradientRun, raw_bytes: int) -> dict[str, float]:
    """Return the least, the median and the mean ratio of the states of the first way up."""
    turn = next(number for number, span in enumerate(run.timeline) if span.task in ("down", "image"))
    up = sum(span.task == "save" for span in run.timeline[:turn])
    sizes = np.array([receipt.bytes for receipt in run.receipts[:up]], float)
    return {"least": raw_bytes / sizes.max(), "median": raw_bytes / np.median(sizes), "mean": raw_bytes / sizes.mean()}


def strategies(found: dict[str, float], every: int, compressor: str) -> dict[str, str]:
    """Return the texts by the names of the table."""
    texts = {
        f"revolve, {which}": f"revolve:every={every},ratio={ratio:.4g}/{compressor}" for which, ratio in found.items()
    }
    return texts | {
        "adaptive, known": f"adaptive:every={every}/{compressor}",
        "adaptive, unknown": f"adaptive:every={every},steps=unknown/{compressor}",
        "planned": f"planned:every={every}/{compressor}",
    }


def page(content: dict[str, Any]) -> str:
    """Return the table."""
    about = content["about"]
    lines = [
        f"# {about['problem']}: schedules for states of unequal sizes",
        "",
        f"{about['steps']} steps, imaging at every {about['every']}; states of {about['state_bytes']} bytes, "
        f"compressed by `{about['compressor']}` {about['ratios']['least']:.4g} times at least, "
        f"{about['ratios']['median']:.4g} in the median, {about['ratios']['mean']:.4g} in the mean; bare sweeps "
        f"{statistics.median(about['bare_s']):.3g} s on {about['threads']} threads; medians of {about['rounds']} "
        "interleaved rounds [least, greatest].",
        "",
        "| states of the mean size | memory (MB) | strategy | forward steps | states compressed | refused | held (MB) "
        "| wall / bare | gradient error |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in content["rows"]:
        walls = row["wall_over_bare"]
        wall = "**overrun**" if row["overrun"] or not walls else (
            f"{statistics.median(walls):.2f} [{min(walls):.2f}, {max(walls):.2f}]"
        )  # fmt: skip
        counts = row["forward_steps"], row["writes"], row["refused"], f"{row['peak_bytes'] / 1e6:.4g}"
        lines.append(
            f"| {row['states']} | {row['budget_bytes'] / 1e6:.4g} | {row['name']} | "
            + (" | ".join(map(str, counts)) if walls else "– | – | – | –")
            + f" | {wall} | "
            + (f"{row['error']:.1e} |" if walls else "– |")
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="quick")
    parser.add_argument("--compressor", default="zfp:accuracy=1e-3peak")
    parser.add_argument("--states", type=int, action="append", help="may be given often [default: 5 20]")
    parser.add_argument("--every", type=int, default=4, help="image at every k-th step [default: 4]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True, help="folder of PROBLEM.json and PROBLEM.md")
    given = parser.parse_args()
    if given.rounds < 1 or given.every < 1 or min(given.states or [1]) < 1:
        parser.error(f"--rounds {given.rounds}, --every {given.every}, --states {given.states}: all at least 1")
    problem = find_problem(given.problem)
    saved = Saved(given.out / f"{problem.name}.json", "unequal_walls", {".md": page})
    bench = open_bench(problem)
    code = bench.code
    exact = bench.run(parse_strategy("store-all")).gradient
    probe = bench.run(parse_strategy(f"revolve:slots={_UP},every={given.every}/{given.compressor}"), traced=True)
    found = ratios(probe, code.state_bytes)
    texts = strategies(found, given.every, given.compressor)
    rows = []
    for states in given.states or [5, 20]:
        mean = code.state_bytes / found["mean"]
        memory = round(states * (mean + 2048)) + 2 * code.level_bytes
        rows += [Row(text, name, states, memory) for name, text in texts.items()]
    bare: list[float] = []
    for turn in range(given.rounds + 1):
        bare.append(bench.bare().run.seconds.wall)
        for row in rows if turn % 2 == 0 else rows[::-1]:
            if row.overrun:
                continue
            try:
                run = bench.run(parse_strategy(row.strategy), budget_bytes=row.budget_bytes)
            except (BudgetExceeded, ScheduleError) as reason:
                row.overrun = str(reason)
                continue
            if turn:
                row.note(run, bare[-1], exact)
        print(f"round {turn} of {given.rounds}: bare {bare[-1]:.2f} s", file=sys.stderr, flush=True)
    about = {
        "problem": problem.name, "problem_digest": problem.digest, "steps": code.last, "every": given.every,
        "compressor": given.compressor, "ratios": found, "state_bytes": code.state_bytes,
        "level_bytes": code.level_bytes, "rounds": given.rounds, "bare_s": bare[1:], "threads": bench.threads,
    }  # fmt: skip
    content = {
        "unequal_walls": 1, "provenance": asdict(collect_provenance()), "about": about,
        "rows": [asdict(row) for row in rows],
    }  # fmt: skip
    saved.write(content)
    print(page(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
