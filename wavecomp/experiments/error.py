"""Gradient error against the tolerance, alone and times the number of steps or of checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from wavecomp.experiments.bench import ExperimentBench, Row, power_text
from wavecomp.experiments.catalogue import Notice
from wavecomp.records.experiment import ExperimentResult
from wavecomp.spec_text import SpecText


@dataclass(frozen=True)
class ToleranceSettings:
    """What is swept for the gradient error against the tolerance.

    Attributes
    ----------
    exponents : tuple of int
        Absolute tolerances as powers of ten, in the unit of the wavefield.
    bounded : tuple of str
        Compressors with a tolerance: ``{}`` stands for it.
    fixed : tuple of str
        Compressors without one.
    """

    exponents: tuple[int, ...] = tuple(range(2, -9, -1))
    bounded: tuple[str, ...] = ("zfp:accuracy={}", "sz3:abs={}")
    fixed: tuple[str, ...] = ("float16", "bfloat16", "int8", "int16", "zfp:reversible")


def tolerance(bench: ExperimentBench, settings: ToleranceSettings, progress: Notice) -> ExperimentResult:
    """Measure the gradient error of a compressed trajectory against the tolerance (the study's figure 14)."""
    shot = bench.middle_shot
    cases: list[tuple[str, int | None]] = [
        (text.format(power_text(exponent)), exponent) for text in settings.bounded for exponent in settings.exponents
    ]
    cases += [(text, None) for text in settings.fixed]
    rows: list[Row] = []
    for done, (spec, exponent) in enumerate(cases):
        progress(done, len(cases), spec)
        row = bench.measure(f"trajectory/{spec}", shot)
        rows.append(
            {
                "compressor": str(SpecText.parse(str(row["strategy"])).inner),
                "tolerance": None if exponent is None else 10.0**exponent,
                **row,
            }
        )
    return _result(bench, "tolerance", settings, rows, shot)


@dataclass(frozen=True)
class StepsSettings:
    """Tolerance × number of time steps."""

    steps: tuple[int, ...] = (265, 530, 1060)
    exponents: tuple[int, ...] = (1, 0, -1, -2, -3, -4)
    compressor: str = "zfp:accuracy={}"
    restarts: int = 20


def steps(bench: ExperimentBench, settings: StepsSettings, progress: Notice) -> ExperimentResult:
    """Measure the gradient error against the tolerance for runs of several lengths, stored and recomputed."""
    rows: list[Row] = []
    total = 2 * len(settings.steps) * len(settings.exponents)
    for length in settings.steps:
        progress(len(rows), total, f"{length} steps")
        shorter = bench if length == bench.operators.last else ExperimentBench(bench.problem.resized(steps=length))
        shot = shorter.middle_shot
        for exponent in settings.exponents:
            for schedule in ("trajectory", f"revolve:slots={settings.restarts}"):
                spec = settings.compressor.format(power_text(exponent))
                progress(len(rows), total, f"{length} steps, {schedule}/{spec}")
                row = shorter.measure(f"{schedule}/{spec}", shot)
                rows.append(
                    {
                        "steps": length,
                        "schedule": SpecText.parse(schedule).head.name,
                        "tolerance": 10.0**exponent,
                        **row,
                    }
                )
    return _result(bench, "steps", settings, rows, bench.middle_shot)


@dataclass(frozen=True)
class CheckpointsSettings:
    """Tolerance × number of checkpoints of Revolve, whose restarts carry their error on."""

    slots: tuple[int, ...] = (5, 10, 20, 40, 80)
    exponents: tuple[int, ...] = (0, -2, -4)
    compressor: str = "zfp:accuracy={}"


def checkpoints(bench: ExperimentBench, settings: CheckpointsSettings, progress: Notice) -> ExperimentResult:
    """Measure the gradient error of a compressed Revolve against the number of checkpoints and the tolerance."""
    shot = bench.middle_shot
    rows: list[Row] = []
    total = len(settings.exponents) * (len(settings.slots) + 1)
    for exponent in settings.exponents:
        spec = settings.compressor.format(power_text(exponent))
        for slots in (*settings.slots, None):
            schedule = "trajectory" if slots is None else f"revolve:slots={slots}"
            progress(len(rows), total, f"{schedule}/{spec}")
            row = bench.measure(f"{schedule}/{spec}", shot)
            rows.append({"slots": slots, "tolerance": 10.0**exponent, **row})
    return _result(bench, "checkpoints", settings, rows, shot)


def _result(bench: ExperimentBench, name: str, settings: object, rows: list[Row], shot: int) -> ExperimentResult:
    return ExperimentResult(
        name, bench.problem.name, bench.problem.digest, dict(vars(settings)), bench.facts(shot), tuple(rows)
    )
