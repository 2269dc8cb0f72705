"""A tier on disk in a gradient study: where it is says nothing, how much it may hold does, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import namedtuple
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from wavecomp.checkpoints.disk_kind import disk_kind
from wavecomp.compressors import default_registry
from wavecomp.errors import UsageError
from wavecomp.impact.cases import BARE, ImpactCase, impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.impact.worker import Measured, Measuring, ShotTask
from wavecomp.isolation import Limits, Worker
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records import Failure, GradientArchive, GradientImpact, GradientRecord, load_gradients
from wavecomp.report.gradient_table import gradient_table

Part = namedtuple("Part", "mountpoint fstype device")
LIMITS = Limits(seconds=600.0, memory_bytes=2**40)
ON_DISK = ("trajectory:tier=disk", "trajectory:tier=two/zfp:accuracy=1e-1")


def cases_of(problem, *strategies, **changes):
    return impact_cases(problem, strategies, (), default_registry(), **changes)


def test_a_case_is_its_budget_and_not_its_folder(tiny, tmp_path):
    here = cases_of(tiny, *ON_DISK, "revolve:slots=3", disk_budget_bytes=10**7, scratch=tmp_path)
    there = cases_of(tiny, *ON_DISK, "revolve:slots=3", disk_budget_bytes=10**7, scratch=tmp_path / "other")
    assert [case.digest for case in here] == [case.digest for case in there]
    assert [case.scratch for case in here] == [None, None, tmp_path, tmp_path, None]
    less = cases_of(tiny, *ON_DISK, "revolve:slots=3", disk_budget_bytes=10**6)
    none = cases_of(tiny, *ON_DISK, "revolve:slots=3")
    for number, case in enumerate(here):
        digests = {case.digest, less[number].digest, none[number].digest}
        assert len(digests) == (3 if "tier=" in case.spec else 1), case.spec


def test_digests_from_before_there_was_a_disk_budget(tiny):
    """Cases without one are the cases of older archives: this is how their identity was written down."""
    import hashlib
    import json

    case = ImpactCase(tiny, (0,), parse_strategy("revolve:slots=3"), 12345)
    text = json.dumps([tiny.digest, 0, "revolve:slots=3/identity", 12345])
    assert case.digest == hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"disk_budget_bytes": 5000}, "disk budget of 5000 bytes"), ({"scratch": Path("/mnt/x")}, "folder /mnt/x")],
)
def test_a_disk_that_nobody_uses_is_refused(tiny, changes, says):
    with pytest.raises(UsageError, match=f"{says} is given, and no strategy keeps anything on disk.*tier=disk"):
        cases_of(tiny, "trajectory", **changes)


def test_disk_tiers_are_exact_and_leave_nothing(tiny, tmp_path):
    """Two tiers hold 360 kB in memory: fewer than 13 of 299 levels of 28,800 bytes, so that the disk is needed."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    archive = GradientArchive(tmp_path / "archive")
    cases = cases_of(
        tiny, "trajectory:tier=disk", "trajectory:tier=two", budget_bytes=360_000, disk_budget_bytes=10**7,
        scratch=scratch,
    )  # fmt: skip
    result = run_impact(cases, archive, rounds=1, limits=LIMITS)
    on_disk = [record for record in result.records if "tier=" in record.spec]
    assert len(on_disk) == 2
    for record in on_disk:
        assert isinstance(record.outcome, GradientImpact)
        assert record.outcome.distance["relative_l2"] == 0.0
        assert 280 * 28_800 < record.outcome.peak_disk_bytes <= 10**7
        assert record.disk_budget_bytes == 10**7
        assert GradientRecord.from_line(record.to_line()).to_line() == record.to_line()
    assert list(scratch.iterdir()) == []
    heads = [row.cells[0] for row in gradient_table(load_gradients([archive]), "tiny").rows]
    assert "trajectory:tier=disk in 0.34 MiB on disk in 9.5 MiB" in heads
    assert run_impact([replace(case, scratch=None) for case in cases], archive, rounds=1, limits=LIMITS).measured == 0


