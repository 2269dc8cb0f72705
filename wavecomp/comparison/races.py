"""Rounds at the settings found: every compressor in turn, round by round, each round in a process of its own.

The speed of a machine drifts, and a process may be lucky with its memory: both are the same for all that run in one
round, and another in the next. So only what was measured in one round is compared, and there are several.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wavecomp.compressors import Registry
from wavecomp.isolation import Limits
from wavecomp.records import Failure, Measurement, Provenance, RoundArchive, RoundEntry, RoundRecord
from wavecomp.study import Kind, Progress, ReportingWorker, StudyResult, library_of, run_study
from wavecomp.sweep import Case, Repeats, SweepWorker
from wavecomp.sweep.worker import CaseTask

ROUNDS = 9
"""By default: the fewest whose median has a 95 % interval without the worst and the best of them."""

REPEATS = Repeats(seconds=0.1, least=1, most=50)
"""Of one operation in one round; their median is the round's time."""


@dataclass(frozen=True, slots=True)
class Race:
    """All that run in turn: the cases of one field, each once."""

    cases: tuple[Case, ...]

    @property
    def digest(self) -> str:
        """Identity: the same on every machine."""
        cases = [(case.digest, case.field.shape, case.field.dtype) for case in self.cases]
        return hashlib.sha256(json.dumps(cases).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a race, counted from 1."""

    race: Race
    turn: int


@dataclass(frozen=True, slots=True)
class _RoundTask(CaseTask):
    """One case of one round."""

    turn: int


def run_rounds(
    race: Race,
    archive: RoundArchive,
    registry: Registry,
    *,
    rounds: int = ROUNDS,
    limits: Limits | None = None,
    retry: bool = False,
    progress: Callable[[Progress[RoundRecord]], None] | None = None,
) -> StudyResult[RoundRecord]:
    """Run the rounds that an archive does not hold yet, as :func:`wavecomp.study.run_study` does."""
    turns = [Round(race, turn) for turn in range(1, rounds + 1)]
    return run_study(turns, archive, _Racing(registry), limits=limits, retry=retry, progress=progress)


class _Racing(Kind[Round, _RoundTask, Measurement, RoundRecord]):
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._turn = 0
        self._so_far: dict[Case, RoundEntry] = {}
        self._rounds: dict[int, Round] = {}

    def key(self, case: Round) -> str:
        return f"{case.race.digest} {case.turn}"

    def library(self, case: Round) -> str:
        return race_library(self._registry, case.race.cases)

    def worker(self) -> ReportingWorker[CaseTask, Measurement]:  # type: ignore[override]
        return SweepWorker()

    def plan(self, todo: Sequence[Round], _held: object) -> Sequence[_RoundTask]:
        self._rounds = {each.turn: each for each in todo}
        tasks = []
        for each in todo:
            # Every second round backwards, so that nobody always comes first.
            cases = each.race.cases if each.turn % 2 else each.race.cases[::-1]
            tasks += [_RoundTask(case, REPEATS, each.turn) for case in cases]
        return tasks

    def ask(
        self, worker: ReportingWorker[_RoundTask, Measurement], task: _RoundTask, limits: Limits
    ) -> Measurement | Failure:
        if self._turn and task.turn != self._turn:
            worker.stop()
        self._turn = task.turn
        return worker.ask(task, limits)

    def take(self, task: _RoundTask, outcome: Measurement | Failure, where: Provenance) -> Iterable[RoundRecord]:
        self._so_far[task.case] = RoundEntry.of(task.case.spec, task.case.threads, outcome)
        race = self._rounds[task.turn].race
        if len(self._so_far) < len(race.cases):
            return
        entries = tuple(self._so_far[case] for case in race.cases)
        self._so_far = {}
        field = race.cases[0].field
        yield RoundRecord(
            race=race.digest,
            turn=task.turn,
            field=field.name,
            field_digest=field.digest,
            raw_bytes=field.nbytes,
            library=race_library(self._registry, race.cases),
            provenance=where.digest,
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            entries=entries,
        )

    def steps(self, case: Round) -> int:
        return len(case.race.cases)


def race_library(registry: Registry, cases: Iterable[Case]) -> str:
    """Return the distributions behind all cases, each once."""
    names = [library_of(registry, case.reading.names).split(", ") for case in cases]
    return ", ".join(sorted({name for some in names for name in some}))
