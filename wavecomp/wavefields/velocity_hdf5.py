"""Reading a velocity model from HDF5 in the layout of the Overthrust files.

``m`` and ``m0`` hold squared slowness in s²/km², shape (nz, nx[, ny]); ``d``, ``o`` and, where it is there, ``n`` hold
spacing (m), first grid point (m) and number of points along x[, y] and z.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.grid_model import GridModel
from wavecomp.wavefields.model_spec import Hdf5Model

Data = NDArray[Any]


def read_hdf5(path: Path, spec: Hdf5Model, dimensions: int) -> GridModel:
    """Read a model with two or three dimensions.

    Raises
    ------
    ModelFileError
        No HDF5, a dataset is missing, of another type or shape, or holds what cannot be.
    """
    data = _datasets(path, spec.dataset)
    squared = data[spec.dataset]
    if squared.ndim != dimensions or squared.dtype.kind != "f":
        order = "(nz, nx)" if dimensions == 2 else "(nz, nx, ny)"
        raise ModelFileError(
            f"{path}: {spec.dataset} is {squared.dtype} of shape {squared.shape}; a recipe with {dimensions} "
            f"dimensions needs floating-point numbers of shape {order}"
        )
    shape = (*squared.shape[1:], squared.shape[0])
    spacing = _numbers(path, "d", data["d"], dimensions, "spacings above 0, in m")
    origin = _numbers(path, "o", data["o"], dimensions, "origins, in m")
    if min(spacing) <= 0:
        raise ModelFileError(f"{path}: d is {_shown(data['d'])}; it must hold {dimensions} spacings above 0, in m")
    if "n" in data and _numbers(path, "n", data["n"], dimensions, "numbers of points") != tuple(map(float, shape)):
        raise ModelFileError(
            f"{path}: n is {_shown(data['n'])}, but {spec.dataset} of shape {squared.shape} has "
            f"{', '.join(map(str, shape))} points along {', '.join('xyz' if dimensions == 3 else 'xz')}"
        )
    # Written so that NaN, which compares false with everything, is refused as well.
    if not (squared > 0).all():
        raise ModelFileError(
            f"{path}: {spec.dataset} must be squared slowness above 0 s²/km²; least {float(squared.min()):g}"
        )
    # Half precision has three digits, and its range ends where a slowness of rock is squared: not in that. Single
    # precision stays as it is, since published wavefields were made so.
    if squared.dtype.itemsize != 4:
        squared = squared.astype(np.float64)
    velocity = np.moveaxis((1000.0 / np.sqrt(squared)).astype(np.float32), 0, -1)
    return GridModel(np.ascontiguousarray(velocity), spacing, origin)


def _datasets(path: Path, dataset: str) -> dict[str, Data]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            names = [dataset, "d", "o"]
            missing = [name for name in names if not isinstance(file.get(name), h5py.Dataset)]
            if missing:
                held = ", ".join(sorted(file)) or "nothing"
                raise ModelFileError(f"{path}: dataset {', '.join(missing)} is missing; the file holds {held}")
            names += ["n"] if isinstance(file.get("n"), h5py.Dataset) else []
            return {name: np.asarray(file[name][()]) for name in names}
    except (OSError, RuntimeError, LookupError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: not a readable HDF5 file ({error})") from None


def _numbers(path: Path, name: str, values: Data, count: int, words: str) -> tuple[float, ...]:
    real = values.dtype.kind in "fiu" and values.size == count
    if not real or not np.isfinite(values.astype(np.float64)).all():
        raise ModelFileError(
            f"{path}: {name} is {_shown(values)} ({values.dtype}); it must hold {count} {words}, finite numbers all"
        )
    return tuple(float(value) for value in values.ravel())


def _shown(values: Data) -> str:
    text = np.array2string(values, threshold=8, max_line_width=200)
    return text if len(text) <= 80 else f"{text[:77]}..."
