"""Experiments are kept like everything else: by what determined them, isolated, and not computed twice."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from wavecomp.compressors import Registry
from wavecomp.errors import ArchiveBusy, MeaninglessGradient, StorageError, UnknownExperiment
from wavecomp.experiments import study as experiments_study
from wavecomp.experiments.forward import RatioSettings
from wavecomp.experiments.process import Board, ExperimentTask
from wavecomp.experiments.study import ExperimentCase, ExperimentFailed, run_experiment
from wavecomp.records import Failure, Provenance, collect_provenance
from wavecomp.records.experiment import ExperimentResult, load_experiments, save_experiment
from wavecomp.records.experiment_archive import ExperimentArchive
from wavecomp.report.page import build_report

SETTINGS = RatioSettings(every=50, compressors=("identity", "zfp:accuracy=1e-1"))


class FakeProcess:
    """Stands for the process: answers with one row, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[ExperimentTask] = []
        self.where: Provenance = collect_provenance()
        self.failure: Failure | None = None
        self.error: MeaninglessGradient | None = None

    def report(self) -> Provenance:
        return self.where

    def stop(self) -> None:
        pass

    def ask(self, task, _limits, waiting):
        self.asked.append(task)
        waiting()
        rows = [{"compressor": "identity", "ratio": 1.0, "step": 1, "time_s": 0.1 * n, "rms": 1.0} for n in range(3)]
        done = ExperimentResult(
            task.name, task.problem.name, task.problem.digest, dict(vars(task.settings)), {"steps": 9}, tuple(rows)
        )
        return self.error or self.failure or done


@pytest.fixture
def process(monkeypatch) -> FakeProcess:
    made = FakeProcess()
    monkeypatch.setattr(experiments_study, "ReportingWorker", lambda *_, **__: made)
    return made


def test_a_finished_result_is_not_computed_again(process, tiny, tmp_path):
    first = run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    again = run_experiment("ratio", tiny, tmp_path, settings=SETTINGS, retry=True)
    assert (first.measured, again.measured, len(process.asked)) == (1, 0, 1)
    assert again.records[0].created_utc == first.records[0].created_utc
    (kept,) = load_experiments(tmp_path)
    assert kept.provenance == process.where.digest
    assert (tmp_path / f"provenance-{kept.provenance}.json").exists()


def test_whatever_determines_a_result_is_part_of_what_it_is(process, tiny, cube, tmp_path, monkeypatch):
    """Problem, settings, libraries and machine: each gives another file, and nothing is lost."""
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    run_experiment("ratio", cube, tmp_path, settings=SETTINGS)
    run_experiment("ratio", tiny.resized(steps=77), tmp_path, settings=SETTINGS)  # of the same name
    run_experiment("ratio", tiny, tmp_path, settings=replace(SETTINGS, every=60))
    process.where = replace(process.where, cpu="another processor")
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    library = Registry.library
    monkeypatch.setattr(Registry, "library", lambda self, names: library(self, names) + ".9" * ("zfp" in names))
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    assert len(process.asked) == len(list(tmp_path.glob("experiment-ratio-*.npz"))) == 6
    # Libraries that take no part are none of its business.
    monkeypatch.setattr(Registry, "library", lambda self, text: library(self, text) + (".9" if text == "sz3" else ""))
    assert run_experiment("ratio", tiny, tmp_path, settings=SETTINGS).measured == 0


