"""Instructions of this process in user space, counted by the processor through Linux's perf_event_open(2).

It stands alone, on the standard library: each side of a comparison loads it by its path. The counter is opened before
any thread is started and is inherited by all that come later, so that a library's threads count as well.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

HARDWARE, INSTRUCTIONS = 0, 1
SOFTWARE, TASK_CLOCK = 1, 1  # nanoseconds of processor time: for tests where there is no counter in hardware

_NUMBERS = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319}  # of the system call
_SIZE = 64  # PERF_ATTR_SIZE_VER0: known to every kernel
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
_CLOSE_ON_EXEC = 8
_REASONS = {
    2: "this machine (a virtual one?) has no counter of instructions",
    1: "the kernel does not allow it (kernel.perf_event_paranoid, or a container's rules)",
    13: "the kernel does not allow it (kernel.perf_event_paranoid, or a container's rules)",
    38: "the kernel was built without perf events",
}


class NoCounter(Exception):
    """Nothing can be counted here; the text says why."""


class Counter:
    """A counter that runs from its making on.

    Parameters
    ----------
    kind, event : int
        ``type`` and ``config`` of perf_event_attr.

    Raises
    ------
    NoCounter
        The system gives none.
    """

    def __init__(self, kind: int = HARDWARE, event: int = INSTRUCTIONS) -> None:
        number = _NUMBERS.get(platform.machine()) if platform.system() == "Linux" else None
        if number is None:
            raise NoCounter(f"perf events are not known on {platform.system()} {platform.machine()}")
        # type, size, config, sample_period, sample_type, read_format, flags, wakeup_events, bp_type, bp_addr
        flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
        attributes = struct.pack("=IIQQQQQIIQ", kind, _SIZE, event, 0, 0, 0, flags, 0, 0, 0)
        library = ctypes.CDLL(None, use_errno=True)
        self._file: int = library.syscall(number, attributes, 0, -1, -1, _CLOSE_ON_EXEC)
        if self._file < 0:
            code = ctypes.get_errno()
            raise NoCounter(_REASONS.get(code, f"perf_event_open: {os.strerror(code)}"))

    def read(self) -> int:
        """Return the count so far, of this process and of the threads that it started since."""
        return int.from_bytes(os.read(self._file, 8), "little")

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)
