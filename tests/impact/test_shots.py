"""A gradient study of several shots: one record a case, made when all of its shots are there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from impact_answers import answer
from wavecomp.cli import status_of
from wavecomp.compressors import default_registry
from wavecomp.impact.cases import BARE, EXACT, ImpactCase, impact_cases
from wavecomp.impact.reduction import Reduction, Wanted
from wavecomp.impact.study import run_impact
from wavecomp.impact.worker import Measured
from wavecomp.inversion.shot_list import UnknownShot, parse_shots
from wavecomp.inversion.stacking import add_up
from wavecomp.isolation import Limits
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records import Failure, GradientArchive, GradientRecord, load_gradients
from wavecomp.records.record import line_of
from wavecomp.report.gradient_table import gradient_table

SHOTS = (0, 1, 2, 3)
STRATEGY = "trajectory:every=2/zfp:accuracy=1e-1"
LIMITS = Limits(seconds=600.0, memory_bytes=2**40)
PUBLISHED = Path(__file__).resolve().parents[2] / "results/published/gradient-overthrust-2d"


def cases_of(problem, *strategies: str, shots=SHOTS) -> list[ImpactCase]:
    return impact_cases(problem, strategies, (), default_registry(), shots=shots)


@pytest.fixture(scope="module")
def studies(tiny, tmp_path_factory):
    """All four shots, with one worker and with two."""
    found = {}
    for workers in (1, 2):
        archive = GradientArchive(tmp_path_factory.mktemp("study"))
        notes = []
        cases = cases_of(tiny, STRATEGY)
        found[workers] = (
            archive,
            run_impact(cases, archive, rounds=1, limits=LIMITS, workers=workers, progress=notes.append),
        )
        assert [(note.done, note.total) for note in notes if note.done == 12][-1:] == [(12, 12)]
        assert notes[0].done == 0
    return found


def test_a_record_holds_what_the_plain_loop_gives(tiny, open_workbench, studies):
    bench = open_workbench(tiny)
    runs, exact = ([bench.run(parse_strategy(text), shot=shot) for shot in SHOTS] for text in (STRATEGY, "store-all"))
    total = add_up(run.gradient for run in runs)
    true = add_up(run.gradient for run in exact)
    distance = gradient_distance(true, total)
    # Below the top tenth of the depth, by NumPy alone.
    top = round(0.1 * true.shape[-1])
    deep = np.linalg.norm((total - true)[..., top:]) / np.linalg.norm(true[..., top:])
    ratios = [ratio for run in runs for ratio in run.checkpoint_ratios]
    for workers, (_, result) in studies.items():
        bare, stored, lossy = result.records
        assert (bare.spec, stored.spec, lossy.shots) == (BARE, "store-all", SHOTS)
        out = lossy.outcome
        assert out.gradient_digest == hashlib.sha256(total.tobytes()).hexdigest()
        assert {**out.distance, "deep_relative_l2": None} == asdict(distance) | {"deep_relative_l2": None}
        assert out.distance["deep_relative_l2"] == pytest.approx(deep, rel=1e-5)
        assert out.misfit == sum(run.misfit for run in runs)
        assert out.peak_checkpoint_bytes == max(run.peak_checkpoint_bytes for run in runs)
        assert out.forward_steps == sum(run.forward_steps for run in runs)
        assert out.writes == sum(run.writes for run in runs)
        assert (out.ratio.least, out.ratio.greatest) == (min(ratios), max(ratios))
        assert out.ratio.median == np.median(ratios)
        assert stored.outcome.distance["relative_l2"] == 0.0
        assert bare.outcome.distance == {}
        assert bare.outcome.forward_steps == 4 * (bare.steps - 1)
        for record in result.records:
            assert record.concurrent == (workers > 1)
            s = record.outcome.seconds
            parts = s.advance + s.compress + s.decompress + s.reverse + s.other
            assert parts == pytest.approx(s.wall, rel=1e-9)


def test_the_page_names_the_shots_and_shows_no_times_of_concurrent_runs(studies):
    for workers, (archive, _) in studies.items():
        table = gradient_table(load_gradients([archive]), "tiny")
        assert table.title.endswith("300 steps, sum of shots 0–3")
        assert any(note.startswith("Of several shots") for note in table.notes)
        wall = [column.header for column in table.columns].index("Wall (s)")
        assert [row.cells[wall] is None for row in table.rows] == [workers > 1] * 3


def test_a_study_that_was_cut_off_goes_on_with_the_missing_case(tiny, studies):
    archive, result = studies[1]
    assert run_impact(cases_of(tiny, STRATEGY), archive, rounds=1, limits=LIMITS).measured == 0
    lines = archive.path.read_bytes().splitlines(keepends=True)
    archive.path.write_bytes(b"".join(lines[:-1]))
    again = run_impact(cases_of(tiny, STRATEGY), archive, rounds=1, limits=LIMITS)
    assert again.measured == 1
    assert again.records[-1].outcome.gradient_digest == result.records[-1].outcome.gradient_digest
    assert again.records[-1].outcome.distance == result.records[-1].outcome.distance


def test_a_crash_in_one_shot_costs_its_case_alone(tiny, tmp_path, troublemaker):
    cases = cases_of(tiny, "trajectory/trouble:kind=segfault", STRATEGY, shots=(1, 3))
    bare, stored, crashed, lossy = run_impact(cases, GradientArchive(tmp_path), rounds=1, limits=LIMITS).records
    assert isinstance(crashed.outcome, Failure)
    assert crashed.outcome == Failure("crash", "shot 1: killed by SIGSEGV, twice")
    assert crashed.shots == (1, 3)
    assert not any(record.failed for record in (bare, stored, lossy))


def measured(gradient: np.ndarray | None, wall: float = 1.0) -> Measured:
    return answer(gradient, wall, writes=3, reads=2, checkpoints_held=1, checkpoint_ratios=(4.0,))


def test_outcomes_come_when_all_is_there_in_any_order(tiny):
    (bare, stored) = cases_of(tiny, shots=(0, 2))[:2]
    rng = np.random.default_rng(3)
    gradients = {shot: rng.standard_normal((4, 5)).astype(np.float32) for shot in (0, 2)}

    def answer(task):
        return measured(None if task.case.spec == BARE else gradients[task.shot], wall=1.0 + task.shot)

    seen = set()
    for order in (1, -1):
        study = Reduction({bare: Wanted(1), stored: Wanted(1)}, paced=False)
        assert [task.case.spec for task in study.tasks[::2]] == [EXACT, BARE, "store-all"]
        assert [task.shot for task in study.tasks] == [0, 2] * 3
        done = [study.take(task, answer(task)) for task in study.tasks[::order]]
        # Forward they come in turn; backward the bare sweeps are done before the exact gradients are there.
        assert [[case.spec for case, _ in cases] for cases in done] == [[], [], [], [BARE], [], ["store-all"]]
        (one, impact) = done[-1][0][1]
        assert one.steps == 9
        assert impact.seconds.wall == 4.0
        assert (impact.walls_s, impact.bare_walls_s) == ((4.0,), ())
        assert impact.distance["relative_l2"] == 0.0
        seen.add(impact.gradient_digest)
    assert seen == {hashlib.sha256(add_up(gradients.values()).tobytes()).hexdigest()}


def test_without_an_exact_gradient_there_are_the_bare_sweeps_alone(tiny):
    bare, stored = cases_of(tiny, shots=(0, 2))[:2]
    study = Reduction({bare: Wanted(1), stored: Wanted(1)})
    exact, _, *others = study.tasks
    ((case, outcome),) = study.take(exact, Failure("time", "no result within 1 s"))
    assert case is stored
    assert outcome == Failure("time", "the exact gradient: shot 0: no result within 1 s")
    assert [study.given_up(task) for task in others] == [False, False, True, True]


def test_an_archive_from_before_there_were_stacks_still_loads(tmp_path):
    archive = GradientArchive(PUBLISHED)
    records = list(archive)
    assert {record.shots for record in records} == {(0,)}
    assert records
    frame = load_gradients([archive])
    assert gradient_table(frame, "overthrust-2d").title.endswith("1060 steps, shot 0")
    row = records[0].to_row()
    old = {key: value for key, value in row.items() if key != "shots"} | {"shot": 5}
    assert GradientRecord.from_line(line_of(old)) == replace(records[0], shots=(5,))
    assert json.loads(replace(records[0], shots=(1, 4)).to_line())["shots"] == [1, 4]


def test_one_shot_is_the_case_that_it_always_was(tiny):
    """The digest under which published records lie; several shots are another case, given in whatever order."""
    for record in GradientArchive(PUBLISHED):
        problem = SimpleNamespace(digest=record.problem_digest)  # of the time when a file's contents were no part of it
        assert ImpactCase(problem, (0,), record.spec, record.budget_bytes).digest == record.case
    stacks = [{case.digest for case in cases_of(tiny, shots=shots)} for shots in ((2,), (2, 3), (3, 2, 3), (0, 2, 3))]
    assert stacks[1] == stacks[2]
    assert not stacks[0] & stacks[1]
    assert not stacks[1] & stacks[3]


def test_budgets_and_folders_are_no_part_of_the_exact_gradient(tiny, tmp_path):
    """One exact gradient a shot serves the cases of every budget."""
    limits = {"budget_bytes": 10**6, "disk_budget_bytes": 10**7, "scratch": tmp_path}
    cases = impact_cases(tiny, ("trajectory:tier=disk",), (), default_registry(), shots=(0, 2), **limits)
    study = Reduction(dict.fromkeys([*cases, *cases_of(tiny, STRATEGY, shots=(2, 3))], Wanted(1)))
    exact = [task for task in study.tasks if task.case.spec == EXACT]
    assert [task.shot for task in exact] == [0, 2, 3]
    assert {(t.case.budget_bytes, t.case.disk_budget_bytes, t.case.scratch) for t in exact} == {(None, None, None)}


def test_shots_on_a_disk_from_the_command_line(tiny, open_workbench, tmp_path, monkeypatch):
    """The budget is for one shot at a time: both together, of 298 levels each, would not fit into 9 MB."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scratch").mkdir()
    words = ["gradient", "--problem", "tiny", "--shots", "1,3", "--strategy", "trajectory:tier=disk"]
    assert status_of([*words, "--scratch", "scratch", "--disk-memory", "9MB"]) == 0
    archive = GradientArchive(tmp_path / "results" / "tiny")
    (stored,) = [record for record in archive.latest().values() if "tier=disk" in record.spec]
    assert (stored.shots, stored.disk_budget_bytes) == ((1, 3), 9_000_000)
    assert GradientRecord.from_line(stored.to_line()) == stored
    bench = open_workbench(tiny)
    runs = [bench.run(parse_strategy("trajectory:tier=disk"), shot=shot) for shot in (1, 3)]
    out = stored.outcome
    assert out.gradient_digest == hashlib.sha256(add_up(run.gradient for run in runs).tobytes()).hexdigest()
    assert out.peak_disk_bytes == max(run.peak_disk_bytes for run in runs) > 4_500_000
    assert out.distance["relative_l2"] == 0.0
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "shots"),
    [
        ("0", (0,)),
        ("all", tuple(range(12))),
        ("0,3,5-9", (0, 3, 5, 6, 7, 8, 9)),
        (" 4 , 2-3,3", (2, 3, 4)),
        ("7-7", (7,)),
    ],
)
def test_words_for_shots(text, shots):
    assert parse_shots(text, 12, "tiny") == shots


