"""How well times across runs can be judged: many equal sweeps, of which some are taken for baselines by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from wavecomp.catalogue.race import RACE
from wavecomp.compressors import default_registry
from wavecomp.gate.calibrated import REFERENCES, judge_times
from wavecomp.gate.finding import Standing
from wavecomp.gate.remeasure import TIMED
from wavecomp.gate.runs import ComparedRun, run_of
from wavecomp.isolation import Limits
from wavecomp.records import Archive, Measurement, Record, Timing
from wavecomp.sweep import FieldRef, run_sweep

SWEEPS = 40
BASELINES = 10
DRAWS = 100
SLOWDOWNS = (0.1, 0.2, 0.3, 0.5, 1.0)
PATIENT = "zfp:accuracy"


def sweep_often(work: Path, about: FieldRef) -> list[ComparedRun]:
    """Sweep the suite ``race`` again and again, each time into an archive and in a process of its own."""
    registry = default_registry()
    runs = []
    for number in range(SWEEPS):
        archive = Archive(work / str(number))
        cases = RACE.cases([about], registry)
        done = run_sweep(cases, archive, suite=RACE.name, repeats=TIMED, limits=Limits(600), registry=registry)
        runs.append(run_of(str(number), done.records, (), archive.provenances()))
    return runs


def slowed(run: ComparedRun, slowdown: float) -> ComparedRun:
    """Return a run in which one compressor takes so much longer for compression."""

    def doctored(record: Record) -> Record:
        out = record.outcome
        if not record.spec.startswith(PATIENT) or not isinstance(out, Measurement):
            return record
        times = Timing(out.compress.first_s, tuple(one * (1 + slowdown) for one in out.compress.samples_s))
        return replace(record, outcome=replace(out, compress=times))

    return replace(run, sweeps={label: doctored(record) for label, record in run.sweeps.items()})


def draw(runs: Sequence[ComparedRun], new: int) -> dict[str, Any]:
    """Judge new runs against ten baselines, drawn by lot a hundred times: as they are, and with one codec slowed."""
    rng = np.random.default_rng(0)
    alarms, caught = 0, dict.fromkeys(map(str, SLOWDOWNS), 0)
    for _ in range(DRAWS):
        chosen = rng.permutation(len(runs))[: BASELINES + new]
        old, fresh = ([runs[index] for index in part] for part in (chosen[:BASELINES], chosen[BASELINES:]))
        alarms += any(one.standing is Standing.WORSE for one in judge_times(old, fresh)[0])
        for slowdown in SLOWDOWNS:
            found, _ = judge_times(old, [slowed(run, slowdown) for run in fresh])
            caught[str(slowdown)] += any(
                one.standing is Standing.WORSE and one.quantity == "compress time" and one.case.startswith(PATIENT)
                for one in found
            )
    return {"new": new, "draws": DRAWS, "false_alarms": alarms, "caught": caught}


def calibrated(work: Path, about: FieldRef) -> dict[str, Any]:
    """Sweep often, and draw with one and with three new runs."""
    runs = sweep_often(work, about)
    return {
        "sweeps": len(runs),
        "baselines": BASELINES,
        "references": list(REFERENCES),
        "field": about.name,
        "drawn": [draw(runs, new) for new in (1, 3)],
    }
