"""``wavecomp run`` ends with gradients: in 3-D by default; here the same road with a small problem and two cases."""

from __future__ import annotations

import shutil
from functools import partial

import pytest

from wavecomp.cli import status_of, study
from wavecomp.cli.fields import generated as generate
from wavecomp.impact.sets import SHORT
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import GradientArchive


def test_the_run_that_everybody_starts_ends_in_three_dimensions():
    stage = study.GRADIENT_STAGES["quick"]
    assert len(find_problem(stage.problem).medium.shape) == 3
    assert stage.case_set is SHORT


@pytest.mark.parametrize("preset", list(study.GRADIENT_STAGES))
def test_every_stage_belongs_to_a_preset_and_names_a_problem(preset):
    assert preset in study.PRESETS
    find_problem(study.GRADIENT_STAGES[preset].problem)


@pytest.fixture
def small_run(tmp_path, monkeypatch, generated, fields_root):
    """``wavecomp run`` on the smallest field, with Blosc2's examples alone and a gradient stage of a second."""
    generated("tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    shutil.copytree(fields_root / "tiny", tmp_path / "reference_fields" / "tiny")
    monkeypatch.setattr(study, "chosen", lambda _: generate("tiny"))
    monkeypatch.setattr(study, "field_name", lambda _: "tiny")
    monkeypatch.setitem(study.PRESETS, "quick", ("blosc2",))
    monkeypatch.setitem(study.GRADIENT_STAGES, "quick", study.GradientStage("tiny", ("trajectory/int8",)))
    return tmp_path / "results" / "tiny"


def test_run_ends_with_gradients(small_run, capfd):
    assert status_of(["run"]) == 0
    shown = capfd.readouterr().out
    assert {record.spec for record in GradientArchive(small_run)} == {"bare", "store-all", "trajectory/int8:block=64"}
    assert shown.index("Table 1") < shown.index("Gradients of tiny") < shown.index("report.md")
    assert (small_run / "figures" / "frontier.png").exists()
    assert "The gradient of tiny" in (small_run / "report.md").read_text()
    before = (small_run / "gradients.jsonl").read_bytes()
    assert status_of(["run"]) == 0
    assert (small_run / "gradients.jsonl").read_bytes() == before


def test_a_failed_gradient_costs_neither_table_1_nor_the_page(small_run, monkeypatch, capfd):
    """Every gradient fails, even the bare sweeps: no process gets more than a millisecond."""
    monkeypatch.setattr(study, "case_limits", partial(study.case_limits, 1e-3))
    assert status_of(["run"]) == 1
    shown = capfd.readouterr()
    assert "Table 1" in shown.out
    assert (small_run / "report.md").exists()
    assert "3 of 3 cases failed" in shown.err.replace("\n", " ")
    assert "no result within" in shown.err


def test_a_field_of_ones_own_has_no_gradient_stage(small_run, capfd):
    assert status_of(["run", "--field", "tiny"]) == 0
    assert not (small_run / "gradients.jsonl").exists()
    assert "Gradients of" not in capfd.readouterr().out
