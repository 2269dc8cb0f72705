"""Memory that goes from one checkpoint to the next: never twice in use, never beyond the budget."""

from __future__ import annotations

import mmap
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.checkpoints.arena import SEGMENT_BYTES, Arena, _reserve
from wavecomp.checkpoints.extents import Room
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.compressors import default_registry
from wavecomp.compressors.identity import Identity
from wavecomp.errors import AddressesRefused, BudgetExceeded, CheckpointTooLarge

IDENTITY = default_registry().parse("identity")
LZ4 = default_registry().parse("blosc2:codec=lz4")
PAGE = mmap.PAGESIZE


def field(number: int, size: int = 100_000) -> np.ndarray:
    return np.random.default_rng(number).standard_normal(size, dtype=np.float32)


def restored(store: CheckpointStore, key: int, like: np.ndarray, compressor=IDENTITY) -> np.ndarray:
    out = np.empty_like(like)
    store.get_into(key, (out,), compressor)
    return out


@pytest.mark.parametrize("compressor", [IDENTITY, LZ4], ids=str)
def test_the_memory_of_a_dropped_checkpoint_serves_the_next(compressor):
    arena = Arena()
    with CheckpointStore(10**7, arena=arena) as store:
        size = store.put(0, (field(0),), compressor).bytes
        touched = arena.held_bytes
        assert size - 100 < touched <= store.held_bytes < size + PAGE + 3000
        store.drop(0)
        assert store.held_bytes == arena.held_bytes == touched  # it stays there
        store.put(1, (field(1)[:90_000],), compressor)
        assert arena.held_bytes == touched
        np.testing.assert_array_equal(restored(store, 1, field(1)[:90_000], compressor), field(1)[:90_000])
    assert arena.held_bytes == touched  # for the next store
    with CheckpointStore(300_000, arena=arena) as store:
        assert arena.held_bytes == store.held_bytes <= 300_000  # it has no room for all of it
        assert store.peak_bytes == 0  # and has put nothing there


def test_the_peak_is_the_same_whatever_an_earlier_store_left():
    peaks = []
    for arena in (Arena(), Arena()):
        if peaks:
            arena.prepare(5_000_000, 10**7)
        with CheckpointStore(10**7, arena=arena) as store:
            for key in range(4):
                store.put(key, (field(key),), LZ4)
            store.drop(3)
            assert store.held_bytes >= arena.held_bytes > (4_900_000 if peaks else 0)
            peaks.append(store.peak_bytes)
    assert peaks[0] == peaks[1]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 7, 1000, 70_000, 90_000]), st.booleans()), max_size=40),
    st.integers(2_000, 1_500_000),
    st.sampled_from([IDENTITY, LZ4]),
)
def test_any_sequence_keeps_the_budget_and_the_values(actions, budget, compressor):
    """Put what is not held, drop or read what is: in an arena the answers are those of a plain dict, and what is held,
    waiting memory included, never exceeds the budget. What is refused leaves all as it was."""
    expected: dict[int, np.ndarray] = {}
    with CheckpointStore(budget, arena=Arena()) as store:
        for number, (key, size, drop) in enumerate(actions):
            if key not in expected:
                array = field(number, size)
                try:
                    store.put(key, (array,), compressor)
                    expected[key] = array
                except BudgetExceeded:
                    assert key not in store
            elif drop:
                store.drop(key)
                del expected[key]
            for held, array in expected.items():
                np.testing.assert_array_equal(restored(store, held, array, compressor), array)
            assert max(store.held_bytes, store.peak_bytes) <= budget


def test_the_refusal_names_what_would_fit():
    def fill(budget):
        with CheckpointStore(budget, arena=Arena()) as store:
            for key in range(3):
                store.put(key, (field(key),), IDENTITY)

    with pytest.raises(BudgetExceeded) as caught:
        fill(1_000_000)
    assert not isinstance(caught.value, CheckpointTooLarge)
    enough = caught.value.held_bytes + caught.value.needed_bytes
    fill(enough)
    with pytest.raises(BudgetExceeded):
        fill(enough - 1)
    with pytest.raises(CheckpointTooLarge) as caught:
        fill(100_000)
    enough = caught.value.held_bytes + caught.value.needed_bytes
    with CheckpointStore(enough, arena=Arena()) as store:
        store.put(0, (field(0),), IDENTITY)
    with pytest.raises(CheckpointTooLarge):
        fill(enough - 1)


def test_memory_that_another_thread_reads_is_left_alone(monkeypatch):
    """A checkpoint is dropped, and another one stored, while a thread is about to copy it out."""
    reading, dropped = threading.Event(), threading.Event()
    decode = Identity._decode

    def slowly(self, parts, out):
        reading.set()
        assert dropped.wait(10)
        decode(self, parts, out)

    monkeypatch.setattr(Identity, "_decode", slowly)
    with CheckpointStore(10**7, arena=Arena()) as store:
        store.put(0, (field(0),), IDENTITY)
        found: list[np.ndarray] = []
        thread = threading.Thread(target=lambda: found.append(restored(store, 0, field(0))))
        thread.start()
        assert reading.wait(10)
        store.drop(0)
        store.put(1, (field(1),), IDENTITY)
        dropped.set()
        thread.join()
        np.testing.assert_array_equal(found[0], field(0))
        before = store.held_bytes
        store.put(2, (field(2),), IDENTITY)  # where the first one was
        assert store.held_bytes < before + 2000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the resident memory is read from Linux's /proc")
