"""The recipe for users of pyrevolve is tried as it is written, from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-pyrevolve.md"

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
WAVE, DEVITO = (text for kind, text in BLOCKS if kind == "python")
CHANGES = [text for kind, text in BLOCKS if kind == "diff"]
IMPORT, *KEYWORDS = CHANGES


def told(block):
    """Return the output that stands below a block."""
    kind, text = BLOCKS[[text for _, text in BLOCKS].index(block) + 1]
    assert kind == "text"
    return text


def changed(script, change):
    """Return the script with every run of lines with - replaced by the lines with + that follow it."""
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", change, re.MULTILINE):
        old, new = (re.sub(r"^[-+]", "", lines, flags=re.MULTILINE) for lines in (old, new))
        assert script.count(old) == 1
        script = script.replace(old, new)
    return script


WITHOUT = "import runpy, sys; sys.modules['pyrevolve'] = None; runpy.run_path('script.py', run_name='__main__')"
"""As where it is not installed."""


def output(script, folder, *how):
    (folder / "script.py").write_text(script, encoding="utf-8")
    quiet = {"DEVITO_LOGGING": "ERROR", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, *(how or ("-c", WITHOUT))],
        cwd=folder,
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(find_spec("pyrevolve") is None, reason="pyrevolve is not installed: it is in the extra peers")
def test_the_script_for_pyrevolve(tmp_path):
    assert output(WAVE, tmp_path, "script.py") == told(WAVE)


def test_the_import(tmp_path):
    found = output(changed(WAVE, IMPORT), tmp_path)
    assert found == told(IMPORT)
    assert told(WAVE) in found


@pytest.mark.parametrize("change", KEYWORDS, ids=lambda change: change[-50:-2])
def test_a_keyword(change, tmp_path):
    assert output(changed(changed(WAVE, IMPORT), change), tmp_path) == told(change)


def test_devito(tmp_path):
    assert output(DEVITO, tmp_path) == told(DEVITO)
