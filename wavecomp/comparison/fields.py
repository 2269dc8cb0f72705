"""A comparison of compressors on one field at equal error: searches first, then rounds at the settings found."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wavecomp.comparison.axis import axis_of
from wavecomp.comparison.contestant import Contestant, read_contestant
from wavecomp.comparison.keeping import keep_comparison
from wavecomp.comparison.races import ROUNDS, Race, race_library, run_rounds
from wavecomp.comparison.search import search
from wavecomp.comparison.step import Step
from wavecomp.comparison.target import Target
from wavecomp.comparison.trials import Answer, Number, Trial
from wavecomp.compressors import Reading, Registry, default_registry
from wavecomp.errors import SpecError, TargetError
from wavecomp.isolation import Limits
from wavecomp.records import (
    ComparisonArchive,
    ComparisonRecord,
    ContestantAnswer,
    Failure,
    Measurement,
    Record,
    RoundArchive,
    RoundRecord,
    TrialArchive,
)
from wavecomp.spec_text import UNCOMPRESSED
from wavecomp.study import Asking, open_study
from wavecomp.sweep import Case, FieldRef, Repeats, SweepKind
from wavecomp.sweep.worker import CaseTask

LOSSLESS = "blosc2"
"""Beside whatever is compared: what lossless compression comes to, with this one's defaults."""

_ONCE = Repeats(seconds=0.0, least=1, most=1)

Asked = Asking[Case, CaseTask, Measurement, Record]


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """What a comparison came to.

    Attributes
    ----------
    record : ComparisonRecord
        What was asked and found.
    rounds : tuple of RoundRecord
        What was measured at the settings found.
    targets : tuple of Target
    tried : int
        Settings evaluated now; those that the archive held already are not among them.
    raced : int
        Rounds run now.
    """

    record: ComparisonRecord
    rounds: tuple[RoundRecord, ...]
    targets: tuple[Target, ...]
    tried: int
    raced: int

    @property
    def missed_in_rounds(self) -> tuple[str, ...]:
        """Settings that met a target in the search, and missed it or failed in a round, each with why."""
        target = {one.text: one for one in self.targets}
        found: dict[str, str] = {}
        for answer in (one for one in self.record.answers if one.meets and one.spec is not None):
            for entry in (entry for one in self.rounds for entry in one.entries if entry.spec == answer.spec):
                error = target[answer.target].error({"nrmse": entry.nrmse, "max_absolute": entry.max_absolute})
                if entry.failure is not None or not error <= answer.limit:
                    why = entry.failure or f"an error of {error:.3g} where {answer.limit:.3g} is allowed"
                    found.setdefault(f"{answer.spec} at {self.record.measure} {answer.target}", why)
        return tuple(f"{what}: {why}" for what, why in found.items())


