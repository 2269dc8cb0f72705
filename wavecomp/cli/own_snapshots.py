"""Somebody's own snapshots where a command takes a field: files instead of a recipe."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from wavecomp.cli.console import err, fields_folder, progress_bar
from wavecomp.records import Archive
from wavecomp.snapshots import SnapshotSet, find_snapshots, looks_like_snapshots, parse_words
from wavecomp.sweep import FieldRef, name_among, snapshot_references
from wavecomp.wavefields import recipe_names

FIELD_WORDS = "a recipe's name or .toml file, or snapshots: PATH[:NAME][:key=value,...]"
"""What ``--field`` takes, for the help of options."""


def is_stored(name: str) -> bool:
    """Say whether a wavefield of that name was generated here."""
    try:
        return (fields_folder() / name / "manifest.json").is_file()
    except (OSError, ValueError):  # too long a name, for example: it is no field's
        return False


def is_own(field: str) -> bool:
    """Tell files of snapshots from a recipe; a plain word is the recipe or the generated field of that name first."""
    if field.endswith(".toml") or field in recipe_names() or is_stored(field):
        return False
    return looks_like_snapshots(field)


def own_name(field: str) -> str:
    """Return what snapshots are called; they need not be there, since records may have come without them.

    Raises
    ------
    SnapshotWordsError
        The words are wrong.
    """
    return _beside_recipes(parse_words(field).name)


def _beside_recipes(name: str) -> str:
    """Return a name that no recipe has, so that nobody takes one for the other."""
    return f"{name}-file" if name in recipe_names() or is_stored(name) else name


def is_there(field: str) -> bool:
    """Say whether the path of snapshots is there."""
    words = parse_words(field)
    return words.is_pattern or Path(words.path).exists()


def read_own(field: str) -> SnapshotSet:
    """Read snapshots once, with a progress bar, and say in one line what they were taken for.

    Raises
    ------
    WavecompError
        As :func:`wavecomp.snapshots.find_snapshots`.
    """
    with progress_bar("reading snapshots", "levels") as bar:
        found = find_snapshots(field, lambda done, total: bar(done, total, ""))
    err.print(Text(f"field {found.taken}"))
    return found


def own_references(found: SnapshotSet, folder: Path | None) -> list[FieldRef]:
    """Describe snapshots for a sweep into an archive, by a name that is no other wavefield's there."""
    plain = _beside_recipes(found.name)
    name = plain if folder is None else name_among(found, plain, Archive(folder))
    if name != plain:
        err.print(Text(f"field {plain}: its records in {folder} go by the name {name}"))
    return snapshot_references(found, name)
