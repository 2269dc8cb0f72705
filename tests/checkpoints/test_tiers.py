from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import CheckpointFile, Disk, TwoTier
from wavecomp.compressors import default_registry
from wavecomp.errors import DamagedCheckpoint, StorageError

IDENTITY = default_registry().parse("identity")


def block(seed=0, size=1000):
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 300)), max_size=60))
def test_the_file_is_never_longer_than_the_most_it_held(calls):
    with tempfile.TemporaryDirectory() as folder:
        file = CheckpointFile(folder, 1000)
        held: dict[int, tuple[tuple[tuple[int, int], ...], bytes]] = {}
        for put, name, size in calls:
            if put and name not in held and size <= file.free_bytes:
                data = bytes([name + 1]) * size
                held[name] = (file.write([data[: size // 3], data[size // 3 :]]), data)
            elif not put and name in held:
                file.free(held.pop(name)[0])
            assert file.held_bytes == sum(len(data) for _, data in held.values())
            assert file._room.end <= file.peak_bytes <= 1000
            for extents, data in held.values():
                out = bytearray(len(data))
                file.read_into(extents, memoryview(out))
                assert out == data
        for extents, _ in held.values():
            file.free(extents)
        assert (file.held_bytes, file._room.end, file._room._free) == (0, 0, [])
        file.close()


def test_freed_room_is_filled_before_the_file_grows(tmp_path):
    file = CheckpointFile(tmp_path, 100)
    first, second, third = (file.write([bytes(10)]) for _ in range(3))
    file.free(first)
    file.free(second)
    assert file.write([b"a" * 15]) == ((0, 15),)
    assert file.write([b"b" * 8]) == ((15, 5), (30, 3))
    out = bytearray(8)
    file.read_into(((15, 5), (30, 3)), memoryview(out))
    assert out == b"b" * 8
    assert third == ((20, 10),)
    file.close()


def test_the_file_has_no_name(tmp_path):
    with CheckpointStore(10**5, Disk(tmp_path, 10**6)) as store:
        store.put("a", (block(),), IDENTITY)
        assert store.disk_held_bytes == 4000
        assert list(tmp_path.iterdir()) == []


def test_the_file_has_no_name_where_the_system_cannot_make_one_without(tmp_path, monkeypatch):
    """Not every file system knows O_TMPFILE; then the name is taken away at once."""
    real = os.open

    def without(path, flags, *arguments, **keywords):
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "no nameless files here")
        return real(path, flags, *arguments, **keywords)

    monkeypatch.setattr(os, "open", without)
    with CheckpointStore(10**5, Disk(tmp_path, 10**6)) as store:
        store.put("a", (block(),), IDENTITY)
        assert list(tmp_path.iterdir()) == []


RUN = """
import os, signal, sys
import numpy as np
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import Disk
from wavecomp.compressors import default_registry
store = CheckpointStore(10**5, Disk(sys.argv[1], 10**8))
for n in range(20):
    store.put(n, (np.ones(10_000, np.float32),), default_registry().parse("identity"))
print(os.fstat(store._disk._file.fileno()).st_size, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_after_a_crash_or_ctrl_c(end, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        try:
            assert int(run.stdout.readline()) == 20 * 40_000
            run.send_signal(end)
            assert run.wait(timeout=600) != 0
        finally:
            run.kill()
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, sys
import numpy as np
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import Disk, TwoTier
from wavecomp.compressors import default_registry
from wavecomp.errors import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
identity = default_registry().parse("identity")
store = CheckpointStore(10**5, Disk(sys.argv[1], 10**8))
a = np.arange(2000, dtype=np.float32)
store.put("a", (a,), identity)
try:
    store.put("b", (a,), identity)
except StorageError as error:
    print(error)
assert (len(store), store.disk_held_bytes) == (1, 8000)
store.put("small", (a[:500],), identity)
for key, part in (("a", a), ("small", a[:500])):
    out = np.zeros_like(part)
    store.get_into(key, (out,), identity)
    assert (out == part).all()
print("whole")
"""


def test_a_disk_that_fills_up_half_way(tmp_path):
    """The system itself refuses, after a part of the checkpoint was written: a limit on the length of files."""
    run = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=600)
    assert run.stdout.splitlines()[-1:] == ["whole"], run.stderr
    assert f"cannot write 8000 bytes to {tmp_path}: File too large" in run.stdout


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.ESTALE])
@pytest.mark.parametrize("tier", [Disk, TwoTier])
def test_a_disk_that_fails_while_it_is_written(tier, code, tmp_path, monkeypatch):
    with CheckpointStore(5000, tier(tmp_path, 10**6)) as store:
        store.put("a", (block(1),), IDENTITY)
        before = (store.held_bytes, store.disk_held_bytes, len(store))

        def refuse(*_):
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", refuse)
            with pytest.raises(StorageError, match=f"4000 bytes to {tmp_path}: {os.strerror(code)}"):
                store.put("b", (block(2),), IDENTITY)
        assert (store.held_bytes, store.disk_held_bytes, len(store)) == before
        store.put("b", (block(2),), IDENTITY)  # the disk is back
        for key, seed in (("a", 1), ("b", 2)):
            out = np.empty(1000, np.float32)
            store.get_into(key, (out,), IDENTITY)
            np.testing.assert_array_equal(out, block(seed))


def test_writes_and_reads_that_come_in_pieces(tmp_path, monkeypatch):
    write, read = os.pwrite, os.preadv
    monkeypatch.setattr(os, "pwrite", lambda file, data, offset: write(file, data[:7], offset))
    monkeypatch.setattr(os, "preadv", lambda file, views, offset: read(file, [views[0][:11]], offset))
    with CheckpointStore(5000, Disk(tmp_path, 10**6)) as store:
        store.put("a", (block(1, 200),), IDENTITY)
        out = np.empty(200, np.float32)
        store.get_into("a", (out,), IDENTITY)
        np.testing.assert_array_equal(out, block(1, 200))


def test_a_disk_that_is_gone_when_it_is_read(tmp_path, monkeypatch):
    with CheckpointStore(5000, Disk(tmp_path, 10**6)) as store:
        store.put("a", (block(),), IDENTITY)
        out = np.full(1000, 5, np.float32)

        def refuse(*_):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", refuse)
            with pytest.raises(StorageError, match=f"cannot read 4000 bytes from {tmp_path}: Input/output error"):
                store.get_into("a", (out,), IDENTITY)
        os.ftruncate(store._disk._file.fileno(), 100)
        with pytest.raises(StorageError, match="lost its end"):
            store.get_into("a", (out,), IDENTITY)
        os.ftruncate(store._disk._file.fileno(), 4000)  # long enough again, but with zeros
        with pytest.raises(DamagedCheckpoint, match="on disk"):
            store.get_into("a", (out,), IDENTITY)
        assert (out == 5).all()


@pytest.mark.parametrize("tier", [Disk, TwoTier])
def test_a_folder_that_is_not_there(tier, tmp_path):
    folder = tmp_path / "nowhere"
    with pytest.raises(StorageError, match=f"cannot write 12345 bytes to {folder}: No such file or directory"):
        CheckpointStore(1000, tier(folder, 12345))


def test_a_folder_that_is_a_file(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(StorageError, match="Not a directory"):
        CheckpointStore(1000, Disk(path, 12345))


def test_a_store_that_nobody_closed_closes_its_file(tmp_path):
    store = CheckpointStore(1000, Disk(tmp_path, 1000))
    number = store._disk._file.fileno()
    del store
    assert str(tmp_path) not in str(Path(f"/proc/self/fd/{number}").resolve())
