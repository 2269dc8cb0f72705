"""What a suite's script writes at its end is tried at its beginning, and nobody's file is replaced."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wavecomp.errors import ForeignFile, StorageError

SUITES = Path(__file__).resolve().parents[2] / "suites"


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("saving").Saved


def test_results_and_their_page_are_renewed(saved, tmp_path):
    page = {".md": lambda content: f"# {content['rounds']} rounds\n"}
    for rounds in (1, 2):
        saved(tmp_path / "new" / "peers.json", "rounds", page).write({"provenance": {}, "rounds": rounds})
        assert (tmp_path / "new" / "peers.md").read_text() == f"# {rounds} rounds\n"
    assert json.loads((tmp_path / "new" / "peers.json").read_text())["rounds"] == 2
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["peers.json", "peers.md"]


@pytest.mark.parametrize("content", ["notes", '{"provenance": {}, "allowance": 1}', "[]"])
def test_somebody_elses_file_stays(saved, tmp_path, content):
    (tmp_path / "peers.json").write_text(content)
    with pytest.raises(ForeignFile, match=r"peers\.json"):
        saved(tmp_path / "peers.json", "rounds")
    assert (tmp_path / "peers.json").read_text() == content


def test_a_page_of_somebody_elses_beside_it_stays(saved, tmp_path):
    (tmp_path / "peers.md").write_text("mine")
    with pytest.raises(ForeignFile, match=r"peers\.md"):
        saved(tmp_path / "peers.json", "rounds", {".md": str})
    assert (tmp_path / "peers.md").read_text() == "mine"


def test_a_folder_below_a_file_is_refused(saved, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="file"):
        saved(tmp_path / "file" / "peers.json", "rounds")


@pytest.mark.parametrize("script", ["gradient_peers.py", "gradient_rss.py"])
def test_a_folder_as_out_ends_the_script_before_it_measures(script, tmp_path):
    """The place is tried even before the problem is looked up, which nobody knows here."""
    # A script finds its neighbours beside it, which tox forbids to Python so that tests see the installed wheel.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, str(SUITES / script), "--problem", "nobody-knows-it", "--out", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=600, env=environment,
    )  # fmt: skip
    assert done.returncode == 1
    assert "is a folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
