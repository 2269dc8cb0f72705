"""What stands in the way of the results is said before anything is measured."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wavecomp.cli import gradient as gradient_module
from wavecomp.cli import status_of, study, sweeping
from wavecomp.cli.claiming import claim
from wavecomp.errors import StorageError


@pytest.fixture
def here(tmp_path, monkeypatch, generated, fields_root):
    generated("tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    shutil.copytree(fields_root / "tiny", tmp_path / "reference_fields" / "tiny")
    for module, name in (
        (sweeping, "measure_suites"),
        (study, "measure_suites"),
        (sweeping, "chosen"),
        (study, "chosen"),
        (gradient_module, "measure_gradients"),
        (gradient_module, "run_experiments"),
    ):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("began in spite of it"))
    return tmp_path


SWEEP = ["sweep", "identity", "--field", "tiny"]
RUN = ["run", "--field", "tiny"]
GRADIENT = ["gradient", "--problem", "tiny", "--short"]
EXPERIMENT = ["gradient", "--problem", "tiny", "--experiment", "ratio"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (SWEEP, "records.jsonl"),
        (RUN, "records.jsonl"),
        (RUN, "report.md"),
        (RUN, "tables/table1.md"),
        (GRADIENT, "gradients.jsonl"),
        (GRADIENT, "report.md"),
        (GRADIENT, "figures/frontier.png"),
        (EXPERIMENT, "report.md"),
        (EXPERIMENT, "report-files.json"),
    ],
)
def test_somebodys_file_ends_the_command_at_once(here, capfd, words, name):
    (here / "out" / name).parent.mkdir(parents=True)
    (here / "out" / name).write_text("precious")
    assert status_of([*words, "--out", "out"]) == 1
    shown = capfd.readouterr().err
    assert f"out/{name}: " in shown
    assert "othing was changed" in shown
    assert shown.count("\n") == 1
    assert [str(path.relative_to(here / "out")) for path in (here / "out").rglob("*") if path.is_file()] == [name]
    assert (here / "out" / name).read_text() == "precious"


@pytest.mark.parametrize("words", [SWEEP, RUN, GRADIENT, EXPERIMENT])
def test_a_place_that_cannot_be_written_to_is_said_at_once(here, capfd, words, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert status_of([*words, "--out", "out/deep"]) == 1
    assert "cannot write out/deep: Read-only file system" in capfd.readouterr().err.replace(" 0 bytes to", "")
    assert not (here / "out").exists()


def test_a_place_where_no_folder_can_be_made():
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc on this system")
    with pytest.raises(StorageError, match="/proc/nowhere"):
        claim(Path("/proc/nowhere"))


def test_a_report_of_somebodys_folder(here, capfd):
    (here / "thesis").mkdir()
    (here / "thesis" / "report.md").write_text("precious")
    assert status_of(["report", "thesis"]) == 1
    assert "thesis holds no records.jsonl" in capfd.readouterr().err
    assert (here / "thesis" / "report.md").read_text() == "precious"
