"""HDF5 models whose numbers are not what they should be: one clear error each, or the right velocities."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.model_spec import Hdf5Model
from wavecomp.wavefields.velocity_files import read_model

SPEC = Hdf5Model("a.h5")


@pytest.fixture
def velocity():
    return np.random.default_rng(5).uniform(1500.0, 5000.0, (14, 11))


def write(path, velocity, dtype=np.float32, **more):
    content = {"m": ((1000.0 / velocity) ** 2).T.astype(dtype), "d": [10.0, 10.0], "o": [0.0, 0.0], **more}
    with h5py.File(path, "w") as file:
        for key, value in content.items():
            file[key] = value


@pytest.mark.parametrize(
    "more",
    [
        {"d": [np.inf, 25.0]},
        {"d": [np.nan, 25.0]},
        {"d": [0.0, 25.0]},
        {"d": [-25.0, 25.0]},
        {"d": ["25 m", "25 m"]},
        {"d": [True, True]},
        {"d": [25.0 + 1j, 25.0]},
        {"d": 25.0},
        {"d": [25.0, 25.0, 25.0]},
        {"d": h5py.Empty("f8")},
        {"o": [np.nan, 0.0]},
        {"o": [0.0, -np.inf]},
        {"o": ["zero", "zero"]},
        {"o": []},
        {"o": np.zeros(2, dtype=[("x", "f4"), ("z", "f4")])},
        {"n": [11, 14]},
        {"n": [14, 12]},
        {"n": ["14", "11"]},
        {"m": np.ones((11, 14), np.int64)},
        {"m": np.ones((11, 14), bool)},
        {"m": np.ones((11, 14), np.complex64)},
        {"m": "model"},
        {"m": np.full((11, 14), np.inf)},
        {"m": -np.ones((11, 14))},
    ],
)
def test_what_is_no_model_is_one_error_that_names_it(tmp_path, velocity, more):
    write(tmp_path / "a.h5", velocity, **more)
    with pytest.raises(ModelFileError) as caught:
        read_model(SPEC, tmp_path, 2)
    (name,) = more
    assert "a.h5" in str(caught.value)
    assert name in str(caught.value).replace("a.h5", "").split() or "is the unit right" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_points_in_n_are_those_of_the_array(tmp_path, velocity):
    write(tmp_path / "a.h5", velocity, n=[14, 11])
    _, model = read_model(SPEC, tmp_path, 2)
    assert model.velocity_m_s.shape == (14, 11)


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f8", ">f8"])
def test_other_precisions_are_squared_in_double(tmp_path, velocity, dtype):
    """What the file holds, inverted in float64 and rounded once."""
    write(tmp_path / "a.h5", velocity, dtype)
    _, model = read_model(SPEC, tmp_path, 2)
    held = ((1000.0 / velocity) ** 2).astype(dtype).astype(np.float64)
    assert np.array_equal(model.velocity_m_s, (1000.0 / np.sqrt(held)).astype(np.float32))
    assert model.velocity_m_s.dtype == np.float32


def test_single_precision_keeps_the_bits_of_published_fields(tmp_path, velocity):
    write(tmp_path / "a.h5", velocity)
    _, model = read_model(SPEC, tmp_path, 2)
    held = ((1000.0 / velocity) ** 2).astype(np.float32)
    assert np.array_equal(model.velocity_m_s, 1000.0 / np.sqrt(held))


def test_unreadable_datasets_are_one_error(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["m"] = h5py.SoftLink("/nowhere")
        file["d"], file["o"] = [1.0, 1.0], [0.0, 0.0]
    with pytest.raises(ModelFileError, match="dataset m is missing"):
        read_model(SPEC, tmp_path, 2)
