"""The suite that measures what steps cost beside the estimate."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

SUITES = Path(__file__).resolve().parents[2] / "suites"


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("imaging_steps")


@pytest.mark.parametrize(
    ("errors", "limit", "expected"),
    [([1e-6, 1e-4, 1e-2], 1e-3, 3), ([1e-2, 1e-6], 1e-3, 1), ([1e-6, 1e-5], 1e-3, 3), ([], 1e-3, 1)],
)
def test_the_greatest_step_is_before_the_first_that_costs_too_much(suite, errors, limit, expected):
    assert suite.greatest(errors, limit) == expected


def test_its_lines(suite, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["imaging_steps.py", "tiny", "--most", "3"])
    suite.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("tiny: ")
    assert [line.split(" | ")[1] for line in lines[2:4]] == ["2", "3"]
    whole, deep = (float(text) for text in lines[3].split(" | ")[2:4])
    assert 0 < deep < whole < 1e-3
    assert [line.split(":")[0] for line in lines[4:]] == [f"error={error:g}" for error in suite.ERRORS]
