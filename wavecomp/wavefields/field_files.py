"""Which files belong to a stored field, and what lies among them that does not."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from wavecomp.wavefields.manifest import MANIFEST, MANIFEST_DIGEST

_LEVEL = re.compile(r"step-\d{6,}\.npy")

# Looked for in the text, so that a field whose manifest was damaged is still known for ours.
_MARKS = (b'"recipe_digest": "', b'"snapshots": [', b'"schema": ')
_LISTED = re.compile(rb'"file": "(step-\d{6,}\.npy)"')

_SHOWN = 3


def foreign_in(place: Path) -> str | None:
    """Say in words why a path may not be replaced by a stored field; None where it may be.

    It may be where nothing is, an empty folder, or a folder with the manifest of a stored field, whole or damaged, and
    with nothing else than the files that this manifest lists.
    """
    if place.is_symlink():  # what lies behind it is not looked at: it is not in its place
        return "is a symbolic link"
    if not place.exists():
        return None
    if not place.is_dir():
        return "is there and no folder"
    entries = sorted(place.iterdir())
    if not entries:
        return None
    listed = _listed_in(place)
    if listed is None:
        return f"is no stored field of wavecomp's: it has no manifest, and holds {_shown(entries)}"
    others = [entry for entry in entries if entry.name not in listed or entry.is_symlink() or not entry.is_file()]
    return f"holds what is no part of the stored field: {_shown(others)}" if others else None


def is_stored_field(place: Path) -> bool:
    """Tell a folder with the manifest of a stored field, whole or damaged, from all others."""
    return _listed_in(place) is not None


def remove_field(folder: Path) -> None:
    """Remove the files of a stored field, and their folder if nothing else is in it; nothing else is touched."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for entry in folder.iterdir():
        ours = entry.name in (MANIFEST, MANIFEST_DIGEST) or _LEVEL.fullmatch(entry.name) is not None
        if ours and entry.is_file() and not entry.is_symlink():
            entry.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _listed_in(folder: Path) -> set[str] | None:
    manifest = folder / MANIFEST
    try:
        content = manifest.read_bytes()
    except OSError:
        return None
    if manifest.is_symlink() or not all(mark in content for mark in _MARKS):
        return None
    return {MANIFEST, MANIFEST_DIGEST, *(name.decode() for name in _LISTED.findall(content))}


def _shown(entries: list[Path]) -> str:
    names = [f"{entry.name}/" if entry.is_dir() and not entry.is_symlink() else entry.name for entry in entries]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
