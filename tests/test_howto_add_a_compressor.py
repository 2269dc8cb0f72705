"""The short ways of docs/howto-add-a-compressor.md, as they stand there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.compressors import Lossless, check_bound, with_plugins

PAGE = (Path(__file__).parents[1] / "docs" / "howto-add-a-compressor.md").read_text()
SHORT = PAGE[: PAGE.index("## A package")]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", SHORT, flags=re.DOTALL)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, and this process as it was afterwards."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for module in set(sys.modules) - modules:
        if module.startswith("wavecomp_plugin_"):
            del sys.modules[module]


def test_two_functions_are_listed_as_shown(here, capsys):
    Path("mine.py").write_text(blocks("python")[0])
    assert status_of(["compressors", "mine", "--plugin", "mine.py"]) == 0
    assert capsys.readouterr().out == blocks("text")[0]


def test_the_python_at_its_end_prints_what_is_shown(here, capsys):
    mine, script = blocks("python")
    Path("mine.py").write_text(mine)
    exec(compile(script, "look.py", "exec"), {})  # noqa: S102 (the page's own code)
    assert capsys.readouterr().out in blocks("text")


@pytest.mark.parametrize("number", range(3))
def test_descriptions_are_plug_ins(here, number):
    """The programs need not be there; gzip is tried where it is."""
    text = blocks("toml")[number]
    Path("program.toml").write_text(text)
    known = with_plugins("program.toml")
    definition = known.definition("program")
    assert definition.summary.endswith("its times include its start and its files)")
    assert len(definition.examples) == (1 if "gzip" in text else 3)
    if "gzip" not in text or "program" in known.unavailable():
        return
    compressor = known.parse("program:level=1")
    field = np.arange(60, dtype=np.float32).reshape(5, 12)
    stream, out = compressor.compress(field), np.empty_like(field)
    compressor.decompress(stream, out)
    assert check_bound(Lossless(), field, out, len(stream)).status == "holds"


def test_words_that_the_page_explains_are_those_that_there_are():
    from wavecomp.compressors.plugin_files.bound_words import WORDS
    from wavecomp.compressors.plugin_files.command_line import PLACEHOLDERS

    assert all(f'`"{word}"`' in SHORT for word in WORDS)
    assert all(f"`{{{word}}}`" in SHORT for word in PLACEHOLDERS)
