"""The cases of a baseline, measured now: what a gate compares it with where no other run is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from wavecomp.compressors import Registry
from wavecomp.errors import WavecompError
from wavecomp.gate.runs import ComparedRun, run_of
from wavecomp.impact.cases import ImpactCase, impact_cases
from wavecomp.impact.problem import Problem
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.records import Archive, GradientArchive, GradientRecord, Record
from wavecomp.spec_text import SpecText
from wavecomp.sweep import ONCE, Case, FieldRef, Repeats, run_sweep

TIMED = Repeats(seconds=0.2, least=2, most=10)
"""What the suites repeat, where times are asked for."""

SUITE = "gate"


@dataclass(frozen=True)
class Again:
    """What of a baseline can be measured here.

    Attributes
    ----------
    sweeps : tuple of Case
    gradients : tuple of ImpactCase
    left_out : tuple of str
        Cases that cannot, each with its reason.
    """

    sweeps: tuple[Case, ...]
    gradients: tuple[ImpactCase, ...]
    left_out: tuple[str, ...]


def plan_again(
    old: ComparedRun,
    registry: Registry,
    field: Callable[[Record], FieldRef],
    problem: Callable[[GradientRecord], Problem],
) -> Again:
    """Return the cases of a run as cases of this environment.

    Parameters
    ----------
    old : ComparedRun
    registry : Registry
        Where compressors are looked up. One that is not installed leaves the others alone.
    field, problem : callable
        Find what a record is about; their errors leave out the case, and are its reason.
    """
    sweeps: list[Case] = []
    left_out: dict[str, None] = {}
    for record in old.sweeps.values():
        try:
            reading = registry.checked(SpecText.parse(record.spec))
            sweeps.append(Case(reading, record.threads, field(record)))
        except WavecompError as error:
            left_out[f"{record.spec} on {record.field}: {error}"] = None
    gradients: list[ImpactCase] = []
    for group in _groups(old.gradients.values()):
        first = group[0]
        asked = {record.spec for record in group}
        try:
            cases = impact_cases(
                problem(first),
                [record.spec for record in group if record.strategy != "bare"],
                (),
                registry,
                shots=first.shots or (0,),  # a problem without shots has none in its records
                budget_bytes=first.budget_bytes,
                disk_budget_bytes=first.disk_budget_bytes,
            )
            gradients += [case for case in cases if case.spec in asked]
        except WavecompError as error:
            left_out[f"{len(group)} gradients of {first.problem}: {error}"] = None
    return Again(tuple(sweeps), tuple(gradients), tuple(left_out))


def _groups(records: Iterable[GradientRecord]) -> list[list[GradientRecord]]:
    """Return gradients that are computed in one go: of one problem, the same shots and budgets."""
    found: dict[object, list[GradientRecord]] = defaultdict(list)
    for record in records:
        found[record.problem, record.shots, record.budget_bytes, record.disk_budget_bytes].append(record)
    return list(found.values())


def measure_again(
    again: Again,
    folder: Path,
    registry: Registry,
    *,
    limits: Limits,
    times: bool = False,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _note: None,
) -> ComparedRun:
    """Measure cases into an archive and return the run; what the archive holds of this place already is not repeated.

    Parameters
    ----------
    again : Again
    folder : pathlib.Path
        The archive's.
    registry : Registry
    limits : Limits
        What a case may take.
    times : bool
        Repeat calls, so that their times can be judged.
    progress : callable, optional
        Takes steps done, steps in all, and what came last.

    Raises
    ------
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
    MeaninglessGradient
        An exact gradient is zero or not finite.
    """
    total = len(again.sweeps) + len(again.gradients)
    archive, gradients = Archive(folder), GradientArchive(folder)
    swept = run_sweep(
        again.sweeps,
        archive,
        suite=SUITE,
        repeats=TIMED if times else ONCE,
        limits=limits,
        registry=registry,
        progress=lambda at: progress(at.done, total, at.record.spec if at.record else ""),
    )
    computed = run_impact(
        again.gradients,
        gradients,
        rounds=None if times else 1,
        limits=limits,
        registry=registry,
        progress=lambda at: progress(
            min(total, len(again.sweeps) + at.done), total, at.record.spec if at.record else ""
        ),
    )
    return run_of("now", swept.records, computed.records, archive.provenances() | gradients.provenances())