def compare_on_field(
    specs: Sequence[str],
    targets: Sequence[Target],
    field: FieldRef,
    folder: str | Path,
    *,
    rounds: int = ROUNDS,
    limits: Limits | None = None,
    retry: bool = False,
    progress: Callable[[Step], None] = lambda _: None,
    registry: Registry | None = None,
) -> FieldComparison:
    """Find for every contestant and target the coarsest setting that meets it; then measure all of them in rounds.

    Parameters
    ----------
    specs : sequence of str
        Specs whose tolerance may be left out: :func:`wavecomp.comparison.contestant.read_contestant`.
    targets : sequence of Target
        Values of one measure.
    field : FieldRef
    folder : path
        Of the archive: ``trials.jsonl``, ``comparisons.jsonl`` and ``rounds.jsonl`` with their provenances.
    rounds : int
    limits : Limits, optional
        What one case may take.
    retry : bool
        Try settings again whose record is a failure.
    progress : callable, optional
        Called in this thread, before everything that takes time.
    registry : Registry, optional

    Raises
    ------
    SpecError, CompressorUnavailable
        A contestant is none.
    TargetError
        The field is zero everywhere or not finite.
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    known = registry if registry is not None else default_registry()
    contestants = list({one.text: one for one in (read_contestant(text, known) for text in specs)}.values())
    kind = SweepKind("compare", _ONCE, known)
    _check_limits(targets, field)
    pairs = [(contestant, target) for target in targets for contestant in contestants]
    answers = []
    with open_study(TrialArchive(folder), kind, limits=limits, retry=retry) as asked:
        for number, (contestant, target) in enumerate(pairs):
            progress(Step("searching", number, len(pairs), f"{contestant.text} at {target.text}"))
            answers.append(_answer(contestant, target, field, known, asked, progress, (number, len(pairs))))
        progress(Step("searching", len(pairs), len(pairs)))
        tried, where = asked.measured, asked.where
    beside = (UNCOMPRESSED, *([] if any(one.lossless for one in contestants) else [LOSSLESS]))
    readings = dict(_read(text, known) for text in beside)
    race = _race(readings, answers, field, known)
    record = ComparisonRecord(
        case=_digest(field, targets, contestants),
        measure=targets[0].measure,
        subject=field.name,
        subject_digest=field.digest,
        shape=field.shape,
        dtype=field.dtype,
        step=field.step,
        time_s=field.time_s,
        peak=field.peak,
        shots=(),
        contestants=tuple(one.text for one in contestants),
        targets=tuple(target.text for target in targets),
        beside=tuple(readings),
        race=race.digest,
        library=race_library(known, race.cases),
        provenance=where.digest,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        answers=tuple(answers),
    )
    record = keep_comparison(ComparisonArchive(folder), record, where)
    raced = run_rounds(
        race,
        RoundArchive(folder),
        known,
        rounds=rounds,
        limits=limits,
        retry=retry,
        progress=lambda now: progress(Step("rounds", now.done, now.total)),
    )
    return FieldComparison(record, raced.records, tuple(targets), tried, raced.measured)


def _check_limits(targets: Sequence[Target], field: FieldRef) -> None:
    """Refuse a field on which a target means nothing; raises TargetError."""
    for target in targets:
        limit = target.limit(field.peak)
        if not (0.0 < limit < math.inf and 0.0 < field.peak < math.inf):
            raise TargetError(
                f"--{target.measure} {target.text} on {field.name}: its greatest amplitude is {field.peak:g}, and "
                f"{limit:g} is no error to compare at; choose another level or field"
            )


def _digest(field: FieldRef, targets: Sequence[Target], contestants: Sequence[Contestant]) -> str:
    asked = [
        [field.digest, field.shape, field.dtype],
        [[target.measure, target.text] for target in targets],
        [contestant.text for contestant in contestants],
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def _read(text: str, registry: Registry) -> tuple[str, Reading]:
    reading = read_contestant(text, registry).reading
    return reading.spec, reading


def _race(beside: dict[str, Reading], answers: Sequence[ContestantAnswer], field: FieldRef, registry: Registry) -> Race:
    """Return each setting once: the memory copy first, then the answers in their order."""
    copy, *rest = beside
    specs = [copy, *(one.spec for one in answers if one.spec is not None and one.status != "failed"), *rest]
    readings = [beside[spec] if spec in beside else _read(spec, registry)[1] for spec in dict.fromkeys(specs)]
    return Race(tuple(Case(reading, registry.threads_of(reading), field) for reading in readings))


def _answer(
    contestant: Contestant,
    target: Target,
    field: FieldRef,
    registry: Registry,
    asked: Asked,
    progress: Callable[[Step], None],
    place: tuple[int, int],
) -> ContestantAnswer:
    limit = target.limit(field.peak)

    def tried(reading: Reading, value: Number) -> Trial:
        progress(Step("searching", *place, f"{reading.spec} at {target.text}"))
        outcome = asked(Case(reading, registry.threads_of(reading), field)).outcome
        if isinstance(outcome, Failure):
            return Trial(value, math.inf, 0.0, f"{outcome.kind}: {outcome.message}")
        assert isinstance(outcome, Measurement)
        return Trial(value, target.error(outcome.distortion), outcome.ratio)

    if contestant.free is None:
        trial = tried(contestant.reading, 0)
        return _said(contestant, target, limit, Answer(trial, (trial,)), contestant.reading.spec)

    def evaluate(value: Number) -> Trial:
        try:
            reading = contestant.at(value, registry)
        except SpecError as error:
            return Trial(value, math.inf, 0.0, str(error))
        return tried(reading, value)

    answer = search(evaluate, axis_of(contestant, target, field.peak, registry), limit)
    best = answer.found or answer.nearest
    spec = None if best is None else contestant.at(best.value, registry).spec
    return _said(contestant, target, limit, answer, spec)


def _said(contestant: Contestant, target: Target, limit: float, answer: Answer, spec: str | None) -> ContestantAnswer:
    best = answer.found or answer.nearest
    free = contestant.free
    failed = best is None or bool(best.failure)
    meets = best is not None and not failed and best.error <= limit
    return ContestantAnswer(
        contestant=contestant.text,
        target=target.text,
        limit=limit,
        status="failed" if failed else "stands" if free is None else "found" if meets else "unmet",
        spec=spec,
        key=None if free is None else free.name,
        value=None if best is None or free is None else best.value,
        error=None if best is None or not math.isfinite(best.error) else best.error,
        meets=meets,
        ratio=None if best is None or failed else best.ratio,
        tried=len(answer.tried),
        coarsest=None if free is None else answer.coarsest,
        message=next((trial.failure for trial in answer.tried if trial.failure), None),
    )
