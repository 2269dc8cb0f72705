from __future__ import annotations

import sys

import h5py
import numpy as np
import pytest
import segyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.recipe import find_recipe
from wavecomp.wavefields.velocity import build_velocity
from wavecomp.wavefields.velocity_files import GridModel, resample


@pytest.fixture
def velocity():
    """Velocities with no symmetry, shape (x, z)."""
    return np.random.default_rng(3).uniform(1500.0, 5000.0, (14, 11)).astype(np.float32)


@pytest.fixture
def cube():
    return np.random.default_rng(4).uniform(1500.0, 5000.0, (14, 9, 11)).astype(np.float32)


def changes(model, shape, **grid):
    return {
        "model": model,
        "grid.shape": list(shape),
        "source.position_m": ["centre"] * len(shape),
        "source.peak_frequency_hz": 1.0,
        **{f"grid.{key}": value for key, value in grid.items()},
    }


def write_hdf5(path, velocity, **more):
    squared = (1000.0 / velocity.astype(np.float64)) ** 2
    with h5py.File(path, "w") as file:
        file["m"] = np.moveaxis(squared, -1, 0).astype(np.float32)
        file["m0"] = np.moveaxis(squared, -1, 0).astype(np.float32) * 4
        file["n"] = np.array(velocity.shape)
        file["d"] = np.full(velocity.ndim, 10.0)
        file["o"] = np.zeros(velocity.ndim)
        for key, value in more.items():
            del file[key]
            if value is not None:
                file[key] = value


@pytest.mark.parametrize("rank", [2, 3])
def test_hdf5_round_trip(make_recipe, tmp_path, velocity, cube, rank):
    """1000/√m with m rounded to single precision: half a unit of m (2⁻²⁴) gives half of that in v, plus v's own."""
    wanted = velocity if rank == 2 else cube
    write_hdf5(tmp_path / "a.h5", wanted)
    found = build_velocity(make_recipe(changes({"kind": "hdf5", "file": "a.h5"}, wanted.shape), tmp_path))
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, wanted, rtol=2.0**-24 * 1.5 + 2.0**-24)
    initial = make_recipe(changes({"kind": "hdf5", "file": "a.h5", "dataset": "m0"}, wanted.shape), tmp_path)
    np.testing.assert_allclose(build_velocity(initial), wanted / 2, rtol=2.0**-23)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"m": None}, "dataset m is missing; the file holds d, m0, n, o"),
        ({"d": None}, "dataset d is missing"),
        ({"m": np.zeros((11, 14), np.float32)}, "above 0"),
        ({"m": np.full((11, 14), np.nan, np.float32)}, "above 0"),
        ({"m": np.ones((11, 14), np.int32)}, "floating-point"),
        ({"m": np.ones((11, 14, 2), np.float32)}, r"shape \(11, 14, 2\)"),
        ({"m": np.full((11, 14), 1e-6, np.float32)}, "is the unit right"),
        ({"d": np.array([10.0])}, "2 spacings"),
        ({"d": np.array([10.0, -1.0])}, "2 spacings"),
    ],
)
def test_bad_hdf5_is_refused(make_recipe, tmp_path, velocity, more, words):
    write_hdf5(tmp_path / "a.h5", velocity, **more)
    recipe = make_recipe(changes({"kind": "hdf5", "file": "a.h5"}, velocity.shape), tmp_path)
    with pytest.raises(ModelFileError, match=words) as caught:
        build_velocity(recipe)
    assert "a.h5" in str(caught.value)


def test_file_that_is_not_hdf5(make_recipe, tmp_path):
    (tmp_path / "a.h5").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError, match="not a readable HDF5 file"):
        build_velocity(make_recipe(changes({"kind": "hdf5", "file": "a.h5"}, (14, 11)), tmp_path))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rank=st.sampled_from([2, 3]),
    dtype=st.sampled_from(["<f4", ">f4", "<f8", ">f8", "<i2", ">i2"]),
    unit=st.sampled_from(["m/s", "km/s"]),
    data=st.data(),
)
def test_raw_round_trip(make_recipe, tmp_path, cube, rank, dtype, unit, data):
    """Whole m/s are exact in all these types; km/s are rounded once more, to within a unit of single precision."""
    wanted = np.rint(cube if rank == 3 else cube[:, 0])
    if unit == "km/s" and dtype.endswith("i2"):
        wanted = np.rint(wanted / 1000.0) * 1000.0
    axes = data.draw(st.permutations("xyz" if rank == 3 else "xz"))
    order = [("xyz" if rank == 3 else "xz").index(axis) for axis in axes]
    stored = wanted.transpose(order) / (1000.0 if unit == "km/s" else 1.0)
    stored.astype(dtype).tofile(tmp_path / "a.bin")
    model = {
        "kind": "raw",
        "file": "a.bin",
        "file_shape": list(stored.shape),
        "file_spacing_m": [10.0] * rank,
        "axes": "".join(axes),
        "dtype": dtype,
        "unit": unit,
    }
    found = build_velocity(make_recipe(changes(model, wanted.shape), tmp_path))
    np.testing.assert_allclose(found, wanted, rtol=2.0**-23 if unit == "km/s" else 0.0)


