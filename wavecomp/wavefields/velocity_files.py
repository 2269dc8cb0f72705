"""Velocity models in files: HDF5 in the Overthrust files' layout, raw binary, and SEG-Y."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.model_spec import FASTEST_M_S, SLOWEST_M_S, Hdf5Model, ModelSpec, RawModel, SegyModel

FileModel = Hdf5Model | RawModel | SegyModel
Array = NDArray[np.float32]

DATA_VARIABLE = "WAVECOMP_DATA"
"""Environment variable that names the folder with the model files."""


@dataclass(frozen=True)
class GridModel:
    """Velocities in m/s on a regular grid; axes x[, y], z."""

    velocity_m_s: Array
    spacing_m: tuple[float, ...]
    origin_m: tuple[float, ...]

    @staticmethod
    def axes(
        shape: tuple[int, ...], spacing_m: tuple[float, ...], origin_m: tuple[float, ...]
    ) -> tuple[NDArray[np.float64], ...]:
        """Return the grid positions (m) along each axis."""
        return tuple(o + h * np.arange(n, dtype=np.float64) for n, h, o in zip(shape, spacing_m, origin_m, strict=True))


def find_model_file(spec: ModelSpec, folder: Path | None) -> Path | None:
    """Return the path of a model's file, or None for a model that has none.

    A relative name is looked up in the folder that the environment variable :data:`DATA_VARIABLE` names, then beside
    the recipe, then in the working directory.

    Raises
    ------
    ModelFileError
        The file is in none of these places.
    """
    if not isinstance(spec, FileModel):
        return None
    named = os.environ.get(DATA_VARIABLE)
    places = [Path(named)] if named else []
    places += [folder] if folder is not None else []
    places.append(Path.cwd())
    for place in places:
        path = place / Path(spec.file).expanduser()
        if path.is_file():
            return path
    looked = ", ".join(dict.fromkeys(str(place) for place in places))
    setting = f"{DATA_VARIABLE} is {named!r}" if named else f"{DATA_VARIABLE} is not set"
    raise ModelFileError(
        f'velocity model file "{spec.file}" was not found in {looked}; set the environment variable {DATA_VARIABLE} '
        f"to the folder that holds it ({setting})"
    )


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
            model = _read_hdf5(path, spec, dimensions)
        case RawModel():
            model = _read_raw(path, spec)
        case SegyModel():
            model = _read_segy(path, spec, dimensions)
    low, high = float(model.velocity_m_s.min()), float(model.velocity_m_s.max())
    # Written so that NaN, which compares false with everything, is refused as well.
    if not (low >= SLOWEST_M_S and high <= FASTEST_M_S):
        raise ModelFileError(
            f"{path}: velocities from {low:g} to {high:g} m/s; they must be finite and between {SLOWEST_M_S:g} and "
            f"{FASTEST_M_S:g} m/s (is the unit right?)"
        )
    return path, model


def resample(model: GridModel, axes: tuple[NDArray[np.float64], ...], source: str) -> Array:
    """Sample a model at the points of another grid, by linear interpolation along each axis in turn.

    Where the positions are grid points of the model, its values are returned bit by bit.

    Raises
    ------
    ModelFileError
        A position lies outside the model.
    """
    values = model.velocity_m_s
    for axis, positions in enumerate(axes):
        count = values.shape[axis]
        index = (positions - model.origin_m[axis]) / model.spacing_m[axis]
        nearest = np.rint(index)
        index = np.where(np.abs(index - nearest) < 1e-6, nearest, index)
        if index[0] < 0 or index[-1] > count - 1:
            first, last = model.origin_m[axis], model.origin_m[axis] + model.spacing_m[axis] * (count - 1)
            raise ModelFileError(
                f"{source}: the recipe's grid reaches from {positions[0]:g} to {positions[-1]:g} m along axis {axis}, "
                f"the model only from {first:g} to {last:g} m"
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


def _read_hdf5(path: Path, spec: Hdf5Model, dimensions: int) -> GridModel:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            names = [spec.dataset, "d", "o"]
            missing = [name for name in names if not isinstance(file.get(name), h5py.Dataset)]
            if missing:
                held = ", ".join(sorted(file)) or "nothing"
                raise ModelFileError(f"{path}: dataset {', '.join(missing)} is missing; the file holds {held}")
            data: Mapping[str, NDArray[np.float64]] = {name: np.asarray(file[name][()]) for name in names}
    except OSError as error:
        raise ModelFileError(f"{path}: not a readable HDF5 file ({error})") from None
    squared = data[spec.dataset]
    if squared.ndim != dimensions or squared.dtype.kind != "f":
        order = "(nz, nx)" if dimensions == 2 else "(nz, nx, ny)"
        raise ModelFileError(
            f"{path}: {spec.dataset} is {squared.dtype} of shape {squared.shape}; a recipe with {dimensions} "
            f"dimensions needs floating-point numbers of shape {order}"
        )
    if data["d"].size != dimensions or data["o"].size != dimensions or not (data["d"] > 0).all():
        raise ModelFileError(f"{path}: d and o must hold {dimensions} spacings above 0 and {dimensions} origins, in m")
    if not (squared > 0).all():
        raise ModelFileError(f"{path}: {spec.dataset} must be squared slowness above 0 s²/km²; least {squared.min():g}")
    # (nz, nx[, ny]) becomes (nx[, ny], nz).
    velocity = np.moveaxis((1000.0 / np.sqrt(squared)).astype(np.float32), 0, -1)
    return GridModel(np.ascontiguousarray(velocity), _numbers(data["d"]), _numbers(data["o"]))


def _read_raw(path: Path, spec: RawModel) -> GridModel:
    dtype = np.dtype(spec.dtype)
    expected, found = int(np.prod(spec.file_shape)) * dtype.itemsize, path.stat().st_size
    if found != expected:
        raise ModelFileError(
            f"{path}: {found} bytes; {spec.dtype} of shape {spec.file_shape} needs exactly {expected} bytes"
        )
    values = np.fromfile(path, dtype=dtype).reshape(spec.file_shape)
    ours = [spec.axes.index(axis) for axis in sorted(spec.axes)]
    return GridModel(_to_m_s(values.transpose(ours), spec.unit), spec.file_spacing_m, spec.file_origin_m)


def _read_segy(path: Path, spec: SegyModel, dimensions: int) -> GridModel:
    try:
        import segyio
    except ImportError:
        raise ModelFileError(f"{path}: reading SEG-Y needs segyio: pip install 'wavecomp[segy]'") from None
    try:
        with segyio.open(str(path), "r", ignore_geometry=dimensions == 2) as file:
            values = np.array(file.trace.raw[:] if dimensions == 2 else segyio.tools.cube(file))
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        kind = "a readable SEG-Y file" if dimensions == 2 else "a readable SEG-Y cube with inline and crossline numbers"
        raise ModelFileError(f"{path}: not {kind} ({error})") from None
    return GridModel(_to_m_s(values, spec.unit), spec.file_spacing_m, spec.file_origin_m)


def _to_m_s(values: NDArray[np.generic], unit: str) -> Array:
    factor = 1000.0 if unit == "km/s" else 1.0
    return np.ascontiguousarray(values.astype(np.float64) * factor, dtype=np.float32)


def _numbers(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values.ravel())
