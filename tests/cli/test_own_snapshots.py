"""``--field`` with somebody's own snapshots, on every command that has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wavecomp
from wavecomp.cli import status_of, study
from wavecomp.cli.fields import field_name
from wavecomp.cli.own_snapshots import is_own
from wavecomp.cli.sections import write_sections
from wavecomp.records import Archive, load_sections
from wavecomp.snapshots import find_snapshots
from wavecomp.sweep import snapshot_references


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory with a wave in it, and a study that is short."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    monkeypatch.setitem(study.PRESETS, "quick", ("blosc2", "zfp:accuracy=1e-2"))
    return tmp_path


def ball(step: int, shape: tuple[int, ...] = (20, 16, 18)) -> np.ndarray:
    """A spherical wave whose greatest amplitude lies off the middle of the second axis."""
    axes = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    r = np.sqrt(sum((axis - 0.3 * n) ** 2 for axis, n in zip(axes, shape, strict=True)))
    return (np.cos(r - step) * np.exp(-((r - step) ** 2) / 9)).astype("f4")


def test_run_on_one_level_gives_tables_and_figures(here, capfd):
    np.save("wave.npy", ball(5))
    assert status_of(["run", "--field", "wave.npy"]) == 0
    shown = capfd.readouterr()
    assert "Table 1: best ratio of each codec on wave" in shown.out
    assert "field wave.npy: one level of 20 x 16 x 18 float32 (if its first axis is time, add :time=first)" in shown.err
    results = here / "results" / "wave"
    for name in ("figures/figure11.png", "figures/figure13.png", "figures/spectrum.png", "tables/quality.md"):
        assert (results / name).exists(), name
    page = (results / "report.md").read_text()
    assert "figure 10 of wave: one level without a step" in page
    assert "through the source" not in page
    for section in load_sections(results):
        assert (section.step, section.time_s, section.length_unit) == (None, None, "points")
        greatest = np.unravel_index(np.argmax(np.abs(ball(5))), (20, 16, 18))[1]
        assert f"at point {greatest} (of 0 to 15) of the second axis" in section.plane
        assert np.array_equal(section.values, ball(5)[:, greatest])
    before = (results / "records.jsonl").read_bytes()
    assert status_of(["run", "--field", "wave.npy"]) == 0
    assert (results / "records.jsonl").read_bytes() == before


def test_run_without_a_compiler(here, monkeypatch):
    """Nothing is propagated, so nothing of Devito's is needed."""
    monkeypatch.setattr(study, "check_devito", lambda: pytest.fail("asked for a compiler"))
    np.save("wave.npy", ball(5)[:, 0])
    assert status_of(["run", "--field", "wave.npy"]) == 0


