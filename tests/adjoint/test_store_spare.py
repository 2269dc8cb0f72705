"""Memory that goes from one uncompressed checkpoint to the next: never twice in use, never beyond the budget."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.adjoint.store import CheckpointStore
from wavecomp.adjoint.store_spare import Spare
from wavecomp.compressors import default_registry
from wavecomp.compressors.identity import Identity
from wavecomp.errors import BudgetExceeded

IDENTITY = default_registry().parse("identity")
LZ4 = default_registry().parse("blosc2:codec=lz4")


def field(number: int, size: int = 100_000) -> np.ndarray:
    return np.random.default_rng(number).standard_normal(size, dtype=np.float32)


def restored(store: CheckpointStore, key: int, like: np.ndarray) -> np.ndarray:
    out = np.empty_like(like)
    store.get_into(key, (out,), IDENTITY)
    return out


def test_the_memory_of_a_dropped_checkpoint_serves_the_next():
    spare = Spare()
    with CheckpointStore(10**7, spare=spare) as store:
        store.put(0, (field(0),), IDENTITY)
        assert spare.held_bytes == 0
        before = store.held_bytes
        store.drop(0)
        assert 400_000 < spare.held_bytes <= store.held_bytes <= before
        store.put(1, (field(1),), IDENTITY)
        assert spare.held_bytes == 0
        np.testing.assert_array_equal(restored(store, 1, field(1)), field(1))
    assert spare.held_bytes > 400_000  # for the next store
    with CheckpointStore(300_000, spare=spare) as store:
        assert spare.held_bytes == store.held_bytes == store.peak_bytes == 0  # it has room for none of it


def test_what_a_compressor_made_is_not_ours_to_reuse():
    spare = Spare()
    with CheckpointStore(10**7, spare=spare) as store:
        store.put(0, (field(0),), LZ4)
        store.drop(0)
    assert spare.held_bytes == 0


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 7, 1000, 70_000, 90_000]), st.booleans()), max_size=40),
    st.integers(2_000, 1_500_000),
)
def test_any_sequence_keeps_the_budget_and_the_values(actions, budget):
    """Put what is not held, drop or read what is: with a spare the answers are those of a plain dict, and what is held,
    waiting memory included, never exceeds the budget. What is refused leaves all as it was."""
    expected: dict[int, np.ndarray] = {}
    with CheckpointStore(budget, spare=Spare()) as store:
        for number, (key, size, drop) in enumerate(actions):
            if key not in expected:
                array = field(number, size)
                try:
                    store.put(key, (array,), IDENTITY)
                    expected[key] = array
                except BudgetExceeded:
                    assert key not in store
            elif drop:
                store.drop(key)
                del expected[key]
            for held, array in expected.items():
                np.testing.assert_array_equal(restored(store, held, array), array)
            assert store.held_bytes <= store.peak_bytes <= budget


def test_memory_that_another_thread_reads_is_left_alone(monkeypatch):
    """A checkpoint is dropped, and another one stored, while a thread is about to copy it out."""
    reading, dropped = threading.Event(), threading.Event()
    decode = Identity._decode

    def slowly(self, parts, out):
        reading.set()
        assert dropped.wait(10)
        decode(self, parts, out)

    monkeypatch.setattr(Identity, "_decode", slowly)
    with CheckpointStore(10**7, spare=Spare()) as store:
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


@pytest.mark.parametrize("most", [0, 700_000, 1_000_000, 10_000_000])
def test_shedding_lets_the_largest_go_first(most):
    """Two buffers of 300 kB and one of 1 MB, each with a page more at most."""
    spare = Spare()
    for size in (300_000, 1_000_000, 300_000):
        spare.give(bytearray(size))
    spare.shed(most)
    expected = {0: 0, 700_000: 600_000, 1_000_000: 600_000, 10_000_000: 1_600_000}[most]
    assert expected <= spare.held_bytes <= expected + 3 * 4200


def test_memory_is_there_before_it_is_needed():
    """Four buffers of 1 MB in 3.5 MB: three, as each takes a page more than its bytes at most."""
    spare = Spare()
    spare.prepare(1_000_000, 2, 3_500_000)
    assert 2_000_000 < spare.held_bytes <= 2 * (1_000_000 + 4200)
    spare.prepare(1_000_000, 4, 3_500_000)
    assert 3_000_000 < spare.held_bytes <= 3_500_000
    spare.prepare(1_000_000, 1, 3_500_000)
    assert 3_000_000 < spare.held_bytes <= 3_500_000


def test_small_buffers_are_left_to_the_allocator():
    spare = Spare()
    spare.prepare(1000, 5, 10**6)
    spare.give(bytearray(1000))
    assert spare.held_bytes == 0
    assert len(spare.take(1000)) == 1000
