"""Schedules under a budget in bytes where checkpoints have unequal sizes, by replay: forward steps, writes, overruns.

``python suites/unequal_sizes.py --out FOLDER`` takes the ratios of a published run of the experiment ``ratio``,
stretched to so many steps, and replays for each compressor and budget: Revolve planned with the least, the median and
the mean ratio, ``adaptive`` with the end known and unknown, and ``planned`` with all sizes known. On these curves the
rules were tuned. The same for curves of other problems that nothing was tuned on, from a file that ``size_curves.py``
has measured. Then random sequences of sizes, none of which may break its budget. Nothing is timed; the numbers are the
same on every machine.

It writes ``unequal-sizes.json`` and ``unequal-sizes.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ScheduleError
from wavecomp.plans.live_schedule import LiveSchedule
from wavecomp.plans.replay_live import LiveReport, replay_live
from wavecomp.plans.schedules import revolve
from wavecomp.plans.unequal_bounds import above_by_blocks, bounds
from wavecomp.records.experiment import load_experiment

SOURCE = Path("results/published/gradient-overthrust-2d/experiment-ratio.npz")
HELD_OUT = Path("results/published/unequal-sizes/size-curves.json")
COMPRESSORS = ("zfp:accuracy=1", "zfp:accuracy=0.01", "zfp:reversible")
STATE_BYTES = 891_000_000
BUDGETS = (3, 5, 7, 10, 20, 60, 300)
HELD_OUT_BUDGETS = (3, 5, 10, 20)
"""In states of the mean compressed size."""

LIVE = ("adaptive_known", "adaptive_unknown", "planned")

Sizes = NDArray[np.int64]
Curves = dict[str, Sizes]
Rows = dict[str, list[dict[str, Any]]]


def sizes_of(source: Path, compressor: str, steps: int) -> Sizes:
    """Return the bytes of the state at each step: the measured ratios, over relative time."""
    rows = [row for row in load_experiment(source).rows if row["compressor"] == compressor]
    times, ratios = (np.array([row[key] for row in rows], dtype=float) for key in ("time_s", "ratio"))
    at = np.linspace(times[0], times[-1], steps)
    return np.asarray(STATE_BYTES / np.interp(at, times, ratios), dtype=np.int64)


def held_out(source: Path, steps: int) -> Curves:
    """Return the bytes of the state at each step of the curves in a file, each as if a state had ``STATE_BYTES``."""
    found: Curves = {}
    for curve in json.loads(source.read_text(encoding="utf-8"))["curves"]:
        bytes_of = np.array(curve["compressed_bytes"], dtype=float) * (STATE_BYTES / curve["level_bytes"])
        at = np.linspace(0, len(bytes_of) - 1, steps)
        sizes = np.interp(at, np.arange(len(bytes_of)), bytes_of)
        found[f"{curve['problem']}, {curve['compressor']}"] = np.asarray(sizes, dtype=np.int64)
    return found


def live(name: str, sizes: Sizes, budget: int, assumed: int, **more: Any) -> LiveReport:
    """Replay a schedule that is made up as it goes."""
    schedule = LiveSchedule(name, 0, len(sizes), 1, more.get("known", True), assumed, budget, more.get("earlier"))
    return replay_live(schedule, [*sizes.tolist(), int(sizes[-1])], budget)


def row_of(sizes: Sizes, states: int, bounded: bool) -> dict[str, Any]:
    """Return all that one compressor and one budget give, with lower bounds or without, which take long."""
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
    for name, more in zip(LIVE, ({}, {"known": False}, {"earlier": known}), strict=True):
        found = live(name.split("_")[0], sizes, budget, STATE_BYTES, **more)
        row[name] = {
            "forward_steps": found.run.forward_steps,
            "writes": found.run.state_writes,
            "refused": found.refused,
            "dropped": found.dropped,
            "peak_share": found.held_bytes_max / budget,
        }
    row["by_blocks"] = 1 + above_by_blocks(sizes, budget)
    row["best"] = min(row["by_blocks"], *(row[name]["forward_steps"] for name in LIVE))
    row["bounds"] = bounds(sizes, budget)._asdict() if bounded else None
    return row


def rows_of(curves: Curves, budgets: Sequence[int], pool: ProcessPoolExecutor, *, bounded: bool) -> Rows:
    """Return all rows of some curves."""
    cases = [(name, states) for states in budgets for name in curves]
    given = [curves[name] for name, _ in cases], [states for _, states in cases], [bounded] * len(cases)
    found: Rows = {name: [] for name in curves}
    for (name, states), row in zip(cases, pool.map(row_of, *given), strict=True):
        found[name].append(row)
        print(f"{name}, {states} states: done", flush=True)
    return found


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


def table_of(curves: Rows) -> str:
    """Return rows as a Markdown table."""
    columns = ("revolve_least", "revolve_median", "revolve_mean", *LIVE)
    bounded = all(row["bounds"] for rows in curves.values() for row in rows)
    heads = [
        "sizes",
        "budget in mean states",
        *(name.replace("_", ", ") for name in columns),
        "best known",
        "known end",
    ]
    heads += ["unknown end", "lower bound"] if bounded else ["unknown end"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for name, rows in curves.items():
        for row in rows:
            cells = [name, str(row["budget_states"])]
            cells += [
                f"{row[column]['forward_steps']} ({row[column]['writes'] + row[column].get('refused', 0)})"
                + (" overruns" if row[column].get("overruns") else "")
                for column in columns
            ]
            cells += [str(row["best"]), *(f"+{missed(row, column):.1f} %" for column in LIVE[:2])]
            if bounded:
                cells.append(str(1 + max(row["bounds"][of] for of in ("by_count", "by_gaps", "by_contraction"))))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def missed(row: dict[str, Any], column: str) -> float:
    """Return by how many percent a schedule takes more forward steps than the best that is known."""
    return 100 * (float(row[column]["forward_steps"]) / float(row["best"]) - 1)


def summary_of(curves: Rows) -> str:
    """Return the mean and the greatest miss for each budget, as a Markdown table."""
    lines = ["| budget in mean states | known end, mean | worst | unknown end, mean | worst |", "|---|---|---|---|---|"]
    for rows in zip(*curves.values(), strict=True):
        cells = [str(rows[0]["budget_states"])]
        for column in LIVE[:2]:
            by = [missed(row, column) for row in rows]
            cells += [f"+{sum(by) / len(by):.1f} %", f"+{max(by):.1f} %"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page_of(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    random = found["random"]
    text = f"Forward steps (in brackets states compressed) of {found['steps']} steps"
    parts = [f"{text}, sizes from `{found['source']}`, on which the rules were tuned."]
    parts += [table_of(found["curves"]), summary_of(found["curves"])]
    parts += [f"{text}, sizes from `{found['held_out_source']}`, on which nothing was tuned."]
    parts += [table_of(found["held_out"]), summary_of(found["held_out"])]
    parts += [
        f"{random['sequences']} random sequences of sizes: {random['overruns']} overruns, "
        f"{random['refused']} states refused.\n"
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def main() -> None:
    """Replay, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--source", type=Path, default=SOURCE, help="stored result of the experiment ratio")
    parser.add_argument("--held-out", type=Path, default=HELD_OUT, help="curves measured by size_curves.py")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--sequences", type=int, default=1000, help="random sequences of sizes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20190711)
    given = parser.parse_args()
    sizes = {compressor: sizes_of(given.source, compressor, given.steps) for compressor in COMPRESSORS}
    others = held_out(given.held_out, given.steps)
    with ProcessPoolExecutor(given.processes) as pool:
        beside = rows_of(others, HELD_OUT_BUDGETS, pool, bounded=False)
        curves = rows_of(sizes, BUDGETS, pool, bounded=True)
    found = {
        "steps": given.steps,
        "source": str(given.source),
        "curves": curves,
        "held_out_source": str(given.held_out),
        "held_out": beside,
        "random": random_sequences(given.sequences, given.seed),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "unequal-sizes.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.out / "unequal-sizes.md").write_text(page_of(found), encoding="utf-8")


if __name__ == "__main__":
    main()
