"""One time level on disk: a ``.npy`` file, written slab by slab with its digests and statistics in the same pass."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import StorageError
from wavecomp.wavefields.manifest import SnapshotEntry

_SLAB_BYTES = 8 * 2**20


def write_level(path: Path, level: NDArray[np.float32], step: int, time_s: float) -> SnapshotEntry:
    """Write a time level in C order and return its manifest entry; needs a few MB, whatever the size of the level.

    Raises
    ------
    StorageError
        The disk is full or does not take the file.
    """
    data_hash, file_hash = hashlib.sha256(), hashlib.sha256()
    low, high, squares = np.inf, -np.inf, 0.0
    planes = max(1, _SLAB_BYTES // max(1, level[0].nbytes))
    try:
        with path.open("wb") as stream:
            header = _header(level)
            stream.write(header)
            file_hash.update(header)
            for start in range(0, level.shape[0], planes):
                slab = np.ascontiguousarray(level[start : start + planes])
                stream.write(slab.data)
                data_hash.update(slab.data)
                file_hash.update(slab.data)
                low, high = min(low, float(slab.min())), max(high, float(slab.max()))
                squares += float(np.square(slab, dtype=np.float64).sum())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StorageError(path, level.nbytes, _reason(error)) from error
    return SnapshotEntry(
        file=path.name,
        step=step,
        time_s=time_s,
        shape=level.shape,
        dtype=level.dtype.str,
        data_sha256=data_hash.hexdigest(),
        file_sha256=file_hash.hexdigest(),
        minimum=low,
        maximum=high,
        l2_norm=float(np.sqrt(squares)),
    )


def _header(level: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    described = {"descr": level.dtype.str, "fortran_order": False, "shape": level.shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue()


def _reason(error: OSError) -> str:
    return "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
