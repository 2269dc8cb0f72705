"""Whatever wrote them, the same numbers are the same levels."""

from __future__ import annotations

import builtins
import hashlib
import sys

import h5py
import numpy as np
import pytest

from wavecomp.errors import MissingExtra, SnapshotError, SnapshotWordsError
from wavecomp.snapshots import find_snapshots, read_level

from .writers import WRITERS, waves, with_option, write_hdf5, write_npz, write_zarr3, zarr_store


def sha(array: np.ndarray) -> str:
    """The definition, written out: SHA-256 of the values, little-endian, in C order."""
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes(order="C")).hexdigest()


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__.removeprefix("write_"))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_levels_are_what_was_written(tmp_path, write, dtype):
    array = waves(dtype=dtype)
    found = find_snapshots(write(tmp_path / "wave", array))
    assert [one.step for one in found.levels] == [0, 1, 2]
    for level, one in zip(array, found.levels, strict=True):
        read = read_level(one.level)
        assert np.array_equal(read, level)
        assert read.dtype == np.dtype(dtype)
        assert read.dtype.isnative
        assert read.flags.c_contiguous
        assert read.flags.owndata
        assert (one.shape, one.dtype, one.digest) == (level.shape, dtype, sha(level))
        assert one.peak == np.abs(level).max()


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__.removeprefix("write_"))
def test_three_axes_are_one_level_until_time_is_said(tmp_path, write):
    array = waves(shape=(8, 10))
    text = write(tmp_path / "wave", array)
    whole = find_snapshots(text)
    assert [(one.step, one.digest) for one in whole.levels] == [(None, sha(array))]
    assert "one level of 3 x 8 x 10" in whole.taken
    levels = find_snapshots(with_option(text, "time=first"))
    assert [(one.step, one.digest) for one in levels.levels] == [(n, sha(level)) for n, level in enumerate(array)]
    assert "3 levels of 8 x 10" in levels.taken


@pytest.mark.parametrize("version", [3, 4])
def test_a_netcdf_axis_called_time_is_time(tmp_path, version):
    array = waves(shape=(8, 10))
    path = tmp_path / "wave.nc"
    if version == 3:
        from scipy.io import netcdf_file

        with netcdf_file(path, "w") as file:
            file.createDimension("time", None)  # without a length of its own
            file.createDimension("x", 8)
            file.createDimension("z", 10)
            variable = file.createVariable("u", "f4", ("time", "x", "z"))
            for number, level in enumerate(array):
                variable[number] = level
    else:
        library = pytest.importorskip("h5netcdf", reason="h5netcdf, with which the file is written, is not installed")
        with library.File(path, "w") as file:
            file.dimensions = {"time": 3, "x": 8, "z": 10}
            for name, length in file.dimensions.items():
                file.create_variable(name, (name,), "f8", data=np.arange(float(length.size)))
            file.create_variable("u", ("time", "x", "z"), "f4", data=array)
    found = find_snapshots(str(path))
    assert [one.digest for one in found.levels] == [sha(level) for level in array]
    assert 'its name is "time"' in found.taken
    assert [one.digest for one in find_snapshots(f"{path}:time=none").levels] == [sha(array)]


def test_packed_and_unwritten_numbers_of_netcdf_are_refused(tmp_path):
    from scipy.io import netcdf_file

    def make(name, change):
        with netcdf_file(tmp_path / name, "w") as file:
            file.createDimension("x", 8)
            file.createDimension("z", 10)
            variable = file.createVariable("u", "f4", ("x", "z"))
            variable[:] = waves(1, (8, 10))[0]
            change(variable)
        return str(tmp_path / name)

    with pytest.raises(SnapshotError, match=r"packed \(scale_factor = 0.5\)"):
        find_snapshots(make("packed.nc", lambda variable: setattr(variable, "scale_factor", 0.5)))

    def leave_out(variable):
        variable[2, 3] = 9.969209968386869e36

    with pytest.raises(SnapshotError, match=r"9.96921e\+36.*never written"):
        find_snapshots(make("holes.nc", leave_out))


def test_a_zarr_axis_called_time_is_time(tmp_path):
    array = waves(shape=(8, 10))
    zarr_store(tmp_path / "wave.zarr", array, "zarr3", ["time", "x", "z"])
    assert [one.digest for one in find_snapshots(str(tmp_path / "wave.zarr")).levels] == [sha(level) for level in array]


