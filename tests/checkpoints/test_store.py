from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wavecomp.checkpoints.store import CheckpointStore, table_bytes
from wavecomp.checkpoints.tiers import Disk, Memory, TwoTier
from wavecomp.compressors import Capabilities, Compressor, Unbounded, default_registry
from wavecomp.errors import (
    BudgetExceeded,
    CheckpointKeyError,
    CheckpointTooLarge,
    DamagedCheckpoint,
    StreamError,
    UnsupportedField,
    UsageError,
)

IDENTITY = default_registry().parse("identity")
ZFP = default_registry().parse("zfp:reversible")
SLABS = default_registry().parse("slabs:planes=4,threads=2/zfp:reversible")
TIERS = ("memory", "disk", "two-tier")


def field(seed=0, shape=(12, 10, 8)):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).cumsum(axis=0)


def tier_named(name, folder, budget=10**7):
    return {"memory": Memory(), "disk": Disk(folder, budget), "two-tier": TwoTier(folder, budget)}[name]


@pytest.fixture(params=TIERS)
def store(request, tmp_path):
    # In two tiers about half of what the tests put fits into memory, and the bookkeeping of the rest.
    with CheckpointStore(40_000 if request.param == "two-tier" else 10**6, tier_named(request.param, tmp_path)) as made:
        yield made


def got(store, key, likes, compressor):
    outs = tuple(np.full_like(like, np.nan) for like in likes)
    store.get_into(key, outs, compressor)
    return outs


@pytest.mark.parametrize("compressor", [IDENTITY, ZFP, SLABS], ids=str)
def test_what_goes_in_comes_out(store, compressor):
    pairs = {("state", n): (field(n), field(n + 100, (5, 6))) for n in range(6)}
    receipts = {key: store.put(key, pair, compressor) for key, pair in pairs.items()}
    for key in reversed(pairs):
        for _ in range(2):
            for out, original in zip(got(store, key, pairs[key], compressor), pairs[key], strict=True):
                np.testing.assert_array_equal(out, original)
        assert receipts[key].bytes <= receipts[key].held_bytes
        assert receipts[key].ratio == sum(a.nbytes for a in pairs[key]) / receipts[key].bytes
    counts = store.counts
    assert (counts.puts, counts.gets, counts.drops, len(store)) == (6, 12, 0, 6)
    assert counts.raw_bytes == 6 * (12 * 10 * 8 + 30) * 4
    assert counts.stored_bytes == sum(receipt.bytes for receipt in receipts.values())
    for key in pairs:
        store.drop(key)
    assert (store.held_bytes, store.disk_held_bytes, len(store)) == (0, 0, 0)
    assert store.counts.drops == 6


def test_arrays_may_change_after_they_were_put(store):
    array = field()
    store.put("a", (array,), IDENTITY)
    array[:] = 0
    np.testing.assert_array_equal(got(store, "a", (array,), IDENTITY)[0], field())


def test_parts_that_are_views_or_bytearrays_are_settled():
    """A part that looks into a larger buffer would keep all of it alive, beyond what is counted."""

    class Views(Compressor):
        bound = Unbounded()
        capabilities = Capabilities()

        def _encode(self, _):
            self.big = bytearray(1_000_000)
            return (memoryview(self.big)[:100], bytearray(50))

        def _decode(self, parts, out):
            assert [len(part) for part in parts] == [100, 50]
            out[:] = 7

    compressor = Views("views")
    with CheckpointStore(4096) as held:
        held.put("a", (field(),), compressor)
        compressor.big[:100] = b"x" * 100  # the compressor may use its buffer again
        assert (got(held, "a", (field(),), compressor)[0] == 7).all()


# --- the budget ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1,), (64,), (60, 60, 60)])
@pytest.mark.parametrize("compressor", [IDENTITY, SLABS], ids=str)
@pytest.mark.parametrize("tier", ["memory", "disk"])
def test_held_bytes_are_what_the_interpreter_has_allocated(compressor, shape, tier, tmp_path):
    """Traced independently by tracemalloc; the count may be above it, never below.

    The growth over the second half of the puts, so that what does not grow is left out (a pool of threads keeps
    its last stream). Up to half of the bookkeeping is rounding, worst cases, and objects that Python shares.
    """
    arrays = tuple(field(n, shape) for n in range(2))
    count = 400 if arrays[0].size < 1000 else 12
    traced, counted = [], []
    with CheckpointStore(10**9, tier_named(tier, tmp_path, 10**9)) as held:
        tracemalloc.start()
        try:
            for n in range(2 * count):
                if n % count == 0:
                    gc.collect()
                    traced.append(tracemalloc.get_traced_memory()[0])
                    counted.append(held.held_bytes)
                held.put(("state", 1000 + n), arrays, compressor)
            gc.collect()
            traced.append(tracemalloc.get_traced_memory()[0])
            counted.append(held.held_bytes)
        finally:
            tracemalloc.stop()
    grown, claimed = traced[2] - traced[1], counted[2] - counted[1]
    payload = 2 * count * arrays[0].nbytes if tier == "memory" and compressor is IDENTITY else 0
    assert grown <= claimed
    assert claimed - payload <= 2.5 * (grown - payload)


