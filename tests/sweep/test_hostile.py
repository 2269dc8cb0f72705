"""Plug-ins that harm others: each is measured, then honest compressors again, which must not know of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from wavecomp.records import Failure, Measurement
from wavecomp.records.record import LONGEST_MESSAGE
from wavecomp.sweep import Case, Limits, Repeats, SweepWorker

ONCE = Repeats(seconds=0.0, least=1, most=1)
LIMITS = Limits(seconds=600.0, memory_bytes=2**40)
HONEST = "zfp:accuracy=1e-3"


@pytest.fixture
def worker(hostile):
    made = SweepWorker()
    yield made
    made.stop()


@pytest.fixture
def honest(worker, array_field):
    """What the honest compressor gives on a field that nobody has touched, and a function that looks again."""
    field = array_field()

    def numbers():
        outcome = worker.run(Case.of(HONEST, field), ONCE, LIMITS)
        assert isinstance(outcome, Measurement), outcome
        return outcome.stream_bytes, outcome.bound_status, outcome.bound_margin, dict(outcome.distortion)

    before = numbers()
    return field, lambda: numbers() == before


@pytest.mark.parametrize(
    ("kind", "failure", "says"),
    [
        ("write", "exception", "read-only"),
        ("overwrite", "exception", "FieldChanged: hostile:kind=overwrite: it wrote into the field"),
        ("overwrite_raise", "exception", "and out"),
        ("patch", "exception", "Error"),
        ("exit0", "crash", "ended without an answer, with exit status 0, twice"),
        ("closeall", "crash", "ended without an answer"),
        ("garbage", "crash", "something else wrote into the pipe"),
        ("sysexit", "exception", "SystemExit: bye"),
        ("interrupt", "exception", "KeyboardInterrupt"),
        ("generator", "exception", "GeneratorExit"),
        ("odd", "exception", "Odd: its text cannot be had: ValueError"),
        ("capabilities", "exception", "AttributeError"),
        ("bound", "exception", "ZeroDivisionError"),
        ("promise", "exception", "its bound is a str"),
        ("array", "exception", "'blocks': a ndarray"),
        ("many", "exception", "a dict of 100 entries at most"),
        ("text", "exception", "returned a str"),
        ("huge", "exception", "beyond 64 bits"),
        ("nan", "exception", "'blocks': a float"),
        ("stream", "exception", "Inconsistent: hostile:kind=stream: encode returned a Thin"),
        ("build", "exception", "PluginFailed: "),
        ("nothing", "exception", "it built a NoneType"),
        ("rename", "exception", "names itself"),
        ("shrink", "exception", "two calls on one field gave streams of"),
    ],
)
def test_harm_is_recorded_and_reaches_nobody(worker, honest, kind, failure, says):
    field, unharmed = honest
    outcome = worker.run(Case.of(f"hostile:kind={kind}", field), ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert outcome.kind == failure
    assert says in outcome.message
    assert unharmed()


@pytest.mark.parametrize("kind", ["fork", "fork_raise"])
def test_copy_that_comes_back_answers_nobody(worker, honest, kind):
    """Both processes come back from the call; two answers to one question would shift every answer after it."""
    field, unharmed = honest
    for _ in range(3):
        outcome = worker.run(Case.of(f"hostile:kind={kind}", field), ONCE, LIMITS)
        assert isinstance(outcome, Measurement)
        assert outcome.bound == "lossless"
        assert unharmed()


def test_message_of_five_megabytes_is_a_line(worker, honest):
    field, unharmed = honest
    outcome = worker.run(Case.of("hostile:kind=long", field), ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert len(outcome.message) <= LONGEST_MESSAGE + 3
    assert outcome.message.startswith(r"RuntimeError: \x1b[31mred xxx")
    assert outcome.message.isprintable()
    assert unharmed()


@pytest.mark.parametrize(("kind", "says"), [("fork_die", "exit status 3, twice"), ("stop", "no result within 3 s")])
def test_pipe_that_somebody_holds_does_not_hold_up_the_sweep(worker, honest, hostile, kind, says):
    """A process that dies and leaves an endless one at its pipe, and one that stands still: neither is waited for.

    (The death is told by itself, not by the limit, which is far off.)
    """
    field, unharmed = honest
    limits = LIMITS if kind == "fork_die" else Limits(seconds=3.0)
    outcome = worker.run(Case.of(f"hostile:kind={kind}", field), ONCE, limits)
    assert isinstance(outcome, Failure)
    assert says in outcome.message
    if kind == "fork_die":
        _gone(hostile)
    assert unharmed()


@pytest.mark.parametrize("kind", ["fork_busy", "daemon"])
def test_what_a_plugin_started_ends_before_the_next_case(worker, honest, hostile, kind):
    """In its group, or in a session of its own with its parent gone."""
    field, unharmed = honest
    assert isinstance(worker.run(Case.of(f"hostile:kind={kind}", field), ONCE, LIMITS), Measurement)
    assert unharmed()
    _gone(hostile)


def _gone(numbers: Path) -> None:
    """The process that left its number is no more, or nobody has collected it yet."""
    process = int(numbers.read_text())
    deadline = time.monotonic() + 600
    while psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {process} goes on"
        time.sleep(0.02)


def test_damage_that_shows_later_shows_in_nobody_elses_case(worker, honest, hostile):
    """Its own case is fine; the next one in that process would die at its first collection of garbage."""
    field, unharmed = honest
    assert isinstance(worker.run(Case.of("hostile:kind=fine", field), ONCE, LIMITS), Measurement)
    hurt = worker._running.process.pid
    worker.run(Case.of("hostile:kind=later", field), ONCE, LIMITS)
    assert worker._running.process.pid == hurt, "cases of one plug-in share a process"
    hostile.write_text("now")
    worker._running.process.join(600)
    assert unharmed()
    assert worker._running.process.pid != hurt
    assert unharmed()
    worker.run(Case.of("hostile:kind=damage", field), ONCE, LIMITS)
    assert unharmed()


def test_crash_is_tried_once_more(worker, honest):
    """What has spoilt its process may have come before it."""
    field, unharmed = honest
    outcome = worker.run(Case.of("hostile:kind=once", field), ONCE, LIMITS)
    assert isinstance(outcome, Measurement)
    assert unharmed()


def test_honest_case_whose_process_is_shot_is_measured(worker, honest):
    _, unharmed = honest
    os.kill(worker._running.process.pid, signal.SIGKILL)
    assert unharmed()


@pytest.mark.parametrize("kind", ["second", "lazy", "prepare"])
def test_what_is_timed_is_what_is_verified(worker, honest, kind):
    """A second call that returns something else, one that does nothing, and a field that is another from the start."""
    field, _ = honest
    outcome = worker.run(Case.of(f"hostile:kind={kind}", field), Repeats(seconds=0.0, least=3, most=3), LIMITS)
    assert isinstance(outcome, Measurement)
    assert outcome.bound_status == "violated"
    assert outcome.distortion["max_absolute"] > 0.1


def test_integers_of_numpy_are_integers(worker, honest):
    field, _ = honest
    outcome = worker.run(Case.of("hostile:kind=int64", field), ONCE, LIMITS)
    assert isinstance(outcome, Measurement)
    assert outcome.details == {"blocks": 7}
    assert type(outcome.details["blocks"]) is int


def test_honest_cases_do_not_even_import_plugins(worker, array_field, troublemaker, hostile):
    """What a plug-in does while it is imported could change what others measure."""
    source = troublemaker / "hostile_plugin.py"
    source.write_text(
        "import os\nwith open(os.environ['HOSTILE_NUMBERS'], 'a') as file:\n    file.write(f'{os.getpid()} ')\n"
        + source.read_text()
    )
    hostile.touch()
    for spec, imports in ((HONEST, False), ("trouble", False), ("hostile:kind=fine", True)):
        assert isinstance(worker.run(Case.of(spec, array_field()), ONCE, LIMITS), Measurement)
        assert (str(worker._running.process.pid) in hostile.read_text().split()) is imports, spec


def test_field_whose_file_was_changed_is_not_measured(worker, array_field):
    field = array_field()
    raw = bytearray(field.path.read_bytes())
    raw[-3] ^= 1
    field.path.write_bytes(raw)
    outcome = worker.run(Case.of(HONEST, field), ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert "its bytes have changed" in outcome.message


def test_grandchildren_end_with_a_parent_that_is_killed(tmp_path, hostile, array_field):
    """The sweep is killed with SIGKILL while a process that a plug-in started is busy."""
    field = array_field()
    script = tmp_path / "sweep.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from wavecomp.sweep import Case, FieldRef, Limits, Repeats, SweepWorker\n"
        "if __name__ == '__main__':\n"
        "    field = FieldRef('f@1', Path(sys.argv[1]), sys.argv[2], (24, 24, 24), 'float32', 1, 0.1, 1.0)\n"
        "    worker = SweepWorker()\n"
        "    worker.run(Case.of('hostile:kind=fork_busy', field), Repeats(0.0, 1, 1), Limits())\n"
        "    print('there', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, str(script), str(field.path), field.digest]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "there\n"
        assert psutil.pid_exists(int(hostile.read_text()))
        process.kill()
    _gone(hostile)