def test_the_page_shows_both_problems_of_one_name_and_the_last_answer_to_each_question(process, tiny, tmp_path):
    other = tiny.resized(steps=77)
    for problem in (tiny, other):
        run_experiment("ratio", problem, tmp_path, settings=SETTINGS)
    process.where = replace(process.where, cpu="another processor")
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    build_report(tmp_path, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert page.count("## Experiments on the gradient of tiny (problem ") == 2
    figures = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert len(figures) == 2
    assert all(f"](figures/{stem}.png)" in page for stem in figures)
    assert len(list(tmp_path.glob("*.npz"))) == 3


def test_a_crash_is_a_failure_that_stays_until_a_retry(process, tiny, tmp_path):
    process.failure = Failure("crash", "killed by SIGSEGV, twice")
    crashed = run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    assert crashed.failures == crashed.records
    (kept,) = load_experiments(tmp_path)
    assert kept.failure == process.failure
    process.failure = None
    assert run_experiment("ratio", tiny, tmp_path, settings=SETTINGS).measured == 0
    mended = run_experiment("ratio", tiny, tmp_path, settings=SETTINGS, retry=True)
    assert (mended.measured, mended.failures) == (1, ())
    (kept,) = load_experiments(tmp_path)
    assert not kept.failed


def test_afresh_replaces_what_the_folder_holds_unless_it_fails(process, tiny, tmp_path):
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    replaced = run_experiment("ratio", tiny, tmp_path, settings=SETTINGS, afresh=True)
    assert (replaced.measured, len(process.asked)) == (1, 2)
    (kept,) = load_experiments(tmp_path)
    process.failure = Failure("time", "no result within 1 s")
    with pytest.raises(ExperimentFailed, match="failed when it was run afresh: no result within 1 s"):
        run_experiment("ratio", tiny, tmp_path, settings=SETTINGS, afresh=True)
    (left,) = load_experiments(tmp_path)
    assert (left.failed, left.created_utc) == (False, kept.created_utc)
    # Where there was none before, or a failure, the failure is the result.
    other = replace(SETTINGS, every=60)
    for _ in range(2):
        assert run_experiment("ratio", tiny, tmp_path, settings=other, afresh=True).failures


def test_a_failure_does_not_hide_what_was_found_elsewhere(process, tiny, tmp_path):
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    process.where = replace(process.where, cpu="another processor")
    process.failure = Failure("time", "no result within 1 s")
    run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    build_report(tmp_path, tmp_path)
    assert (tmp_path / "report.md").read_text().count("](figures/experiment-ratio-") == 2


def test_a_gradient_that_says_nothing_is_raised_and_nothing_kept(process, tiny, tmp_path):
    process.error = MeaninglessGradient("problem tiny: no residual")
    with pytest.raises(MeaninglessGradient, match="no residual"):
        run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_a_bench_refuses_an_exact_gradient_that_says_nothing(tiny, open_workbench):
    from wavecomp.experiments.bench import ExperimentBench

    bench = ExperimentBench(tiny, open_workbench(tiny))
    run = bench.run("store-all", 0)
    bench.run = lambda *_: replace(run, misfit=0.0, gradient=np.zeros_like(run.gradient))
    with pytest.raises(MeaninglessGradient, match="problem tiny, shot 0: the data"):
        bench.measure("trajectory/int8", 0)
    with pytest.raises(MeaninglessGradient):
        list(ExperimentBench.exacts(_without_numbers(bench, run), [1]))


def _without_numbers(bench, run):
    bench.runs = lambda *_: iter([replace(run, gradient=np.full_like(run.gradient, np.nan))])
    return bench


def test_a_result_from_before_there_were_digests_is_drawn_and_gives_way_to_a_new_one(process, tiny, tmp_path):
    run_experiment("ratio", tiny, tmp_path / "new", settings=SETTINGS)
    (new,) = load_experiments(tmp_path / "new")
    old = replace(new, case="", library="", created_utc="")
    assert save_experiment(tmp_path / "old", old).name == "experiment-ratio.npz"
    build_report(tmp_path / "old", tmp_path / "old")
    assert "](figures/experiment-ratio.png)" in (tmp_path / "old" / "report.md").read_text()
    assert run_experiment("ratio", tiny, tmp_path / "old", settings=SETTINGS).measured == 1
    build_report(tmp_path / "old", tmp_path / "old")
    page = (tmp_path / "old" / "report.md").read_text()
    assert "](figures/experiment-ratio.png)" not in page
    assert "](figures/experiment-ratio-" in page
    assert (tmp_path / "old" / "experiment-ratio.npz").exists()


def test_two_commands_do_not_write_into_one_folder(process, tiny, tmp_path):
    with ExperimentArchive(tmp_path).writer(), pytest.raises(ArchiveBusy, match="another process runs experiments"):
        run_experiment("ratio", tiny, tmp_path, settings=SETTINGS)
    assert process.asked == []


def test_an_unknown_experiment_and_a_lost_folder_are_said_first(process, tiny, tmp_path):
    with pytest.raises(UnknownExperiment, match='unknown experiment "tolerence"; did you mean "tolerance"'):
        run_experiment("tolerence", tiny, tmp_path)
    taken = tmp_path / "taken"
    taken.write_text("a file")
    with pytest.raises(StorageError, match="taken"):
        run_experiment("ratio", tiny, taken, settings=SETTINGS)
    assert process.asked == []


def test_settings_are_the_same_case_before_and_after_a_file(tiny, tmp_path):
    case = ExperimentCase("ratio", tiny, SETTINGS)
    result = ExperimentResult("ratio", "tiny", tiny.digest, dict(vars(SETTINGS)), {}, ({"a": 1},), case=case.digest)
    save_experiment(tmp_path, result)
    (read,) = load_experiments(tmp_path)
    assert read.question == result.question
    assert read.stem == result.stem


def test_a_board_tells_how_far_a_process_is():
    board, seen = Board(), []
    board.show(lambda *said: seen.append(said))
    board.write(3, 27, "zfp:accuracy=1e-1 " + "é" * 300)
    board.show(lambda *said: seen.append(said))
    assert [said[:2] for said in seen] == [(3, 27)]
    assert seen[0][2].startswith("zfp:accuracy=1e-1 éé")
    assert os.sep not in seen[0][2]
