"""The suite that runs schedules for unequal sizes on real problems."""

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
    return importlib.import_module("unequal_walls")


def test_every_strategy_in_the_same_memory_on_tiny(suite, monkeypatch, tmp_path, capsys):
    """Who runs keeps the memory; the least ratio always fits, and who knows the sizes takes fewer forward steps."""
    argv = ["--problem", "tiny", "--rounds", "1", "--states", "5", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["unequal_walls", *argv])
    assert suite.main() == 0
    content = json.loads((tmp_path / "tiny.json").read_text())
    rows = {row["name"]: row for row in content["rows"]}
    assert list(rows) == [
        "revolve, least", "revolve, median", "revolve, mean", "adaptive, known", "adaptive, unknown", "planned",
    ]  # fmt: skip
    ratios = content["about"]["ratios"]
    assert 1.0 < ratios["least"] < ratios["mean"]
    for row in rows.values():
        assert len(row["wall_over_bare"]) == (0 if row["overrun"] else 1)
        assert row["peak_bytes"] <= row["budget_bytes"]
        assert 0.0 < row["error"] < 0.01 or row["overrun"]
    assert not rows["revolve, least"]["overrun"]
    assert rows["planned"]["forward_steps"] < rows["revolve, least"]["forward_steps"]
    page = (tmp_path / "tiny.md").read_text()
    assert page == capsys.readouterr().out.removesuffix("\n")
    assert page.count("**overrun**") == sum(bool(row["overrun"]) for row in rows.values())


def test_what_makes_no_sense_is_refused(suite, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["unequal_walls", "--states", "0", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        suite.main()
    assert "--states [0]: all at least 1" in capsys.readouterr().err
