"""What a tier on disk lies on: times on one disk say nothing about another."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import psutil


def disk_kind(folder: Path | None) -> str:
    """Return the file system below a folder and a digest of its device, without any path.

    Parameters
    ----------
    folder : pathlib.Path or None
        None for the system's temporary one.
    """
    here = (folder if folder is not None else Path(tempfile.gettempdir())).resolve()
    mounts = {Path(part.mountpoint): part for part in psutil.disk_partitions(all=True)}
    for place in (here, *here.parents):
        if place in mounts:
            device = hashlib.sha256(mounts[place].device.encode(errors="surrogateescape")).hexdigest()[:8]
            return f"{mounts[place].fstype} {device}"
    return "unknown"
