"""The growth of this process's resident memory during one call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def with_peak_growth(call: Callable[[], T]) -> tuple[T, int | None]:
    """Run a call; return its result and by how many bytes resident memory grew at its highest.

    Linux keeps a process's high-water mark and lets it be reset. Memory that the allocator kept from earlier calls is
    given back first, or it would hide what this call needs. What has been allocated and never touched is not counted.

    Returns
    -------
    result
        Of the call.
    growth : int or None
        Bytes, at least 0; None where the system has no resettable mark.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)
    try:
        _CLEAR.write_text("5")
        before = _kibibytes("VmRSS")
    except (OSError, ValueError):
        return call(), None
    result = call()
    return result, max(0, _kibibytes("VmHWM") - before) * 1024


def _kibibytes(key: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise ValueError(f"{_STATUS} has no {key}")
