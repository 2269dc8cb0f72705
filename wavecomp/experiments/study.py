"""Experiments in a folder: isolated and resumable, on the engine of :mod:`wavecomp.study`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from wavecomp.compressors import Registry, default_registry
from wavecomp.errors import MeaninglessGradient, WavecompError
from wavecomp.experiments.catalogue import Notice, find_experiment
from wavecomp.experiments.process import Board, Experimenting, ExperimentTask
from wavecomp.isolation import Limits
from wavecomp.physics.problem import GradientProblem
from wavecomp.records import Failure, Provenance
from wavecomp.records.experiment import ExperimentResult, canonical_settings
from wavecomp.records.experiment_archive import ExperimentArchive
from wavecomp.spec_text import SpecText
from wavecomp.study import Kind, ReportingWorker, StudyResult, library_of, run_study

Answer: TypeAlias = ExperimentResult | MeaninglessGradient

TIME_LIMIT_S = 86_400.0
"""Seconds that an experiment may take by default: a day. Those on small problems take minutes, those in 3-D hours."""


class ExperimentFailed(WavecompError):
    """An experiment that was run afresh has failed; what the folder held of it stays."""


@dataclass(frozen=True)
class ExperimentCase:
    """One experiment on one problem, with its settings."""

    name: str
    problem: GradientProblem
    settings: object

    @property
    def digest(self) -> str:
        """Identity of the case: the same on every machine."""
        identity = [self.name, self.problem.digest, canonical_settings(vars(self.settings))]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]


def run_experiment(
    name: str,
    problem: GradientProblem,
    out_folder: str | Path,
    progress: Notice = lambda _done, _total, _note: None,
    *,
    settings: object | None = None,
    workers: int = 1,
    limits: Limits | None = None,
    retry: bool = False,
    afresh: bool = False,
) -> StudyResult[ExperimentResult]:
    """Run an experiment on a problem in a process of its own, and keep its result, unless the folder holds it.

    It does if experiment, problem, settings, libraries and the place of the measurement are the same, as for every
    other study. An experiment that fails, runs out of its limits or crashes leaves a result that says so.

    Parameters
    ----------
    name : str
        One of :data:`wavecomp.experiments.catalogue.EXPERIMENTS` or of those of the model there.
    problem : GradientProblem
        Any; those in two dimensions take 1 to 5 minutes.
    out_folder : path
        Where ``experiment-NAME-DIGEST.npz`` goes, and its provenance.
    progress : callable
        Told (done, total, note) on the way, in this thread.
    settings : object, optional
        An instance of the experiment's settings; the defaults otherwise.
    workers : int
        Processes that the shots are spread over, where the experiment takes many; the result has the same bits.
    limits : Limits, optional
        What the experiment may take, all of its processes together; a day, by default.
    retry : bool
        Run it again if it failed.
    afresh : bool
        Run it again whatever the folder holds, and replace that: the machine is another one than it was.

    Returns
    -------
    StudyResult
        With one result, ``measured`` 0 where it was there already.

    Raises
    ------
    UnknownExperiment
        The name is none of those.
    MeaninglessGradient
        An exact gradient is zero or not finite. Nothing is kept.
    ExperimentFailed
        It was run ``afresh`` and failed, and the folder holds a result, which stays.
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        As in :func:`wavecomp.study.run_study`.
    """
    experiment = find_experiment(name)
    case = ExperimentCase(name, problem.pinned(), settings or experiment.load_settings()())
    kind = _Experiments(workers if experiment.many_shots else 1, progress, default_registry(), afresh)
    archive = ExperimentArchive(out_folder)
    return run_study([case], archive, kind, limits=limits or Limits(TIME_LIMIT_S), retry=retry or afresh)


class _Experiments(Kind[ExperimentCase, ExperimentTask, Answer, ExperimentResult]):
    def __init__(self, workers: int, progress: Notice, registry: Registry, afresh: bool) -> None:
        self._workers, self._progress, self._registry, self._afresh = workers, progress, registry, afresh
        self._cases: dict[str, ExperimentCase] = {}
        self._finished: set[str] = set()
        self._board = Board()

    def key(self, case: ExperimentCase) -> str:
        return case.digest

    def library(self, case: ExperimentCase) -> str:
        known = {definition.name for definition in self._registry.definitions()}
        used = sorted(known & set(_words(vars(case.settings))))
        found = [library_of(self._registry, (), ("devito",)), *(library_of(self._registry, (name,)) for name in used)]
        return ", ".join(dict.fromkeys(found))

    def sufficient(self, _case: ExperimentCase, _record: ExperimentResult) -> bool:
        return not self._afresh

    def worker(self) -> ReportingWorker[ExperimentTask, Answer]:
        # The memory of the processes that its shots are spread over counts as that of guests does.
        return ReportingWorker(partial(Experimenting, self._board), lambda task: task.name, parent=True)

    def plan(
        self, todo: Sequence[ExperimentCase], held: Callable[[ExperimentCase], ExperimentResult | None]
    ) -> Sequence[ExperimentTask]:
        self._cases = {case.name: case for case in todo}
        before = {case.name: held(case) for case in todo}
        self._finished = {name for name, record in before.items() if record is not None and not record.failed}
        return [ExperimentTask(case.name, case.problem, case.settings, self._workers) for case in todo]

    def ask(
        self, worker: ReportingWorker[ExperimentTask, Answer], task: ExperimentTask, limits: Limits
    ) -> Answer | Failure:
        return worker.ask(task, limits, lambda: self._board.show(self._progress))

    def take(self, task: ExperimentTask, outcome: Answer | Failure, where: Provenance) -> Iterable[ExperimentResult]:
        if isinstance(outcome, MeaninglessGradient):
            raise outcome
        case = self._cases[task.name]
        if isinstance(outcome, Failure):
            problem, settings = case.problem, dict(vars(case.settings))
            if task.name in self._finished:
                raise ExperimentFailed(
                    f"{task.name} on {problem.name} failed when it was run afresh: {outcome.message}"
                )
            outcome = ExperimentResult(task.name, problem.name, problem.digest, settings, {}, (), failure=outcome)
        yield replace(
            outcome,
            provenance=where.digest,
            case=case.digest,
            library=self.library(case),
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def _words(settings: object) -> Iterator[str]:
    """Yield the names in the texts of settings: in ``trajectory:every=4/zfp:accuracy={}``, trajectory and zfp."""
    if isinstance(settings, str):
        yield from SpecText.parse(settings).names
    elif isinstance(settings, Mapping):
        for value in settings.values():
            yield from _words(value)
    elif isinstance(settings, tuple | list):
        for value in settings:
            yield from _words(value)
