"""A field that the memory does not hold is refused with numbers before a process takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall
from wavecomp.machine_memory import Share
from wavecomp.sweep import FieldRef
from wavecomp.sweep.memory_needed import PROCESS_BYTES, check_fields, measuring_bytes


def field(side: int) -> FieldRef:
    return FieldRef(f"cube@{side}", Path("cube.npy"), "0" * 64, (side, side, side), "float32", 1, 0.0, 1.0)


def there(monkeypatch, free_bytes):
    monkeypatch.setattr(machine_memory, "available", lambda: Share(10**12, free_bytes, "a control group"))


def test_field_output_stream_and_the_process_itself():
    assert measuring_bytes(field(100)) == PROCESS_BYTES + 3 * 4_000_000


def test_the_largest_field_counts_and_what_fits_is_said(monkeypatch):
    there(monkeypatch, measuring_bytes(field(500)))
    check_fields([])
    check_fields([field(100), field(500), field(9)])
    with pytest.raises(MemoryTooSmall, match=r"cube@501.*there are 1620000000 \(1\.62 GB: a control group\).*0\.5 GB"):
        check_fields([field(100), field(501), field(9)])
    with pytest.raises(MemoryTooSmall, match=r"2 at a time, would take 3240000000 bytes.*; 1 at a time would fit"):
        check_fields([field(500)], workers=2)
    there(monkeypatch, 10)
    with pytest.raises(MemoryTooSmall, match="no snapshot would fit"):
        check_fields([field(20)])
