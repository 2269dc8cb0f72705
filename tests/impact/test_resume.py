"""``wavecomp gradient`` may be killed at any moment: no record is lost, none stands there twice, none is made again."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import psutil

from wavecomp.records import GradientArchive

STRATEGIES = (
    "trajectory",
    "trajectory/int8",
    "trajectory:every=2/zfp:accuracy=1e-1",
    "revolve:slots=5",
    "revolve:slots=20",
    "mixed:levels=10",
    "trajectory/zfp:accuracy=1e-2",
)


def test_kill_minus_nine_then_the_same_command(tmp_path, troublemaker):
    """SIGKILL the command, at moments when it has written more and more; then let it finish."""
    words = ["gradient", "--problem", "tiny", "--rounds", "1", "--out", str(tmp_path / "archive")]
    start = [sys.executable, "-c", "from wavecomp.cli import main; main()"]
    command = start + words + [word for spec in STRATEGIES for word in ("--strategy", spec)]
    # However slow the one that kills is: what it kills does not come to an end.
    stuck = (*STRATEGIES[:5], "trajectory/trouble:kind=hang", *STRATEGIES[5:])
    endless = start + words + [word for spec in stuck for word in ("--strategy", spec)]
    archive = GradientArchive(tmp_path / "archive")
    total = len(STRATEGIES) + 2  # the bare sweeps and store-all
    kept: list[bytes] = []
    for wanted in (2, 5):
        process = subprocess.Popen(endless, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 600
        while len(_lines(archive)) < wanted:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        assert not psutil.wait_procs(workers, timeout=600)[1], "a worker outlived its study"
        lines = _lines(archive)
        assert lines[: len(kept)] == kept, "records of an earlier run were changed"
        assert len(lines) < total
        kept = lines
    assert _measured(command, tmp_path) == (total - len(kept), len(kept))
    assert _lines(archive)[: len(kept)] == kept
    specs = [record.spec for record in archive]
    assert len(specs) == len(set(specs)) == total
    assert not any(record.failed for record in archive)
    whole = archive.path.read_bytes()
    assert _measured(command, tmp_path) == (0, total)
    assert archive.path.read_bytes() == whole


def _lines(archive: GradientArchive) -> list[bytes]:
    if not archive.path.exists():
        return []
    return [line for line in archive.path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _measured(command: list[str], folder: object) -> tuple[int, int]:
    """Run the command to its end; return how many cases it says it has measured, and how many it found."""
    done = subprocess.run(command, cwd=str(folder), capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+) cases measured, (\d+) were there already", done.stderr)
    assert found, done.stderr
    return int(found[1]), int(found[2])
