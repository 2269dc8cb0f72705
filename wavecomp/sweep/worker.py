"""The process in which cases are measured: it keeps its imports and its field from one case to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from wavecomp.compressors.origin import foreign_parts, registry_for
from wavecomp.errors import FieldChanged
from wavecomp.isolation import Limits
from wavecomp.records import Failure, Measurement, Provenance, collect_provenance
from wavecomp.records.column_types import checked
from wavecomp.records.own_code import own_code
from wavecomp.snapshots import array_digest
from wavecomp.study import ReportingWorker
from wavecomp.sweep.case import Case, FieldRef, Repeats
from wavecomp.sweep.measure import measure

_OWN = ("compressors", "metrics", "sweep")
"""Our packages whose code is in what is measured."""


@dataclass(frozen=True, slots=True)
class CaseTask:
    """What a worker is asked to do."""

    case: Case
    repeats: Repeats


class _MeasuringCases:
    """Answers tasks in the worker's process, and holds the last field."""

    def __init__(self) -> None:
        self._held: tuple[FieldRef, NDArray[np.floating]] | None = None

    def __call__(self, task: CaseTask) -> Measurement:
        case = task.case
        field = self._field(case.field)
        registry = registry_for(case.reading)
        foreign = foreign_parts(case.reading, registry)
        # Parallelism that a library brings along unasked (OpenMP, BLAS) stays within the case's threads.
        with threadpool_limits(case.threads):
            try:
                measured = checked(measure(registry.usable(case.reading), field, task.repeats))
            finally:
                whole = not foreign or array_digest(field) == case.field.digest
                if not whole:
                    self._held = None
        if not whole:
            # Whatever came out: it was compared with something else than the field.
            raise FieldChanged(f"{case.spec}: it wrote into the field that it was given")
        return measured

    def provenance(self) -> Provenance:
        """Say where and with what is measured."""
        return collect_provenance(code=own_code(*_OWN))

    def _field(self, wanted: FieldRef) -> NDArray[np.floating]:
        # Not by its digest, which is that of the bytes: another field may have the same in another shape.
        if self._held is None or self._held[0] != wanted:
            self._held = None  # let go of the old field before the new one is read
            self._held = wanted, wanted.load()
        return self._held[1]


class SweepWorker(ReportingWorker[CaseTask, Measurement]):
    """One process that measures cases of a sweep. Not thread-safe: one caller at a time."""

    def __init__(self) -> None:
        super().__init__(_MeasuringCases, foreign=_foreign)

    def run(self, case: Case, repeats: Repeats, limits: Limits) -> Measurement | Failure:
        """Measure one case; whatever happens to the process, an outcome comes back and the next case can run.

        Raises
        ------
        WorkerStartError
            No measuring process could be started.
        """
        return self.ask(CaseTask(case, repeats), limits)


def _foreign(task: CaseTask) -> str:
    return foreign_parts(task.case.reading)
