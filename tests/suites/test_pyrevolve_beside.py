"""One script with two imports: its table, and what it finds on a small problem."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from wavecomp.errors import WavecompError
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.workbench import Workbench

SUITES = Path(__file__).resolve().parents[2] / "suites"


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("pyrevolve_beside")


def test_ratios_are_formed_within_a_round(beside):
    """Of the medians it would be 3 / 4."""
    found = {"same_bits": True, "relative_l2": 0.0, "held_bytes": 10**6, "forward_steps": 5}
    entries = {
        name: beside.Contestant(dict, 1, {}, seconds, found)
        for name, seconds in (("pyrevolve", [1.0, 4.0, 8.0]), ("the import", [3.0, 2.0, 4.0]))
    }
    ours = beside.table(entries)[1]
    assert (ours["ratio"], ours["least"], ours["greatest"], ours["median_s"]) == (0.5, 0.5, 3.0, 3.0)


def test_without_pyrevolve_there_is_one_message(beside, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrevolve", None)
    with pytest.raises(WavecompError, match=r"pip install 'wavecomp\[peers\]'"):
        beside.Script(None)


def test_the_exact_ones_have_pyrevolves_bits_and_no_more_steps(beside):
    pytest.importorskip("pyrevolve", reason="pyrevolve is not installed: it is in the extra peers")
    script = beside.Script(Workbench(open_operators(find_problem("tiny").resized(steps=80))))
    entries = beside.contestants(script, 7, ["revolve/zfp:accuracy=1e-4peak"])
    beside.measure(script, entries, 1)
    peer, plain, lean, mixed, lossy = beside.table(entries)
    assert all(row["same_bits"] for row in (peer, plain, lean, mixed))
    assert peer["held_bytes"] == 7 * script.checkpoint.nbytes
    assert peer["forward_steps"] == plain["forward_steps"] > lean["forward_steps"] > mixed["forward_steps"]
    assert 0 < lossy["relative_l2"] < 1e-2
    assert lossy["held_bytes"] < peer["held_bytes"] / 2
    content = {"beside": [plain], "checkpoints": 7, "rounds": 1, "provenance": {"cpu": "a", "cores": 2}}
    page = beside.markdown(content | {"problem": {"name": "tiny", "shape": (4, 5), "steps": 80}})
    assert f"| the import | yes | 0.0e+00 | {plain['held_bytes'] / 1e6:.2f} |" in page
