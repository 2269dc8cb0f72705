"""A comparison at equal error of the gradient: few gradients find each setting, then rounds measure all of them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wavecomp.comparison.few import Asking, few_questions
from wavecomp.comparison.keeping import keep_comparison
from wavecomp.comparison.step import Step
from wavecomp.comparison.target import Target
from wavecomp.comparison.trials import Answer, Number, Trial
from wavecomp.comparison.ways import EVERY, Way, read_way
from wavecomp.compressors import Registry, default_registry
from wavecomp.errors import SpecError, UsageError
from wavecomp.impact.cases import BARE, ImpactCase
from wavecomp.impact.memory import leave_out, memory_for_levels
from wavecomp.impact.problem import Problem
from wavecomp.impact.sets import default_rounds
from wavecomp.impact.study import ImpactProgress, ImpactResult, open_impact, run_impact
from wavecomp.isolation import Limits
from wavecomp.plans.parameters import AUTO
from wavecomp.plans.strategy import Strategy
from wavecomp.records import (
    ComparisonArchive,
    ComparisonRecord,
    ContestantAnswer,
    GradientArchive,
    GradientImpact,
    GradientRecord,
    GradientTrialArchive,
    Provenance,
)
from wavecomp.spec_text import SpecText

SURE_ROUNDS = 6
"""Rounds where a gradient is a matter of seconds: the fewest whose median has a 95 % interval."""


@dataclass(frozen=True, slots=True)
class GradientComparison:
    """What a comparison of gradients came to.

    Attributes
    ----------
    record : ComparisonRecord
        What was asked and found.
    result : ImpactResult
        What was measured at the settings found, beside the bare sweeps.
    tried : int
        Gradients of the searches that were computed now.
    """

    record: ComparisonRecord
    result: ImpactResult
    tried: int

    @property
    def missed_in_rounds(self) -> tuple[str, ...]:
        """Settings that met a target in the search, and missed it or failed in the rounds, each with why."""
        measured = {one.spec: one.outcome for one in self.result.records}
        found: list[str] = []
        for answer in (one for one in self.record.answers if one.meets and one.spec is not None):
            outcome = measured.get(answer.spec or "")
            what = f"{answer.spec} at {self.record.measure} {answer.target}"
            if not isinstance(outcome, GradientImpact):
                found.append(f"{what}: {getattr(outcome, 'message', 'not measured')}")
                continue
            error = Target(self.record.measure, answer.target, answer.limit).error(outcome.distance)
            if not error <= answer.limit:
                found.append(f"{what}: an error of {error} where {answer.limit:.3g} is allowed")
        return tuple(found)


def rounds_for(problem: Problem) -> int:
    """Return how many rounds suit a problem: six where its gradients take seconds, fewer where they take minutes."""
    return SURE_ROUNDS if default_rounds(problem) == 3 else default_rounds(problem)


def compare_gradients(
    texts: Sequence[str],
    targets: Sequence[Target],
    problem: Problem,
    folder: str | Path,
    *,
    every: int = EVERY,
    shots: Sequence[int] = (0,),
    rounds: int | None = None,
    limits: Limits | None = None,
    retry: bool = False,
    progress: Callable[[Step], None] = lambda _: None,
    registry: Registry | None = None,
) -> GradientComparison:
    """Find for every contestant and target a setting whose gradient just meets it; then measure all of them in rounds.

    Parameters
    ----------
    texts : sequence of str
        Strategies or compressors: :func:`wavecomp.comparison.ways.read_way`.
    targets : sequence of Target
        Relative L2 errors of the gradient, all over the whole of it or all below the top tenth of the depth.
    problem : Problem
    folder : path
        Of the archive: ``gradient-trials.jsonl``, ``comparisons.jsonl`` and ``gradients.jsonl``.
    every : int
        Which levels a compressor that is named alone keeps.
    shots : sequence of int
        Whose gradients are added up.
    rounds : int, optional
        By default :func:`rounds_for`.
    limits, retry, progress, registry
        As for :func:`wavecomp.comparison.fields.compare_on_field`.

    Raises
    ------
    SpecError, CompressorUnavailable
        A contestant is none.
    MeaninglessGradient
        The exact gradient is zero or not finite.
    UsageError
        An error below the top tenth of the depth is asked of a problem that does not say where its depth is.
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    known = registry if registry is not None else default_registry()
    problem = problem.pinned()
    shots = tuple(sorted(set(shots)))
    if targets[0].measure == "deep-error" and not problem.shot_count:
        raise UsageError(
            f"--deep-error {targets[0].text}: the gradient of {problem.name} has no depth that wavecomp knows of; "
            "give --gradient-error"
        )
    # One text is one contestant, whatever the target: the least of them tells what leaving steps out may cost.
    error = min([1.0, *(target.limit(1.0) for target in targets)])
    ways = list({way.text: way for way in (read_way(text, known, every, error) for text in texts)}.values())

    def case(way: Strategy | str) -> ImpactCase:
        return ImpactCase(problem, shots, way, None, asked=True)

    pairs = [(way, target) for target in targets for way in ways]
    searches = _Searches(pairs, problem, known)
    with open_impact(problem, GradientTrialArchive(folder), limits=limits, retry=retry, registry=known) as ask:
        turn = 0
        while asked := searches.asked():
            turn += 1
            stage = f"searching, turn {turn}"
            cases = [case(strategy) for strategy in {one.spec: one for one in asked}.values()]
            records = ask.together(cases, lambda done, total, stage=stage: progress(Step(stage, done, total)))  # type: ignore[misc]
            searches.take({record.spec: record for record in records})
        tried = ask.measured
    answers = [_said(way, target, answer, known) for (way, target), answer in zip(pairs, searches.answers, strict=True)]
    limits = limits if limits is not None else Limits()
    stored = [read_way(text, known).strategy for text in _beside(ways)]
    unasked = [ImpactCase(problem, shots, one, None) for one in stored if one is not None]
    fitting, _ = leave_out(unasked, memory_for_levels(limits.memory_bytes, problem))
    beside = [one.strategy for one in fitting]
    found = [read_way(one.spec, known).strategy for one in answers if one.spec is not None and one.status != "failed"]
    settings = {one.spec: one for one in (*beside, *found) if one is not None}
    result = run_impact(
        [ImpactCase(problem, shots, BARE, None), *map(case, settings.values())],
        GradientArchive(folder),
        rounds=rounds if rounds is not None else rounds_for(problem),
        limits=limits,
        retry=retry,
        progress=lambda now: progress(_step(now)),
        registry=known,
    )
    where = GradientArchive(folder).provenances()[result.records[0].provenance]
    record = _record(problem, shots, targets, ways, answers, tuple(one.spec for one in beside if one), result, where)
    return GradientComparison(keep_comparison(ComparisonArchive(folder), record, where), result, tried)


