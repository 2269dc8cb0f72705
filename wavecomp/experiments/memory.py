"""Lossy compression, subsampling in time, and both, at equal memory."""

from __future__ import annotations

from dataclasses import dataclass

from wavecomp.experiments.bench import ExperimentBench, Row, power_text
from wavecomp.experiments.catalogue import Notice
from wavecomp.records.experiment import ExperimentResult


@dataclass(frozen=True)
class MemorySettings:
    """Families of strategies, each from much memory to little.

    Attributes
    ----------
    every : tuple of int
        Imaging steps of the uncompressed, subsampled runs.
    together : tuple of int
        Imaging steps that are combined with compression.
    exponents : tuple of float
        Tolerances, powers of ten.
    compressor : str
        ``{}`` stands for the tolerance.
    """

    every: tuple[int, ...] = (1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24)
    together: tuple[int, ...] = (4, 8)
    exponents: tuple[float, ...] = (2, 1, 0, -1, -2, -3)
    compressor: str = "zfp:accuracy={}"


def memory(bench: ExperimentBench, settings: MemorySettings, progress: Notice) -> ExperimentResult:
    """Measure gradient error and peak checkpoint memory of lossy, subsampled, and lossy subsampled trajectories."""
    shot = bench.middle_shot
    specs = [settings.compressor.format(power_text(exponent)) for exponent in settings.exponents]
    cases = [("subsampled", every, f"trajectory:every={every}") for every in settings.every]
    cases += [("lossy", 1, f"trajectory/{spec}") for spec in specs]
    cases += [("both", every, f"trajectory:every={every}/{spec}") for every in settings.together for spec in specs]
    rows: list[Row] = []
    for done, (family, every, strategy) in enumerate(cases):
        progress(done, len(cases), strategy)
        rows.append({"family": family, "every": every, **bench.measure(strategy, shot)})
    facts = bench.facts(shot)
    return ExperimentResult(
        "memory", bench.problem.name, bench.problem.digest, dict(vars(settings)), facts, tuple(rows)
    )
