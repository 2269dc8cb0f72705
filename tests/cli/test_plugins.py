"""Plug-ins on the command line: what they break is said, what they print is no output, the others go on."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys

import pytest

from tests_support import install_plugin
from wavecomp.catalogue import SUITES, Suite, plain
from wavecomp.cli import status_of
from wavecomp.compressors import default_registry
from wavecomp.records import Archive

CHATTER = """
import atexit, ctypes, os, subprocess
def chatter():
    print("chatter of Python")
    os.write(1, b"chatter of a descriptor\\n")
    ctypes.CDLL(None).puts(b"chatter of C")
    subprocess.run(["echo", "chatter of a process"])
chatter()
atexit.register(chatter)
"""


@pytest.fixture
def here(tmp_path, monkeypatch, generated, fields_root, hostile):
    """A working directory in which the field ``tiny`` is generated already, and the plug-ins that misbehave."""
    generated("tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    shutil.copytree(fields_root / "tiny", tmp_path / "reference_fields" / "tiny")
    return tmp_path


@pytest.fixture
def tiny_all(monkeypatch):
    """The suite ``all`` with one setting of ours, beside the examples of every plug-in."""
    monkeypatch.setitem(SUITES, "all", (Suite("ours", "one", plain(["zfp:rate=8"])),))


def test_broken_bound_is_said_and_ends_with_one(here, capfd):
    """Also when it is in the archive already."""
    for _ in range(2):
        assert status_of(["sweep", "trouble:kind=lie", "--field", "tiny"]) == 1
        shown = capfd.readouterr().err
        assert "bound broken: trouble:kind=lie on tiny@" in shown
        assert "promises |e| <= 0.01: 2 times what it allows" in shown
        assert "1 of 2 cases broke their bounds" in shown


def test_broken_promise_of_every_bit_has_no_factor(here, capfd):
    assert status_of(["sweep", "hostile:kind=prepare", "--field", "tiny"]) == 1
    assert "bound broken: hostile:kind=prepare on tiny@" in (shown := capfd.readouterr().err)
    assert "promises lossless\n" in shown


def test_rounding_beyond_a_bound_is_none(here):
    """1e-9 is below what float32 can tell apart at the peak of this field."""
    assert status_of(["sweep", "zfp:accuracy=1e-12", "--field", "tiny"]) == 0
    statuses = {record.outcome.bound_status for record in Archive(here / "results" / "tiny")}
    assert "rounding" in statuses


@pytest.mark.parametrize("kind", ["build", "capabilities", "bound", "huge"])
def test_code_that_raises_is_a_record_and_a_line(here, capfd, kind):
    assert status_of(["sweep", f"hostile:kind={kind}", "--field", "tiny"]) == 1
    shown = capfd.readouterr()
    assert f"failed: hostile:kind={kind} on tiny@" in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    outcomes = {record.spec: record.failed for record in Archive(here / "results" / "tiny")}
    assert outcomes == {"identity": False, f"hostile:kind={kind}": True}


@pytest.mark.parametrize(("kind", "says"), [("build", "division by zero"), ("capabilities", "AttributeError")])
def test_explaining_it_is_a_line(here, capfd, kind, says):
    assert status_of(["compressors", f"hostile:kind={kind}"]) == 1
    shown = capfd.readouterr()
    assert says in shown.err
    assert f'the compressor of spec "hostile:kind={kind}" fails' in shown.err
    assert shown.err.count("wavecomp: ") == 1
    assert shown.out == ""


def test_all_goes_on_without_the_plugin_that_cannot(here, troublemaker, tiny_all, capfd):
    source = (troublemaker / "trouble_plugin.py").read_text()
    worded = source.replace('"trouble", "a comp', '"worded", "a comp').replace('("trouble",)', '("worded:kind=no",)')
    install_plugin(troublemaker, "worded", worded)
    install_plugin(troublemaker, "broken", 'raise ImportError("libbroken.so.3 is missing")')
    default_registry.cache_clear()
    assert status_of(["sweep", "all", "--field", "tiny"]) == 1
    shown = capfd.readouterr().err
    assert "left out: plug-in broken: its import failed: ImportError: libbroken.so.3 is missing" in shown
    assert "left out: plug-in worded: " in shown, shown
    assert "2 compressors or settings were left out" in shown
    measured = {record.spec for record in Archive(here / "results" / "tiny")}
    assert measured == {"identity", "zfp:rate=8", "trouble", "hostile:kind=fine"}


def test_output_of_plugins_is_no_output(here, troublemaker):
    """At import, while building, measuring and ending: from Python, C, a descriptor and a process."""
    plugin = troublemaker / "hostile_plugin.py"
    plugin.write_text(CHATTER + plugin.read_text())
    path = os.pathsep.join([str(troublemaker), *sys.path])

    def run(*words):
        environment = os.environ | {"PYTHONPATH": path}
        command = [sys.executable, "-m", "wavecomp", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)

    for spec in ("hostile:kind=print", "hostile:kind=build"):
        swept = run("sweep", spec, "--field", "tiny")
        assert swept.stdout == ""
        for voice in ("Python", "a descriptor", "C", "a process"):
            assert f"chatter of {voice}\n" in swept.stderr
    assert run("sweep", "blosc2", "--field", "tiny").returncode == 0
    table = run("table1", "--field", "tiny", "--format", "csv")
    assert table.returncode == 0
    rows = [row for row in csv.reader(io.StringIO(table.stdout)) if row]
    assert len(rows) >= 6
    assert len({len(row) for row in rows}) == 1
    assert "chatter" not in table.stdout


def test_message_of_a_plugin_is_a_line_of_the_page(here, capfd):
    assert status_of(["sweep", "hostile:kind=long", "--field", "tiny"]) == 1
    assert status_of(["report", "results/tiny"]) == 0
    page = (here / "results" / "tiny" / "report.md").read_text()
    assert "\x1b" not in page
    assert max(map(len, page.splitlines())) < 2000
    assert len(capfd.readouterr().err) < 5000