class _Searches:
    """All searches at once: each turn evaluates one setting of everyone that is not there yet."""

    def __init__(self, pairs: Sequence[tuple[Way, Target]], problem: Problem, registry: Registry) -> None:
        self._pairs, self._registry = pairs, registry
        self._stored_all = problem.levels_bytes()
        self._open: dict[int, tuple[Asking, Number, Strategy]] = {}
        self._found: dict[int, Answer] = {}
        for number, (way, target) in enumerate(pairs):
            if way.strategy is not None:
                self._open[number] = (_once(), 0, way.strategy)
                next(self._open[number][0])
                continue
            limit = target.limit(1.0)
            asking = few_questions(way.scale, way.start(limit), limit)
            self._advance(number, asking, next(asking))

    @property
    def answers(self) -> list[Answer]:
        """What came out, in the order of the pairs."""
        return [self._found[number] for number in range(len(self._pairs))]

    def asked(self) -> list[Strategy]:
        """Return what is to be evaluated next; empty at the end."""
        return [strategy for _, _, strategy in self._open.values()]

    def take(self, records: dict[str, GradientRecord]) -> None:
        """Hand the answers over."""
        for number, (asking, value, strategy) in list(self._open.items()):
            trial = self._trial(value, records.get(strategy.spec), self._pairs[number][1])
            del self._open[number]
            self._send(number, asking, trial)

    def _send(self, number: int, asking: Asking, trial: Trial) -> None:
        try:
            value = asking.send(trial)
        except StopIteration as end:
            self._found[number] = end.value
            return
        self._advance(number, asking, value)

    def _advance(self, number: int, asking: Asking, value: Number) -> None:
        try:
            self._open[number] = (asking, value, self._pairs[number][0].at(value, self._registry))
        except SpecError as error:
            self._send(number, asking, Trial(value, math.inf, 0.0, str(error)))

    def _trial(self, value: Number, record: GradientRecord | None, target: Target) -> Trial:
        if record is None or not isinstance(record.outcome, GradientImpact):
            outcome = None if record is None else record.outcome
            return Trial(value, math.inf, 0.0, f"{getattr(outcome, 'kind', '')}: {getattr(outcome, 'message', '')}")
        stored_all = self._stored_all if self._stored_all is not None else record.level_bytes * (record.steps or 1)
        ratio = stored_all / max(record.outcome.peak_checkpoint_bytes, 1)
        return Trial(value, target.error(record.outcome.distance), ratio)


