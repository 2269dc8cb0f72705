"""Peak resident memory of whole processes against the budget that their checkpoint stores were given.

Each measurement is a fresh process. One runs the same operators with nothing stored: the operators' own memory. The
others compute a compressed gradient under a budget. The budget
holds their checkpoints and the slots of levels on their way; a compressor's own memory comes on top. Each must stay
below

    operators' own + budget + one level, and 10 % of that.

Memory that a process needed before the run (velocity models, compilation) must not hide what the run takes: the
kernel's high-water mark is set back in between where the system can (Linux), and both marks are kept::

    python suites/gradient_rss.py --out results/published/gradient/rss.json --figure results/published/gradient/budget
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from wavecomp.errors import WavecompError
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records.provenance import collect_provenance

MIB = 1 << 20
RUNS = (
    (16 * MIB, "trajectory:every=4/slabs:planes=52,threads=2/zfp:accuracy=1e-1"),
    (48 * MIB, "trajectory/slabs:planes=52,threads=2/zfp:accuracy=1e-1"),
    (128 * MIB, "trajectory/slabs:planes=52,threads=2/zfp:accuracy=1e-3"),
)
ALLOWANCE = 0.10


class MeasurementFailed(WavecompError):
    """A measuring process did not come to its end."""


def peak_rss_bytes() -> int:
    """Return the greatest resident memory of this process so far."""
    value = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(value) if sys.platform == "darwin" else int(value) * 1024


def high_water_bytes() -> int | None:
    """Return the kernel's high-water mark, which :func:`lower_the_mark` sets back; None where there is none."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), None)


def lower_the_mark() -> None:
    """Set the high-water mark back to what is resident now, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def child(problem: str, text: str, budget_bytes: int) -> dict[str, Any]:
    """Run in this process, which does nothing else, and tell what it took. Without a strategy nothing is stored."""
    from wavecomp.physics.opening import open_operators
    from wavecomp.physics.workbench import Workbench
    from wavecomp.plans.strategies import parse_strategy

    operators = open_operators(find_problem(problem))
    bench = Workbench(operators)
    observed = bench.observed()
    before = peak_rss_bytes()
    lower_the_mark()
    found: dict[str, Any] = {"level_bytes": operators.level_bytes}
    if text:
        run = bench.run(parse_strategy(text), budget_bytes=budget_bytes)
        found |= {"held_bytes": run.peak_store_bytes, "checkpoint_bytes": run.peak_checkpoint_bytes}
        found |= {"checkpoints": run.checkpoints_held, "raw_bytes": run.checkpoints_held * operators.level_bytes}
    else:
        last = operators.last
        operators.rest()
        operators.forward(1, last, record=True)
        operators.residual.data[:] = operators.records.data - observed
        operators.sweep().down_to_image(last, 1)
        operators.sweep().image(1, None)
        operators.gradient.copy()
    mark = high_water_bytes()
    return found | {
        "setup_peak_bytes": before,
        "run_peak_bytes": mark,
        "peak_bytes": max(before, mark or 0, peak_rss_bytes()),
    }


def in_a_fresh_process(problem: str, text: str, budget_bytes: int) -> dict[str, Any]:
    """Measure one run; raises MeasurementFailed."""
    command = [sys.executable, str(Path(__file__).resolve()), "--problem", problem, "--child", f"{budget_bytes}:{text}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise MeasurementFailed(f"{text or 'the run with nothing stored'} ended with status {done.returncode}: {last}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def measure(problem: str, runs: tuple[tuple[int, str], ...]) -> dict[str, Any]:
    """Return the operators' own memory and that of each run, with the limit that it is held against."""
    own = in_a_fresh_process(problem, "", 0)
    rows = []
    for budget, text in runs:
        found = in_a_fresh_process(problem, text, budget)
        row = {"strategy": text, "budget_bytes": budget, **found}
        for mark in ("peak_bytes", "run_peak_bytes"):
            if own[mark] is not None:
                row[f"{mark.removesuffix('_bytes')}_limit_bytes"] = limit_bytes(own[mark], budget, own["level_bytes"])
        row["holds"] = all(
            row[mark] <= row[f"{mark.removesuffix('_bytes')}_limit_bytes"]
            for mark in ("peak_bytes", "run_peak_bytes")
            if own[mark] is not None
        )
        rows.append(row)
    named = find_problem(problem)
    return {
        "provenance": json.loads(collect_provenance().to_json()),
        "problem": {"name": named.name, "digest": named.digest, "shape": named.medium.shape},
        "allowance": ALLOWANCE,
        "own": own,
        "rows": rows,
    }


def limit_bytes(own_bytes: int, budget_bytes: int, level_bytes: int) -> int:
    """Return what a process may take: operators' own + budget + one level, and the allowance on that."""
    return int((own_bytes + budget_bytes + level_bytes) * (1 + ALLOWANCE))


def main() -> int:
    """Measure, print, save, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="quick")
    parser.add_argument("--out", type=Path, help="save what was measured as JSON")
    parser.add_argument("--figure", type=Path, metavar="STEM", help="draw it as STEM.png and STEM.svg")
    parser.add_argument(
        "--run", action="append", metavar="BYTES:STRATEGY", help="instead of the three that are built in"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        budget, _, text = given.child.partition(":")
        print(json.dumps(child(given.problem, text, int(budget))))
        return 0
    # Here, not above: the measuring child needs neither.
    from saving import Saved

    from wavecomp.report.figures import check_figure_place

    try:
        out = Saved(given.out, "allowance") if given.out is not None else None
        if given.figure is not None:
            check_figure_place(given.figure.parent, given.figure.name)
    except WavecompError as error:
        parser.exit(error.exit_status, f"{parser.prog}: {error}\n")
    pairs = [run.partition(":") for run in given.run or ()]
    runs = tuple((int(budget), text) for budget, _, text in pairs) or RUNS
    content = measure(given.problem, runs)
    own = content["own"]
    print(
        f"operators' own: {own['peak_bytes'] / MIB:.0f} MiB the process, "
        f"{(own['run_peak_bytes'] or 0) / MIB:.0f} the run"
    )
    for row in content["rows"]:
        print(
            f"budget {row['budget_bytes'] / MIB:6.0f} MiB  held {row['held_bytes'] / MIB:6.1f}  process "
            f"{row['peak_bytes'] / MIB:6.0f} of {row['peak_limit_bytes'] / MIB:6.0f}  run "
            f"{(row['run_peak_bytes'] or 0) / MIB:6.0f} of {row.get('run_peak_limit_bytes', 0) / MIB:6.0f}  "
            f"{'holds' if row['holds'] else 'EXCEEDED'}  {row['strategy']}"
        )
    if out is not None:
        out.write(content)
    if given.figure:
        from wavecomp.report.draw_budget import budget_figure
        from wavecomp.report.figures import save_figure

        save_figure(budget_figure(content), given.figure.parent, given.figure.name)
    return 0 if all(row["holds"] for row in content["rows"]) else 1


if __name__ == "__main__":
    sys.exit(main())
