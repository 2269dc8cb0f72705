"""What does the gate catch, and how often does it cry wolf? Doctored runs and equal ones, by the dozen.

Campaigns, each resumable: what an earlier run has counted stays::

    python suites/gate_power.py --out results/published/gate/power.json            # all of them, some hours
    python suites/gate_power.py --out … equal doctored                             # what a run determines, alone

``equal``, ``doctored``: what a run determines. ``times``: equal sides, on an idle machine. ``slower``: doctored ones
there. ``times-loaded``, ``slower-loaded``: the same while a busy process takes a core. ``calibrated``: times across
equal sweeps. ``rounds``: the default race against itself for five minutes, from which the smallest slowdown comes
that is found. Ends with status 1 where fewer than 19 of 20 doctored runs were caught, or more than 1 of 100 equal ones
were called worse.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from power_calibrated import calibrated
from power_found import power_figure, power_numbers
from power_page import page, shortfalls
from power_patient import write_patient
from saving import Saved

from wavecomp.catalogue.race import RACE
from wavecomp.cli.fields import generated, references
from wavecomp.compressors import default_registry, with_plugins
from wavecomp.errors import WavecompError
from wavecomp.gate.against import is_decided, log_ratios, verdict_of
from wavecomp.gate.finding import Standing
from wavecomp.gate.pinned_cases import measure_pinned
from wavecomp.gate.runs import ComparedRun, read_runs, run_of
from wavecomp.gate.verdict import Verdict, judge
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import Archive, GradientArchive
from wavecomp.records.provenance import collect_provenance
from wavecomp.report.figures import save_figure
from wavecomp.side_by_side.rounds import run_rounds
from wavecomp.side_by_side.sides import this_side
from wavecomp.side_by_side.tasks import COMPRESS_PEAK, SweepTask
from wavecomp.snapshots import find_snapshots
from wavecomp.sweep import Case, FieldRef, Repeats, run_sweep, snapshot_references

LIMITS = Limits(seconds=600, memory_bytes=8 << 30)
DOCTORED = 20
EQUAL = 100
DETERMINED = ("an archive 3 % larger", "one bound violation in 10^6 values", "an error 1 % larger")
GRADIENT = "a gradient error 5 % larger"
TIMED = ("10 % slower", "a first call 2 x slower", "peak memory 10 % larger")
SIDE = 100  # a million values
TIMED_SIDE = 72
LARGE_SIDE = 112  # memory is told from one MiB on: a tenth of what a call on this takes is more
TIMED_SPECS = (
    "patient:tolerance=1e-3",
    "zfp:accuracy=1e-3",
    "interp:abs=1e-3",
    "blosc2:codec=zstd,level=1,shuffle=shuffle",
)
BUDGET_S = 60.0
RACE_S = 300.0

Row = dict[str, Any]


def wave(side: int, seed: int) -> np.ndarray:
    """Return a smooth random field of ``side`` points a side: sums of plane waves."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.linspace(0, 1, side, dtype=np.float32),) * 3, indexing="ij", sparse=True)
    out = np.zeros((side, side, side), np.float32)
    for _ in range(12):
        waves = rng.uniform(-40, 40, 3)
        phase = sum(k * axis for k, axis in zip(waves, axes, strict=True)) + rng.uniform(0, 6)
        out += rng.uniform(0.2, 1) * np.sin(phase).astype(np.float32)
    return out


def summary(verdict: Verdict) -> Row:
    """Return what of a verdict is kept."""
    worse = [[one.case, one.quantity, one.change, one.basis] for one in verdict.of(Standing.WORSE)]
    open_ = [[one.case, one.quantity, one.change] for one in verdict.of(Standing.UNDECIDED)]
    return {"status": verdict.exit_status, "worse": worse, "undecided": open_}