def test_the_dict_never_outgrows_what_is_counted_for_it():
    table = {}
    for count in range(1, 100_000):
        table[count] = None
        assert sys.getsizeof(table) <= table_bytes(count)


@pytest.mark.parametrize("tier", TIERS)
def test_never_above_the_budget(tier, tmp_path):
    budget, disk = 30_000, 40_000
    with CheckpointStore(budget, tier_named(tier, tmp_path, disk)) as held:
        refused = False
        for n in range(40):
            try:
                held.put(n, (field(n),), ZFP)
            except BudgetExceeded:
                refused = True
            assert held.held_bytes <= held.peak_bytes <= budget
            assert held.disk_held_bytes <= held.disk_peak_bytes <= disk
        assert refused
        for n in range(len(held)):
            np.testing.assert_array_equal(got(held, n, (field(n),), ZFP)[0], field(n))
        assert held.counts.refusals == 40 - len(held)


def test_the_refusal_names_what_would_fit():
    size = field().nbytes
    with CheckpointStore(3 * size) as held:
        held.put("a", (field(1),), IDENTITY)
        held.put("b", (field(2),), IDENTITY)
        with pytest.raises(BudgetExceeded) as caught:
            held.put("c", (field(3),), IDENTITY)
    refusal, text = caught.value, str(caught.value)
    assert not isinstance(refusal, CheckpointTooLarge)
    assert (refusal.budget_bytes, refusal.raw_bytes) == (3 * size, size)
    would_fit = refusal.held_bytes + refusal.needed_bytes
    assert str(would_fit) in text
    assert "'c'" in text
    for budget, fits in ((would_fit, True), (would_fit - 1, False)):
        with CheckpointStore(budget) as held:
            held.put("a", (field(1),), IDENTITY)
            held.put("b", (field(2),), IDENTITY)
            if fits:
                held.put("c", (field(3),), IDENTITY)
            else:
                with pytest.raises(BudgetExceeded):
                    held.put("c", (field(3),), IDENTITY)


def test_too_large_even_for_an_empty_store():
    with CheckpointStore(1000) as held:
        with pytest.raises(CheckpointTooLarge, match="1000") as caught:
            held.put("a", (field(),), IDENTITY)
        assert held.held_bytes == held.peak_bytes == 0
    least = caught.value.held_bytes + caught.value.needed_bytes
    assert str(least) in str(caught.value)
    with CheckpointStore(least) as held:
        held.put("a", (field(),), IDENTITY)
    with CheckpointStore(least - 1) as held, pytest.raises(CheckpointTooLarge):
        held.put("a", (field(),), IDENTITY)


def test_too_large_for_the_disk(tmp_path):
    with CheckpointStore(10**6, Disk(tmp_path, 1000)) as held, pytest.raises(CheckpointTooLarge, match="disk budget"):
        held.put("a", (field(),), IDENTITY)


def test_a_disk_does_not_excuse_the_bookkeeping(tmp_path):
    with CheckpointStore(2000, Disk(tmp_path, 10**8)) as held:
        for n in range(100):
            try:
                held.put(n, (field(shape=(4,)),), IDENTITY)
            except BudgetExceeded as refusal:
                text = str(refusal)
                break
        assert "memory budget" in text
        assert 0 < held.held_bytes <= 2000
        assert held.disk_held_bytes == len(held) * 16
        held.drop(0)
        receipt = held.put(0, (field(shape=(4,)),), IDENTITY)
        assert receipt.tier == "disk"
        assert receipt.held_bytes > 16 + 100


@pytest.mark.parametrize("budget", [0, -5])
def test_a_budget_that_holds_nothing(budget, tmp_path):
    with pytest.raises(UsageError, match=str(budget)):
        CheckpointStore(budget)
    with pytest.raises(UsageError, match=f"disk budget of {budget}"):
        CheckpointStore(1000, Disk(tmp_path, budget))