def raw(shape, **more):
    return {
        "kind": "raw",
        "file": "a.bin",
        "file_shape": list(shape),
        "file_spacing_m": [10.0] * len(shape),
        "unit": "m/s",
        **more,
    }


def test_raw_of_another_size_says_both_sizes(make_recipe, tmp_path, velocity):
    velocity.tofile(tmp_path / "a.bin")
    with pytest.raises(ModelFileError, match=r"616 bytes; <f4 of shape \(14, 12\) needs exactly 672 bytes"):
        build_velocity(make_recipe(changes(raw((14, 12)), (14, 11)), tmp_path))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -2000.0, 0.0, 2.0])
def test_impossible_velocity_is_refused(make_recipe, tmp_path, velocity, bad):
    velocity[3, 4] = bad
    velocity.tofile(tmp_path / "a.bin")
    with pytest.raises(ModelFileError, match="is the unit right"):
        build_velocity(make_recipe(changes(raw(velocity.shape), velocity.shape), tmp_path))


def test_segy_section_round_trip(make_recipe, tmp_path, velocity):
    segyio.tools.from_array(str(tmp_path / "a.sgy"), velocity, format=5)
    model = {"kind": "segy", "file": "a.sgy", "file_spacing_m": [10.0, 10.0], "unit": "m/s"}
    found = build_velocity(make_recipe(changes(model, velocity.shape), tmp_path))
    np.testing.assert_array_equal(found, velocity)


def test_segy_cube_round_trip(make_recipe, tmp_path, cube):
    segyio.tools.from_array3D(str(tmp_path / "a.sgy"), cube / np.float32(1000.0), format=5)
    model = {"kind": "segy", "file": "a.sgy", "file_spacing_m": [10.0] * 3, "unit": "km/s"}
    found = build_velocity(make_recipe(changes(model, cube.shape), tmp_path))
    np.testing.assert_allclose(found, cube, rtol=2.0**-23)


def test_file_that_is_not_segy(make_recipe, tmp_path):
    (tmp_path / "a.sgy").write_bytes(b"nothing of the kind" * 500)
    model = {"kind": "segy", "file": "a.sgy", "file_spacing_m": [10.0] * 2, "unit": "m/s"}
    with pytest.raises(ModelFileError, match=r"a\.sgy: not a readable SEG-Y"):
        build_velocity(make_recipe(changes(model, (14, 11)), tmp_path))


def test_missing_segyio_names_the_extra(make_recipe, tmp_path, monkeypatch):
    (tmp_path / "a.sgy").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "segyio", None)
    model = {"kind": "segy", "file": "a.sgy", "file_spacing_m": [10.0] * 2, "unit": "m/s"}
    with pytest.raises(ModelFileError, match=r"pip install 'wavecomp\[segy\]'"):
        build_velocity(make_recipe(changes(model, (14, 11)), tmp_path))


def test_missing_file_says_what_to_set(make_recipe, tmp_path, monkeypatch):
    monkeypatch.delenv("WAVECOMP_DATA", raising=False)
    recipe = make_recipe(changes(raw((14, 11)), (14, 11)), tmp_path)
    with pytest.raises(ModelFileError, match=r'"a\.bin" was not found.*set the environment variable WAVECOMP_DATA'):
        build_velocity(recipe)


def test_a_file_is_meant_beside_its_recipe_then_in_the_data_folder_then_where_one_works(
    make_recipe, tmp_path, velocity, monkeypatch
):
    beside, data, working = (tmp_path / name for name in ("beside", "data", "working"))
    for number, folder in enumerate((beside, data, working)):
        folder.mkdir()
        (velocity + number).tofile(folder / "a.bin")
    monkeypatch.setenv("WAVECOMP_DATA", str(data))
    monkeypatch.chdir(working)
    recipe = make_recipe(changes(raw(velocity.shape), velocity.shape), beside)
    for number, folder in enumerate((beside, data, working)):
        np.testing.assert_array_equal(build_velocity(recipe), velocity + number)
        (folder / "a.bin").unlink()
    with pytest.raises(
        ModelFileError, match=r"beside, .*data, the working directory, .*models; put it beside its recipe"
    ):
        build_velocity(recipe)