@pytest.mark.parametrize("text", ["", "1,", "-1", "3-1", "a", "1.5", "12", "0-12", "all,1"])
def test_words_that_are_no_shots(text):
    with pytest.raises(UnknownShot, match=r"no shot; write all, or|has the shots 0 to 11, and no 12"):
        parse_shots(text, 12, "tiny")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shots", "2-5"], "tiny has the shots 0 to 3, and no 5"),
        (["--shots", "two"], "'two' is no shot; write all, or for example 0,3,5-9"),
        (["--experiment", "ratio", "--workers", "2"], "--workers 2: ratio takes one shot"),
    ],
)
def test_wrong_words(tmp_path, monkeypatch, capfd, words, says):
    monkeypatch.chdir(tmp_path)
    assert status_of(["gradient", "--problem", "tiny", *words]) == 2
    assert says in capfd.readouterr().err.replace("\n", " ")
    assert not any(tmp_path.iterdir())


def test_command_line_end_to_end(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = ["gradient", "--problem", "tiny", "--shots", "1,3", "--workers", "2", "--strategy", STRATEGY]
    assert status_of(words) == 0
    shown = capfd.readouterr()
    assert "sum of shots 1, 3" in shown.out
    assert "3 cases measured" in shown.err
    archive = GradientArchive(tmp_path / "results" / "tiny")
    assert {record.shots for record in archive} == {(1, 3)}
    assert status_of(words) == 0
    assert "0 cases measured, 3 were there already" in capfd.readouterr().err
