"""Anybody's snapshots as fields: files of other programs, read where they lie, level by level.

One text names them, on every command line and from Python: ``PATH[:NAME][:key=value,…]``, as :mod:`.words` reads it.
What the file does not tell (spacing, time step) stays unknown unless it is given.
"""

from __future__ import annotations

from wavecomp.snapshots.find import SnapshotSet, StoredLevel, find_snapshots
from wavecomp.snapshots.formats import SUFFIXES
from wavecomp.snapshots.place import Level, Source, array_digest, read_level
from wavecomp.snapshots.words import Words, looks_like_snapshots, parse_words

__all__ = [
    "SUFFIXES",
    "Level",
    "SnapshotSet",
    "Source",
    "StoredLevel",
    "Words",
    "array_digest",
    "find_snapshots",
    "looks_like_snapshots",
    "parse_words",
    "read_level",
]
