"""Memory is what the tightest of machine, control groups and process limits leaves, on trees made for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from wavecomp import machine_memory
from wavecomp.machine_memory import Share, group_shares

MB = 10**6


def system(root: Path, groups: str, files: dict[str, str]) -> Path:
    """Write the files of a system; names of groups are relative to /sys/fs/cgroup."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def least(root: Path) -> tuple[int, int] | None:
    shares = group_shares(root)
    return (min(s.limit_bytes for s in shares), min(s.free_bytes for s in shares)) if shares else None


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        # Version 2, in a container: its own group is mounted at the top.
        ("0::/\n", {"memory.max": "500000000", "memory.current": "120000000"}, (500 * MB, 380 * MB)),
        ("0::/\n", {"memory.max": "max", "memory.current": "120000000"}, None),
        # On a host: the parent's limit counts, whatever the own group says, and what its other children hold.
        (
            "0::/user.slice/job\n",
            {
                "user.slice/memory.max": "400000000", "user.slice/memory.current": "390000000",
                "user.slice/job/memory.max": "500000000", "user.slice/job/memory.current": "100000000",
            },
            (400 * MB, 10 * MB),
        ),
        # memory.high slows down to a standstill before memory.max is reached.
        ("0::/\n", {"memory.max": "500000000", "memory.high": "300000000", "memory.current": "0"}, (300 * MB,) * 2),
        # The page cache is to be had, libraries in use are for a half.
        (
            "0::/\n",
            {
                "memory.max": "500000000", "memory.current": "490000000",
                "memory.stat": "anon 90000000\ninactive_file 300000000\nactive_file 100000000",
            },
            (500 * MB, 360 * MB),
        ),
        # Version 1, as Docker had it: the path is the host's and is not to be seen, the group is mounted at the top.
        (
            "5:cpu:/docker/ab\n4:memory:/docker/ab\n0::/docker/ab\n",
            {"memory/memory.limit_in_bytes": "500000000", "memory/memory.usage_in_bytes": "40000000"},
            (500 * MB, 460 * MB),
        ),
        # Version 1 with two controllers in one hierarchy, and the number that means no limit at the top.
        (
            "4:hugetlb,memory:/a/b\n",
            {
                "memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "0",
                "memory/a/memory.limit_in_bytes": "300000000", "memory/a/memory.usage_in_bytes": "290000000",
                "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 50000000\ntotal_active_file 20000000",
            },
            (300 * MB, 70 * MB),
        ),
        # Nothing of it can be read, or makes sense.
        ("0::/gone\n", {}, None),
        ("\n::::\n4:memory\n", {"memory.max": ""}, None),
        # A limit and no usage: all of it is free.
        ("0::/\n", {"memory.max": "7"}, (7, 7)),
    ],
)  # fmt: skip
def test_the_tightest_control_group_counts(groups, files, expected, tmp_path):
    assert least(system(tmp_path, groups, files)) == expected


def test_no_control_groups_at_all(tmp_path):
    assert group_shares(tmp_path) == ()


def test_a_path_does_not_lead_out_of_the_tree(tmp_path):
    root = system(tmp_path / "root", "0::/../../../..\n", {"memory.max": "9"})
    (tmp_path / "memory.max").write_text("1")
    assert least(root) == (9, 9)


def test_all_authorities_are_asked(tmp_path, monkeypatch):
    machine = psutil.virtual_memory()
    monkeypatch.setattr(machine_memory, "ROOT", tmp_path)  # no control group
    monkeypatch.setattr(machine_memory, "process_shares", lambda: ())
    assert machine_memory.limit() == Share(machine.total, machine_memory.limit().free_bytes, "this machine")
    system(tmp_path, "0::/\n", {"memory.max": "500000000", "memory.current": "499999999"})
    assert machine_memory.limit().limit_bytes == 500 * MB
    assert machine_memory.available().free_bytes == 1
    assert "memory.max" in machine_memory.available().source
    monkeypatch.setattr(machine_memory, "process_shares", lambda: (Share(10**9, 0, "the limit RLIMIT_AS"),))
    assert machine_memory.limit().limit_bytes == 500 * MB
    assert machine_memory.available() == Share(10**9, 0, "the limit RLIMIT_AS")


def test_a_limit_on_addresses_is_seen():
    """In a process of its own: ``ulimit -v`` cannot be taken back."""
    words = (
        "import resource; from wavecomp.machine_memory import available, limit; "
        "resource.setrlimit(resource.RLIMIT_AS, (3 * 10**9, resource.RLIM_INFINITY)); "
        "share = available(); print(limit().limit_bytes, share.free_bytes, share.source)"
    )
    shown = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout.split()
    assert int(shown[0]) <= 3 * 10**9
    assert 0 < int(shown[1]) < 3 * 10**9
    if psutil.virtual_memory().available > 3 * 10**9 and not group_shares(Path("/")):
        assert "RLIMIT_AS" in shown
