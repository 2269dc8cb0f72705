"""What measuring a field takes of memory at the least, known before it is taken."""

from __future__ import annotations

from collections.abc import Iterable

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall
from wavecomp.sweep.case import FieldRef

PROCESS_BYTES = 120 * 10**6
"""Resident memory of a measuring process without a field (measured: 90 to 120 MB)."""

_ARRAYS = 3


def measuring_bytes(field: FieldRef) -> int:
    """Return what a process holds that measures the field: itself, the field, the decompressed one, and a stream.

    A stream of a field that does not shrink is as large as the field. What a compressor takes besides is its own and
    not known beforehand: the limit of a case ends what takes too much.
    """
    return PROCESS_BYTES + _ARRAYS * field.nbytes


def check_fields(fields: Iterable[FieldRef], workers: int = 1) -> None:
    """Refuse fields that the memory which is there does not hold, for so many processes at a time.

    Raises
    ------
    MemoryTooSmall
        The text says what is needed and what is there, and how large a field would fit.
    """
    largest = max(fields, key=measuring_bytes, default=None)
    if largest is None:
        return
    share = machine_memory.available()
    needed = workers * measuring_bytes(largest)
    if needed > share.free_bytes:
        room = (share.free_bytes // workers - PROCESS_BYTES) // _ARRAYS
        if measuring_bytes(largest) <= share.free_bytes:
            instead = f"{share.free_bytes // measuring_bytes(largest)} at a time would fit (--workers)"
        else:
            instead = f"a snapshot of {room / 1e9:.3g} GB would fit" if room > 0 else "no snapshot would fit"
        many = f", {workers} at a time," if workers > 1 else ""
        what = f"measuring cases of {largest.name} ({largest.nbytes / 1e9:.3g} GB){many}"
        raise MemoryTooSmall(what, needed, share.free_bytes, share.source, instead)
