"""Ctrl-C, SIGTERM and SIGHUP: one line, the status that a shell knows, and nothing half done, whenever they come.

The signals are sent at named moments of a real process (an import, a file opened, a program started), not after some
seconds: what is tried is the same on a fast and on a slow machine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wavecomp.cli import status_of, stopping

SENDER = """
import os, signal, sys
sent, event, part, *words = sys.argv[1:]

class Destroyed:
    def __del__(self):
        os.kill(os.getpid(), int(sent))

def hook(happened, arguments):
    global sent_already
    if not sent_already and happened == event and part in str(arguments):
        sent_already = True
        if "in a destructor" in os.environ.get("HOW", ""):
            Destroyed()
        else:
            os.kill(os.getpid(), int(sent))

sent_already = False
sys.addaudithook(hook)
sys.argv[1:] = words
from wavecomp.cli import main
main()
"""

KEPT = "; everything finished so far is kept, the same command goes on from there\n"


def stopped(
    folder: Path, number: int, event: str, part: str, *words: str, how: str = ""
) -> subprocess.CompletedProcess:
    environment = os.environ | {"WAVECOMP_FIELDS": str(folder / "fields"), "HOW": how}
    command = [sys.executable, "-c", SENDER, str(int(number)), event, part, *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.mark.parametrize(
    ("event", "part"),
    [
        ("import", "wavecomp.cli.streams"),  # nothing is loaded yet
        ("import", "numpy.linalg"),
        ("import", "'devito'"),
        ("import", "matplotlib.artist"),  # Devito's examples load it within a bare "except:"
        ("subprocess.Popen", "probe.c"),  # the trial of the compiler
        ("ctypes.dlopen", "kernels"),  # a compiled one that is loaded
        ("open", "step-000"),
        ("os.rename", "reference"),  # never: the command then ends well
        ("os.rename", "fields/tiny"),  # the folder is whole and gets its name
    ],
)
def test_ctrl_c_at_any_moment_of_a_propagation(tmp_path, event, part):
    done = stopped(tmp_path, signal.SIGINT, event, part, "fields", "generate", "tiny")
    fields = tmp_path / "fields"
    assert not list(fields.glob(".*"))
    if part == "reference":
        assert done.returncode == 0
        assert (fields / "tiny" / "manifest.json").is_file()
        return
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"wavecomp: interrupted{KEPT}")
    assert not (fields / "tiny").exists()


def test_ctrl_c_that_python_drops_is_not_lost(tmp_path):
    """An exception out of a destructor is printed as ignored, and the program goes on: it ends at the next progress."""
    done = stopped(tmp_path, signal.SIGINT, "import", "'devito'", "fields", "generate", "tiny", how="in a destructor")
    assert (done.returncode, done.stderr) == (130, f"wavecomp: interrupted{KEPT}")
    assert not (tmp_path / "fields" / "tiny").exists()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_ends_clean_up_too(tmp_path, number, status):
    done = stopped(tmp_path, number, "open", "step-000", "fields", "generate", "tiny")
    assert (done.returncode, done.stderr) == (status, f"wavecomp: ended by {signal.Signals(number).name}{KEPT}")
    assert not list((tmp_path / "fields").glob("*"))
    assert not list((tmp_path / "fields").glob(".*"))


def test_ctrl_c_dropped_in_a_short_command_is_answered_at_its_end(tmp_path):
    done = stopped(
        tmp_path, signal.SIGINT, "import", "wavecomp.compressors.zfp", "compressors", "zfp", how="in a destructor"
    )
    assert (done.returncode, done.stderr) == (130, f"wavecomp: interrupted{KEPT}")


def test_what_the_process_was_started_to_ignore_stays_ignored(tmp_path):
    """As nohup does."""
    command = [sys.executable, "-c", SENDER, str(int(signal.SIGHUP)), "import", "wavecomp.cli.commands", "--version"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_second_signal_while_cleaning_up_hangs_ends_the_process(monkeypatch):
    ended = []
    now = [100.0]
    monkeypatch.setattr(stopping, "_heard", None)
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(stopping.os, "_exit", ended.append)
    with pytest.raises(KeyboardInterrupt):
        stopping._hear(signal.SIGINT, None)
    now[0] += 0.2  # the same press, sent to the group and to the process
    stopping._hear(signal.SIGINT, None)
    assert ended == []
    now[0] += 5
    stopping._hear(signal.SIGINT, None)
    assert ended == [130]


def test_whatever_a_library_makes_of_ctrl_c_is_an_interruption(monkeypatch, capfd):
    """An import that is broken off can come out as any exception."""
    from wavecomp.cli import plugin_files

    def broken_off() -> None:
        raise RuntimeError("cannot load module more than once per process")

    monkeypatch.setattr(plugin_files, "default_registry", broken_off)
    monkeypatch.setattr(stopping, "_heard", (signal.SIGINT, 0.0))
    assert status_of(["compressors"]) == 130
    assert capfd.readouterr().err == f"wavecomp: interrupted{KEPT}"


def test_process_that_is_starting_leaves_ctrl_c_to_its_parent(array_field):
    """The terminal sends it to both; the signal here comes before the new process has run one instruction of ours."""
    from wavecomp.isolation import Limits
    from wavecomp.isolation import worker as isolated
    from wavecomp.records import Measurement
    from wavecomp.sweep import Case, Repeats, SweepWorker

    assert isolated.interrupts_held is not None
    real = isolated.multiprocessing.process.BaseProcess.start

    def start(process: object) -> None:
        real(process)
        os.kill(process.pid, signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolated.multiprocessing.process.BaseProcess, "start", start)
        worker = SweepWorker()
        try:
            outcome = worker.run(Case.of("identity", array_field()), Repeats(0.0, 1, 1), Limits(60.0, 2**31))
        finally:
            worker.stop()
    assert isinstance(outcome, Measurement)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_start_is_finished_before_the_process_ends(number):
    """A child that gets half of its instructions complains with a traceback."""
    from wavecomp.isolation import interrupts_held

    class Ended(Exception):
        pass

    def end(number: int, frame: object) -> None:
        raise Ended

    def start() -> None:
        with interrupts_held():
            os.kill(os.getpid(), number)
            steps.append("the rest of the start")

    steps = []
    before = signal.signal(number, end)
    try:
        with pytest.raises(Ended):
            start()
        assert signal.getsignal(number) is end
    finally:
        signal.signal(number, before)
    assert steps == ["the rest of the start"]


def test_a_start_on_another_thread_is_finished_before_the_process_ends():
    """The main thread ends while a daemon thread starts a process: the start is waited for, and no other one begins."""
    code = """
import threading, time
from wavecomp.isolation import interrupts_held
begun = threading.Event()

def start():
    with interrupts_held():
        begun.set()
        time.sleep(0.3)
        print("whole", flush=True)
    with interrupts_held():
        print("another", flush=True)

threading.Thread(target=start, daemon=True).start()
begun.wait()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("whole\n", "")