def test_what_is_held_is_what_is_resident():
    """50 MB beforehand, 20 of them given back, 40 taken: in the process's own resident memory, to 2 MB."""
    arena, start = Arena(), resident_bytes()

    def check(expected: int) -> None:
        assert arena.held_bytes == expected
        assert abs(resident_bytes() - start - expected) < 2_000_000

    check(0)
    arena.prepare(12_208 * PAGE, 10**9)
    check(12_208 * PAGE)
    arena.shed(7_325 * PAGE)
    check(7_325 * PAGE)
    piece = arena.take(9_766 * PAGE)
    arena.view(piece)[:] = b"x" * len(arena.view(piece))
    check(9_766 * PAGE)
    arena.shed()
    check(9_766 * PAGE)
    arena.give(piece)
    arena.shed()
    check(0)


@pytest.mark.parametrize("most", [0, PAGE, 10 * PAGE, 11 * PAGE + 5, 100 * PAGE])
def test_memory_is_there_before_it_is_needed_and_within_the_limit(most):
    arena = Arena()
    arena.prepare(20 * PAGE + 1, most)
    assert arena.held_bytes == min(20, most // PAGE) * PAGE
    arena._segments[:0] = [_reserve(3 * PAGE)] if arena._segments else []
    arena.prepare(20 * PAGE, most + 2 * PAGE - 1)  # the new segment first, and what is touched already stays
    assert arena.held_bytes <= most + 2 * PAGE - 1


def test_segments(monkeypatch):
    """A piece that no segment has room for gets one of its own; what waits elsewhere is given back for it."""
    arena = Arena()
    few = arena.take(SEGMENT_BYTES - 10 * PAGE)
    arena.give(few)
    arena._segments[0].touched = 0  # nobody wrote there
    first = arena.take(8 * PAGE)
    monkeypatch.setattr("wavecomp.checkpoints.arena.SEGMENT_BYTES", 0)
    big = arena.take(SEGMENT_BYTES)
    assert (first[0], big[0]) == (0, 1)
    arena.give(big)
    arena._segments[1].touched = 5 * PAGE
    assert arena.held_bytes == 13 * PAGE
    assert arena.beyond(PAGE, 20 * PAGE) == -6 * PAGE  # a page beside the first, five that wait
    assert arena.beyond(PAGE, 10 * PAGE) == -1 * PAGE  # they need not wait
    assert arena.beyond(PAGE, 8 * PAGE) == PAGE
    assert arena.held_bytes == 8 * PAGE


def test_no_addresses(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("wavecomp.checkpoints.arena.mmap.mmap", refuse)
    with CheckpointStore(10**7, arena=Arena()) as store:
        with pytest.raises(AddressesRefused, match=r"400\d\d\d bytes.*Cannot allocate memory.*ulimit -v"):
            store.put(0, (field(0),), IDENTITY)
        assert 0 not in store


def test_few_addresses(monkeypatch):
    """Below a limit on addresses, as of a batch system, segments are smaller, and checkpoints still fit."""
    whole, asked = mmap.mmap, []

    def few(number, size, **more):
        asked.append(size)
        if size > SEGMENT_BYTES // 100:
            raise OSError(12, "Cannot allocate memory")
        return whole(number, size, **more)

    monkeypatch.setattr("wavecomp.checkpoints.arena.mmap.mmap", few)
    arena = Arena()
    arena.prepare(30 * PAGE, 40 * PAGE)
    assert arena.held_bytes == 30 * PAGE
    with CheckpointStore(10**8, arena=arena) as store:
        for number in range(60):  # 24 MB, in segments of 2 MiB
            store.put(number, (field(number),), IDENTITY)
        out = np.empty_like(field(0))
        for number in range(60):
            store.get_into(number, (out,), IDENTITY)
            np.testing.assert_array_equal(out, field(number))
    assert max(asked) == SEGMENT_BYTES
    assert min(asked) == SEGMENT_BYTES // 512


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(0, 10**6)), max_size=60))
def test_extents_never_overlap_and_the_end_falls(actions):
    """Random takes and gives, against a list of flags a byte."""
    room, flags, held = Room(), [False] * 4000, []
    for size, whole, which in actions:
        if held and which % 3 == 0:
            given_back = held.pop(which % len(held))
            room.give(*given_back)
            for offset, length in given_back:
                assert all(flags[offset : offset + length])
                flags[offset : offset + length] = [False] * length
        elif whole:
            offset = room.place_for(size)
            lowest = next(n for n in range(4000) if not any(flags[n : n + size]))
            assert offset == lowest
            room.take_at(offset, size)
            flags[offset : offset + size] = [True] * size
            held.append(((offset, size),))
        else:
            pieces = room.take_scattered(size)
            assert sum(length for _, length in pieces) == size
            for offset, length in pieces:
                assert not any(flags[offset : offset + length])
                flags[offset : offset + length] = [True] * length
            held.append(pieces)
        assert room.taken_bytes == sum(flags)
        assert room.end == max((n + 1 for n, taken in enumerate(flags) if taken), default=0)
