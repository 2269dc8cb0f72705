"""Files of every format, made by the libraries that people write them with, and what names them on a command line."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest


def waves(levels: int = 3, shape: tuple[int, ...] = (9, 8, 10), dtype: str = "float32") -> np.ndarray:
    """Levels of numbers that differ everywhere, so that no axis can be taken for another."""
    return np.random.default_rng(7).standard_normal((levels, *shape)).astype(dtype)


def zarr_store(folder: Path, array: np.ndarray, driver: str, names: list[str] | None = None) -> None:
    """Write a Zarr store in chunks that do not fill the array; skip where the extra is missing."""
    library = pytest.importorskip("tensorstore", reason="the extra zarr is not installed")
    chunks = [1, *(min(4, length) for length in array.shape[1:])]
    if driver == "zarr":
        metadata = {"chunks": chunks, "compressor": {"id": "zlib", "level": 1}}
    else:
        metadata = {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}}}
        if names:
            metadata["dimension_names"] = names
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(folder)}, "metadata": metadata}
    store = library.open(spec, create=True, dtype=array.dtype.newbyteorder("=").name, shape=array.shape).result()
    store.write(array).result()


def write_npy(path: Path, array: np.ndarray) -> str:
    np.save(path.with_suffix(".npy"), array)
    return str(path.with_suffix(".npy"))


def write_npy_fortran(path: Path, array: np.ndarray) -> str:
    return write_npy(path, np.asfortranarray(array))


def write_npy_swapped(path: Path, array: np.ndarray) -> str:
    return write_npy(path, array.astype(array.dtype.newbyteorder(">")))


def write_npz(path: Path, array: np.ndarray) -> str:
    np.savez(path.with_suffix(".npz"), u=array, other=array[:1])
    return f"{path.with_suffix('.npz')}:u"


def write_npz_compressed(path: Path, array: np.ndarray) -> str:
    np.savez_compressed(path.with_suffix(".npz"), array)
    return str(path.with_suffix(".npz"))


def write_npz_fortran(path: Path, array: np.ndarray) -> str:
    return write_npz_compressed(path, np.asfortranarray(array))


def write_hdf5(path: Path, array: np.ndarray) -> str:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file.create_dataset("run/u", data=array, chunks=(1, *array.shape[1:]), compression="gzip")
        file["run/dt"] = 0.004
        file["model"] = array[0]
    return f"{path.with_suffix('.h5')}:/run/u"


def write_hdf5_swapped(path: Path, array: np.ndarray) -> str:
    with h5py.File(path.with_suffix(".hdf5"), "w") as file:
        file.create_dataset("u", data=array, dtype=array.dtype.newbyteorder(">"))
    return str(path.with_suffix(".hdf5"))


def write_netcdf3(path: Path, array: np.ndarray) -> str:
    from scipy.io import netcdf_file

    names = [f"axis{n}" for n in range(array.ndim)]
    with netcdf_file(path.with_suffix(".nc"), "w") as file:
        for name, length in zip(names, array.shape, strict=True):
            file.createDimension(name, length)
            file.createVariable(name, "f8", (name,))[:] = np.arange(length)
        file.createVariable("u", array.dtype.str[1:], names)[:] = array
    return str(path.with_suffix(".nc"))


def write_netcdf4(path: Path, array: np.ndarray) -> str:
    library = pytest.importorskip("h5netcdf", reason="h5netcdf, with which the file is written, is not installed")
    names = [f"axis{n}" for n in range(array.ndim)]
    with library.File(path.with_suffix(".nc4"), "w") as file:
        file.dimensions = dict(zip(names, array.shape, strict=True))
        for name, length in zip(names, array.shape, strict=True):
            file.create_variable(name, (name,), "f8", data=np.arange(float(length)))
        file.create_variable("u", names, array.dtype, data=array)
    return str(path.with_suffix(".nc4"))


def write_zarr3(path: Path, array: np.ndarray) -> str:
    zarr_store(path.with_suffix(".zarr"), array, "zarr3")
    return str(path.with_suffix(".zarr"))


def write_zarr2(path: Path, array: np.ndarray) -> str:
    """A group of two arrays in a folder without a suffix."""
    zarr_store(path / "fields" / "u", array, "zarr")
    zarr_store(path / "fields" / "v", array[:1], "zarr")
    for group in (path, path / "fields"):
        (group / ".zgroup").write_text('{"zarr_format": 2}')
    return f"{path}:fields/u"


def write_zarr2_by_hand(path: Path, array: np.ndarray) -> str:
    """Zarr 2 as its specification has it, without any library: big-endian chunks, the last cut off by the shape."""
    store, chunk = path.with_suffix(".zarr"), (2, *array.shape[1:])
    store.mkdir()
    swapped = array.astype(array.dtype.newbyteorder(">"))
    about = {"zarr_format": 2, "shape": array.shape, "chunks": chunk, "dtype": swapped.dtype.str, "compressor": None}
    (store / ".zarray").write_text(json.dumps(about | {"fill_value": 0, "order": "C", "filters": None}))
    for number in range(0, len(array), 2):
        whole = np.zeros(chunk, swapped.dtype)
        part = swapped[number : number + 2]
        whole[: len(part)] = part
        (store / ".".join([str(number // 2), *"0" * (array.ndim - 1)])).write_bytes(whole.tobytes())
    return str(store)


def write_raw(path: Path, array: np.ndarray) -> str:
    array.tofile(path.with_suffix(".bin"))
    return f"{path.with_suffix('.bin')}:shape={'x'.join(map(str, array.shape))},dtype={array.dtype.str}"


def write_raw_swapped(path: Path, array: np.ndarray) -> str:
    return write_raw(path, array.astype(array.dtype.newbyteorder(">")))


WRITERS = [
    write_npy, write_npy_fortran, write_npy_swapped, write_npz, write_npz_compressed, write_npz_fortran, write_hdf5,
    write_hdf5_swapped, write_netcdf3, write_netcdf4, write_zarr3, write_zarr2, write_zarr2_by_hand, write_raw,
    write_raw_swapped,
]  # fmt: skip


def with_option(text: str, option: str) -> str:
    """Add ``key=value`` to the words of a field."""
    return f"{text},{option}" if "=" in text.rpartition(":")[2] else f"{text}:{option}"
