"""Plug-ins that are one file, in sweeps: measured in processes of their own, known by their bytes, and ended whole."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from wavecomp.compressors import with_plugins
from wavecomp.compressors.scratch_folder import PREFIX
from wavecomp.records import Archive, Failure, Measurement
from wavecomp.sweep import Case, Limits, Repeats, SweepWorker, run_sweep

ONCE = Repeats(seconds=0.0, least=1, most=1)
LIMITS = Limits(seconds=600.0, memory_bytes=2**40)

FUNCTIONS = """
import os, sys
import numpy as np
def compress(array, kind: int = 0):
    if kind == 1:
        raise ValueError("no luck today")
    if kind == 2:
        os.abort()
    if kind == 3 and array.size > 512:
        array.flags.writeable = True
        array[0] = 3
    return array.tobytes()
def decompress(data, out):
    out[...] = np.frombuffer(data, out.dtype).reshape(out.shape)
"""

# A program that starts another one and then waits for ever; both say who they are.
SLEEPER = """
import os, subprocess, sys, time
with open(sys.argv[1], "a") as numbers:
    numbers.write(f"{os.getpid()}\\n")
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, __file__, sys.argv[1], "child"])
time.sleep(600)
"""


@pytest.fixture
def worker():
    made = SweepWorker()
    yield made
    made.stop()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(FUNCTIONS)
    return file


@pytest.fixture
def sleeping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A description of a program that does not end; returns the file in which its processes leave their numbers."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    numbers = tmp_path / "numbers"
    line = f'["{sys.executable}", "-I", "-S", "{{here}}/sleeper.py", "{numbers}"]'
    (tmp_path / "sleepy.toml").write_text(f"compress = {line}\ndecompress = {line}\n")
    return numbers


def processes(numbers: Path, count: int = 2) -> list[psutil.Process]:
    deadline = time.monotonic() + 120
    while not numbers.exists() or len(numbers.read_text().splitlines()) < count:
        assert time.monotonic() < deadline, "the program did not start"
        time.sleep(0.01)
    return [psutil.Process(int(number)) for number in numbers.read_text().split() if psutil.pid_exists(int(number))]


def assert_gone(found: list[psutil.Process], folder: Path) -> None:
    _, alive = psutil.wait_procs(found, timeout=60)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    deadline = time.monotonic() + 60
    while left := [one.name for one in folder.glob(f"{PREFIX}*")]:
        assert time.monotonic() < deadline, f"{left} stay"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("kind", "failure", "says"),
    [
        (1, "exception", "ValueError: no luck today (in compress, line 6)"),
        (2, "crash", "killed by SIGABRT, twice"),
        (3, "exception", "ValueError: cannot set WRITEABLE flag to True"),
    ],
)
def test_what_functions_raise_is_a_failure_with_their_words(worker, mine, array_field, kind, failure, says):
    known, field = with_plugins(mine), array_field()
    outcome = worker.run(Case.of(f"mine:kind={kind}", field, known), ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert outcome.kind == failure
    assert says in outcome.message
    after = worker.run(Case.of("mine", field, known), ONCE, LIMITS)
    assert isinstance(after, Measurement)
    assert (after.bound_kind, after.bound_status) == ("none", "none")


def test_an_edited_file_is_measured_again(mine, array_field, tmp_path):
    archive, field = Archive(tmp_path / "records"), array_field()

    def measured() -> list[str]:
        known = with_plugins(mine)
        cases = [Case.of(spec, field, known) for spec in ("mine", "slabs:planes=8,threads=1/zfp:rate=8")]
        done = run_sweep(cases, archive, suite="s", repeats=ONCE, registry=known)
        assert not done.failures
        return [str(done.measured), done.records[0].library]

    first, library = measured()
    assert first == "2"
    assert library.startswith("mine sha256:")
    assert measured() == ["0", library]
    mine.write_text(FUNCTIONS + "\n# as fast as never before\n")
    again, edited = measured()
    assert again == "1"
    assert edited != library
    assert measured() == ["0", edited]


def test_a_file_that_changes_amid_a_sweep_is_a_failure(worker, mine, array_field):
    case = Case.of("mine", array_field(), with_plugins(mine))
    mine.write_text(FUNCTIONS + "\n# edited\n")
    outcome = worker.run(case, ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert "mine.py: it has changed since the command began" in outcome.message
    mine.write_text("import os\nos._exit(3)")
    outcome = worker.run(case, ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert outcome.message == "ended with exit status 3, twice"


def test_a_program_is_measured_without_memory_of_its_own(worker, array_field, tmp_path):
    line = f'["{sys.executable}", "-I", "-S", "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"]'
    (tmp_path / "copied.toml").write_text(f'bound = "lossless"\ncompress = {line}\ndecompress = {line}\n')
    known = with_plugins(tmp_path / "copied.toml")
    outcome = worker.run(Case.of("copied", array_field(), known), ONCE, LIMITS)
    assert isinstance(outcome, Measurement)
    assert outcome.bound_status == "holds"
    assert outcome.compress_peak_bytes is None
    assert outcome.decompress_peak_bytes is None


def test_a_limit_ends_a_program_and_all_that_it_started(worker, sleeping, array_field, tmp_path):
    field = array_field()
    case = Case.of("sleepy", field, with_plugins(tmp_path / "sleepy.toml"))
    started: list[psutil.Process] = []
    # The limit is on the way of the clock: it is long enough for the program to say who it is, or tried again longer.
    for seconds in (5.0, 20.0, 80.0):
        outcome = worker.run(case, ONCE, Limits(seconds=seconds, memory_bytes=2**40))
        assert isinstance(outcome, Failure)
        assert outcome.message == f"no result within {seconds:g} s"
        if sleeping.exists() and len(sleeping.read_text().splitlines()) >= 2:
            started = processes(sleeping)
            break
    assert sleeping.exists(), "the program did not start in time"
    assert_gone(started, tmp_path / "scratch")
    assert isinstance(worker.run(Case.of("identity", field), ONCE, LIMITS), Measurement)


SCRIPT = """
import sys
from pathlib import Path
from wavecomp.compressors import with_plugins
from wavecomp.records import Archive
from wavecomp.sweep import Case, FieldRef, Repeats, run_sweep
if __name__ == "__main__":
    path, digest, out, plugin = sys.argv[1:]
    field = FieldRef("killed@1", Path(path), digest, (24, 24, 24), "float32", 1, 0.1, 1.0)
    known = with_plugins(plugin)
    cases = [Case.of("sleepy", field, known)]
    run_sweep(cases, Archive(out), suite="killed", repeats=Repeats(0.0, 1, 1), registry=known)
"""


def test_a_sweep_that_is_killed_leaves_no_program_and_no_folder(sleeping, array_field, tmp_path):
    field, script = array_field(), tmp_path / "sweep.py"
    script.write_text(SCRIPT)
    out, plugin = tmp_path / "archive", tmp_path / "sleepy.toml"
    command = [sys.executable, str(script), str(field.path), field.digest, str(out), str(plugin)]
    with subprocess.Popen(command) as process:
        started = processes(sleeping)
        assert list((tmp_path / "scratch").glob(f"{PREFIX}*")), "the program works in no folder of its own"
        process.kill()
        process.wait()
    assert started
    assert_gone(started, tmp_path / "scratch")
