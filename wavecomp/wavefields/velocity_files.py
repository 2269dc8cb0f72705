"""Velocity models in files: HDF5 in the Overthrust files' layout, raw binary, and SEG-Y."""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path

import numpy as np

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.grid_model import Array, GridModel, to_m_s
from wavecomp.wavefields.model_spec import FASTEST_M_S, SLOWEST_M_S, Hdf5Model, ModelSpec, RawModel, SegyModel
from wavecomp.wavefields.positions import from_origin
from wavecomp.wavefields.velocity_hdf5 import read_hdf5
from wavecomp.wavefields.velocity_segy import read_segy

FileModel = Hdf5Model | RawModel | SegyModel

DATA_VARIABLE = "WAVECOMP_DATA"
"""Environment variable that names the folder with the model files."""


def find_model_file(spec: ModelSpec, folder: Path | None) -> Path | None:
    """Return the path of a model's file, or None for a model that has none.

    A relative name is looked up beside the recipe, then in the folder that the environment variable
    :data:`DATA_VARIABLE` names, then in the working directory, then where ``wavecomp fields fetch`` puts what it
    downloads.

    Raises
    ------
    ModelFileError
        The file is in none of these places.
    """
    if not isinstance(spec, FileModel):
        return None
    named = os.environ.get(DATA_VARIABLE)
    places = [folder] if folder is not None else []
    places += [Path(named)] if named else []
    places += [Path(), fetched_folder()]
    if Path(spec.file).is_absolute():
        places = [Path(spec.file).parent]
    looked, reason = [], ""
    for place in places:
        try:
            path = place.absolute() / Path(spec.file).expanduser()
            if path.is_file():
                return path
        # Of a name that is too long, a folder that may not be entered, a user or working directory that is not there.
        except (OSError, RuntimeError) as error:
            reason = f"; {error.strerror if isinstance(error, OSError) else error}"
        looked.append(str(place) if place != Path() else "the working directory")
    setting = f"{DATA_VARIABLE} is {named!r}" if named else f"{DATA_VARIABLE} is not set"
    shown = spec.file if len(spec.file) <= 120 else f"{spec.file[:117]}..."
    raise ModelFileError(
        f'velocity model file "{shown}" was not found in {", ".join(dict.fromkeys(looked))}; put it beside its recipe, '
        f"or set the environment variable {DATA_VARIABLE} to the folder that holds it ({setting}{reason}); the two "
        "published sections come with: wavecomp fields fetch"
    )


def fetched_folder() -> Path:
    """Return the user's own folder for downloaded model files, which need not be there."""
    import platformdirs

    return platformdirs.user_data_path("wavecomp") / "models"


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_model(spec: FileModel, folder: Path | None, dimensions: int) -> tuple[Path, GridModel]:
    """Read a model file with two or three dimensions.

    Raises
    ------
    ModelFileError
        The file is missing, unreadable, or has another layout; or a velocity is not finite or lies outside
        100 to 15000 m/s.
    """
    path = find_model_file(spec, folder)
    assert path is not None
    match spec:
        case Hdf5Model():
            model = read_hdf5(path, spec, dimensions)
        case RawModel():
            model = _read_raw(path, spec)
        case SegyModel():
            model = read_segy(path, spec, dimensions)
    low, high = float(model.velocity_m_s.min()), float(model.velocity_m_s.max())
    # Written so that NaN, which compares false with everything, is refused as well.
    if not (low >= SLOWEST_M_S and high <= FASTEST_M_S):
        raise ModelFileError(
            f"{path}: velocities from {low:g} to {high:g} m/s; they must be finite and between {SLOWEST_M_S:g} and "
            f"{FASTEST_M_S:g} m/s (is the unit right?)"
        )
    return path, model


def resample(
    model: GridModel,
    shape: tuple[int, ...],
    spacing_m: tuple[float, ...],
    origin_m: tuple[float, ...],
    source: str,
) -> Array:
    """Sample a model at the points of another grid, by linear interpolation along each axis in turn.

    Where the positions are grid points of the model, its values are returned bit by bit.

    Parameters
    ----------
    model : GridModel
        What is sampled.
    shape, spacing_m, origin_m : tuple
        Points, spacing and first point of the other grid along each axis, lengths in m.
    source : str
        Name of the model, for messages.

    Raises
    ------
    ModelFileError
        A position lies outside the model.
    """
    values = model.velocity_m_s
    # Relative to the model's first point: far from zero positions have too few digits.
    away = from_origin(origin_m, model.origin_m, model.spacing_m)
    for axis, positions in enumerate(GridModel.axes(shape, spacing_m, away)):
        count = values.shape[axis]
        index = positions / model.spacing_m[axis]
        nearest = np.rint(index)
        index = np.where(np.abs(index - nearest) < 1e-6, nearest, index)
        if not (index[0] >= 0 and index[-1] <= count - 1):
            first, last = model.origin_m[axis], model.origin_m[axis] + model.spacing_m[axis] * (count - 1)
            asked = origin_m[axis], origin_m[axis] + spacing_m[axis] * (shape[axis] - 1)
            raise ModelFileError(
                f"{source}: the recipe's grid reaches from {asked[0]:.12g} to {asked[1]:.12g} m along axis {axis}, "
                f"the model only from {first:.12g} to {last:.12g} m ({count} points of {model.spacing_m[axis]:.12g} m)"
            )
        left = np.minimum(np.floor(index).astype(np.intp), max(count - 2, 0))
        right = np.minimum(left + 1, count - 1)
        weight = (index - left).astype(np.float32)
        if np.array_equal(weight, np.zeros_like(weight)) or np.array_equal(weight, np.rint(weight)):
            values = np.take(values, np.where(weight > 0, right, left), axis=axis)
            continue
        along = weight.reshape([-1 if a == axis else 1 for a in range(values.ndim)])
        values = np.take(values, left, axis=axis) * (1 - along) + np.take(values, right, axis=axis) * along
    return np.ascontiguousarray(values, dtype=np.float32)


def _read_raw(path: Path, spec: RawModel) -> GridModel:
    dtype = np.dtype(spec.dtype)
    expected, found = math.prod(spec.file_shape) * dtype.itemsize, path.stat().st_size
    if found != expected:
        raise ModelFileError(
            f"{path}: {found} bytes; {spec.dtype} of shape {spec.file_shape} needs exactly {expected} bytes"
        )
    try:
        values = np.fromfile(path, dtype=dtype).reshape(spec.file_shape)
    except OSError as error:
        raise ModelFileError(f"{path}: unreadable ({error.strerror or error})") from None
    ours = [spec.axes.index(axis) for axis in sorted(spec.axes)]
    return GridModel(to_m_s(values.transpose(ours), spec.unit), spec.file_spacing_m, spec.file_origin_m)
