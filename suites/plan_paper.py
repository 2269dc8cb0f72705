"""Plans for the study's set-up (801 x 801 x 207 and 40 absorbing points, 2,500 steps) in 2 to 64 GiB.

The costs are those that this machine has measured into ``--calibration``; where there are none of a 3-D problem,
``quick`` is calibrated there first. Nothing of the set-up's size is run::

    python suites/plan_paper.py --calibration results/model --out results/published/plan

writes ``paper-NGiB.json`` and ``paper-NGiB.txt`` of each memory, as ``wavecomp plan`` prints them with and without
``--json``, and ``paper.md`` with the first choices and the picture at 16 GiB.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from wavecomp.cli.plan_rows import as_json, plan_table, points
from wavecomp.errors import WavecompError
from wavecomp.gradient_plan import CALIBRATIONS, costs_for
from wavecomp.plain_text import size_text
from wavecomp.planning.choose import GIB, Plan, choose
from wavecomp.planning.job import Job, job_in_words
from wavecomp.planning.plan_words import duration, lines
from wavecomp.records.whole_file import whole_file
from wavecomp.report.draw_plan import plan_figure
from wavecomp.report.figures import save_figure
from wavecomp.report.table import render

MEMORIES_GIB = (2, 4, 8, 16, 64)
PICTURED_GIB = 16
COMMAND = (
    "wavecomp plan --shape 801x801x207 --steps 2500 --memory {}GiB --spacing 25 --velocity 1500..6000 "
    "--peak-frequency 8"
)


def paper_job() -> Job:
    """Return the set-up, as the command says it."""
    return job_in_words(
        (801, 801, 207), 2500, spacing_m=25.0, velocity_m_s=(1500.0, 6000.0), peak_frequency_hz=8.0
    )  # fmt: skip


def write_plan(made: Plan, folder: Path, stem: str) -> None:
    """Write a plan for programs and for people."""
    text = "\n".join([*lines(made), render(plan_table(made), "text")]) + "\n"
    # The table pads its lines to the width of the widest.
    _write(folder / f"{stem}.txt", "\n".join(line.rstrip() for line in text.splitlines()) + "\n")
    _write(folder / f"{stem}.json", json.dumps(as_json(made), indent=1) + "\n")


def page(plans: Mapping[int, Plan], picture: str) -> str:
    """Return the page of all of them."""
    first = next(iter(plans.values()))
    costs, sizes = first.costs, first.job.sizes
    heads = (
        "memory (GiB)", "first choice", "time", "of bare sweeps", "needs", "error", "forward steps", "one more GiB",
        "beyond calibration",
    )  # fmt: skip
    rows = []
    for memory, made in plans.items():
        best, found = made.best, made.best.prediction
        faster = None if made.with_more is None else made.with_more.prediction.seconds / found.seconds
        rows.append(
            (
                f"[{memory}](paper-{memory}GiB.txt)",
                f"`{best.strategy.spec}`",
                f"{duration(found.seconds)} ({duration(found.low)} to {duration(found.high)})",
                f"{found.seconds / costs.bare_s:.2f}",
                size_text(best.needed_bytes),
                "–" if best.error is None else f"{best.error:.1e}",
                str(found.forward_steps),
                "–" if faster is None else f"{faster:.2f} times the time",
                f"{found.beyond:.2g}",
            )
        )
    return "\n".join(
        [
            "# Plans for the study's set-up",
            "",
            f"{first.job.name} points with an absorbing layer of 40, {sizes.last} steps: a level is "
            f"{size_text(sizes.level_bytes)}, a state {size_text(sizes.state_bytes)}, all levels "
            f"{size_text(first.job.everything_bytes)}. A gradient error of {first.error:g} is allowed. Times are those "
            f"of the machine that measured the costs, on {costs.problem}, whose states are {costs.scaled:.3g} times "
            f"smaller; the bare sweeps are expected to take {duration(costs.bare_s)}. Nothing here was run.",
            "",
            f"| {' | '.join(heads)} |",
            "|" + "---|" * len(heads),
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
            f"![Expected time against memory at {PICTURED_GIB} GiB]({picture})",
            "",
            f"Each by `{COMMAND.format('N')}`; all of them, and this page, by `python suites/plan_paper.py`.",
            "",
        ]
    )


def _write(file: Path, text: str) -> None:
    with whole_file(file, len(text.encode())) as temporary:
        temporary.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibration", type=Path, default=CALIBRATIONS, help="archive with the costs of this machine")
    parser.add_argument("--out", type=Path, required=True, help="folder of the plans and their page")
    parser.add_argument("--gradient-error", type=float, default=1e-3)
    given = parser.parse_args()
    job = paper_job()
    plans = {}
    try:
        costs = costs_for(job, None, given.calibration, lambda _done, _total, _note: None)
        for memory in MEMORIES_GIB:
            plans[memory] = choose(job, costs, memory * GIB, given.gradient_error)
            print(f"{memory} GiB: {plans[memory].strategy.spec}", file=sys.stderr, flush=True)
    except WavecompError as reason:
        print(reason, file=sys.stderr)
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    for memory, made in plans.items():
        write_plan(made, given.out, f"paper-{memory}GiB")
    shown = plans[PICTURED_GIB]
    title = f"{job.name}: expected time against memory, errors up to {shown.error:g}"
    stem = f"paper-{PICTURED_GIB}GiB"
    save_figure(plan_figure(points(shown), shown.memory_bytes, shown.costs.bare_s, title), given.out, stem)
    text = page(plans, f"{stem}.png")
    _write(given.out / "paper.md", text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
