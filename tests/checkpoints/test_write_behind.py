"""A disk that is written beside the caller: nothing lost, no budget broken, every complaint heard."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import CheckpointFile, Disk, Memory, TwoTier
from wavecomp.checkpoints.write_behind import MOST_WAITING, WriteBehindStore, open_store
from wavecomp.compressors import default_registry
from wavecomp.errors import BudgetExceeded, CheckpointKeyError, DamagedCheckpoint, StorageError

IDENTITY = default_registry().parse("identity")
ZFP = default_registry().parse("zfp:reversible")


def block(seed=0, size=1000):
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


def got(store, key, size=1000, compressor=IDENTITY):
    out = np.full(size, np.nan, np.float32)
    store.get_into(key, (out,), compressor)
    return out


class Gate:
    """Holds every write of the file until it is opened; may fail them."""

    def __init__(self, monkeypatch):
        self.open, self.begun, self.error = threading.Event(), threading.Event(), None
        self.written = 0
        write = CheckpointFile.write_at

        def gated(file, extents, parts):
            if threading.current_thread().name == "wavecomp-disk":
                self.begun.set()
                assert self.open.wait(60)
            if self.error is not None:
                raise self.error
            self.written += 1
            write(file, extents, parts)

        monkeypatch.setattr(CheckpointFile, "write_at", gated)


@pytest.fixture
def gate(monkeypatch):
    made = Gate(monkeypatch)
    yield made
    made.open.set()


def test_a_tier_says_which_store(tmp_path):
    for tier, kind in (
        (Memory(), CheckpointStore), (Disk(tmp_path, 100), CheckpointStore),
        (Disk(tmp_path, 100, asynchronous=True), WriteBehindStore),
        (TwoTier(tmp_path, 100, asynchronous=True), WriteBehindStore),
    ):  # fmt: skip
        with open_store(10**5, tier) as store:
            assert type(store) is kind


def test_a_put_does_not_wait_for_the_disk_and_what_waits_is_read_from_memory(tmp_path, gate):
    with open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        receipt = store.put("a", (block(1),), IDENTITY)
        assert receipt.tier == "disk"
        assert gate.begun.wait(60)
        store.put("b", (block(2),), IDENTITY)
        assert gate.written == 0
        assert store.held_bytes > 2 * 4000  # both count against the memory, and against the disk
        assert store.disk_held_bytes == 2 * 4000
        for key, seed in (("a", 1), ("b", 2)):
            np.testing.assert_array_equal(got(store, key), block(seed))
        gate.open.set()
        store.flush()
        assert gate.written == 2
        assert store.held_bytes < 4000
        assert store.disk_held_bytes == 2 * 4000
        for key, seed in (("a", 1), ("b", 2)):
            np.testing.assert_array_equal(got(store, key), block(seed))


def test_the_queue_is_bounded(tmp_path, gate):
    with open_store(10**6, Disk(tmp_path, 10**6, asynchronous=True)) as store, ThreadPoolExecutor(1) as pool:
        for n in range(MOST_WAITING):
            store.put(n, (block(n),), IDENTITY)
        another = pool.submit(store.put, "another", (block(9),), IDENTITY)
        time.sleep(0.05)
        assert not another.done()
        gate.open.set()
        another.result(60)
        np.testing.assert_array_equal(got(store, "another"), block(9))


def test_where_memory_has_no_room_to_wait_the_call_writes_by_itself(tmp_path, gate):
    with open_store(3000, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        store.put("a", (block(1),), IDENTITY)
        assert gate.written == 1
        assert store.peak_bytes <= 3000
        np.testing.assert_array_equal(got(store, "a"), block(1))


def test_what_is_dropped_before_is_never_written(tmp_path, gate):
    with open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        store.put("a", (block(1),), IDENTITY)
        assert gate.begun.wait(60)
        store.put("b", (block(2),), IDENTITY)
        store.drop("b")
        store.drop("a")  # just being written: its room is free only afterwards
        assert len(store) == 0
        assert store.disk_held_bytes == 4000
        assert store.held_bytes > 4000
        gate.open.set()
        store.flush()
        assert gate.written == 1
        assert (store.disk_held_bytes, store.held_bytes) == (0, 0)


@pytest.mark.parametrize("call", ["put", "get", "drop", "expect", "flush"])
def test_an_error_of_the_thread_is_raised_by_the_next_call_once_and_nothing_is_lost(call, tmp_path, gate):
    with open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        gate.error = StorageError(tmp_path, 4000, "No space left on device")
        store.put("a", (block(1),), IDENTITY)
        gate.open.set()
        with store._lock:
            while store._underway:
                store._changed.wait(60)
        calls = {
            "put": lambda: store.put("b", (block(2),), IDENTITY),
            "get": lambda: got(store, "a"),
            "drop": lambda: store.drop("a"),
            "expect": lambda: store.expect(["a"]),
            "flush": store.flush,
        }
        with pytest.raises(StorageError, match="No space left on device"):
            calls[call]()
        assert "b" not in store
        gate.error = None
        np.testing.assert_array_equal(got(store, "a"), block(1))
        assert store.disk_held_bytes == 0
        store.put("b", (block(2),), IDENTITY)  # the disk is back
        store.flush()
        np.testing.assert_array_equal(got(store, "b"), block(2))


def test_closing_waits_for_what_is_written_and_says_nothing(tmp_path, gate):
    store = open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True))
    store.put("a", (block(1),), IDENTITY)
    assert gate.begun.wait(60)
    closing = threading.Thread(target=store.close)
    closing.start()
    time.sleep(0.05)
    assert closing.is_alive()
    gate.error = StorageError(tmp_path, 4000, "gone")
    gate.open.set()
    closing.join(60)
    assert not closing.is_alive()
    assert not store._thread.is_alive()
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_the_disks_budget_is_refused_in_the_call_that_breaks_it(tmp_path, gate):
    with open_store(10**5, Disk(tmp_path, 7000, asynchronous=True)) as store:
        store.put("a", (block(1),), IDENTITY)
        with pytest.raises(BudgetExceeded, match="left of the disk budget of 7000"):
            store.put("b", (block(2),), IDENTITY)
        np.testing.assert_array_equal(got(store, "a"), block(1))
        gate.open.set()  # closing waits for the write


def test_a_place_is_kept(tmp_path):
    for beside in (False, True):
        with open_store(10**5, TwoTier(tmp_path, 10**6, beside)) as store:
            assert store.put("a", (block(1),), IDENTITY, "disk").tier == "disk"
            assert store.put("b", (block(2),), IDENTITY, "memory").tier == "memory"
            assert store.put("c", (block(3),), IDENTITY).tier == "memory"
            assert store.disk_held_bytes == 4000


def test_the_oldest_go_ahead_of_need(tmp_path):
    """Four blocks fit: from the third on the first is on its way, so that the fifth finds room."""
    with open_store(4 * 4500 + 2000, TwoTier(tmp_path, 10**6, asynchronous=True)) as store:
        for n in range(4):
            store.put(n, (block(n),), IDENTITY)
        store.flush()
        assert store.disk_held_bytes >= 4000
        for n in range(4, 20):
            store.put(n, (block(n),), IDENTITY)
            assert store.held_bytes <= 4 * 4500 + 2000
        for n in reversed(range(20)):
            np.testing.assert_array_equal(got(store, n), block(n))


def wait_read(store):
    with store._lock:
        while store._ahead is not None and store._ahead.streams is None:
            assert store._changed.wait(60)


def test_what_will_be_read_is_read_ahead_and_counts(tmp_path, monkeypatch):
    with open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        for n in range(3):
            store.put(n, (block(n),), IDENTITY)
        store.flush()
        before = store.held_bytes
        store.expect(["nobody", 1, 2])
        wait_read(store)
        assert 4000 <= store.held_bytes - before <= 4100
        readers = []
        read = CheckpointFile.read_into
        monkeypatch.setattr(
            CheckpointFile, "read_into", lambda *a: (readers.append(threading.current_thread().name), read(*a))
        )
        np.testing.assert_array_equal(got(store, 1), block(1))
        assert readers == []
        assert store.held_bytes == before
        np.testing.assert_array_equal(got(store, 2), block(2))
        assert readers == [threading.current_thread().name]
        store.expect([0])
        wait_read(store)
        store.expect([2])  # another one: what nobody wants any more goes
        wait_read(store)
        assert store.held_bytes - before <= 4100
        store.drop(2)
        assert store.held_bytes < before


def test_what_was_read_ahead_is_checked_too(tmp_path):
    with open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        store.put("a", (block(),), IDENTITY)
        store.flush()
        os.pwrite(store._disk._file.fileno(), b"\xff\x00\xff", 100)
        store.expect(["a"])
        wait_read(store)
        with pytest.raises(DamagedCheckpoint, match="on disk"):
            got(store, "a")


def test_a_read_ahead_that_fails_is_tried_again_by_who_asks(tmp_path, monkeypatch):
    with open_store(10**5, Disk(tmp_path, 10**6, asynchronous=True)) as store:
        store.put("a", (block(),), IDENTITY)
        store.flush()

        def refuse(*_):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", refuse)
            store.expect(["a"])
            wait_read(store)
            with pytest.raises(StorageError, match="Input/output error"):
                got(store, "a")
        np.testing.assert_array_equal(got(store, "a"), block())


CALLS = st.lists(
    st.tuples(st.sampled_from(["put", "put", "get", "drop", "expect", "fail", "flush"]), st.integers(0, 7),
              st.integers(1, 900), st.sampled_from([None, "memory", "disk"])),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(CALLS, st.sampled_from([Disk, TwoTier]), st.integers(2_000, 12_000), st.integers(100, 12_000),
       st.sampled_from([errno.ENOSPC, errno.EIO]), st.integers(0, 2))  # fmt: skip
def test_any_calls_and_failing_writes(calls, tier, budget, disk_budget, code, slowness):
    """A dictionary beside the store; whatever is refused or fails leaves both as they were."""
    real = os.pwrite
    failing = [0]

    def sometimes(file, data, offset):
        if failing[0]:
            failing[0] -= 1
            raise OSError(code, os.strerror(code))
        time.sleep(slowness * 1e-4)
        return real(file, data[:700], offset)

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", sometimes)
        with open_store(budget, tier(folder, disk_budget, asynchronous=True)) as store:
            held: dict[int, tuple[np.ndarray, object]] = {}
            for call, key, size, place in calls:
                compressor = ZFP if key % 2 else IDENTITY
                try:
                    match call:
                        case "put":
                            data = block(size, size)
                            store.put(key, (data,), compressor, place)
                            assert key not in held
                            held[key] = data, compressor
                        case "get":
                            data = held[key][0] if key in held else block()
                            np.testing.assert_array_equal(got(store, key, len(data), compressor), data)
                        case "drop":
                            store.drop(key)
                            del held[key]
                        case "expect":
                            store.expect([key, (key + 1) % 8])
                        case "flush":
                            store.flush()
                        case _:
                            failing[0] += 1
                except (BudgetExceeded, StorageError, CheckpointKeyError) as error:
                    if isinstance(error, CheckpointKeyError):
                        assert (key in held) == (call == "put")
                assert store.held_bytes <= budget
                assert store.disk_held_bytes <= disk_budget
                assert {key for key in range(8) if key in store} == set(held)
            failing[0] = 0
            for key, (data, compressor) in held.items():
                try:
                    found = got(store, key, len(data), compressor)
                except StorageError:  # of a write before
                    found = got(store, key, len(data), compressor)
                np.testing.assert_array_equal(found, data)
            assert store.peak_bytes <= budget
            assert store.disk_peak_bytes <= disk_budget
            for key in held:
                store.drop(key)
            store.flush()
            assert (store.held_bytes, store.disk_held_bytes) == (0, 0)
            assert store._disk._room._free == []
        assert os.listdir(folder) == []  # noqa: PTH208


@pytest.mark.parametrize("tier", [Disk, TwoTier])
def test_many_threads(tier, tmp_path):
    """Eight threads with four keys each, and memory for a few of them: everybody gets back what was put."""
    with open_store(50_000, tier(tmp_path, 10**6, asynchronous=True)) as store, ThreadPoolExecutor(8) as pool:

        def work(name):
            rng = np.random.default_rng(name)
            mine = {}
            for n in range(60):
                if len(mine) == 4 or (mine and rng.random() < 0.45):
                    key = list(mine)[int(rng.integers(len(mine)))]
                    np.testing.assert_array_equal(got(store, key), block(mine[key]))
                    store.expect(list(mine)[-2:])
                    if rng.random() < 0.5:
                        store.drop(key)
                        del mine[key]
                else:
                    store.put((name, n), (block(n),), IDENTITY)
                    mine[name, n] = n
                assert store.held_bytes <= 50_000
            for key in mine:
                np.testing.assert_array_equal(got(store, key), block(mine[key]))
                store.drop(key)

        list(pool.map(work, range(8)))
        store.flush()
        assert (len(store), store.held_bytes, store.disk_held_bytes) == (0, 0, 0)
        assert store.peak_bytes <= 50_000