def test_figure_10_over_steps_and_over_time(here, capfd):
    for step in (10, 20, 30):
        Path("run").mkdir(exist_ok=True)
        np.save(f"run/u_{step}.npy", ball(step // 5)[:, 0])
    assert status_of(["sweep", "steps", "--field", "run"]) == 0
    assert status_of(["report", "results/run"]) == 0
    assert "Time step (its length is not known)" in Path("results/run/figures/figure10.svg").read_text()
    assert status_of(["sweep", "steps", "--field", "run:dt=0.5", "--out", "timed"]) == 0
    assert [record.time_s for record in Archive("timed")][:1] == [5.0]
    assert status_of(["report", "timed"]) == 0
    assert "Simulated time (s)" in Path("timed/figures/figure10.svg").read_text()


def test_what_was_given_is_on_the_axes(here):
    np.save("wave.npy", np.stack([ball(4)[:, 0], ball(5)[:, 0]]))
    assert status_of(["run", "--field", "wave.npy:time=first,spacing=10x5,dt=0.25"]) == 0
    section = load_sections("results/wave")[0]
    assert (section.step, section.time_s, section.length_unit) == (1, 0.25, "m")
    assert section.extent_m == (0.0, 190.0, 0.0, 85.0)
    assert section.axes == ("First axis", "Second axis")


def test_table1_of_a_file_and_of_its_records_alone(here, capfd):
    np.save("wave.npy", ball(5)[:, 0])
    assert status_of(["sweep", "blosc2", "--field", "wave.npy"]) == 0
    capfd.readouterr()
    assert status_of(["table1", "--field", "wave.npy", "--format", "csv"]) == 0
    first = capfd.readouterr()
    assert "measuring" not in first.err
    Path("wave.npy").unlink()
    assert status_of(["table1", "--field", "wave.npy", "--format", "csv"]) == 0
    assert capfd.readouterr().out == first.out
    assert status_of(["table1", "--field", "other.npy"]) == 1
    assert "other.npy: there is no such file or folder" in capfd.readouterr().err


def test_two_files_of_one_stem_are_two_fields_in_one_folder(here, capfd):
    for folder, step in (("a", 4), ("b", 6)):
        Path(folder).mkdir()
        np.save(f"{folder}/wave.npy", ball(step)[:, 0])
        assert status_of(["sweep", "blosc2", "--field", f"{folder}/wave.npy"]) == 0
    shown = capfd.readouterr().err
    bases = list(dict.fromkeys(record.field for record in Archive("results/wave")))
    assert bases[0] == "wave"
    assert len(bases) == 2
    assert f"field wave: its records in results/wave go by the name {bases[1]}" in shown
    assert status_of(["report", "results/wave"]) == 0
    page = Path("results/wave/report.md").read_text()
    assert page.count("## wave") == 2
    tables = []
    for folder in ("a", "b"):
        capfd.readouterr()
        assert status_of(["table1", "--field", f"{folder}/wave.npy"]) == 0
        tables.append(capfd.readouterr().out)
    for base, table in zip(bases, tables, strict=True):
        assert f"Table 1: best ratio of each codec on {base}\n" in table


def test_a_recipe_is_never_taken_for_a_file(here, generated):
    Path("tiny").mkdir()
    np.save("tiny/u.npy", ball(5))
    assert not is_own("tiny")
    assert is_own("./tiny")
    np.save("tiny.npy", ball(5))
    assert field_name("tiny.npy") == "tiny-file"
    assert not is_own("some.toml")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["sweep", "zfp", "--field", "mine.npy"], 1, "mine.npy: there is no such file or folder"),
        (["run", "--field", "mine.npy"], 1, "mine.npy: there is no such file or folder"),
        (["table1", "--field", "mine.npy"], 1, "mine.npy: there is no such file or folder"),
        (["sweep", "zfp", "--field", "wave.npy:tme=first"], 2, '"tme=first" is no setting; did you mean "time"?'),
        (["run", "--field", "wave.npy:time=second"], 2, "time=second: must be first"),
        (["table1", "--field", "wave.npy:dt=x"], 2, "dt=x: must be seconds above 0"),
        (["sweep", "zfp", "--field", "half.npy"], 1, "half.npy: holds 3 x 4 float16"),
    ],
)
def test_one_message_and_nothing_is_begun(here, capfd, words, status, says):
    np.save("wave.npy", ball(5))
    np.save("half.npy", np.ones((3, 4), "f2"))
    assert status_of(words) == status
    shown = capfd.readouterr().err
    assert says in shown.replace("\n", " ")
    assert "fault" not in shown
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("array", "sections", "says"),
    [
        (ball(5)[:4, 0, :4], 1, "no closer look at zfp"),  # smaller than a window of the similarity index
        (ball(5)[:, 0, 0], 0, "wave has one axis: no section is drawn"),
        (ball(5)[:, 0].astype("f8") * 1e200, 0, "beyond single precision: no section is drawn"),
        (np.zeros((20, 18), "f4"), 4, "closer look at 3 settings: done"),
    ],
)
def test_what_is_left_out_of_the_closer_look_is_said(here, capfd, array, sections, says):
    np.save("wave.npy", array)
    found = find_snapshots("wave.npy")
    write_sections(found, snapshot_references(found), here)
    assert says in capfd.readouterr().err.replace("\n", " ")
    assert len(load_sections(here)) == sections


def test_the_suites_take_a_file(here):
    np.save("wave.npy", ball(5)[:, 0])
    root = Path(__file__).resolve().parents[2]
    words = ["-m", "pytest", str(root / "suites"), "-c", str(root / "pyproject.toml"), "--rootdir", str(root)]
    words += [
        "--field",
        "wave.npy",
        "--benchmark-only",
        "-q",
        "-k",
        "identity and not decompress",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        # A worker of pytest-xdist passes on that it is one, and nothing is benchmarked there.
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
        | {"PYTHONPATH": str(Path(wavecomp.__file__).resolve().parents[1])},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
