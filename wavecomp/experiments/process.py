"""The process in which an experiment runs, and what it tells its parent on the way.

Nothing here imports Devito on loading: the parent only wants the names.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import Array as Shared
from ctypes import c_char, c_int64
from dataclasses import dataclass
from multiprocessing import get_context

from wavecomp.errors import MeaninglessGradient
from wavecomp.experiments.catalogue import compute_experiment
from wavecomp.impact.worker import OWN
from wavecomp.physics.problem import GradientProblem
from wavecomp.records import Provenance, collect_provenance
from wavecomp.records.experiment import ExperimentResult
from wavecomp.records.own_code import own_code
from wavecomp.wavefields.devito_setup import build_identity

_NOTE_BYTES = 200


@dataclass(frozen=True, slots=True)
class ExperimentTask:
    """One experiment on one problem, its shots spread over so many processes."""

    name: str
    problem: GradientProblem
    settings: object
    workers: int


class Board:
    """How far an experiment is, in memory that the process and its parent share. It travels when a process starts."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._counts: Shared[c_int64] = context.RawArray(c_int64, 2)
        self._note: Shared[c_char] = context.RawArray(c_char, _NOTE_BYTES)

    def write(self, done: int, total: int, note: str) -> None:
        """Say where it is."""
        self._counts[0], self._counts[1] = done, total
        self._note.value = note.encode()[: _NOTE_BYTES - 1]

    def show(self, progress: Callable[[int, int, str], None]) -> None:
        """Hand on what was said last, if anything was."""
        done, total = self._counts
        if total:
            progress(done, total, self._note.value.decode(errors="replace"))


class Experimenting:
    """Answers tasks in the worker's process."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def provenance(self) -> Provenance:
        """Set Devito up, and say where and with what is measured."""
        return collect_provenance(build=build_identity().mapping(), code=own_code(*OWN))

    def __call__(self, task: ExperimentTask) -> ExperimentResult | MeaninglessGradient:
        """Run one experiment; that nothing can be compared is an answer too. Raises WavecompError."""
        try:
            return compute_experiment(
                task.name, task.problem, self._board.write, settings=task.settings, workers=task.workers
            )
        except MeaninglessGradient as error:
            return error
