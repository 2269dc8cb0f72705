"""``wavecomp model figures``: the study's figures, and those of a problem that is measured once."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from wavecomp.cli import cli, status_of
from wavecomp.cli.model_schedules import SLOTS, STEPS, binomial, extremes
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import revolve
from wavecomp.records.experiment import load_experiments

STUDY = {"figure5", "figure6", "figure9", "figure15", "figure16", "figure17", "cluster"}


def test_the_schedules_of_the_figures_replay_to_what_they_show():
    shown = binomial()
    counted = replay(revolve(STEPS, SLOTS), max_states=SLOTS)
    assert sum(last - first for _, first, last in shown.forward) == counted.forward_steps
    assert f"{counted.forward_steps} forward steps" in shown.title
    assert counted.forward_steps == recomputed_steps(STEPS, SLOTS) + 1
    assert len(shown.held) == counted.state_writes
    assert shown.wall_steps == counted.forward_steps + STEPS
    everything, nothing = extremes()
    assert everything.wall_steps == 2 * len(everything.held)
    assert len(nothing.held) == 1
    assert sum(last - first for _, first, last in everything.forward) == len(everything.held)


def test_the_studys_figures_need_no_measurement(tmp_path):
    done = CliRunner().invoke(cli, ["model", "figures", "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    names = {path.name for path in (tmp_path / "study").iterdir()}
    assert names == {"model.md"} | {f"{stem}.{form}" for stem in STUDY for form in ("png", "svg", "csv")}
    page = (tmp_path / "study" / "model.md").read_text()
    assert "F = 41" in page
    assert "assumed" in page


def test_a_problem_is_measured_once_and_drawn_from_its_record(tmp_path, capfd):
    words = ["model", "figures", "--problem", "tiny", "--out", str(tmp_path)]
    assert status_of(words) == 0
    place = tmp_path / "measured-tiny"
    (result,) = load_experiments(place)
    first = {path.name: path.read_bytes() for path in place.iterdir()}
    assert {"figure7.png", "figure8.svg", "figure15.csv", "model.md"} <= first.keys()
    assert json.loads((place / f"provenance-{result.provenance}.json").read_text())
    # From the record alone, elsewhere: the same bytes.
    again = ["model", "figures", "--calibration", str(place), "--out", str(tmp_path / "again")]
    assert status_of(again) == 0
    redrawn = {path.name: path.read_bytes() for path in (tmp_path / "again" / "measured-tiny").iterdir()}
    assert redrawn == {name: content for name, content in first.items() if name in redrawn}
    assert set(first) - set(redrawn) == {result.file_name, f"provenance-{result.provenance}.json"}
    assert status_of(words) == 0
    assert load_experiments(place)[0].created_utc == result.created_utc
    capfd.readouterr()


@pytest.mark.parametrize("more", [[], ["--problem", "tiny"]])
def test_an_archive_without_such_a_record_is_said_before_anything_is_written(tmp_path, capfd, more):
    (tmp_path / "old").mkdir()
    words = ["model", "figures", "--calibration", str(tmp_path / "old"), "--out", str(tmp_path / "out"), *more]
    assert status_of(words) == 1
    assert "neither a calibration nor a result of the experiment actions" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()
