"""The page shows every experiment of an archive, and says in numbers from it what the figure shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from wavecomp.errors import DamagedArchive, NothingToReport
from wavecomp.records.experiment import ExperimentResult, save_experiment
from wavecomp.report.experiment_words import describe
from wavecomp.report.files import write_files
from wavecomp.report.page import build_report

from .factory import PROVENANCE, write_archive

FACTS = {"peak_amplitude": 123.4, "level_bytes": 1_000_000, "steps": 101, "begin": 40, "shots": 3}


def result(name, rows, **settings):
    return ExperimentResult(name, "block", "d1", settings, FACTS, tuple(rows), PROVENANCE.digest)


RATIO = result(
    "ratio",
    [
        {"compressor": spec, "ratio": ratio, "time_s": 0.1 * place}
        for spec, ratios in (("zfp:accuracy=1e-2", (400.0, 7.62, 9.5)), ("int8:block=64", (3.76, 3.76, 3.76)))
        for place, ratio in enumerate(ratios)
    ],
    every=5,
)
MEMORY = result(
    "memory",
    [
        {"family": family, "every": every, "relative_l2": error, "peak_checkpoint_bytes": megabytes * 1e6}
        for family, every, error, megabytes in (
            ("subsampled", 1, 0.0, 100), ("subsampled", 2, 9e-4, 50), ("subsampled", 4, 5e-2, 25),
            ("lossy", 1, 1e-4, 20), ("lossy", 1, 9.9e-4, 12.5), ("lossy", 1, 2e-3, 6),
            ("both", 2, 2e-3, 3), ("both", 2, 3e-3, 2),
        )
    ],
)  # fmt: skip
STEPS = result(
    "steps",
    [
        {"schedule": schedule, "steps": steps, "tolerance": tolerance, "relative_l2": error}
        for schedule, steps, tolerance, error in (
            ("trajectory", 50, 1.0, 4e-2), ("trajectory", 100, 1.0, 1e-2),
            ("revolve", 50, 1.0, 1e-1), ("revolve", 100, 1.0, 2e-1),
        )
    ],
    restarts=20,
)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "numbers"),
    [
        (RATIO, ["400 to 7.62 with ZFP accuracy 1e-2", "3.76 to 3.76 with int8"]),
        (MEMORY, ["at most 0.001 takes 50 MB", "12.5 MB with compression", "more than was tried with both", "100 MB"]),
        (STEPS, ["run of 100 steps has 0.25 to 2 times", "a run of 50 steps", "20 checkpoints"]),
    ],
)
def test_a_sentence_is_made_of_the_numbers_of_its_result(made, numbers):
    sentence = describe(made)
    for words in numbers:
        assert words in sentence
    assert sentence.endswith(".")


def test_other_numbers_make_another_sentence():
    rows = [dict(row) for row in RATIO.rows]
    rows[1]["ratio"] = 5.55
    assert "400 to 5.55 with ZFP" in describe(replace(RATIO, rows=tuple(rows)))


def test_an_archive_of_experiments_alone_has_a_page_with_each_of_them(tmp_path: Path) -> None:
    for made in (RATIO, MEMORY, STEPS):
        save_experiment(tmp_path, made)
    written = build_report(tmp_path, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert "## Experiments on the gradient of block" in page
    assert re.findall(r"\]\((figures/[^)]+\.png)\)", page) == [
        f"figures/experiment-{name}.png" for name in ("memory", "ratio", "steps")
    ]
    for made in (RATIO, MEMORY, STEPS):
        assert describe(made) in page
    assert all((tmp_path / link).is_file() for link in re.findall(r"\]\(([^)]+)\)", page))
    assert f"experiments: memory, ratio, steps, provenance `{PROVENANCE.digest}`" in page
    again = {path.name: path.read_bytes() for path in build_report(tmp_path, tmp_path)}
    assert again == {path.name: path.read_bytes() for path in written}


def test_the_page_of_records_shows_experiments_too(tmp_path: Path, study) -> None:
    write_archive(tmp_path, *study[:6])
    save_experiment(tmp_path, RATIO)
    build_report(tmp_path, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert "figures/experiment-ratio.png" in page
    assert "1 experiments." not in page
    assert "Test\\_CPU 3000" in page.partition("provenance")[2]


def test_an_experiment_that_cannot_be_drawn_is_named_and_stops_nothing(tmp_path: Path) -> None:
    save_experiment(tmp_path, RATIO)
    save_experiment(tmp_path, result("tomorrow", [{"a": 1}]))
    build_report(tmp_path, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert 'experiment "tomorrow" with 1 rows' in page.partition("do not support")[2]
    assert "figures/experiment-ratio.png" in page


def test_a_damaged_result_is_an_error(tmp_path: Path) -> None:
    file = save_experiment(tmp_path, RATIO)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(DamagedArchive, match=r"experiment-ratio\.npz"):
        build_report(tmp_path, tmp_path)
    assert not (tmp_path / "report.md").exists()


def test_ctrl_c_leaves_no_temporary_file(tmp_path: Path, monkeypatch) -> None:
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            save_experiment(tmp_path, RATIO)
        with pytest.raises(KeyboardInterrupt):
            write_files(tmp_path, {"a.txt": b"a", "b.txt": b"b"})
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_still_has_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(NothingToReport):
        build_report(tmp_path, tmp_path / "out")