def test_the_oldest_go_to_the_disk_first(tmp_path):
    """Of each checkpoint less than 1,000 bytes are bookkeeping, of which four or five stay in memory."""
    size = field().nbytes
    with CheckpointStore(3 * size + 5000, TwoTier(tmp_path, 10 * size)) as held:
        assert [held.put(n, (field(n),), IDENTITY).tier for n in range(5)] == ["memory"] * 5
        assert held.counts.spills == 2
        assert [held._checkpoints[n].arrays[0].on_disk for n in range(5)] == [True, True, False, False, False]
        assert held.disk_held_bytes == 2 * size
        held.drop(4)
        held.put(5, (field(5),), IDENTITY)
        assert held.counts.spills == 2  # there was room again


def test_what_is_larger_than_the_memory_goes_to_the_disk_at_once(tmp_path):
    size = field().nbytes
    with CheckpointStore(3 * size, TwoTier(tmp_path, 10 * size)) as held:
        big = tuple(field(n) for n in range(6))
        assert held.put("big", big, IDENTITY).tier == "disk"
        for out, array in zip(got(held, "big", big, IDENTITY), big, strict=True):
            np.testing.assert_array_equal(out, array)


# --- what is wrong is said -------------------------------------------------------------------------------------------


def test_keys(store):
    store.put("a", (field(),), IDENTITY)
    with pytest.raises(CheckpointKeyError, match="'a' is held already"):
        store.put("a", (field(),), IDENTITY)
    for call in (lambda: store.drop("b"), lambda: store.get_into("b", (field(),), IDENTITY)):
        with pytest.raises(CheckpointKeyError, match="'b' is not held; 1 other"):
            call()


def test_other_shapes_and_compressors(store):
    store.put("a", (field(), field(1)), IDENTITY)
    wrong = np.full((3, 3), 5, np.float32)
    right = np.full_like(field(), 5)
    with pytest.raises(StreamError, match="holds 2 arrays, 1 were given"):
        store.get_into("a", (right,), IDENTITY)
    with pytest.raises(StreamError, match="shape"):
        store.get_into("a", (right, wrong), IDENTITY)
    with pytest.raises(StreamError, match="compressed by identity, not by zfp"):
        store.get_into("a", (right, right), ZFP)
    assert (right == 5).all()


def test_a_field_that_the_compressor_refuses(store):
    lossy = default_registry().parse("zfp:accuracy=1e-3")
    before = store.held_bytes
    with pytest.raises(UnsupportedField):
        store.put("a", (field(), np.full((4, 4), np.nan, np.float32)), lossy)
    assert store.held_bytes == before
    assert "a" not in store


def flip(store, key, array_number, position, bit):
    """Flip one bit of head or parts, in memory or on the disk."""
    kept = store._checkpoints[key].arrays[array_number]
    if position < len(kept.head):
        head = bytearray(kept.head)
        head[position] ^= 1 << bit
        kept.head = bytes(head)
        return
    position -= len(kept.head)
    if kept.on_disk:
        import os

        for offset, length in kept.extents:
            if position < length:
                file = store._disk._file.fileno()
                (byte,) = os.pread(file, 1, offset + position)
                os.pwrite(file, bytes([byte ^ (1 << bit)]), offset + position)
                return
            position -= length
    parts = [bytearray(part) for part in kept.parts]
    for part in parts:
        if position < len(part):
            part[position] ^= 1 << bit
            break
        position -= len(part)
    kept.parts = tuple(bytes(part) for part in parts)


@pytest.mark.parametrize("compressor", [IDENTITY, ZFP, SLABS], ids=str)
@pytest.mark.parametrize("tier", ["memory", "disk"])
def test_any_flipped_bit_is_seen_before_the_output_is_touched(tier, compressor, tmp_path):
    """Every bit of a small checkpoint of two arrays, one after the other; undone, it is whole again."""
    arrays = (field(0, (4, 4, 2)), field(1, (8, 4, 1)))
    with CheckpointStore(10**6, tier_named(tier, tmp_path)) as held:
        held.put("a", arrays, compressor)
        for number, kept in enumerate(held._checkpoints["a"].arrays):
            for position in range(len(kept.head) + kept.size):
                bit = position % 8
                flip(held, "a", number, position, bit)
                outs = tuple(np.full_like(array, 5) for array in arrays)
                with pytest.raises(DamagedCheckpoint, match=f"array {number} of 2"):
                    held.get_into("a", outs, compressor)
                assert all((out == 5).all() for out in outs)
                flip(held, "a", number, position, bit)
        for out, array in zip(got(held, "a", arrays, compressor), arrays, strict=True):
            np.testing.assert_array_equal(out, array)


