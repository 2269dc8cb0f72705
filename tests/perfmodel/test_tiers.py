from __future__ import annotations

import checkpoint_schedules
import numpy as np
import pytest
from checkpoint_schedules import StorageType
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.published import revolve_seconds
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.tiers import Bandwidths, levels_on_disk, spilled_seconds, tiered_revolve_seconds
from wavecomp.perfmodel.writes import traffic_by_slot

SPEEDS = Bandwidths(memory=1024.0, disk_write=64.0, disk_read=128.0)
SIZES = st.tuples(st.integers(1, 300), st.integers(0, 40), st.integers(0, 40), st.booleans())


def test_written_out():
    """10 levels of 64 bytes, 4 in memory, 1 s a step: 6 on disk, 1 s each to write and 1/2 s to read, 1/16 s a copy."""
    assert levels_on_disk(10, [0, 256, 319, 320, 9999], 64).tolist() == [10, 6, 6, 5, 0]
    assert spilled_seconds(10, 256, 64, 1.0, SPEEDS, overlap=False) == (10 + 0.25) + 6 + (10 + 0.25) + 3
    assert spilled_seconds(10, 256, 64, 1.0, SPEEDS, overlap=True) == 20.5
    slow = Bandwidths(1024.0, 2.0, 128.0)
    assert spilled_seconds(10, 256, 64, 1.0, slow, overlap=True) == 6 * 32 + 10.25
    busy = spilled_seconds(10, 256, 64, 1.0, SPEEDS, overlap=False, compress_seconds=0.5, decompress_seconds=0.25)
    assert busy == 29.5 + 7.5


@given(SIZES, st.floats(1e-3, 1e3))
def test_overlap_is_between_the_half_and_all(size, step_seconds):
    """The greater of two times is at least half of their sum and at most the sum."""
    steps, memory, _, _ = size
    turn, beside = (spilled_seconds(steps, memory * 64, 64, step_seconds, SPEEDS, overlap=o) for o in (False, True))
    assert turn / 2 <= beside * (1 + 1e-12)
    assert beside <= turn


@given(SIZES)
def test_more_memory_is_never_slower_than_disk(size):
    """In turn a copy is faster than the disk. Beside steps the disk may cost nothing, and a copy 1/16 s a sweep."""
    steps, memory, _, overlap = size
    there = [memory * 64, memory * 64 + 64]
    less, more = spilled_seconds(steps, there, 64, 0.01, SPEEDS, overlap=overlap)
    assert more <= less + (2 / 16 + 1e-9 if overlap else 0)


@given(st.integers(1, 400), st.integers(1, 40))
def test_without_a_disk_revolve_is_the_published_one(steps, slots):
    """Equation (2) in the draft's variant charges N reads, a schedule has N - 1; M >= N is no case here."""
    slots = min(slots, max(steps - 1, 1))
    size, c = 64, 0.5
    got = tiered_revolve_seconds(steps, slots * size, 0, size, c, SPEEDS, overlap=False)
    expected = revolve_seconds(steps, slots * size, size, c, 1024.0, copies="draft") - size / 1024
    if steps == 1:
        expected = 2 * c
    assert got == pytest.approx(float(expected), rel=1e-13)


def theirs(steps, memory, disk):
    """Writes to and reads from memory and disk of the multistage schedule of checkpoint_schedules."""
    count = {(kind, tier): 0 for kind in ("write", "read") for tier in (StorageType.RAM, StorageType.DISK)}
    for action in checkpoint_schedules.MultistageCheckpointSchedule(steps, memory, disk, trajectory="revolve"):
        if isinstance(action, checkpoint_schedules.Forward) and action.write_ics:
            count["write", action.storage] += 1
        if isinstance(action, checkpoint_schedules.Copy | checkpoint_schedules.Move):
            count["read", action.from_storage] += 1
        if isinstance(action, checkpoint_schedules.EndReverse):
            return count
    raise AssertionError("their schedule has no end")


@pytest.mark.parametrize(
    ("steps", "memory", "disk"), [(10, 1, 2), (100, 2, 3), (333, 4, 8), (250, 0, 7), (2526, 20, 40)]
)
def test_what_goes_to_disk_is_what_checkpoint_schedules_puts_there(steps, memory, disk):
    """Theirs puts the slots with the fewest accesses on disk: as here with a disk that writes as fast as it reads."""
    their = theirs(steps, memory, disk)
    written, read = traffic_by_slot(steps, memory + disk)
    order = np.argsort(written + read, kind="stable")[:disk]
    moved = their["write", StorageType.DISK] + their["read", StorageType.DISK]
    assert (written[order] + read[order]).sum() == moved
    in_memory = their["write", StorageType.RAM] + their["read", StorageType.RAM]
    even = Bandwidths(1024.0, 64.0, 64.0)
    got = tiered_revolve_seconds(steps, memory * 64, disk * 64, 64, 1.0, even, overlap=False)
    swept = 2 * steps + recomputed_steps(steps, memory + disk)
    assert got == pytest.approx(float(swept) + moved + in_memory / 16, rel=1e-13)


@given(SIZES)
def test_a_slower_disk_is_never_faster_and_overlap_hides_no_more_than_the_writes(size):
    steps, memory, disk, _ = size
    memory = max(memory, 1)
    there = steps, memory * 64, disk * 64, 64, 0.25
    turn, beside, slower = (
        float(tiered_revolve_seconds(*there, speeds, overlap=overlap))
        for speeds, overlap in ((SPEEDS, False), (SPEEDS, True), (Bandwidths(1024.0, 32.0, 64.0), False))
    )
    assert beside <= turn <= slower
    written, _ = traffic_by_slot(steps, memory + disk)
    assert turn - beside <= written.sum() + 1e-9


def test_arrays_are_loops():
    steps, memory = np.array([7, 50, 200])[:, None], np.array([64.0, 640.0])
    grid = tiered_revolve_seconds(steps, memory, 320, 64, 0.25, SPEEDS, overlap=True)
    loops = [
        [float(tiered_revolve_seconds(n, m, 320, 64, 0.25, SPEEDS, overlap=True)) for m in memory] for n in (7, 50, 200)
    ]
    assert grid.tolist() == loops


def test_what_makes_no_sense():
    with pytest.raises(OutsideTheModel, match="memory_bytes = 63: no checkpoint fits, nor on disk; one needs 64 bytes"):
        tiered_revolve_seconds(10, 63, 20, 64, 1, SPEEDS, overlap=False)
    with pytest.raises(OutsideTheModel, match="memory_bytes = -1"):
        levels_on_disk(10, -1, 64)
    with pytest.raises(OutsideTheModel, match="disk_read = 0"):
        spilled_seconds(10, 64, 64, 1, Bandwidths(1, 1, 0), overlap=True)