def swept(folder: Path, plugin: Path, field: Path) -> ComparedRun:
    """Sweep the patient into an archive."""
    registry = with_plugins(str(plugin))
    refs = snapshot_references(find_snapshots(str(field)))
    archive = Archive(folder)
    done = run_sweep([Case.of("patient:tolerance=1e-3", refs[-1], registry)], archive, suite="power",
                     repeats=Repeats(0.0, 1, 1), limits=LIMITS, registry=registry)  # fmt: skip
    return run_of(folder.name, done.records, (), archive.provenances())


def computed(folder: Path, plugin: Path, tolerance: float) -> ComparedRun:
    """Compute a gradient with the patient into an archive."""
    registry = with_plugins(str(plugin))
    cases = impact_cases(find_problem("tiny"), [f"trajectory/patient:tolerance={tolerance:.3g}peak"], (), registry)
    archive = GradientArchive(folder)
    done = run_impact(cases, archive, rounds=1, limits=LIMITS, registry=registry)
    return run_of(folder.name, (), done.records, archive.provenances())


def doctored(number: int, work: Path) -> Row:
    """Doctor the patient in every way that shows in what a run determines; each run is another field."""
    field = work / "wave.npy"
    np.save(field, wave(SIDE, number))
    healthy = write_patient(work / "old")
    old = swept(work / "a", healthy, field)
    row: Row = {}
    for index, name in enumerate(DETERMINED):
        sick = write_patient(work / f"new{index}", (name,), place=7919 * number)
        row[name] = summary(judge([old], [swept(work / f"b{index}", sick, field)]))
    tolerance = 10.0 ** -(2 + number / 10)
    before = computed(work / "c", healthy, tolerance)
    sick = write_patient(work / "newg", (GRADIENT,))
    row[GRADIENT] = summary(judge([before], [computed(work / "d", sick, tolerance)]))
    row["equal"] = summary(judge([old], [swept(work / "e", healthy, field)]))
    return row


def equal(_number: int, work: Path) -> Row:
    """Measure the pinned baseline anew against the first measurement of this campaign."""
    first = work.parent / "pinned"
    if not (first / "records.jsonl").exists():
        measure_pinned(first)
    (old,) = read_runs(first)
    made = measure_pinned(work / "again")
    new = run_of(
        "again",
        made.records,
        made.gradients,
        Archive(made.folder).provenances() | GradientArchive(made.folder).provenances(),
    )
    verdict = judge([old], [new])
    return summary(verdict) | {"cases": verdict.comparison.cases}


def sides(
    work: Path,
    doctors: tuple[str, ...],
    specs: tuple[str, ...],
    side: int = TIMED_SIDE,
    most_rounds: int = 400,
    **numbers: int,
) -> tuple[Verdict, Any]:
    """Measure a patient that is healthy and one that is not side by side."""
    old = this_side([write_patient(work / "old")])
    new = this_side([write_patient(work / "new", doctors, **numbers)])
    field = work / "field.npy"
    if not field.exists():
        np.save(field, wave(side, 1))
    tasks = [SweepTask(spec, spec, field, foreign=spec.startswith("patient")) for spec in specs]
    found = run_rounds(old, new, tasks, decided=is_decided, budget_s=BUDGET_S, most_rounds=most_rounds, limits=LIMITS)
    return verdict_of(found, ("old", "new")), found


def times(_number: int, work: Path) -> Row:
    """Equal sides."""
    start = time.monotonic()
    verdict, found = sides(work, (), TIMED_SPECS)
    return summary(verdict) | {"rounds": found.rounds, "seconds": time.monotonic() - start, "ended": found.ended}


def slower(*doctors: str) -> Callable[[int, Path], Row]:
    """Doctored sides, one after the other."""

    def run(_number: int, work: Path) -> Row:
        row: Row = {}
        for number, doctor in enumerate(doctors):
            large = doctor == TIMED[2]
            start = time.monotonic()
            side, extra = (LARGE_SIDE, memory_share()) if large else (TIMED_SIDE, 0)
            verdict, found = sides(work / str(number), (doctor,), TIMED_SPECS[:2], side, extra=extra)
            row[doctor] = summary(verdict) | {"rounds": found.rounds, "seconds": time.monotonic() - start}
        return row

    return run


