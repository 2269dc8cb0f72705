"""``wavecomp model``: words that are wrong are said before anything is measured; what is missed is exit status 1."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from made_up import made_costs
from validation_row import ROW
from wavecomp import gradient_plan
from wavecomp.cli import cli, modelling
from wavecomp.experiments.study import ExperimentFailed
from wavecomp.gradient_plan import CalibrationFailed
from wavecomp.records import Failure
from wavecomp.records.experiment import ExperimentResult, save_experiment
from wavecomp.study import StudyResult

WRONG = [
    (["validate", "--full", "--problem", "tiny"], "--full names the problems itself"),
    (["validate", "--unseen", "tiny"], "its costs come from another problem"),
    (["validate", "--problem", "tiny", "--unseen", "quick"], "it has 3 dimensions, and none of tiny has"),
    (["validate", "--problem", "tiny", "--unseen", "tiny"], "is among those that are calibrated"),
    (["validate", "--problem", "tinny"], 'did you mean "tiny"'),
    (["calibrate", "--problem", "tinny"], 'did you mean "tiny"'),
    (["calibrate", "--seconds", "0"], "--seconds"),
    (["validate", "--rounds", "0"], "--rounds"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_words_measure_nothing(words, message, tmp_path, monkeypatch):
    monkeypatch.setattr(gradient_plan, "run_experiment", None)
    done = CliRunner().invoke(cli, ["model", *words, "--out", str(tmp_path / "out")])
    assert done.exit_code != 0
    said = done.output + str(done.exception)
    assert message in " ".join(said.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Stand for the process that measures: costs of a made-up machine, and one case that is as far off as is said."""
    asked: list[tuple[str, str, object]] = []
    off = {"by": 1.0, "untold": []}  # cases without a round that counts, of the validations to come; 0 after these
    failing: list[str] = []

    def run(name, problem, folder, _progress, *, settings, afresh, **_):
        asked.append((name, problem.name, settings, afresh))
        if afresh and name in failing:
            raise ExperimentFailed(f"{name} on {problem.name} failed when it was run afresh: no result within 1 s")
        costs = made_costs(problem=problem.name)
        row = {
            "what": "task", "name": "forward", "fraction": None, "kind": None, "call_s": 0.0, "step_s": 0.1, "low": 1.0,
            "high": 1.0,
        }  # fmt: skip
        back = {**row, "name": "down:apart"}
        facts = {"costs": costs.to_json(), "measured_s": 9.0, "level_bytes": 4000}
        rows = [row, back]
        if name == "validate":
            facts = {"calibrated_on": "tiny", "never_calibrated": bool(settings.reference), "speed": 1.0, "rounds": 3}
            facts["untold"] = off["untold"].pop(0) if off["untold"] else 0
            rows = [{**ROW, "predicted_s": off["by"] * ROW["measured_s"]}]
        result = ExperimentResult(
            name,
            problem.name,
            problem.digest,
            dict(vars(settings)),
            facts,
            tuple(rows),
            "p",
            case=f"{name}{problem.name}",
        )
        if name in failing:
            result = replace(result, rows=(), failure=Failure("time", "no result within 1 s"))
        save_experiment(folder, result)
        return StudyResult((result,), 1)

    monkeypatch.setattr(gradient_plan, "run_experiment", run)
    monkeypatch.setattr(modelling, "check_devito", lambda: None)
    return asked, off, failing


def invoke(tmp_path, *words):
    (tmp_path / "out").mkdir(exist_ok=True)
    return CliRunner().invoke(cli, ["model", *words, "--out", str(tmp_path / "out")])


