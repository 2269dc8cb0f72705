"""``--plugin FILE`` on the command line: from two functions, or a program, to a row; and every way to get it wrong."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest

from wavecomp.cli import status_of, study
from wavecomp.records import Archive

MINE = """
    '''Rounds.'''
    import numpy as np
    bound = "abs"
    def compress(array, tolerance: float = 1e-3):
        return np.rint(array / (2 * tolerance)).astype(np.int32).tobytes()
    def decompress(data, out, tolerance):
        out[...] = np.frombuffer(data, np.int32).reshape(out.shape) * (2 * tolerance)
"""
FAILS = "def compress(array): raise OSError('no licence')\ndef decompress(data, out): ...\n"
COPIED = """
    summary = "Copies."
    bound = "lossless"
    compress = ["PYTHON", "-I", "-S", "-c", "import shutil, sys; shutil.copy(*sys.argv[1:])", "{input}", "{output}"]
    decompress = ["PYTHON", "-I", "-S", "-c", "import shutil, sys; shutil.copy(*sys.argv[1:])", "{input}", "{output}"]
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a snapshot and a few plug-ins."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    x = np.linspace(0, 6, 12, dtype=np.float32)
    np.save("wave.npy", np.sin(x[:, None, None] + 0.3 * x[:, None]) * np.cos(1.7 * x))
    for name, text in (
        ("mine.py", MINE),
        ("fails.py", FAILS),
        ("copied.toml", COPIED.replace("PYTHON", sys.executable)),
    ):
        (tmp_path / name).write_text(textwrap.dedent(text))
    yield tmp_path
    sys.path[:] = path
    for module in set(sys.modules) - modules:
        if module.startswith("wavecomp_plugin_"):
            del sys.modules[module]


def sweep(*words):
    return status_of(["sweep", *words, "--field", "wave.npy"])


def records(here):
    return {record.spec: record for record in Archive(here / "results" / "wave")}


def test_from_two_functions_to_a_row(here, capfd):
    assert sweep("mine", "--plugin", "mine.py") == 0
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "suite mine: 4 cases measured" in shown.err
    found = records(here)
    assert list(found) == ["identity", "mine:tolerance=0.01", "mine:tolerance=1e-3", "mine:tolerance=1e-4"]
    assert all(not record.failed for record in found.values())
    one = found["mine:tolerance=1e-3"]
    assert one.library.startswith("mine sha256:")
    assert (one.outcome.bound_kind, one.outcome.bound_value, one.outcome.bound_status) == ("absolute", 1e-3, "holds")
    assert status_of(["report", "results/wave"]) == 0
    assert "| mine | mine:tolerance=" in (here / "results" / "wave" / "report.md").read_text()
    assert sweep("mine", "--plugin", "mine.py") == 0
    assert "0 cases measured, 4 were there already" in capfd.readouterr().err


def test_several_plugins_and_wrappers(here, capfd):
    assert sweep("slabs:planes=4,threads=1/copied", "--plugin", "mine.py", "--plugin", "copied.toml") == 0
    (record,) = [one for spec, one in records(here).items() if spec != "identity"]
    assert record.library.startswith("copied sha256:")
    assert record.outcome.bound_status == "holds"


def test_listing_and_explaining(here, capfd):
    both = ["--plugin", "mine.py", "--plugin", "copied.toml"]
    assert status_of(["compressors", *both]) == 0
    shown = capfd.readouterr().out
    assert "\nmine: Rounds.\n    mine:tolerance=0.01\n" in shown
    assert "\ncopied: Copies. (a program: its times include its start and its files)\n    copied\n" in shown
    assert status_of(["compressors", "mine", *both]) == 0
    assert "tolerance: absolute error bound, unit of the field; a finite number above 0" in capfd.readouterr().out
    assert status_of(["compressors", "copied", *both]) == 0
    assert "error        lossless" in capfd.readouterr().out
    assert status_of(["compressors", "mine"]) == 2, "what a command is not given, it does not know"


def test_a_program_that_is_not_there(here, capfd):
    (here / "absent.toml").write_text('compress = ["wavecomp-nobody"]\ndecompress = ["wavecomp-nobody"]\n')
    assert status_of(["compressors", "--plugin", "absent.toml"]) == 0
    said = 'there is no program "wavecomp-nobody" on the path (PATH)'
    assert f"not available: absent: {said}" in capfd.readouterr().out
    assert sweep("absent", "--plugin", "absent.toml") == 1
    assert said in capfd.readouterr().err
    assert said in records(here)["absent"].outcome.message


def test_functions_that_raise(here, capfd):
    assert sweep("fails", "--plugin", "fails.py") == 1
    shown = capfd.readouterr().err
    assert "failed: fails on wave: OSError: no licence (in compress, line 1)" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "words",
    [
        ["compressors"],
        ["sweep", "mine", "--field", "wave.npy"],
        ["gradient", "--problem", "tiny", "--compressor", "mine"],
        ["run", "--field", "wave.npy"],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nobody.py", None, "plug-in nobody.py: no such file or directory"),
        ("bad.py", "x = (", "plug-in bad.py: line 1: it is no Python: '(' was never closed"),
        ("bad.py", "import os; os._exit(3)", "plug-in bad.py: its import ended the process: ended with exit status 3"),
        ("bad.toml", "x = 3", "plug-in bad.toml: compress = None: missing: a command line"),
        (
            "zfp.py",
            FAILS,
            'plug-in zfp.py: the compressor name "zfp" is taken by wavecomp\'s own; give it another name',
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_one_line(here, capfd, words, name, text, said):
    if text is not None:
        (here / name).write_text(text)
    assert status_of([*words, "--plugin", name]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"wavecomp: {said}")
    assert shown.err.count("\n") == 1
    assert not (here / "results").exists(), "something was begun"


def test_a_name_that_a_suite_has(here, capfd):
    (here / "lossy.py").write_text(FAILS)
    assert sweep("lossy", "--plugin", "lossy.py") == 2
    assert (
        '"lossy" is a suite, and a compressor of a plug-in as well; give the plug-in another' in capfd.readouterr().err
    )


def test_experiments_have_compressors_of_their_own(here, capfd):
    words = ["gradient", "--problem", "tiny", "--experiment", "tolerance", "--plugin", "mine.py"]
    assert status_of(words) == 2
    assert "leave out --plugin" in capfd.readouterr().err


def test_a_whole_run_takes_the_examples_along(here, capfd, monkeypatch):
    monkeypatch.setitem(study.PRESETS, "quick", ("blosc2:codec=lz4",))
    assert status_of(["run", "--field", "wave.npy", "--plugin", "mine.py"]) == 0
    found = records(here)
    mine = {f"mine:tolerance={value}" for value in ("0.01", "1e-3", "1e-4")}
    assert {spec for spec in found if not spec.startswith("blosc2")} == {"identity", *mine}
