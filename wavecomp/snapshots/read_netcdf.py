"""NetCDF: the classic format through SciPy, NetCDF-4, which is HDF5, through h5py. Nothing else is needed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from wavecomp.snapshots.source import Opened, Source, array_words, choose_array

_FILL = {"f4": 9.969209968386869e36, "f8": 9.969209968386869e36}
"""NetCDF's own value of points that were never written (NC_FILL_FLOAT, NC_FILL_DOUBLE)."""

_PACKED = {"scale_factor": 1.0, "add_offset": 0.0}


@contextmanager
def open_array(source: Source) -> Iterator[Opened]:
    """Open one variable; variables that only hold the coordinates of an axis are not counted."""
    with source.path.open("rb") as file:
        magic = file.read(8)
    if magic[:4] in (b"CDF\1", b"CDF\2"):
        with _classic(source) as found:
            yield found
    elif magic == b"\x89HDF\r\n\x1a\n":
        with _hdf5(source) as found:
            yield found
    elif magic[:3] == b"CDF":
        raise ValueError(f"its format is CDF-{magic[3]}, which is not read; nccopy -k nc4 makes NetCDF-4 of it")
    else:
        raise ValueError(f"it begins with {magic!r}")


@contextmanager
def _classic(source: Source) -> Iterator[Opened]:
    from scipy.io import netcdf_file

    with warnings.catch_warnings():
        # It warns of arrays that outlive the file: ours are copied before it is closed.
        warnings.simplefilter("ignore", RuntimeWarning)
        with netcdf_file(source.path, "r", mmap=True) as file:
            held = {n: v for n, v in file.variables.items() if v.dimensions != (n,) and v.shape}
            name = choose_array(source, {n: array_words(v.shape, v.data.dtype) for n, v in held.items()})
            variable = held[name]
            # The length of the unlimited axis is that of the data.
            yield _opened(name, variable.data, tuple(variable.dimensions), variable._attributes)
            del variable, held


@contextmanager
def _hdf5(source: Source) -> Iterator[Opened]:
    import h5py

    with h5py.File(source.path, "r") as file:
        held: dict[str, Any] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and item.shape and item.attrs.get("CLASS") != b"DIMENSION_SCALE":
                held[name] = item

        file.visititems(visit)
        name = choose_array(source, {n: array_words(v.shape, v.dtype) for n, v in held.items()})
        variable = held[name.strip("/")]
        yield _opened(name, variable, tuple(_scale_name(axis) for axis in variable.dims), variable.attrs)


def _scale_name(axis: Any) -> str:
    return str(axis[0].name).rpartition("/")[2] if len(axis) else ""


def _opened(name: str, array: Any, dimensions: tuple[str, ...], attributes: Mapping[str, Any]) -> Opened:
    for key, neutral in _PACKED.items():
        if key in attributes and float(np.ravel(attributes[key])[0]) != neutral:
            raise ValueError(f"{name} is packed ({key} = {np.ravel(attributes[key])[0]:g}); unpack it first")
    given = attributes.get("_FillValue")
    fill = _FILL.get(array.dtype.str[1:]) if given is None else float(np.ravel(given)[0])
    return Opened(array, dimensions, unwritten=None if fill is None or np.isnan(fill) else fill)
