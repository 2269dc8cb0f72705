"""Examples in docstrings print what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import wavecomp

ROOT = Path(wavecomp.__file__).parent
MODULES = sorted(
    ".".join(("wavecomp", *file.relative_to(ROOT).with_suffix("").parts))
    for file in ROOT.rglob("*.py")
    if any(">>> " in line and "+SKIP" not in line for line in file.read_text(encoding="utf-8").splitlines())
)


def test_there_are_examples():
    assert len(MODULES) > 15
    assert "wavecomp.plans.strategies" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 0
    assert failed == 0
