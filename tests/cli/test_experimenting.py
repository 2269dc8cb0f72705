"""``wavecomp gradient --experiment``."""

from __future__ import annotations

from click.testing import CliRunner

from wavecomp.cli import cli
from wavecomp.records.experiment import load_experiments


def test_an_experiment_leaves_its_result_and_its_figure(tmp_path):
    words = ["gradient", "--problem", "tiny", "--experiment", "ratio", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (result,) = load_experiments(tmp_path)
    assert (result.experiment, result.problem) == ("ratio", "tiny")
    assert (tmp_path / "figures" / "experiment-ratio.png").stat().st_size > 10_000
    assert "figures/experiment-ratio.png" in (tmp_path / "report.md").read_text()


def test_words_that_contradict_each_other_are_refused(tmp_path):
    words = ["gradient", "--problem", "tiny", "--experiment", "ratio", "--strategy", "revolve", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert "--strategy" in done.output
    assert not list(tmp_path.iterdir())
