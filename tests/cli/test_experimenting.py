"""``wavecomp gradient --experiment``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from wavecomp.cli import cli, status_of
from wavecomp.records import Failure
from wavecomp.records.experiment import load_experiments

SAME = """
name = "same"
description = "an initial model that is the true one"
physics = "acoustic"
[model]
kind = "layered"
interfaces_m = [200.0]
velocities_m_s = [1500.0, 2500.0]
[initial]
kind = "layered"
interfaces_m = [200.0]
velocities_m_s = [1500.0, 2500.0]
[grid]
shape = [40, 40]
spacing_m = 10.0
absorbing_points = 6
space_order = 4
[source]
peak_frequency_hz = 12.0
first_m = [200.0, 20.0]
[receivers]
depth_m = 20.0
every = 2
[time]
steps = 200
"""


def test_an_experiment_leaves_its_result_and_its_figure(tmp_path):
    words = ["gradient", "--problem", "tiny", "--experiment", "ratio", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (result,) = load_experiments(tmp_path)
    assert (result.experiment, result.problem) == ("ratio", "tiny")
    assert result.file_name in {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "figures" / f"{result.stem}.png").stat().st_size > 10_000
    assert f"figures/{result.stem}.png" in (tmp_path / "report.md").read_text()
    again = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert again.exit_code == 0
    assert "was there already" in again.output
    assert load_experiments(tmp_path)[0].created_utc == result.created_utc


def test_one_that_runs_out_of_its_time_leaves_a_failure_and_the_next_one_runs(tmp_path, capfd):
    words = ["gradient", "--problem", "tiny", "--out", str(tmp_path)]
    assert status_of([*words, "--experiment", "ratio", "--time-limit", "0.05"]) == 1
    assert "failed: ratio: no result within 0.05 s" in capfd.readouterr().err
    (failed,) = load_experiments(tmp_path)
    assert (failed.rows, failed.failure) == ((), Failure("time", "no result within 0.05 s"))
    assert "experiment ratio on tiny failed" in (tmp_path / "report.md").read_text()
    # The failure stays until somebody asks for another try; what comes after it is run all the same.
    assert status_of([*words, "--experiment", "ratio", "--experiment", "restart"]) == 1
    shown = " ".join(capfd.readouterr().err.split())
    assert "failed, was there already: ratio" in shown
    assert "1 of 2 experiments failed: ratio; --retry" in shown
    assert status_of([*words, "--experiment", "ratio", "--retry"]) == 0
    assert {(one.experiment, one.failed) for one in load_experiments(tmp_path)} == {
        ("ratio", False), ("restart", False)
    }  # fmt: skip
    page = (tmp_path / "report.md").read_text()
    assert "failed" not in page
    assert page.count("](figures/experiment-") == 4


@pytest.mark.parametrize(
    ("words", "kept"), [(["--experiment", "tolerance"], []), (["--strategy", "trajectory/int8"], ["gradients.jsonl"])]
)
def test_an_initial_model_that_is_the_true_one_is_said_before_anything_is_measured(tmp_path, capfd, words, kept):
    """No residual, no gradient: every lossy row would have the same bits as the exact one."""
    file = tmp_path / "same.toml"
    file.write_text(SAME)
    assert status_of(["gradient", "--problem", str(file), "--out", str(tmp_path / "out"), *words]) == 2
    shown = " ".join(capfd.readouterr().err.split())
    assert "wavecomp: problem same, shot" in shown
    assert "the data of the initial model equal those of the true one" in shown
    assert [path.name for path in (tmp_path / "out").iterdir()] == kept
    assert all(not path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_words_that_contradict_each_other_are_refused(tmp_path):
    words = ["gradient", "--problem", "tiny", "--experiment", "ratio", "--strategy", "revolve", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert "--strategy" in done.output
    assert not list(tmp_path.iterdir())
