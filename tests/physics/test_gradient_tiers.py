"""Gradients whose checkpoints live on a disk: exact, within both budgets, nothing left behind, no silent damage."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import CheckpointFile
from wavecomp.checkpoints.write_behind import MOST_WAITING, WriteBehindStore
from wavecomp.errors import DamagedCheckpoint, StorageError
from wavecomp.plans.budget import plan
from wavecomp.plans.strategies import parse_strategy

DISK = 1 << 30
RUNS = [
    f"{head},tier={tier}{overlap}"
    for head, overlap in (
        ("trajectory:every=1", ""), ("trajectory:every=1", ",overlap"), ("revolve:slots=12", ""),
        ("mixed:levels=24", ""), ("mixed:levels=24,every=2", ",overlap"),
    )
    for tier in ("two", "disk")
] + [
    "trajectory:every=1,tier=disk,async", "trajectory:every=1,tier=two,async,overlap",
    "revolve:slots=12,tier=two,async",
    "mixed:levels=24,tier=disk,async", "h-revolve:slots=3,disk_slots=20", "h-revolve:slots=3,disk_slots=20,async",
    "two-level:slots=2,period=20,async", "disk-revolve:slots=2",
]  # fmt: skip


@pytest.fixture(scope="module")
def bench(tiny, open_workbench):
    return open_workbench(tiny)


def budget(bench, text, shrink=1):
    """Memory for four states, or levels of a trajectory, and the bookkeeping of everything that lies on the disk.

    Beside the slots, which a budget has to hold as well.
    """
    operators = bench.operators
    sizes = operators.last - 1, operators.state_bytes, operators.level_bytes
    slots = plan(parse_strategy(text), *sizes, DISK, DISK).slots_bytes
    if text.startswith("trajectory"):
        return slots + 4 * operators.level_bytes + 300 * 1600
    return slots + (4 * operators.state_bytes + 30 * 1600) // shrink


@pytest.mark.parametrize("text", RUNS)
def test_exact_within_both_budgets_and_nothing_left(text, bench, tmp_path):
    strategy = parse_strategy(text)
    exact = bench.run(parse_strategy(f"store-all:every={strategy.every}"))
    memory = budget(bench, text)
    run = bench.run(strategy, budget_bytes=memory, disk_folder=tmp_path, disk_budget_bytes=DISK)
    np.testing.assert_array_equal(run.gradient, exact.gradient)
    assert run.misfit == exact.misfit
    assert 0 < run.peak_checkpoint_bytes - run.peak_disk_bytes <= memory
    size = bench.operators.level_bytes if text.startswith("trajectory") else bench.operators.state_bytes
    assert run.peak_disk_bytes >= 3 * size  # really moved: several whole checkpoints at a time
    if strategy.tier == "disk" and strategy.asynchronous:
        # And what waits to be written, and the one that is read ahead: both count until they are done with.
        assert run.peak_store_bytes <= 1600 * run.checkpoints_held + (MOST_WAITING + 1) * size
    elif strategy.tier == "disk":
        assert run.peak_store_bytes <= 1600 * run.checkpoints_held  # bookkeeping alone
    elif not strategy.placed:
        assert run.peak_store_bytes > 2 * size  # filled first
    assert list(tmp_path.iterdir()) == []


def put_and_wait(store, *arguments, **named):
    receipt = CheckpointStore.put(store, *arguments, **named)
    store.flush()
    return receipt


class Flipper:
    """Flips one bit of the file after the n-th piece of more than a kilobyte was written.

    A smaller one may be taken back into memory, where it takes less than to remember where it lies.
    """

    def __init__(self, monkeypatch, after):
        self.written, self.flipped = 0, False
        write = CheckpointFile.write_at

        def damaged(file, extents, parts):
            write(file, extents, parts)
            self.written += sum(length for _, length in extents) > 1024
            if self.written == after and not self.flipped:
                offset, length = extents[-1]
                place = offset + length // 2
                (byte,) = os.pread(file._file.fileno(), 1, place)
                os.pwrite(file._file.fileno(), bytes([byte ^ 8]), place)
                self.flipped = True

        monkeypatch.setattr(CheckpointFile, "write_at", damaged)


@pytest.mark.parametrize("compressor", ["identity", "zfp:reversible", "zfp:accuracy=1e-3"])
@pytest.mark.parametrize("text", RUNS)
def test_a_flipped_bit_on_the_disk_ends_the_run_without_a_gradient(text, compressor, bench, tmp_path, monkeypatch):
    """The bit is in a checkpoint that is certainly read again: every one that stays on the disk is.

    A thread that writes beside may come to it after it was asked for, and then it is read from memory and the disk's
    copy by nobody: here every call that stores waits for the thread.
    """
    exact = bench.run(parse_strategy("store-all"))
    # With less memory compressed states have to move as well.
    memory = budget(bench, text, shrink=1 if compressor == "identity" else 8)
    with monkeypatch.context() as patch:
        patch.setattr(WriteBehindStore, "put", put_and_wait)
        flipper = Flipper(patch, after=3)
        with pytest.raises(DamagedCheckpoint, match="on disk") as caught:
            bench.run(
                parse_strategy(f"{text}/{compressor}"),
                budget_bytes=memory,
                disk_folder=tmp_path,
                disk_budget_bytes=DISK,
            )
        assert flipper.flipped
    assert "has changed since it was stored" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    # The next run does not see anything of it.
    np.testing.assert_array_equal(bench.run(parse_strategy("revolve:slots=9")).gradient, exact.gradient)


@pytest.mark.parametrize("text", RUNS)
def test_a_folder_that_is_not_there_is_named_with_the_bytes(text, bench, tmp_path):
    gone = tmp_path / "gone"
    with pytest.raises(StorageError, match=rf"cannot write 12345678 bytes to {gone}: No such file or directory"):
        bench.run(
            parse_strategy(text), budget_bytes=budget(bench, text), disk_folder=gone, disk_budget_bytes=12_345_678
        )


@pytest.mark.parametrize("text", RUNS)
def test_a_disk_that_vanishes_during_the_run_is_named_with_the_bytes(text, bench, tmp_path, monkeypatch):
    """Reads begin to fail half-way, as with a network disk that is gone."""
    exact = bench.run(parse_strategy("store-all"))
    real, reads = os.preadv, []

    def gone(*arguments):
        reads.append(arguments)
        if len(reads) > 3:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return real(*arguments)

    run = {"budget_bytes": budget(bench, text), "disk_folder": tmp_path, "disk_budget_bytes": DISK}
    with monkeypatch.context() as patch:
        patch.setattr(os, "preadv", gone)
        with pytest.raises(StorageError, match=rf"cannot read \d+ bytes from {tmp_path}: {os.strerror(errno.ESTALE)}"):
            bench.run(parse_strategy(text), **run)
    assert list(tmp_path.iterdir()) == []
    np.testing.assert_array_equal(bench.run(parse_strategy("trajectory")).gradient, exact.gradient)


def test_removing_the_folder_during_the_run_does_not_matter(bench, tmp_path, monkeypatch):
    """The file has no name: whoever tidies the empty folder away takes nothing from the run."""
    folder = tmp_path / "tidied"
    folder.mkdir()
    exact = bench.run(parse_strategy("store-all"))
    write = CheckpointFile.write

    def tidied(file, parts):
        if folder.exists():
            folder.rmdir()
        return write(file, parts)

    monkeypatch.setattr(CheckpointFile, "write", tidied)
    run = bench.run(parse_strategy("revolve:slots=12,tier=disk"), disk_folder=folder, disk_budget_bytes=DISK)
    assert not folder.exists()
    np.testing.assert_array_equal(run.gradient, exact.gradient)


RUN = """
import sys
from pathlib import Path
from wavecomp.physics.workbench import Workbench
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.strategies import parse_strategy
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import CheckpointFile
bench = Workbench(open_operators(find_problem("tiny")))
bench.observed()
write, written = CheckpointFile.write, []
def told(file, parts):
    written.append(write(file, parts))
    if len(written) == 5:
        print(file.held_bytes, flush=True)
    return written[-1]
CheckpointFile.write = told
while True:
    bench.run(parse_strategy("mixed:levels=24,tier=disk"), disk_folder=Path(sys.argv[1]), disk_budget_bytes=1 << 30)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_run_that_is_ended_half_way_leaves_no_file(end, bench, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert int(process.stdout.readline()) >= 2 * bench.operators.state_bytes
            process.send_signal(end)
            assert process.wait(timeout=600) != 0
        finally:
            process.kill()
    assert list(tmp_path.iterdir()) == []
