"""The suite that holds tolerances over time against one tolerance for all."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

SUITES = Path(__file__).resolve().parents[2] / "suites"


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("time_tolerances")


def row(error: float, size: float, weights: str = "") -> dict:
    return {"compressor": "zfp", "weights": weights, "deep": error, "store_bytes": size}


def test_bytes_at_equal_error_go_by_logarithms(suite):
    rows = [row(1e-4, 400.0), row(1e-2, 100.0), row(1e-3, 150.0, "coarse"), row(1e-5, 150.0, "coarse")]
    found = [suite.at_equal_error(rows, one, "deep", "store_bytes") for one in rows]
    assert found == [pytest.approx(1.0), pytest.approx(1.0), pytest.approx(0.75), None]


def test_another_strategy_has_files_of_its_own_and_without_rounds_no_times(suite, monkeypatch, tmp_path):
    argv = ["--problem", "tiny", "--out", str(tmp_path), "--rounds", "0", "--compressor", "zfp"]
    monkeypatch.setattr(
        sys, "argv", ["time_tolerances.py", *argv, "--tolerance", "1e-3", "--strategy", "revolve:slots=10"]
    )
    suite.main()
    content = json.loads((tmp_path / "tiny-revolve.json").read_text())
    assert content["head"] == "revolve:slots=10,every=4"
    assert {one["strategy"].partition(":")[0] for one in content["rows"]} == {"revolve"}
    assert (tmp_path / "tiny-revolve.md").read_text().count(" – |\n") == 3


def test_its_files(suite, monkeypatch, tmp_path, capsys):
    argv = [
        "--problem",
        "tiny",
        "--out",
        str(tmp_path),
        "--rounds",
        "1",
        "--compressor",
        "interp",
        "--tolerance",
        "2e-4",
    ]
    monkeypatch.setattr(sys, "argv", ["time_tolerances.py", *argv])
    suite.main()
    content = json.loads((tmp_path / "tiny.json").read_text())
    assert [one["weights"] for one in content["rows"]] == ["", "coarse", "earlier"]
    one, *own = content["rows"]
    assert all(len(some["wall_s"]) == len(some["bare_s"]) == 1 for some in content["rows"])
    assert all(some["deep"] < one["deep"] for some in own)
    assert one["digest"] == ""
    assert (tmp_path / "tiny.md").read_text() in capsys.readouterr().out
    assert (tmp_path / "tiny.png").stat().st_size > 10_000