@pytest.mark.parametrize("name", ["a" * 300, "~nobody-of-that-name/a.bin", "\0"])
def test_impossible_names_of_files_are_not_found(make_recipe, tmp_path, name):
    recipe = make_recipe(changes(raw((14, 11), file=name), (14, 11)), tmp_path)
    with pytest.raises(ModelFileError, match="was not found") as caught:
        build_velocity(recipe)
    assert len(str(caught.value)) < 600


def test_a_working_directory_that_is_gone_is_no_traceback(make_recipe, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ModelFileError, match="was not found"):
        build_velocity(make_recipe(changes(raw((14, 11)), (14, 11)), tmp_path))


def test_a_raw_file_whose_size_no_integer_holds(make_recipe, tmp_path, velocity):
    velocity.tofile(tmp_path / "a.bin")
    with pytest.raises(ModelFileError, match=f"needs exactly {4 * 10**36} bytes"):
        build_velocity(make_recipe(changes(raw((10**18, 10**18)), (14, 11)), tmp_path))


def test_a_window_far_from_zero_is_the_window(make_recipe, tmp_path, velocity):
    """Grid and file have one UTM origin; 0.8 m and 0.4 m are no binary fractions."""
    velocity.tofile(tmp_path / "a.bin")
    found = []
    for x in (0.0, 6782000.3):
        model = raw(velocity.shape, file_spacing_m=[0.8, 0.8], file_origin_m=[x, x])
        grid = {"spacing_m": 0.4, "origin_m": [x + 1.6 if x == 0.0 else 6782001.9, x]}
        found.append(build_velocity(make_recipe(changes(model, (20, 19), **grid), tmp_path)))
    assert np.array_equal(*found)
    assert np.array_equal(found[1][::2, ::2], velocity[2:12, :10])


def test_window_of_a_file_is_taken_bit_by_bit(make_recipe, tmp_path, velocity):
    velocity.tofile(tmp_path / "a.bin")
    recipe = make_recipe(changes(raw(velocity.shape), (9, 9), origin_m=[30.0, 20.0]), tmp_path)
    np.testing.assert_array_equal(build_velocity(recipe), velocity[3:12, 2:11])


def test_grid_outside_the_file_is_refused(make_recipe, tmp_path, velocity):
    velocity.tofile(tmp_path / "a.bin")
    for grid in ({"origin_m": [60.0, 0.0]}, {"origin_m": [-0.1, 0.0]}):
        with pytest.raises(ModelFileError, match="the model only from 0 to 130 m"):
            build_velocity(make_recipe(changes(raw(velocity.shape), (9, 9), **grid), tmp_path))


@given(
    spacing=st.tuples(*[st.floats(3.0, 30.0)] * 3),
    slope=st.tuples(*[st.floats(-2.0, 2.0)] * 3),
    fractions=st.tuples(*[st.floats(0.0, 0.5)] * 3),
)
def test_resampling_reproduces_linear_models(spacing, slope, fractions):
    """Linear interpolation is exact on them, up to single precision: values below 5000, each of the three passes
    rounds a product, a sum and a weight, so that 3 × 4 roundings of 2⁻²⁴ × 5000 bound the error."""
    shape, own = (8, 7, 6), (12.0, 9.0, 15.0)

    def linear(axes):
        x, y, z = np.meshgrid(*axes, indexing="ij")
        return 3000.0 + slope[0] * x + slope[1] * y + slope[2] * z

    model = GridModel(linear(GridModel.axes(shape, own, (0.0,) * 3)).astype(np.float32), own, (0.0,) * 3)
    ends = [h * (n - 1) for h, n in zip(own, shape, strict=True)]
    first = [f * end for f, end in zip(fractions, ends, strict=True)]
    count = [int((end - f) / h) + 1 for f, end, h in zip(first, ends, spacing, strict=True)]
    grid = tuple(count), spacing, tuple(first)
    wanted = linear(GridModel.axes(*grid))
    np.testing.assert_allclose(resample(model, *grid, "test"), wanted, rtol=0, atol=12 * 2.0**-24 * 5000.0)


def test_real_marmousi_section(real_data):
    """Water of about 1.5 km/s on top everywhere, and the section's known range; 601 points along x, 221 along z."""
    velocity = build_velocity(find_recipe("marmousi-2d"))
    assert velocity.shape == (601, 221)
    assert velocity[:, 0] == pytest.approx(1500.0, rel=0.02)
    assert 1450.0 < velocity.min() < velocity.max() < 5800.0
    # Layers: neighbours along x differ far less than neighbours along z.
    assert np.abs(np.diff(velocity, axis=0)).mean() < 0.5 * np.abs(np.diff(velocity, axis=1)).mean()


def test_real_overthrust_section(real_data):
    velocity = build_velocity(find_recipe("overthrust-2d"))
    assert velocity.shape == (401, 121)
    assert velocity[:, :20] == pytest.approx(1500.0, rel=1e-6)
    assert velocity.max() == pytest.approx(5500.0, rel=1e-3)