def _once() -> Asking:
    """Take one trial, whatever it is, for the answer."""
    trial = yield 0
    return Answer(trial, (trial,))


def _step(now: ImpactProgress) -> Step:
    note = now.record.spec if now.record is not None else "compiling, and the exact gradient"
    return Step("rounds", now.done, now.total, note)


def _beside(ways: Sequence[Way]) -> list[str]:
    """Return what loses nothing, and what leaving levels out loses by itself, for every such number of steps."""
    heads = [SpecText.parse(way.text).head.values for way in ways]
    steps = {head["every"]: f"every={head['every']}" for head in heads if "every" in head and head["every"] != AUTO}
    errors = {float(head["error"]): f"every={AUTO},error={head['error']}" for head in heads if "error" in head}
    left_out = [*(steps[number] for number in sorted(steps, key=int)), *(errors[error] for error in sorted(errors))]
    return ["store-all", *(f"store-all:{words}" for words in left_out)]


def _said(way: Way, target: Target, answer: Answer, registry: Registry) -> ContestantAnswer:
    limit = target.limit(1.0)
    best = answer.found or answer.nearest
    failed = best is None or bool(best.failure)
    meets = best is not None and not failed and best.error <= limit
    searched = way.strategy is None
    spec = None
    if best is not None and not failed:
        spec = way.at(best.value, registry).spec if way.strategy is None else way.strategy.spec
    return ContestantAnswer(
        contestant=way.text,
        target=target.text,
        limit=limit,
        status="failed" if failed else "stands" if not searched else "found" if meets else "unmet",
        spec=spec,
        key=None if way.place is None else way.place[1],
        value=best.value if best is not None and searched else None,
        error=None if best is None or not math.isfinite(best.error) else best.error,
        meets=meets,
        ratio=None if best is None or failed else best.ratio,
        tried=len(answer.tried),
        coarsest=answer.coarsest if searched else None,
        message=next((trial.failure for trial in answer.tried if trial.failure), None),
    )


def _record(
    problem: Problem,
    shots: tuple[int, ...],
    targets: Sequence[Target],
    ways: Sequence[Way],
    answers: Sequence[ContestantAnswer],
    beside: tuple[str, ...],
    result: ImpactResult,
    where: Provenance,
) -> ComparisonRecord:
    measure = targets[0].measure
    asked = [problem.digest, shots, [target.text for target in targets], [way.text for way in ways]]
    asked += [] if measure == "gradient-error" else [measure]  # it was the only one once, and records have its digest
    libraries = {name for one in result.records for name in one.library.split(", ")}
    return ComparisonRecord(
        case=hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16],
        measure=measure,
        subject=problem.name,
        subject_digest=problem.digest,
        shape=problem.shape,
        dtype=problem.dtype,
        step=None,
        time_s=None,
        peak=None,
        shots=shots if problem.shot_count else (),
        contestants=tuple(way.text for way in ways),
        targets=tuple(target.text for target in targets),
        beside=beside,
        race="",
        library=", ".join(sorted(libraries)),
        provenance=where.digest,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        answers=tuple(answers),
    )
