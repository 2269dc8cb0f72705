"""Somebody's snapshots in a sweep: what they are called, that they are measured once, and never as something else."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest

from wavecomp.catalogue import find_suites
from wavecomp.compressors import default_registry
from wavecomp.errors import DamagedField, SnapshotError
from wavecomp.isolation import Limits
from wavecomp.records import Archive, Failure, Measurement, Record
from wavecomp.snapshots import find_snapshots
from wavecomp.sweep import Case, Repeats, SweepWorker, name_among, run_sweep, snapshot_references

ONCE = Repeats(seconds=0.0, least=1, most=1)
LIMITS = Limits(seconds=60.0, memory_bytes=1 << 40)


def levels(seed: int = 1, count: int = 3) -> np.ndarray:
    array = np.random.default_rng(seed).standard_normal((count, 12, 10)).astype("f4")
    array[0] = 0.0  # as every run begins
    return array


def found_in(path, array: np.ndarray):
    np.save(path, array)
    return find_snapshots(f"{path}:time=first")


def sweep(found, folder, spec: str = "zfp:accuracy=1e-3", name: str | None = None) -> list[Record]:
    refs = snapshot_references(found, name)
    result = run_sweep([Case.of(spec, ref) for ref in refs], Archive(folder), suite="steps", repeats=ONCE)
    return list(result.records)


def test_references_name_steps_and_know_no_more_than_was_said(tmp_path):
    array = levels()
    refs = snapshot_references(found_in(tmp_path / "wave.npy", array))
    assert [ref.name for ref in refs] == ["wave@0", "wave@1", "wave@2"]
    assert {ref.time_s for ref in refs} == {None}
    assert [ref.peak for ref in refs] == [np.abs(level).max() for level in array]
    assert np.array_equal(refs[1].load(), array[1])
    assert not refs[1].load().flags.writeable
    timed = snapshot_references(find_snapshots(f"{tmp_path / 'wave.npy'}:time=first,dt=0.5"), "other")
    assert [(ref.name, ref.time_s) for ref in timed] == [("other@0", 0.0), ("other@1", 0.5), ("other@2", 1.0)]
    (alone,) = snapshot_references(find_snapshots(str(tmp_path / "wave.npy")))
    assert (alone.name, alone.step, alone.time_s) == ("wave", None, None)


def test_tolerances_scale_with_the_peak_of_the_values(tmp_path):
    np.save(tmp_path / "wave.npy", np.float32([[0.0, -4.0], [1.0, 2.0]]))
    (ref,) = snapshot_references(find_snapshots(str(tmp_path / "wave.npy")))
    specs = {case.spec for suite in find_suites("lossy-quick") for case in suite.cases([ref], default_registry())}
    assert "zfp:accuracy=4e-3" in specs


def test_records_say_what_is_known_and_the_same_values_are_measured_once(tmp_path):
    array = levels()
    records = sweep(found_in(tmp_path / "wave.npy", array), tmp_path / "out")
    assert [(r.field, r.step, r.time_s, r.shape) for r in records] == [
        (f"wave@{step}", step, None, (12, 10)) for step in range(3)
    ]
    assert not any(record.failed for record in records)
    lines = [record.to_line() for record in records]
    assert [Record.from_line(line).to_line() for line in lines] == lines
    before = (tmp_path / "out" / "records.jsonl").read_bytes()
    # The same values, written by another library in the other byte order.
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_dataset("u", data=array, dtype=">f4", chunks=True, compression="gzip")
    found = find_snapshots(f"{tmp_path / 'other.h5'}:time=first")
    sweep(found, tmp_path / "out", name=name_among(found, found.name, Archive(tmp_path / "out")))
    assert (tmp_path / "out" / "records.jsonl").read_bytes() == before


class TestChanged:
    """A file that is not any more what was described is an error, never a number."""

    @pytest.fixture
    def worker(self):
        one = SweepWorker()
        yield one
        one.stop()

    @pytest.mark.parametrize("change", ["value", "shorter", "shape", "dtype", "gone"])
    def test_between_reading_and_measuring(self, tmp_path, worker, change):
        array = levels()
        ref = snapshot_references(found_in(tmp_path / "wave.npy", array))[1]
        assert isinstance(worker.run(Case.of("zfp:rate=8", ref), ONCE, LIMITS), Measurement)
        changed = {
            "value": np.where(np.arange(3)[:, None, None] == 1, np.nextafter(array, np.float32(9)), array),
            "shorter": array[:1],
            "shape": array.reshape(3, 10, 12),
            "dtype": array.astype("f8"),
        }
        if change == "gone":
            (tmp_path / "wave.npy").unlink()
        else:
            np.save(tmp_path / "wave.npy", changed[change])
        with pytest.raises((DamagedField, SnapshotError), match=r"wave\.npy"):
            ref.load()
        # Another case of another level in between: the worker does not answer from what it holds.
        other = replace(ref, level=replace(ref.level, index=0), digest="0" * 64)
        assert isinstance(worker.run(Case.of("zfp:rate=8", other), ONCE, LIMITS), Failure)
        outcome = worker.run(Case.of("zfp:rate=8", ref), ONCE, LIMITS)
        assert isinstance(outcome, Failure)
        assert "wave.npy" in outcome.message

    def test_another_level_that_changed_is_nobodys_error(self, tmp_path):
        array = levels()
        refs = snapshot_references(found_in(tmp_path / "wave.npy", array))
        array[2] += 1
        np.save(tmp_path / "wave.npy", array)
        assert np.array_equal(refs[1].load(), array[1])
        with pytest.raises(DamagedField):
            refs[2].load()


class TestNames:
    """Records of one name are of one wavefield."""

    def test_other_values_of_the_same_stem_get_a_name_of_their_own(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        ours = found_in(tmp_path / "a" / "wave.npy", levels(1))
        others = found_in(tmp_path / "b" / "wave.npy", levels(2))
        archive = Archive(tmp_path / "out")
        assert name_among(ours, "wave", archive) == "wave"
        sweep(ours, archive.folder)
        name = name_among(others, "wave", archive)
        assert name.startswith("wave-")
        assert len(name) == len("wave-") + 8
        sweep(others, archive.folder, name=name)
        # Either is found again by its values, wherever the file lies and in whichever order.
        assert name_among(ours, "wave", archive) == "wave"
        assert name_among(others, "wave", archive) == name

    def test_a_series_that_has_grown_keeps_its_name(self, tmp_path):
        array, archive = levels(1, 5), Archive(tmp_path / "out")
        sweep(found_in(tmp_path / "wave.npy", levels(2)), archive.folder)
        short = found_in(tmp_path / "wave.npy", array[:3])
        name = name_among(short, "wave", archive)
        sweep(short, archive.folder, name=name)
        assert name_among(found_in(tmp_path / "wave.npy", array), "wave", archive) == name != "wave"

    def test_a_level_of_zeros_makes_no_acquaintance(self, tmp_path):
        """Levels without a wave are equal in every run."""
        archive = Archive(tmp_path / "out")
        sweep(found_in(tmp_path / "wave.npy", levels(1)[:1]), archive.folder)
        assert name_among(found_in(tmp_path / "wave.npy", levels(2)), "wave", archive) != "wave"

    def test_other_steps_of_the_same_stem_are_not_taken_for_more_of_the_same(self, tmp_path):
        """A single level, and a run whose file has the same stem."""
        archive = Archive(tmp_path / "out")
        sweep(found_in(tmp_path / "wave.npy", levels(1)), archive.folder)
        np.save(tmp_path / "wave.npy", levels(2)[1])
        assert name_among(find_snapshots(str(tmp_path / "wave.npy")), "wave", archive) != "wave"

    def test_values_that_differ_in_shape_alone_are_others(self, tmp_path):
        """The digest is that of the values in their order, and knows no shape."""
        array, archive = levels(1), Archive(tmp_path / "out")
        sweep(found_in(tmp_path / "wave.npy", array), archive.folder)
        assert name_among(found_in(tmp_path / "wave.npy", array.reshape(3, 10, 12)), "wave", archive) != "wave"
