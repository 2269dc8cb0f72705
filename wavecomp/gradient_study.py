"""A gradient study in one call: measured in isolated processes, recorded, resumed, with its tables and figures."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavecomp import machine_memory
from wavecomp.compressors import Registry, default_registry
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.memory import LeftOut, leave_out, memory_for_levels
from wavecomp.impact.own_code import OwnCode
from wavecomp.impact.problem import Problem
from wavecomp.impact.study import ImpactProgress, run_impact
from wavecomp.isolation import Limits, WorkerStartError
from wavecomp.records import GradientArchive, GradientRecord
from wavecomp.report.own_report import check_report_place

if TYPE_CHECKING:
    from wavecomp.report.table import Table

_GUARD = 'if __name__ == "__main__":'


@dataclass(frozen=True)
class GradientStudy:
    """What a study of one problem has come to; printed, it is the short table.

    Attributes
    ----------
    problem : str
        Its name.
    folder : pathlib.Path
        Where ``gradients.jsonl``, ``report.md``, ``tables/`` and ``figures/`` lie.
    records : tuple of GradientRecord
        Of the cases asked for, those of earlier calls too, in their order.
    measured : int
        How many of them were measured now.
    left_out : tuple of LeftOut
        Cases that nobody asked for by name and that cannot fit.
    """

    problem: str
    folder: Path
    records: tuple[GradientRecord, ...]
    measured: int
    left_out: tuple[LeftOut, ...] = ()

    @property
    def failures(self) -> tuple[GradientRecord, ...]:
        """Records that hold a failure."""
        return tuple(record for record in self.records if record.failed)

    @property
    def table(self) -> Table:
        """Every column of every case.

        Raises
        ------
        NothingToReport
            All of them failed.
        """
        import pandas as pd

        from wavecomp.report.gradient_table import gradient_table

        frame = pd.DataFrame([record.to_row() for record in self.records])
        return gradient_table(frame, self.problem, GradientArchive(self.folder).provenances())

    def __str__(self) -> str:
        lines = [f"failed: {one.spec}: {getattr(one.outcome, 'message', '')}" for one in self.failures]
        lines = [*map(str, self.left_out), *lines]
        if len(self.failures) < len(self.records):
            from wavecomp.report.gradient_short import short_table
            from wavecomp.report.table import render

            lines = [render(short_table(self.table), "text").rstrip("\n"), *lines]
        return "\n".join(lines)


def study_gradients(
    problem: Problem,
    strategies: Sequence[str] = (),
    *,
    out: str | Path,
    compressors: Sequence[str] = (),
    shots: Sequence[int] = (0,),
    budget_bytes: int | None = None,
    disk_budget_bytes: int | None = None,
    scratch: str | Path | None = None,
    rounds: int | None = None,
    workers: int = 1,
    time_limit_s: float = 3600.0,
    memory_bytes: int | None = None,
    retry: bool = False,
    progress: Callable[[ImpactProgress], None] | None = None,
    registry: Registry | None = None,
) -> GradientStudy:
    """Compute one gradient exactly and then with every strategy; keep what each of them cost and did.

    Every case runs in a process of its own that imports the script which calls this: the call has to stand under
    ``if __name__ == "__main__":``. What the archive in ``out`` holds already is not measured again.

    Parameters
    ----------
    problem : Problem
        :class:`~wavecomp.impact.own_code.OwnCode`, or one of :func:`wavecomp.physics.problem_recipe.find_problem`.
    strategies, compressors : sequence of str
        As in :func:`wavecomp.impact.cases.impact_cases`. The bare sweeps and ``store-all`` are always among them; none
        at all: a comparison that suits the problem's size.
    out : path
        Folder of records, tables and figures; made if need be.
    shots : sequence of int
        Whose gradients are added up, where the problem has any.
    budget_bytes : int, optional
        What a run must have in memory beyond the bare sweeps.
    disk_budget_bytes : int, optional
        What a tier on disk may hold.
    scratch : path, optional
        Existing folder of that tier.
    rounds : int, optional
        Times that every case runs beside bare sweeps of its own.
    workers : int
        Processes at a time; above 1 no times count.
    time_limit_s : float
        Of one run.
    memory_bytes : int, optional
        What the process may hold; four fifths of what there is, by default.
    retry : bool
        Measure again what failed.
    progress : callable, optional
        Called after every run.
    registry : Registry, optional
        Where compressors come from.

    Returns
    -------
    GradientStudy
        Failures of cases are among its records: nothing of what a code does in its process is raised here.

    Raises
    ------
    SpecError, UsageError
        A text is no strategy, or asks for what does not go together.
    MeaninglessGradient
        The exact gradient is zero or not finite. Nothing is recorded.
    ForeignFile, DamagedArchive, ArchiveBusy, StorageError
        The folder cannot be used.
    WorkerStartError
        No process starts; most often the script calls this at its top level.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(
            f"study_gradients was called while a measuring process imported the script: put it under {_GUARD}"
        )
    folder, known = Path(out), registry if registry is not None else default_registry()
    GradientArchive(folder).check()
    check_report_place(folder)
    limits = Limits(time_limit_s, memory_bytes if memory_bytes is not None else machine_memory.for_one_process())
    try:
        if isinstance(problem, OwnCode):
            problem = problem.looked_at(limits)
        there = memory_for_levels(limits.memory_bytes, problem)
        cases = impact_cases(
            problem,
            strategies,
            compressors,
            known,
            shots=shots if problem.shot_count else (0,),
            budget_bytes=budget_bytes,
            memory_bytes=there,
            disk_budget_bytes=disk_budget_bytes,
            scratch=None if scratch is None else Path(scratch),
        )
        cases, left_out = leave_out(cases, there)
        result = run_impact(
            cases,
            GradientArchive(folder),
            rounds=rounds,
            limits=limits,
            workers=workers,
            retry=retry,
            progress=progress,
            registry=registry,
        )
    except WorkerStartError as error:
        raise WorkerStartError(f"{error}; a script that calls study_gradients does so under {_GUARD}") from None
    from wavecomp.report.page import build_report

    build_report(folder, folder)
    return GradientStudy(problem.name, folder, result.records, result.measured, tuple(left_out))
