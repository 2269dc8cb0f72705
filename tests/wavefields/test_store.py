from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple

import numpy as np
import pytest

from wavecomp.errors import (
    CompilerMissing,
    DamagedField,
    MissingField,
    PropagationError,
    RecipeError,
    StorageError,
    UnknownRecipe,
)
from wavecomp.wavefields import array_file
from wavecomp.wavefields import store as store_module
from wavecomp.wavefields.array_file import write_level
from wavecomp.wavefields.manifest import MANIFEST, MANIFEST_DIGEST
from wavecomp.wavefields.recipe import recipe_names
from wavecomp.wavefields.store import FieldStore


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, make_recipe):
    """The small recipe's field, generated once for this module; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("pristine")
    FieldStore(root).generate(make_recipe())
    return root


@pytest.fixture
def stored(pristine, tmp_path):
    shutil.copytree(pristine, tmp_path / "fields")
    return FieldStore(tmp_path / "fields")


def hidden(root):
    return [path.name for path in root.glob(".incomplete-*")]


def test_generated_field_opens_with_its_steps_and_values(pristine, make_recipe):
    recipe = make_recipe()
    fields = FieldStore(pristine).open(recipe)
    assert fields.steps == (10, 20, 30, 40)
    assert fields.manifest.recipe == recipe.canonical_json()
    assert fields.manifest.recipe_digest == recipe.digest
    assert fields.manifest.compiler
    assert set(fields.manifest.versions) == {"wavecomp", "numpy", "devito", "python"}
    assert fields.bytes == 4 * 30 * 24 * 4
    for entry in fields.manifest.snapshots:
        snapshot = fields.snapshot(entry.step)
        array = snapshot.load(verify=True)
        assert snapshot.name == f"small@{entry.step}"
        assert snapshot.time_s == pytest.approx(entry.step * fields.manifest.dt_s)
        assert array.shape == snapshot.shape == (30, 24)
        assert array.dtype == np.float32
        assert (entry.minimum, entry.maximum) == (array.min(), array.max())
        assert entry.l2_norm == pytest.approx(np.linalg.norm(array.astype(np.float64)), rel=1e-12)
    assert fields.last == fields.snapshot(40)
    assert np.abs(fields.last.load()).max() > 0.1


@pytest.mark.parametrize("mmap", [True, False])
def test_loaded_array_is_read_only(pristine, mmap):
    array = FieldStore(pristine).open("small").last.load(mmap=mmap)
    assert isinstance(array, np.memmap) is mmap
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 1


def test_snapshot_by_text(pristine):
    store = FieldStore(pristine)
    assert store.snapshot("small@20").step == 20
    assert store.snapshot("small").step == 40
    for text in ("small@21", "small@last", "small@"):
        with pytest.raises(MissingField, match="10, 20, 30, 40"):
            store.snapshot(text)


def test_sound_field_has_no_problems(pristine):
    assert FieldStore(pristine).verify("small") == []


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place if place >= 0 else len(content) + place] ^= 0x01
    path.write_bytes(bytes(content))


NPY_HEADER = 128


@pytest.mark.parametrize("step", [10, 20, 30, 40])
@pytest.mark.parametrize("place", [0, 10, NPY_HEADER - 2, NPY_HEADER, NPY_HEADER + 1441, -1])
def test_one_flipped_bit_of_an_array_is_found(stored, step, place):
    path = stored.open("small").snapshot(step).path
    flip(path, place)
    (problem,) = stored.verify("small")
    assert str(path) in problem
    if place >= NPY_HEADER or place < 0:
        with pytest.raises(DamagedField, match="SHA-256"):
            stored.open("small").snapshot(step).load(verify=True)


@pytest.mark.parametrize("name", [MANIFEST, MANIFEST_DIGEST])
def test_every_flipped_bit_of_the_manifest_is_found(stored, name):
    path = stored.root / "small" / name
    size = path.stat().st_size
    for place in [*range(0, size, 97), size - 1]:
        flip(path, place)
        assert len(stored.verify("small")) == 1
        with pytest.raises(DamagedField):
            stored.open("small")
        flip(path, place)
    assert stored.verify("small") == []


def test_missing_and_truncated_arrays_are_found(stored):
    fields = stored.open("small")
    first, second = (fields.snapshot(step) for step in (10, 20))
    first.path.unlink()
    second.path.write_bytes(second.path.read_bytes()[:-4])
    assert len(stored.verify("small")) == 2
    for snapshot in (first, second):
        with pytest.raises(DamagedField):
            snapshot.load()


def test_array_of_another_shape_is_refused(stored):
    snapshot = stored.open("small").last
    np.save(snapshot.path, np.zeros((24, 30), np.float32))
    with pytest.raises(DamagedField, match=r"shape \(24, 30\)"):
        snapshot.load()


def test_missing_manifest_is_damage(stored):
    (stored.root / "small" / MANIFEST).unlink()
    assert "no readable manifest" in stored.verify("small")[0]


def test_what_was_not_generated_names_the_command(store, make_recipe):
    with pytest.raises(MissingField, match="wavecomp fields generate quick"):
        store.open("quick")
    with pytest.raises(MissingField, match="wavecomp fields generate small"):
        store.open(make_recipe())
    with pytest.raises(UnknownRecipe, match='did you mean "quick"'):
        store.open("qick")
    for name in ("", ".", "..", "../fields"):
        with pytest.raises(UnknownRecipe):
            store.open(name)


def test_field_of_another_recipe_is_reported_and_replaced(stored, make_recipe):
    other = make_recipe({"source.peak_frequency_hz": 15.0})
    with pytest.raises(MissingField, match="generated from another recipe"):
        stored.open(other)
    assert stored.summary(other).state == "outdated"
    before = stored.open("small").last.digest
    after = stored.generate(other).last.digest
    assert after != before
    assert stored.open(other).last.digest == after
    assert hidden(stored.root) == []


def test_stored_field_is_kept_unless_forced_or_damaged(stored, make_recipe):
    def written():
        return (stored.root / "small" / MANIFEST).stat().st_mtime_ns

    first, digest = written(), stored.open("small").last.digest
    stored.generate(make_recipe({"name": "small", "description": "in other words"}))
    assert written() == first
    stored.generate(make_recipe(), force=True)
    second = written()
    assert second > first
    flip(stored.open("small").last.path, -1)
    fields = stored.generate(make_recipe())
    assert written() > second
    assert fields.last.digest == digest
    assert stored.verify("small") == []


def test_changed_model_file_is_noticed(store, make_recipe, tmp_path):
    velocity = np.full((30, 24), 2000.0, np.float32)
    velocity.tofile(tmp_path / "v.bin")
    model = {"kind": "raw", "file": "v.bin", "file_shape": [30, 24], "file_spacing_m": [10.0, 10.0], "unit": "m/s"}
    recipe = make_recipe({"model": model}, tmp_path)
    first = store.generate(recipe)
    assert first.manifest.model_file_sha256
    velocity[:, 12:] = 2500.0
    velocity.tofile(tmp_path / "v.bin")
    second = store.generate(recipe)
    assert second.manifest.model_file_sha256 != first.manifest.model_file_sha256
    assert second.last.digest != first.last.digest


class Stopped(BaseException):
    """Stands for KeyboardInterrupt, which pytest keeps for itself."""


@pytest.mark.parametrize("at", [1, 15, 40])
@pytest.mark.parametrize("again", [False, True])
def test_interruption_leaves_nothing_or_the_old(stored, tmp_path, make_recipe, at, again):
    place = stored if again else FieldStore(tmp_path / "empty")

    def stop(step, _last):
        if step >= at:
            raise Stopped

    with pytest.raises(Stopped):
        place.generate(make_recipe(), progress=stop, force=True)
    assert hidden(place.root) == []
    if again:
        assert place.verify("small") == []
    else:
        assert not (place.root / "small").exists()
        with pytest.raises(MissingField):
            place.open(make_recipe())


@pytest.mark.parametrize("error", [PropagationError("blew up"), OSError(errno.ENOSPC, "No space left on device")])
def test_failure_in_the_middle_leaves_nothing(store, make_recipe, error):
    def fail(*_):
        raise error

    with pytest.raises((PropagationError, StorageError)):
        store.generate(make_recipe(), progress=fail)
    assert list(store.root.iterdir()) == []


def test_full_disk_is_noticed_before_the_start(store, make_recipe, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(store_module.shutil, "disk_usage", lambda _: usage(1, 1, 10_000))
    monkeypatch.setattr(store_module, "build_velocity", lambda _: pytest.fail("started without room on the disk"))
    with pytest.raises(StorageError, match=r"cannot write 11520 bytes to .*small.*only 10000 bytes are free"):
        store.generate(make_recipe())
    assert not store.root.exists()


def test_full_disk_while_writing(store, make_recipe, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(array_file.os, "fsync", full)
    with pytest.raises(StorageError, match=r"cannot write 2880 bytes to .*step-000010\.npy: the disk is full"):
        store.generate(make_recipe())
    assert hidden(store.root) == []
    assert not (store.root / "small").exists()


def test_really_full_device(tmp_path):
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("no /dev/full on this system")
    (tmp_path / "level.npy").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="the disk is full"):
        write_level(tmp_path / "level.npy", np.ones((50, 50), np.float32), 1, 0.0)


def test_no_compiler_leaves_nothing(store, make_recipe, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "gcc")
    with pytest.raises(CompilerMissing):
        store.generate(make_recipe())
    assert not store.root.exists()


def test_unstable_recipe_leaves_nothing(store, make_recipe):
    with pytest.raises(RecipeError, match="unstable"):
        store.generate(make_recipe({"time.dt_s": 0.1}))
    assert not store.root.exists()


GENERATE = """
import sys
from pathlib import Path
from wavecomp.wavefields import FieldStore, load_recipe
root, recipe = Path(sys.argv[1]), load_recipe(Path(sys.argv[2]))
def slow(step, last):
    print(step, flush=True)
    if len(sys.argv) > 3:
        import time
        time.sleep(600)