_peak: list[int] = []


def memory_share() -> int:
    """Return a tenth of the memory that the healthy patient takes for a call."""
    if not _peak:
        with tempfile.TemporaryDirectory() as folder:
            spec = TIMED_SPECS[0]
            _, found = sides(Path(folder), (), (spec,), LARGE_SIDE, most_rounds=5)
            _peak.append(int(np.median([one for pair in found.pairs(spec, COMPRESS_PEAK) for one in pair])))
    return _peak[0] // 10


def race_against_itself(_number: int, work: Path) -> Row:
    """Run the default race with two equal sides for so long, and keep every ratio."""
    about = quick_level()
    field = work / "field.npy"
    np.save(field, about.load())
    specs = [case.spec for case in RACE.cases([about], default_registry())]
    tasks = [SweepTask(spec, spec, field) for spec in specs]
    found = run_rounds(this_side(), this_side(), tasks, budget_s=RACE_S, limits=LIMITS)
    ratios = {
        f"{task.case}: {quantity}": [
            round(value, 4) if np.isfinite(value) else None for value in log_ratios(found, task, quantity)
        ]
        for task, quantity in found.quantities()
    }
    numbers = power_numbers(ratios, found.rounds, found.seconds)
    return {"field": about.name, "rounds": found.rounds, "seconds": found.seconds, **numbers, "log_ratios": ratios}


def quick_level() -> FieldRef:
    """Return the last level of the field ``quick``, propagated if need be."""
    return references(generated("quick"))[-1]


@contextmanager
def busy_core() -> Any:
    """Keep one core busy with another process."""
    process = subprocess.Popen([sys.executable, "-c", "x = 0\nwhile True: x += 1"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


CAMPAIGNS: dict[str, tuple[int, Callable[[int, Path], Row], bool]] = {
    "doctored": (DOCTORED, doctored, False),
    "equal": (EQUAL, equal, False),
    "slower": (DOCTORED, slower(*TIMED), False),
    "slower-loaded": (DOCTORED, slower("20 % slower"), True),
    "times": (EQUAL, times, False),
    "times-loaded": (EQUAL, times, True),
    "calibrated": (1, lambda _number, work: calibrated(work, quick_level()), False),
    "rounds": (1, race_against_itself, False),
}
"""How many runs, what one is, and whether a busy process runs beside."""


def main() -> int:
    """Run campaigns; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], default=list(CAMPAIGNS))
    parser.add_argument("--out", type=Path, default=Path("gate-power/power.json"))
    parser.add_argument("--most", type=int, default=10**6, help="runs of each campaign, at most")
    asked = parser.parse_args()
    saved = Saved(asked.out, "campaigns", {".md": page})
    content: Row = json.loads(asked.out.read_text()) if asked.out.exists() else {"campaigns": {}}
    content["provenance"] = json.loads(collect_provenance().to_json())
    for name in asked.campaigns:
        count, run, loaded = CAMPAIGNS[name]
        rows = content["campaigns"].setdefault(name, [])
        with tempfile.TemporaryDirectory(prefix="gate-power-") as scratch, ExitStack() as beside:
            if loaded:
                beside.enter_context(busy_core())
            for number in range(len(rows), min(count, asked.most)):
                work = Path(scratch) / str(number)
                work.mkdir()
                rows.append(run(number, work))
                saved.write(content)
                print(f"{name} {number + 1}/{count}: {json.dumps(rows[-1])[:160]}", flush=True)
    saved.write(content)
    for row in content["campaigns"].get("rounds", ()):
        save_figure(power_figure(row), asked.out.parent, asked.out.stem)
    for line in (short := shortfalls(content)):
        print(f"fell short: {line}")
    return bool(short)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WavecompError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