def test_each_is_validated_after_its_calibration_and_strangers_get_the_costs_of_the_nearest(measured, tmp_path):
    asked, _, _ = measured
    words = ["--problem", "tiny", "--problem", "thrust-2d", "--unseen", "acoustic-2d", "--rounds", "2"]
    done = invoke(tmp_path, "validate", *words)
    assert done.exit_code == 0, done.output
    assert [one[:2] for one in asked] == [
        ("calibrate", "tiny"), ("validate", "tiny"), ("calibrate", "thrust-2d"), ("validate", "thrust-2d"),
        ("validate", "acoustic-2d"),
    ]  # fmt: skip
    validations = [one[2] for one in asked if one[0] == "validate"]
    assert [one.reference for one in validations] == ["", "", "tiny"]
    assert all(one.rounds == 2 for one in validations)
    assert '"problem": "tiny"' in asked[4][2].costs
    assert '"problem": "thrust-2d"' in asked[4][2].other_costs
    assert "Predicted and measured: 3 runs" in done.output
    assert (tmp_path / "out" / "figures" / "validation.png").exists()


def test_a_bar_that_is_missed_is_exit_status_1(measured, tmp_path):
    _, off, _ = measured
    off["by"] = 1.3
    done = invoke(tmp_path, "validate", "--problem", "tiny")
    assert isinstance(done.exception, modelling.ModelFellShort)
    assert "wall time: worst 30.0 % (at most 20.0 %)" in str(done.exception)
    assert "peak memory" not in str(done.exception)
    assert "was not the one that was calibrated" not in str(done.exception)


def test_where_the_machine_was_another_in_all_rounds_both_are_made_again(measured, tmp_path):
    """The second sitting counts; of a stranger the costs of the problem that stands for it are measured again."""
    asked, off, _ = measured
    off["untold"] = [1, 0, 1, 0]
    done = invoke(tmp_path, "validate", "--problem", "tiny", "--unseen", "acoustic-2d")
    assert done.exit_code == 0, done.output
    assert [(name, problem, afresh) for name, problem, _, afresh in asked] == [
        ("calibrate", "tiny", False), ("validate", "tiny", False), ("calibrate", "tiny", True),
        ("validate", "tiny", False), ("validate", "acoustic-2d", False), ("calibrate", "tiny", True),
        ("validate", "acoustic-2d", False),
    ]  # fmt: skip
    said = " ".join(done.output.split())
    assert "acoustic-2d: in no round of 1 cases the machine was the one on which tiny was calibrated" in said


def test_where_it_is_another_time_and_again_it_is_said(measured, tmp_path):
    asked, off, _ = measured
    off["by"], off["untold"] = 1.3, [1] * 3
    done = invoke(tmp_path, "validate", "--problem", "tiny")
    assert isinstance(done.exception, modelling.ModelFellShort)
    assert "On tiny the machine was not the one that was calibrated, 3 times" in str(done.exception)
    assert len(asked) == 6


def test_a_calibration_that_failed_is_said_with_its_reason(measured, tmp_path):
    _, _, failing = measured
    failing.append("calibrate")
    done = invoke(tmp_path, "calibrate", "--problem", "tiny")
    assert isinstance(done.exception, CalibrationFailed)
    assert "calibrate on tiny failed: no result within 1 s" in str(done.exception)


def test_a_calibration_that_fails_again_leaves_what_there_was(measured, tmp_path):
    asked, _, failing = measured
    assert invoke(tmp_path, "calibrate", "--problem", "tiny").exit_code == 0
    failing.append("calibrate")
    done = invoke(tmp_path, "calibrate", "--problem", "tiny", "--again")
    assert isinstance(done.exception, CalibrationFailed)
    assert "no result within 1 s; the costs that" in str(done.exception)
    assert [one[3] for one in asked] == [False, True]


def test_a_calibration_says_what_it_found(measured, tmp_path):
    done = invoke(tmp_path, "calibrate", "--problem", "tiny", "--seconds", "12")
    assert done.exit_code == 0, done.output
    assert measured[0][0][2].seconds == 12
    assert "Experiments on the gradient of tiny" in (tmp_path / "out" / "report.md").read_text()


def test_the_help_says_the_seconds_that_a_calibration_takes_by_default():
    from wavecomp.experiments.calibration_runs import CalibrateSettings

    said = " ".join(CliRunner().invoke(cli, ["model", "calibrate", "--help"]).output.replace("│", " ").split())
    assert f"[default: {CalibrateSettings().seconds:g}]" in said
