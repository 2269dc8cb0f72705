"""How much memory there is for this process: the least of what the machine, its control groups and its limits leave.

In a container the machine's memory is not ours: the kernel ends a process that goes beyond the limit of its control
group, without a word. Limits of control groups are hierarchical, so every group from that of the process up to the root
counts. What the page cache holds of files is counted to a group as well; the kernel takes it back before it ends
anybody, so it is there to be had.
"""

from __future__ import annotations

import ctypes
import re
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MACHINE = "this machine"

ROOT = Path("/")
"""Where the system's own view of itself begins; tests look at another."""

_LIMITS = {"RLIMIT_AS": "VmSize", "RLIMIT_DATA": "VmData"}
"""Limit of a process (``ulimit -v``, ``ulimit -d``), and what of it is taken."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one authority lets this process have.

    Attributes
    ----------
    limit_bytes : int
        What may be held in all; by a machine or a control group together with other processes.
    free_bytes : int
        What is left of it now.
    source : str
        Who says so.
    """

    limit_bytes: int
    free_bytes: int
    source: str


def limit() -> Share:
    """Return the share with the least limit: no process of ours may hold more than that."""
    return min(_shares(), key=lambda share: share.limit_bytes)


def available() -> Share:
    """Return the share that has least left: what this process may still take."""
    return min(_shares(), key=lambda share: share.free_bytes)


def for_one_process() -> int:
    """Return what one process of ours may hold before it is stopped: four fifths of the limit.

    Inside a control group, or below a limit of this process, what others hold of it, this process above all, counts
    against the same limit: there, it is no more than nine tenths of what is left.
    """
    tightest, left = limit(), available()
    most = int(0.8 * tightest.limit_bytes)
    return most if left.source == MACHINE else max(1, min(most, int(0.9 * left.free_bytes)))


def _shares() -> tuple[Share, ...]:
    machine = psutil.virtual_memory()
    return (Share(machine.total, machine.available, MACHINE), *group_shares(ROOT), *process_shares())


def trim_heap() -> None:
    """Have the C library's allocator give back to the system what it kept of memory that was freed."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def group_shares(root: Path) -> tuple[Share, ...]:
    """Return what the control groups of this process allow, of either version, in a system whose files lie at a root.

    A group that is not to be seen from here, as in most containers, is left out: the one that is mounted at the top
    is the container's own.
    """
    try:
        text = (root / "proc/self/cgroup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ()
    found: list[Share] = []
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        top = root / "sys/fs/cgroup"
        if not controllers:
            found += [s for group in _upwards(top, path) if (s := _second_version(group)) is not None]
        elif "memory" in controllers.split(","):
            found += [s for group in _upwards(top / "memory", path) if (s := _first_version(group)) is not None]
    return tuple(found)


def process_shares() -> tuple[Share, ...]:
    """Return what the limits of this process allow; those on addresses count what is reserved and never touched."""
    found = []
    for name, key in _LIMITS.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        most = resource.getrlimit(number)[0]
        taken = _kibibytes(ROOT / "proc/self/status", key) if most != resource.RLIM_INFINITY else None
        if taken is not None:
            found.append(Share(most, max(0, most - taken * 1024), f"the limit {name} of this process"))
    return tuple(found)


def _upwards(top: Path, path: str) -> Iterator[Path]:
    parts = [part for part in path.split("/") if part]
    if ".." in parts:  # a group outside of what is mounted
        parts = []
    for count in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:count])


def _second_version(group: Path) -> Share | None:
    # Above memory.high nothing is ended, but everything is slowed down until it stands still.
    limits = [(file, n) for file in ("memory.max", "memory.high") if (n := _number(group / file)) is not None]
    if not limits:
        return None
    file, most = min(limits, key=lambda found: found[1])
    cache = _cache(_table(group / "memory.stat"), "")
    return _share(most, _number(group / "memory.current"), cache, group / file)


def _first_version(group: Path) -> Share | None:
    most = _number(group / "memory.limit_in_bytes")
    if most is None:
        return None
    cache = _cache(_table(group / "memory.stat"), "total_")
    return _share(most, _number(group / "memory.usage_in_bytes"), cache, group / "memory.limit_in_bytes")


def _share(most: int, held: int | None, cache: int, file: Path) -> Share:
    return Share(most, max(0, most - max(0, (held or 0) - cache)), f"the control group's {file}")


def _cache(statistics: Mapping[str, int], prefix: str) -> int:
    """Return what the kernel can take back of files: all that rests, half of what is in use, such as libraries."""
    return statistics.get(f"{prefix}inactive_file", 0) + statistics.get(f"{prefix}active_file", 0) // 2


def _number(file: Path) -> int | None:
    """Return the number in a file; None where there is none, or no limit (the word ``max``)."""
    try:
        text = file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _table(file: Path) -> dict[str, int]:
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    return {name: int(number) for name, number in re.findall(r"^(\S+) (\d+)$", text, re.MULTILINE)}


def _kibibytes(file: Path, key: str) -> int | None:
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(rf"^{key}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) if found else None
