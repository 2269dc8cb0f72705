"""The table of several physics side by side."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd

SUITES = Path(__file__).resolve().parents[2] / "suites"


def side_by_side(columns):
    found = importlib.util.spec_from_file_location("gradient_physics", SUITES / "gradient_physics.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.side_by_side(columns)


def rows(*cells):
    return pd.DataFrame(cells, columns=["spec", "error", "peak_mb", "over_bare"])


def test_each_problem_is_held_against_its_own_store_all():
    one = rows(
        ("bare", float("nan"), 0.0, float("nan")), ("trajectory/zfp", 1e-4, 2.5, 2.0), ("store-all", 0.0, 10.0, 1.5)
    )
    other = rows(("store-all", 0.0, 40.0, float("nan")), ("revolve", 0.0, 4.0, 3.0))
    lines = side_by_side({"acoustic": one, "tti": other}).splitlines()
    assert len(lines) == 4  # the bare sweeps have no gradient
    assert lines[0].startswith("| strategy | acoustic: error | memory | over its bare sweeps | tti: error |")
    assert lines[2] == "| `store-all` | 0 | 10 MB (100 %) | 1.50 | 0 | 40 MB (100 %) | – |"
    assert lines[3] == "| `trajectory/zfp` | 1.0e-04 | 2.5 MB (25 %) | 2.00 | – | – | – |"