print(FieldStore(root).generate(recipe, progress=slow).last.digest)
"""


@pytest.fixture
def command(store, tmp_path, make_content, toml_text):
    path = tmp_path / "small.toml"
    path.write_text(toml_text(make_content()))
    return [sys.executable, "-c", GENERATE, str(store.root), str(path)]


def started(command):
    """Start a generation that dawdles, and wait until it has reached a step."""
    process = subprocess.Popen([*command, "slowly"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def test_killed_generation_leaves_only_what_the_next_one_removes(store, make_recipe, command):
    process = started(command)
    process.kill()
    process.communicate()
    assert len(hidden(store.root)) == 1
    assert not (store.root / "small").exists()
    store.generate(make_recipe())
    assert hidden(store.root) == []
    assert store.verify(make_recipe()) == []


def test_two_generations_at_once_do_not_harm_each_other(store, make_recipe, command):
    slow = started(command)
    try:
        before = store.generate(make_recipe()).last.digest
        assert len(hidden(store.root)) == 1  # the other one's, alive
        assert store.verify(make_recipe()) == []
        slow.send_signal(signal.SIGINT)
        slow.communicate(timeout=600)
        assert slow.returncode != 0
        assert hidden(store.root) == []
        assert store.open(make_recipe()).last.digest == before
    finally:
        slow.kill()
        slow.communicate()


def test_same_recipe_gives_the_same_bits_in_two_processes(pristine, command):
    """Once with every core, once with one thread: a grid point's arithmetic does not depend on who does it."""
    wanted = FieldStore(pristine).open("small")
    for threads in ("1", "2"):
        shutil.rmtree(command[3], ignore_errors=True)
        environment = {**os.environ, "OMP_NUM_THREADS": threads}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.split()[-1] == wanted.last.digest


