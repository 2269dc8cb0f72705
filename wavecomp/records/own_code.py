"""What of wavecomp itself determines numbers: its sources, whose version stays the same while they are edited."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import wavecomp

_SOURCES = {".py", ".c", ".h"}


@cache
def own_code(*packages: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the sources of some of our packages.

    A commit would not do: an installed copy has none, and a changed working tree has one that says nothing; and it
    changes with every word of documentation.

    Parameters
    ----------
    packages : str
        Names of packages below ``wavecomp``, such as ``compressors``.
    """
    root = Path(wavecomp.__file__).resolve().parent
    digest = hashlib.sha256()
    for file in sorted(file for name in packages for file in (root / name).rglob("*") if file.suffix in _SOURCES):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