def test_times_on_one_disk_are_not_taken_for_those_on_another(tiny, tmp_path, monkeypatch):
    """Where the tier lies is no part of the case; what it lies on is a part of its times."""
    archive = GradientArchive(tmp_path / "archive")
    cases = cases_of(tiny, "trajectory:tier=disk", scratch=tmp_path)
    assert run_impact(cases, archive, rounds=1, limits=LIMITS).measured == 3
    (kept,) = {record.disk for record in archive} - {None}
    assert kept == disk_kind(tmp_path)
    assert str(tmp_path) not in archive.path.read_text()
    monkeypatch.setattr("wavecomp.impact.study.disk_kind", lambda _: "nfs4 01234567")
    other = run_impact(cases, archive, rounds=1, limits=LIMITS)
    assert (other.measured, other.records[-1].disk) == (1, "nfs4 01234567")


def test_a_disk_is_told_by_the_innermost_mount(monkeypatch, tmp_path):
    parts = [Part("/", "overlay", "overlay"), Part(str(tmp_path), "ext4", "/dev/sda1"), Part("/x", "xfs", "/dev/sdb")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: parts)
    here, root = disk_kind(tmp_path / "deep" / "down"), disk_kind(Path("/nowhere"))
    assert (here.split()[0], root.split()[0]) == ("ext4", "overlay")
    parts[1] = Part(str(tmp_path), "ext4", "/dev/sdc1")
    assert disk_kind(tmp_path) != here
    assert "sda1" not in here


def test_a_disk_budget_that_does_not_suffice_is_a_failure_with_the_numbers(tiny, tmp_path):
    """299 levels of 28,800 bytes do not fit into 1 MB; the 35th is the first that has no room."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    cases = cases_of(tiny, "trajectory:tier=disk", disk_budget_bytes=10**6, scratch=scratch)
    result = run_impact(cases, GradientArchive(tmp_path / "archive"), rounds=1, limits=LIMITS)
    (failed,) = result.failures
    assert failed.spec.startswith("trajectory:tier=disk")
    assert isinstance(failed.outcome, Failure)
    assert "28800 bytes do not fit" in failed.outcome.message
    assert f"the {10**6 - 34 * 28_800} bytes left of the disk budget of 1000000" in failed.outcome.message
    assert list(scratch.iterdir()) == []


def test_kill_minus_nine_leaves_no_file(tiny, tmp_path):
    """The file never has a name: the kernel lets go of it with the process that holds it open."""
    bare, _, case = cases_of(tiny, "trajectory:tier=disk", disk_budget_bytes=10**8, scratch=tmp_path)
    worker: Worker[ShotTask, object] = Worker(partial(Measuring, LIMITS.memory_bytes))
    before = set(psutil.Process().children())
    outcomes: list[object] = []
    try:
        assert bare.spec == BARE
        worker.ask(ShotTask(bare, 0), LIMITS)
        (process,) = set(psutil.Process().children()) - before - _resource_trackers()
        asking = threading.Thread(target=lambda: outcomes.append(worker.ask(ShotTask(case, 0), LIMITS)))
        asking.start()
        links = _caught_writing(process.pid, tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        asking.join(600)
    finally:
        worker.stop()
    assert links == 0
    assert [type(outcome) for outcome in outcomes] == [Measured], "a crash is tried again in a fresh process"
    assert list(tmp_path.iterdir()) == []


def _resource_trackers() -> set[psutil.Process]:
    return {child for child in psutil.Process().children() if "resource_tracker" in " ".join(child.cmdline())}


def _caught_writing(pid: int, folder: Path) -> int:
    """Wait until a process holds a file in a folder with something in it; return how many names that file has."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                if str(entry.readlink()).startswith(f"{folder}/") and (found := entry.stat()).st_size > 0:
                    return found.st_nlink
            except OSError:
                continue  # closed in between
    raise AssertionError("the worker never wrote to the folder")