class TestSegy:
    @pytest.fixture
    def segyio(self):
        return pytest.importorskip("segyio", reason="the extra segy is not installed")

    def test_a_section_and_a_cube(self, tmp_path, segyio):
        array = waves(1)[0]
        form = segyio.SegySampleFormat.IEEE_FLOAT_4_BYTE
        segyio.tools.from_array2D(str(tmp_path / "line.sgy"), np.ascontiguousarray(array[0]), format=form)
        segyio.tools.from_array3D(str(tmp_path / "cube.segy"), array, format=form)
        assert find_snapshots(str(tmp_path / "line.sgy")).levels[0].digest == sha(array[0])
        found = find_snapshots(str(tmp_path / "cube.segy"))
        assert found.levels[0].digest == sha(array)
        assert "a cube of inlines and crosslines, 4-byte IEEE floats" in found.taken
        shaped = find_snapshots(f"{tmp_path / 'cube.segy'}:shape=9x8x10,time=first")
        assert [one.digest for one in shaped.levels] == [sha(level) for level in array]

    def test_traces_are_put_where_their_numbers_say(self, tmp_path, segyio):
        array = waves(1, (2, 3, 10))[0]
        spec = segyio.spec()
        spec.format, spec.samples, spec.tracecount = 5, np.arange(10), 6
        places = [(1, 2), (0, 1), (1, 0), (0, 0), (0, 2), (1, 1)]
        with segyio.create(str(tmp_path / "cube.sgy"), spec) as file:
            for number, (x, y) in enumerate(places):
                file.trace[number] = array[x, y]
                file.header[number] = {segyio.su.iline: 10 + x, segyio.su.xline: 100 + y}
        found = find_snapshots(str(tmp_path / "cube.sgy"))
        assert found.levels[0].digest == sha(array)
        planes = find_snapshots(f"{tmp_path / 'cube.sgy'}:time=first")
        assert [one.digest for one in planes.levels] == [sha(plane) for plane in array]

    def test_gaps_and_wrong_shapes_are_told(self, tmp_path, segyio):
        spec = segyio.spec()
        spec.format, spec.samples, spec.tracecount = 5, np.arange(10), 5
        with segyio.create(str(tmp_path / "gap.sgy"), spec) as file:
            for number in range(5):
                file.trace[number] = np.ones(10, "f4")
                file.header[number] = {segyio.su.iline: 1 + number // 3, segyio.su.xline: 1 + number % 3}
        with pytest.raises(SnapshotError, match="5 traces do not fill a cube of 2 inlines and 3 crosslines"):
            find_snapshots(str(tmp_path / "gap.sgy"))
        with pytest.raises(SnapshotError, match="shape=2x3x10: there are 5 traces of 10 samples"):
            find_snapshots(f"{tmp_path / 'gap.sgy'}:shape=2x3x10")
        assert find_snapshots(f"{tmp_path / 'gap.sgy'}:shape=5x10").levels[0].shape == (5, 10)


@pytest.mark.parametrize(("name", "library", "extra"), [("a.zarr", "tensorstore", "zarr"), ("a.sgy", "segyio", "segy")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, library, extra):
    real = builtins.__import__

    def without(wanted, *rest, **more):
        if wanted.partition(".")[0] == library:
            raise ImportError(wanted)
        return real(wanted, *rest, **more)

    (tmp_path / name).mkdir() if extra == "zarr" else (tmp_path / name).write_bytes(b"\0" * 4000)
    monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        MissingExtra, match=rf"{name}: reading .* needs the extra {extra}: pip install 'wavecomp\[{extra}\]'"
    ):
        find_snapshots(str(tmp_path / name))


@pytest.mark.parametrize("write", [write_npz, write_hdf5])
def test_several_arrays_want_a_name(tmp_path, write):
    text = write(tmp_path / "wave", waves())
    path, _, name = text.rpartition(":")
    with pytest.raises(
        SnapshotError, match=rf"holds 2 arrays, name one, such as .*; there are: .*{name} \(3 x 9 x 8 x 10"
    ):
        find_snapshots(path)
    with pytest.raises(SnapshotError, match='holds no array "nix"; there are: '):
        find_snapshots(f"{path}:nix")


def test_hdf5_behind_a_link(tmp_path):
    write_hdf5(tmp_path / "wave", waves())
    with h5py.File(tmp_path / "wave.h5", "a") as file:
        file["latest"] = h5py.SoftLink("/run/u")
    assert len(find_snapshots(f"{tmp_path / 'wave.h5'}:latest").levels) == 3


def test_a_name_where_there_is_one_array_is_refused(tmp_path):
    np.save(tmp_path / "wave.npy", waves())
    with pytest.raises(SnapshotWordsError, match=r'a \.npy file is one array, it holds no "u"'):
        find_snapshots(f"{tmp_path / 'wave.npy'}:u")
    with pytest.raises(SnapshotError, match='holds no array "u"'):
        find_snapshots(f"{write_zarr3(tmp_path / 'wave', waves())}:u")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".h5", ".nc", ".sgy", ".zarr"])
@pytest.mark.parametrize("content", [b"", b"junk" * 2000, b"CDF\x05" + b"\0" * 100])
def test_what_is_no_such_file_is_told_by_name(tmp_path, suffix, content):
    path = tmp_path / f"wave{suffix}"
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=rf"wave{suffix}: "):
        find_snapshots(str(path))


def test_a_file_that_ends_early_is_told_by_name(tmp_path):
    for write in WRITERS:
        text = write(tmp_path / f"whole-{write.__name__}", waves())
    for path in [entry for entry in tmp_path.iterdir() if entry.is_file() and entry.suffix != ".bin"]:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        inner = ":u" if path.name == "whole-write_npz.npz" else ""
        with pytest.raises(SnapshotError, match=path.name):
            find_snapshots(f"{path}{inner}")
    assert text.endswith("f4")
    raw = tmp_path / "half.bin"
    raw.write_bytes(b"\0" * 4320)
    with pytest.raises(SnapshotError, match="takes 8640 bytes, and the file has 4320"):
        find_snapshots(f"{raw}:shape=3x9x8x10,dtype=<f4")


def test_pickles_are_not_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return exec, ("raise SystemExit('ran')",)

    np.save(tmp_path / "bomb.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "bomb.npz", np.array([Bomb()], dtype=object), allow_pickle=True)
    for name in ("bomb.npy", "bomb.npz"):
        with pytest.raises(SnapshotError, match="Python objects, which are not loaded"):
            find_snapshots(str(tmp_path / name))
