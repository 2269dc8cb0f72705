"""The names that wavecomp offers are there, are typed, and cost nothing before they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import wavecomp


def test_each_name_is_there_and_is_in_the_stub():
    stub = ast.parse(Path(wavecomp.__file__).with_suffix(".pyi").read_text())
    typed = {
        alias.name: node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert typed == wavecomp._WHERE
    for name in wavecomp.__all__:
        assert getattr(wavecomp, name) is not None
    assert {*wavecomp.__all__} <= {*dir(wavecomp)}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'study_gradient'"):
        _ = wavecomp.study_gradient


def test_importing_the_package_loads_nothing():
    program = "import sys; before = {*sys.modules}; import wavecomp; print(*sorted({*sys.modules} - before))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition(".")[0] for name in shown} & {"numpy", "devito", "pandas", "blosc2", "matplotlib"} == set()
    assert [name for name in shown if name.startswith("wavecomp")] == ["wavecomp", "wavecomp.thread_settings"]
