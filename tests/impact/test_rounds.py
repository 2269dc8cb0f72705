"""A study runs in rounds: a time is compared with the bare sweeps of its own round, whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from impact_answers import answer
from wavecomp.compressors import default_registry
from wavecomp.errors import MeaninglessGradient
from wavecomp.impact import study as impact
from wavecomp.impact.cases import BARE, EXACT, ImpactCase, impact_cases
from wavecomp.impact.reduction import Reduction, Wanted
from wavecomp.impact.sets import default_rounds
from wavecomp.impact.study import run_impact
from wavecomp.impact.worker import Measured, ShotTask
from wavecomp.isolation import Limits
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import (
    Failure,
    GradientArchive,
    GradientImpact,
    GradientRecord,
    Provenance,
    collect_provenance,
    load_gradients,
)

STORED, THIRD = "store-all", "trajectory/int8:block=64"
# What each case takes beyond the bare sweeps, on a machine of constant speed.
FACTOR = {BARE: 1.0, STORED: 1.5, THIRD: 3.0}


class FakeMachine:
    """Stands for a worker: its clock runs slower with every round, as if the machine had more and more to do."""

    def __init__(self) -> None:
        self.asked: list[ShotTask] = []
        self.slowness = 1.0
        self.where: Provenance | None = None
        self.die_after: int | None = None
        self.gradients: dict[str, np.ndarray] = {}
        self.misfit = 2.0

    def report(self) -> Provenance:
        self.where = collect_provenance()
        return self.where

    def stop(self) -> None:
        pass

    def ask(self, task: ShotTask, _limits: Limits) -> Measured | Failure:
        if self.die_after is not None and len(self.asked) >= self.die_after:
            raise KeyboardInterrupt
        self.asked.append(task)
        spec = task.case.spec
        if spec == BARE:
            self.slowness *= 1.7
        gradient = None if spec == BARE else self.gradients.get(spec, np.array([3.0, -4.0], np.float32))
        wall = self.slowness * FACTOR.get(spec, 1.0)
        return answer(gradient, wall, misfit=self.misfit)


@pytest.fixture
def machine(monkeypatch) -> FakeMachine:
    made = FakeMachine()
    monkeypatch.setattr(impact, "ReportingWorker", lambda *_: made)
    return made


@pytest.fixture
def cases(tiny) -> list[ImpactCase]:
    return impact_cases(tiny, ("trajectory/int8",), (), default_registry())


def ratios(record: GradientRecord) -> list[float]:
    assert isinstance(record.outcome, GradientImpact)
    return [w / b for w, b in zip(record.outcome.walls_s, record.outcome.bare_walls_s, strict=True) if b is not None]


def order(machine: FakeMachine) -> list[tuple[int, str]]:
    return [(task.turn, task.case.spec) for task in machine.asked if task.case.spec != EXACT]


def test_every_round_has_bare_sweeps_of_its_own_and_then_every_case(machine, cases, tmp_path):
    """Between the rounds the machine becomes 1.7 times slower: ratios of two moments would be off by that much."""
    result = run_impact(cases, GradientArchive(tmp_path), rounds=3)
    forward, backward = [BARE, STORED, THIRD], [BARE, THIRD, STORED]
    assert order(machine) == [
        (turn, spec) for turn, specs in enumerate((backward, forward, backward, forward)) for spec in specs
    ]
    for record in result.records:
        assert ratios(record) == pytest.approx([FACTOR[record.spec]] * 3, rel=1e-12)
        assert record.outcome.seconds.wall == min(record.outcome.walls_s)
    assert result.measured == 3
    # The warm-up is in none of them: the first of three slow-downs is over when the times begin to count.
    assert result.records[0].outcome.walls_s == pytest.approx((1.7**2, 1.7**3, 1.7**4))


def test_one_round_needs_no_warming_up(machine, cases, tmp_path):
    result = run_impact(cases, GradientArchive(tmp_path), rounds=1)
    assert order(machine) == [(1, BARE), (1, STORED), (1, THIRD)]
    assert [ratios(record) for record in result.records] == [[pytest.approx(FACTOR[r.spec])] for r in result.records]


@pytest.mark.parametrize("finished", range(1, 12))
def test_a_study_that_is_killed_keeps_its_rounds_and_goes_on_with_the_rest(machine, cases, tmp_path, finished):
    """At every moment: after the exact gradient, in the warm-up, in the middle of a round, before the last run."""
    archive = GradientArchive(tmp_path)
    machine.die_after = finished
    with pytest.raises(KeyboardInterrupt):
        run_impact(cases, archive, rounds=3)
    kept = {record.spec: record.outcome for record in archive.latest().values()}
    lines = archive.path.read_bytes()
    whole = {turn: [s for t, s in order(machine) if t == turn] for turn in range(4)}
    for spec, outcome in kept.items():
        assert len(outcome.bare_walls_s) == sum(spec in whole[turn] for turn in (1, 2, 3))
    assert set(kept) == {spec for _, spec in order(machine)}
    machine.asked.clear()
    machine.die_after = None
    result = run_impact(cases, archive, rounds=3)
    assert archive.path.read_bytes().startswith(lines)
    for record in result.records:
        assert len(ratios(record)) >= 3
        assert ratios(record) == pytest.approx([FACTOR[record.spec]] * len(ratios(record)), rel=1e-12)
        before = kept.get(record.spec)
        if before is not None and before.bare_walls_s:
            assert record.outcome.walls_s[: len(before.walls_s)] == before.walls_s
    machine.asked.clear()
    assert run_impact(cases, archive, rounds=3).measured == 0
    assert machine.asked == []


def test_a_finished_row_keeps_its_rounds_and_a_new_one_gets_bare_sweeps_beside_it(machine, tiny, cases, tmp_path):
    archive = GradientArchive(tmp_path)
    first = run_impact(cases, archive, rounds=2)
    machine.asked.clear()
    more = impact_cases(tiny, ("trajectory/int8", "trajectory/int16"), (), default_registry())
    result = run_impact(more, archive, rounds=2)
    assert [r.to_line() for r in result.records[:3]] == [r.to_line() for r in first.records]
    assert [spec for _, spec in order(machine)] == [BARE, "trajectory/int16:block=64"] * 3
    assert result.measured == 1
    bare, *_, new = result.records
    assert len(ratios(new)) == 2
    assert not set(new.outcome.bare_walls_s) & set(bare.outcome.walls_s)


def test_more_rounds_can_be_asked_for_later(machine, cases, tmp_path):
    archive = GradientArchive(tmp_path)
    two = run_impact(cases, archive, rounds=2)
    machine.asked.clear()
    five = run_impact(cases, archive, rounds=5)
    assert [turn for turn, spec in order(machine) if spec == BARE] == [0, 1, 2, 3]
    for old, new in zip(two.records, five.records, strict=True):
        assert new.outcome.walls_s[:2] == old.outcome.walls_s
        assert len(new.outcome.walls_s) == len(new.outcome.bare_walls_s) == 5
    assert run_impact(cases, archive, rounds=2).measured == 0


def test_records_of_several_workers_have_no_ratio_and_one_run(machine, cases, tmp_path):
    archive = GradientArchive(tmp_path)
    result = run_impact(cases, archive, rounds=3, workers=2)
    assert len(order(machine)) == 3
    assert all(record.concurrent and record.outcome.bare_walls_s == () for record in result.records)
    assert run_impact(cases, archive, rounds=2).measured == 3  # alone, for their times


def test_the_worst_round_is_what_a_row_says_of_its_gradient(tiny, cases):
    """What is nearly right in one round and wrong in another is wrong."""
    third = cases[-1]
    study = Reduction({third: Wanted(3)})
    answers: Iterator[float] = iter((4.0, 4.5, 4.0))
    said = []
    for task in study.tasks:
        last = -next(answers) if task.case == third else -4.0
        gradient = None if task.case.spec == BARE else np.array([3.0, last], np.float32)
        peak = 500 if last == -4.5 else 100
        said += study.take(task, answer(gradient, peak=peak))
    errors = [out[1].distance["relative_l2"] for _, out in said]
    assert errors == [0.0, pytest.approx(0.1), pytest.approx(0.1)]
    assert [out[1].peak_checkpoint_bytes for _, out in said] == [100, 500, 500]


def test_a_failure_in_a_later_round_is_the_case_s_and_ends_it(machine, cases, tmp_path, monkeypatch):
    asked = machine.ask

    def ask(task, limits):
        if task.turn == 2 and task.case.spec == THIRD:
            machine.asked.append(task)
            return Failure("crash", "killed by SIGSEGV, twice")
        return asked(task, limits)

    monkeypatch.setattr(machine, "ask", ask)
    result = run_impact(cases, GradientArchive(tmp_path), rounds=4)
    assert [record.failed for record in result.records] == [False, False, True]
    assert [turn for turn, spec in order(machine) if spec == THIRD] == [0, 1, 2]
    assert len(ratios(result.records[1])) == 4


def test_without_bare_sweeps_there_is_no_ratio_and_no_end_of_measuring(machine, cases, tmp_path, monkeypatch):
    asked = machine.ask
    monkeypatch.setattr(
        machine, "ask", lambda task, limits: Failure("time", "late") if task.case.spec == BARE else asked(task, limits)
    )
    archive = GradientArchive(tmp_path)
    result = run_impact(cases, archive, rounds=2)
    assert [record.failed for record in result.records] == [True, False, False]
    assert [record.outcome.bare_walls_s for record in result.records[1:]] == [(None, None)] * 2
    line = result.records[1].to_line()
    assert GradientRecord.from_line(line).to_line() == line
    assert run_impact(cases, archive, rounds=2).measured == 0


def test_code_of_others_comes_last_in_a_round_and_together(tiny):
    cases = impact_cases(tiny, ("trajectory/int8", "trajectory/int16", "revolve:slots=3"), (), default_registry())

    def foreign(case: ImpactCase) -> str:
        return "theirs" if "int8" in case.spec or case.spec == STORED else ""

    study = Reduction(dict.fromkeys(cases, Wanted(2)), warm_up=True, foreign=foreign)
    for turn in range(3):
        specs = [task.case.spec for task in study.tasks if task.turn == turn and task.case.spec != EXACT]
        assert specs[0] == BARE
        assert {specs[-1], specs[-2]} == {STORED, "trajectory/int8:block=64"}


def test_problems_are_finished_one_after_the_other(tiny, cube):
    registry = default_registry()
    mixed = [case for pair in zip(*(impact_cases(p, ("trajectory",), (), registry) for p in (tiny, cube)), strict=True)
             for case in pair]  # fmt: skip
    study = Reduction(dict.fromkeys(mixed, Wanted(2)))
    names = [task.case.problem.name for task in study.tasks]
    assert names == sorted(names, key=["tiny", "cube"].index)


@pytest.mark.parametrize(("name", "rounds"), [("tiny", 3), ("quick", 2), ("paper", 1)])
def test_a_study_takes_minutes_where_it_can(name, rounds):
    assert default_rounds(find_problem(name)) == rounds


@pytest.mark.parametrize(
    ("gradient", "misfit", "says"),
    [
        ([0.0, 0.0], 0.0, r"problem tiny, shot 0: the data of the initial model equal.*max \|residual\| = 0"),
        ([0.0, 0.0], 3.0, "exact gradient is zero everywhere"),
        ([1.0, np.nan], 3.0, "exact gradient is not finite"),
        ([np.inf, 1.0], np.inf, "exact gradient is not finite"),
    ],
)
def test_an_exact_gradient_that_says_nothing_ends_the_study_before_its_rows(
    machine, cases, tmp_path, gradient, misfit, says
):
    machine.gradients[EXACT] = np.array(gradient, np.float32)
    machine.misfit = misfit
    archive = GradientArchive(tmp_path)
    with pytest.raises(MeaninglessGradient, match=says) as raised:
        run_impact(cases, archive)
    assert raised.value.exit_status == 2
    assert [task.case.spec for task in machine.asked] == [EXACT]
    assert list(archive) == []


def test_one_shot_without_residual_among_others_is_no_error(machine, tiny, tmp_path, monkeypatch):
    asked = machine.ask

    def ask(task, limits):
        machine.misfit = 0.0 if task.shot == 1 else 2.0
        machine.gradients = {} if task.shot != 1 else dict.fromkeys((EXACT, STORED), np.zeros(2, np.float32))
        return asked(task, limits)

    monkeypatch.setattr(machine, "ask", ask)
    cases = impact_cases(tiny, ("store-all",), (), default_registry(), shots=(0, 1))
    assert run_impact(cases, GradientArchive(tmp_path), rounds=1).failures == ()
    assert len(load_gradients([GradientArchive(tmp_path)])) == 2