def test_swapped_and_lost_parts_are_seen():
    with CheckpointStore(10**6) as held:
        held.put("a", (field(),), SLABS)
        kept = held._checkpoints["a"].arrays[0]
        for parts in (kept.parts[2:] + kept.parts[:2], kept.parts[:-1], (*kept.parts[:-1], kept.parts[-1] + b"\0")):
            original, kept.parts = kept.parts, parts
            with pytest.raises(DamagedCheckpoint):
                got(held, "a", (field(),), SLABS)
            kept.parts = original


def test_threads(store):
    """Puts, reads and drops from four threads at a time; every one finds its own data."""
    barrier = threading.Barrier(4)

    def work(worker):
        barrier.wait()
        for n in range(12):
            store.put((worker, n), (field(worker * 100 + n, (4, 4, 4)),), IDENTITY)
            if n % 3 == 2:
                mine = (worker, n - 1)
                np.testing.assert_array_equal(
                    got(store, mine, (np.empty((4, 4, 4), np.float32),), IDENTITY)[0],
                    field(worker * 100 + n - 1, (4, 4, 4)),
                )
                store.drop(mine)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    counts = store.counts
    assert (counts.puts, counts.gets, counts.drops, len(store)) == (48, 16, 16, 32)
    for key in list(store._checkpoints):
        store.drop(key)
    assert (store.held_bytes, store.disk_held_bytes) == (0, 0)


def test_closed_twice(store):
    store.put("a", (field(),), IDENTITY)
    store.close()
    store.close()
    assert store.held_bytes == 0


# --- against a dict, in any order of calls ---------------------------------------------------------------------------

KEYS = st.integers(0, 7)


class StoreAgainstDict(RuleBasedStateMachine):
    """A store of a few kilobytes must do what a dict does, or refuse and be as before."""

    @initialize(tier=st.sampled_from(TIERS), memory=st.integers(500, 12_000), disk=st.integers(1, 9_000))
    def open(self, tier, memory, disk):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.store = CheckpointStore(memory, tier_named(tier, self.folder.name, disk))
        self.memory, self.disk = memory, disk
        self.model = {}

    @rule(key=KEYS, seed=st.integers(0, 9), sizes=st.lists(st.integers(1, 600), min_size=1, max_size=2),
          compressor=st.sampled_from([IDENTITY, ZFP]))  # fmt: skip
    def put(self, key, seed, sizes, compressor):
        arrays = tuple(field(seed, (size,)) for size in sizes)
        before = self.store.held_bytes + self.store.disk_held_bytes
        refusal = None
        try:
            self.store.put(key, arrays, compressor)
        except CheckpointKeyError:
            assert key in self.model
        except BudgetExceeded as error:
            refusal = error
            assert key not in self.model
            assert self.store.held_bytes + self.store.disk_held_bytes <= before + 1200 * len(self.model)  # extents
        else:
            assert key not in self.model
            self.model[key] = (arrays, compressor)
        if refusal:
            assert refusal.held_bytes + refusal.needed_bytes > refusal.budget_bytes

    @rule(key=KEYS)
    def get(self, key):
        if key not in self.model:
            with pytest.raises(CheckpointKeyError):
                self.store.get_into(key, (), IDENTITY)
            return
        arrays, compressor = self.model[key]
        for out, array in zip(got(self.store, key, arrays, compressor), arrays, strict=True):
            np.testing.assert_array_equal(out, array)

    @rule(key=KEYS)
    def drop(self, key):
        if key not in self.model:
            with pytest.raises(CheckpointKeyError):
                self.store.drop(key)
            return
        self.store.drop(key)
        del self.model[key]

    @precondition(lambda self: hasattr(self, "store") and not self.model)
    @rule()
    def empty_is_free(self):
        assert (self.store.held_bytes, self.store.disk_held_bytes) == (0, 0)

    @invariant()
    def within_budget(self):
        if not hasattr(self, "store"):
            return
        assert self.store.held_bytes <= self.store.peak_bytes <= self.memory
        assert self.store.disk_held_bytes <= self.store.disk_peak_bytes <= self.disk
        assert len(self.store) == len(self.model)
        if self.store._disk:
            file = self.store._disk
            assert file._file.seek(0, 2) == file._room.end <= self.disk
            assert file._room.end == file.held_bytes + sum(length for _, length in file._room._free)

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


TestStoreAgainstDict = StoreAgainstDict.TestCase
TestStoreAgainstDict.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
