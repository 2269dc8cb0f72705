"""The process in which cases are measured: it keeps its imports and its field from one case to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from wavecomp import isolation
from wavecomp.compressors import default_registry
from wavecomp.isolation import Limits
from wavecomp.records import Failure, Measurement
from wavecomp.sweep.case import Case, Repeats
from wavecomp.sweep.measure import measure


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is asked to do."""

    case: Case
    repeats: Repeats


class _Measuring:
    """Answers tasks in the worker's process, and holds the last field."""

    def __init__(self) -> None:
        self._held: tuple[str, NDArray[np.floating]] | None = None

    def __call__(self, task: Task) -> Measurement:
        if self._held is None or self._held[0] != task.case.field.digest:
            self._held = None  # let go of the old field before the new one is read
            self._held = task.case.field.digest, task.case.field.load()
        # Parallelism that a library brings along unasked (OpenMP, BLAS) stays within the case's threads.
        with threadpool_limits(task.case.threads):
            return measure(default_registry().parse(task.case.spec), self._held[1], task.repeats)


class Worker(isolation.Worker[Task, Measurement]):
    """One process that measures cases of a sweep. Not thread-safe: one caller at a time."""

    def __init__(self) -> None:
        super().__init__(_Measuring)

    def run(self, case: Case, repeats: Repeats, limits: Limits) -> Measurement | Failure:
        """Measure one case; whatever happens to the process, an outcome comes back and the next case can run.

        Raises
        ------
        WorkerStartError
            No measuring process could be started.
        """
        return self.ask(Task(case, repeats), limits)
