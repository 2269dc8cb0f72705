from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from wavecomp.errors import KernelError, StorageError
from wavecomp.wavefields import kernel_cache
from wavecomp.wavefields.kernel_cache import kernel_library

ENDINGS = (".c", ".so")


class Copying:
    """A compiler that copies the source, and counts."""

    def __init__(self, script='cp "$0" "$1"'):
        self.calls, self.script = 0, script

    def __call__(self, source, target):
        self.calls += 1
        return ["sh", "-c", self.script, source, target]


def make(folder, compiler, source="one", name="kernel"):
    return kernel_library(folder, name, source, ENDINGS, compiler)


def test_a_kernel_is_compiled_once(tmp_path):
    compiler = Copying()
    assert make(tmp_path / "build", compiler) is True
    assert make(tmp_path / "build", compiler) is False
    assert compiler.calls == 1
    assert (tmp_path / "build" / "kernel.so").read_text() == "one"
    assert (tmp_path / "build" / "kernel.c").read_text() == "one"


def test_each_build_has_its_own(tmp_path):
    compiler = Copying()
    assert make(tmp_path / "slow", compiler)
    assert make(tmp_path / "fast", compiler)


@pytest.mark.parametrize("damage", ["truncate", "other", "gone", "receipt", "receipt gone"])
def test_a_library_that_is_not_whole_is_made_anew(tmp_path, damage):
    make(tmp_path, Copying())
    library, receipt = tmp_path / "kernel.so", tmp_path / "kernel.sha256"
    match damage:
        case "truncate":
            library.write_bytes(library.read_bytes()[:-1])
        case "other":
            library.write_text("two")
        case "gone":
            library.unlink()
        case "receipt":
            receipt.write_bytes(b"\xff")
        case "receipt gone":
            receipt.unlink()
    assert make(tmp_path, Copying()) is True
    assert library.read_text() == "one"


def test_a_library_of_another_source_is_made_anew(tmp_path):
    make(tmp_path, Copying())
    assert make(tmp_path, Copying(), source="two") is True
    assert (tmp_path / "kernel.so").read_text() == "two"


def test_a_compiler_that_fails_leaves_nothing_and_is_one_line(tmp_path):
    (tmp_path / "said").write_text("note: more\n")
    failing = Copying(f'echo "$0:7: error: no such thing" >&2; cat "{tmp_path}/said" >&2; exit 1')
    with pytest.raises(KernelError) as caught:
        make(tmp_path, failing)
    assert "kernel.c:7: error: no such thing" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "more" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kernel.lock", "said"]
    assert make(tmp_path, Copying()) is True


@pytest.mark.parametrize(("script", "words"), [("exit 0", "no library was made"), ("kill -9 $$", "signal 9")])
def test_a_compiler_that_makes_nothing_is_one_that_fails(tmp_path, script, words):
    with pytest.raises(KernelError, match=words):
        make(tmp_path, Copying(script))


def test_a_compiler_that_is_gone(tmp_path):
    with pytest.raises(KernelError, match='"no-such-compiler" cannot be started'):
        make(tmp_path, lambda _source, _target: ["no-such-compiler"])


def test_a_full_disk_is_not_the_compilers_fault(tmp_path):
    with pytest.raises(StorageError, match="the disk is full"):
        make(tmp_path, Copying("echo 'ld: final link failed: No space left on device' >&2; exit 1"))


HOLDER = """
import sys
from pathlib import Path
from wavecomp.wavefields.kernel_cache import kernel_library
folder, started = map(Path, sys.argv[1:])
script = f'printf half >"$1"; touch "{started}"; sleep 600'
kernel_library(folder, "kernel", "one", (".c", ".so"), lambda source, target: ["sh", "-c", script, source, target])
"""


def start_holder(tmp_path, folder):
    """Start a process that compiles for ever; return it when it is at it."""
    started = tmp_path / "started"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder), str(started)], start_new_session=True)
    for _ in range(1200):
        if started.exists():
            return process
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("it did not start")


@pytest.mark.parametrize("whole_group", [True, False])
def test_the_lock_ends_with_its_holder(tmp_path, whole_group):
    folder = tmp_path / "build"
    process = start_holder(tmp_path, folder)
    group = os.getpgid(process.pid)
    try:
        if whole_group:
            os.killpg(group, signal.SIGKILL)
        else:
            process.kill()  # and its compiler lives on
        process.wait()
        assert not (folder / "kernel.so").exists()
        assert list(folder.glob("kernel.work-*"))
        assert make(folder, Copying()) is True
        assert (folder / "kernel.so").read_text() == "one"
        assert not list(folder.glob("kernel.work-*"))
    finally:
        if not whole_group:
            os.killpg(group, signal.SIGKILL)


def test_who_waits_says_so_and_takes_what_the_other_made(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(kernel_cache, "ANNOUNCE_S", 0.0)
    first, second = Copying(f'while [ ! -e "{tmp_path}/go" ]; do sleep 0.05; done; cp "$0" "$1"'), Copying()
    held, waiting = threading.Thread(target=make, args=(tmp_path, first)), threading.Event()
    held.start()
    while not list(tmp_path.glob("kernel.work-*")):
        time.sleep(0.01)

    def release(_seconds):
        (tmp_path / "go").touch()
        waiting.wait(0.05)

    monkeypatch.setattr(kernel_cache.time, "sleep", release)
    with caplog.at_level(logging.WARNING):
        assert make(tmp_path, second) is False
    held.join()
    assert second.calls == 0
    assert "waiting for another process that compiles the same kernel" in caplog.text


def test_waiting_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_cache, "LONGEST_WAIT_S", 0.0)
    process = start_holder(tmp_path, tmp_path / "build")
    try:
        assert make(tmp_path / "build", Copying()) is True
        assert list((tmp_path / "build").glob("kernel.work-*"))  # the other's is left alone: it is at work
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_other_kernels_do_not_wait(tmp_path):
    process = start_holder(tmp_path, tmp_path / "build")
    try:
        assert make(tmp_path / "build", Copying(), name="another") is True
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
