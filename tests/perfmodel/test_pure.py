"""The model's equations are asked by whoever makes figures: nothing comes with them but numpy and the errors."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import wavecomp.perfmodel

FILES = sorted(Path(wavecomp.perfmodel.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_file_imports_numpy_errors_and_its_own_room(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            known = top in sys.stdlib_module_names or top == "numpy"
            assert known or name == "wavecomp.errors" or name.startswith("wavecomp.perfmodel."), name