def test_summaries_cover_recipes_and_stored_fields(stored):
    found = {summary.name: summary for summary in stored.summaries()}
    assert set(found) == {*recipe_names(), "small"}
    assert found["quick"].state == "missing"
    assert found["quick"].steps[-1] == 320
    assert found["small"].state == "generated"
    assert found["small"].bytes == 11520
    flip(stored.root / "small" / MANIFEST, 100)
    assert stored.summary("small").state == "damaged"


def test_manifest_is_plain_json(pristine):
    content = json.loads((pristine / "small" / MANIFEST).read_text())
    assert content["snapshots"][0]["file"] == "step-000010.npy"
    assert json.loads(content["recipe"])["grid"]["shape"] == [30, 24]
    assert content["created_utc"] <= time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def test_level_that_is_not_contiguous_is_stored_in_c_order(tmp_path, monkeypatch):
    monkeypatch.setattr(array_file, "_SLAB_BYTES", 100)
    level = np.random.default_rng(1).normal(size=(9, 8, 7)).astype(np.float32).transpose(2, 0, 1)[1:-1]
    entry = write_level(tmp_path / "a.npy", level, 3, 0.5)
    found = np.load(tmp_path / "a.npy")
    np.testing.assert_array_equal(found, level)
    assert found.flags.c_contiguous
    np.save(tmp_path / "b.npy", np.ascontiguousarray(level))
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert entry.minimum == level.min()


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "../fields", ".", ""])
def test_what_can_be_no_name_is_an_unknown_field(store, name):
    store.root.mkdir()
    for ask in (store.open, store.summary, store.verify):
        with pytest.raises(UnknownRecipe, match="unknown field"):
            ask(name)
