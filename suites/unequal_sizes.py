"""Schedules under a budget in bytes where checkpoints have unequal sizes, by replay: forward steps, writes, overruns.

``python suites/unequal_sizes.py --out FOLDER`` takes the ratios of a published run of the experiment ``ratio``,
stretched to so many steps, and replays for each compressor and budget: Revolve planned with the least, the median and
the mean ratio, ``adaptive`` with the end known and unknown, and ``planned`` with all sizes known. Then random sequences
of sizes, none of which may break its budget. Nothing is timed; the numbers are the same on every machine.

It writes ``unequal-sizes.json`` and ``unequal-sizes.md``.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ScheduleError
from wavecomp.plans.live_schedule import LiveSchedule
from wavecomp.plans.replay_live import LiveReport, replay_live
from wavecomp.plans.schedules import revolve
from wavecomp.plans.unequal_bounds import bounds
from wavecomp.records.experiment import load_experiment

SOURCE = Path("results/published/gradient-overthrust-2d/experiment-ratio.npz")
COMPRESSORS = ("zfp:accuracy=1", "zfp:accuracy=0.01", "zfp:reversible")
STATE_BYTES = 891_000_000
BUDGETS = (5, 10, 20, 60, 300)
"""In states of the mean compressed size."""

Sizes = NDArray[np.int64]


def sizes_of(source: Path, compressor: str, steps: int) -> Sizes:
    """Return the bytes of the state at each step: the measured ratios, over relative time."""
    rows = [row for row in load_experiment(source).rows if row["compressor"] == compressor]
    times, ratios = (np.array([row[key] for row in rows], dtype=float) for key in ("time_s", "ratio"))
    at = np.linspace(times[0], times[-1], steps)
    return np.asarray(STATE_BYTES / np.interp(at, times, ratios), dtype=np.int64)


def live(name: str, sizes: Sizes, budget: int, assumed: int, **more: Any) -> LiveReport:
    """Replay a schedule that is made up as it goes."""
    schedule = LiveSchedule(name, 0, len(sizes), 1, more.get("known", True), assumed, budget, more.get("earlier"))
    return replay_live(schedule, [*sizes.tolist(), int(sizes[-1])], budget)


def row_of(sizes: Sizes, states: int) -> dict[str, Any]:
    """Return all that one compressor and one budget give."""
    budget = int(states * sizes.mean())
    row: dict[str, Any] = {"budget_states": states, "budget_bytes": budget}
    of_ratio = {"least": sizes.max(), "median": np.median(sizes), "mean": sizes.mean()}
    for name, size in of_ratio.items():
        schedule = revolve(len(sizes), max(1, int(budget / size)), first=0)
        row[f"revolve_{name}"] = {"forward_steps": schedule.forward_steps, "writes": schedule.state_writes}
        try:
            replay_live(schedule, [*sizes.tolist(), int(sizes[-1])], budget)
        except ScheduleError:
            row[f"revolve_{name}"]["overruns"] = True
    known = dict(enumerate(sizes.tolist()))
    for name, more in (
        ("adaptive_known", {}),
        ("adaptive_unknown", {"known": False}),
        ("planned", {"earlier": known}),
    ):
        found = live(name.split("_")[0], sizes, budget, STATE_BYTES, **more)
        row[name] = {
            "forward_steps": found.run.forward_steps,
            "writes": found.run.state_writes,
            "refused": found.refused,
            "dropped": found.dropped,
            "peak_share": found.held_bytes_max / budget,
        }
    row["bounds"] = bounds(sizes, budget)._asdict()
    return row


def random_sequences(count: int, seed: int) -> dict[str, int]:
    """Replay random sequences of sizes under random budgets; an overrun is an error of the replay."""
    rng = np.random.default_rng(seed)
    done = refused = 0
    for _ in range(count):
        steps = int(rng.integers(2, 31))
        kind = rng.integers(3)
        sizes = rng.integers(1, 1000, steps) if kind == 0 else np.exp(np.cumsum(rng.normal(0, 0.5, steps)) % 7)
        sizes = (np.sort(sizes) if kind == 2 else sizes).astype(np.int64) + 1
        budget = int(sizes[0] + rng.uniform(0, 0.6) * sizes.sum())
        earlier = dict(enumerate(rng.permutation(sizes).tolist())) if rng.integers(2) else None
        report = live("adaptive", sizes, budget, int(sizes.max()), known=bool(rng.integers(2)), earlier=earlier)
        assert report.held_bytes_max <= budget
        assert report.run.imaged == tuple(range(steps))[::-1]
        done, refused = done + 1, refused + report.refused
    return {"sequences": done, "overruns": 0, "refused": refused}


def table_of(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    columns = ("revolve_least", "revolve_median", "revolve_mean", "adaptive_known", "adaptive_unknown", "planned")
    heads = ("compressor", "budget in mean states", *(name.replace("_", ", ") for name in columns), "lower bound")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for compressor, rows in found["curves"].items():
        for row in rows:
            cells = [
                f"{row[name]['forward_steps']} ({row[name]['writes'] + row[name].get('refused', 0)})"
                + (" overruns" if row[name].get("overruns") else "")
                for name in columns
            ]
            below = 1 + max(row["bounds"][name] for name in ("by_count", "by_gaps", "by_contraction"))
            lines.append(f"| {compressor} | {row['budget_states']} | " + " | ".join(cells) + f" | {below} |")
    random = found["random"]
    return (
        f"Forward steps (in brackets states compressed) of {found['steps']} steps, sizes from `{found['source']}`.\n\n"
        + "\n".join(lines)
        + f"\n\n{random['sequences']} random sequences of sizes: {random['overruns']} overruns, "
        f"{random['refused']} states refused.\n"
    )


def main() -> None:
    """Replay, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--source", type=Path, default=SOURCE, help="stored result of the experiment ratio")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--sequences", type=int, default=1000, help="random sequences of sizes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20190711)
    given = parser.parse_args()
    sizes = {compressor: sizes_of(given.source, compressor, given.steps) for compressor in COMPRESSORS}
    cases = [(compressor, states) for states in BUDGETS for compressor in COMPRESSORS]
    curves: dict[str, list[dict[str, Any]]] = {compressor: [] for compressor in COMPRESSORS}
    with ProcessPoolExecutor(given.processes) as pool:
        rows = pool.map(row_of, [sizes[compressor] for compressor, _ in cases], [states for _, states in cases])
        for (compressor, states), row in zip(cases, rows, strict=True):
            curves[compressor].append(row)
            print(f"{compressor}, {states} states: done", flush=True)
    found = {
        "steps": given.steps,
        "source": str(given.source),
        "curves": curves,
        "random": random_sequences(given.sequences, given.seed),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "unequal-sizes.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.out / "unequal-sizes.md").write_text(table_of(found), encoding="utf-8")


if __name__ == "__main__":
    main()
