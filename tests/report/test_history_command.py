"""``wavecomp history`` from words to files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from wavecomp.cli import status_of

from .history_factory import VERSIONS, Night, keep


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    folders = []
    for place in range(8):
        versions = {**VERSIONS, "zfpy": "1.0.1" if place > 4 else "1.0.0"}
        night = Night(
            place, versions=versions, bytes_factor={"zfp": 0.97 if place > 4 else 1.0}, commit=f"c0ffee{place // 6}"
        )
        folders.append(keep(tmp_path / "results" / f"2026-{place}", night))
    return folders


def test_eight_archives(archives: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert status_of(["history", *map(str, archives), "--out", str(tmp_path / "out")]) == 0
    shown = capfd.readouterr()
    assert "Steps: 1 step in 8 runs" in shown.out
    assert "zfpy 1.0.0 → 1.0.1" in shown.out
    assert "history.md" in shown.err
    assert (tmp_path / "out" / "figures" / "history-bytes.png").is_file()
    # The same words again: what it wrote is its own.
    assert status_of(["history", *map(str, archives[::-1]), "--out", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize("form", ["markdown", "csv"])
def test_a_folder_of_archives_in_other_forms(
    archives: list[Path], form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["history", str(archives[0].parent), "--format", form]) == 0
    shown = capfd.readouterr().out
    if form == "csv":
        (row,) = csv.DictReader(io.StringIO(shown))
        assert (row["run"], row["date"], row["commit"], row["of"], row["cases"]) == (
            "6",
            "2026-02-09",
            "c0ffee0",
            "ZFP",
            "3 of 3",
        )
        assert float(row["change %"]) == pytest.approx(-3.0, abs=1e-3)
        assert row["what changed"] == "zfpy 1.0.0 → 1.0.1"
    else:
        assert "| 6 | 5 and 6 | 2026-02-09 |" in shown.replace("*", "")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ([], 2, "ARCHIVE"),
        (["nowhere"], 2, "nowhere"),
        (["empty"], 1, "no record in empty"),
        (["empty", "--format", "latex"], 2, "latex"),
    ],
)
def test_one_message_and_the_exit_status(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    status: int,
    says: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert status_of(["history", *words]) == status
    assert says in capfd.readouterr().err
