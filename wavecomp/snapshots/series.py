"""A file a step: which files those are, in which order, and which step each one is."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wavecomp.errors import SnapshotError, SnapshotWordsError
from wavecomp.snapshots.formats import SUFFIXES, suffix_of
from wavecomp.snapshots.source import Source
from wavecomp.snapshots.words import Words

_DIGITS = re.compile(r"(\d+)")
_LARGEST_STEP = 2**63 - 1
_ZARR = ("zarr.json", ".zarray", ".zgroup")


@dataclass(frozen=True, slots=True)
class Series:
    """The files of a field.

    Attributes
    ----------
    sources : tuple of Source
        One file, or a file a step in order.
    steps : tuple of int or None
        Their steps; None for a single file, which has none.
    words : str
        How the steps are known.
    """

    sources: tuple[Source, ...]
    steps: tuple[int, ...] | None = None
    words: str = ""


def find_series(words: Words) -> Series:
    """Find the files that the words stand for.

    Raises
    ------
    SnapshotError
        There is no such file, or the files of a folder are of several kinds.
    SnapshotWordsError
        A file that does not say its shape and dtype needs them, or one that does was given them.
    """
    path = Path(words.path)
    if words.is_pattern:
        found = [Path(name) for name in glob.glob(words.path)]  # noqa: PTH207  # Path.glob takes no absolute pattern
        if not found:
            raise SnapshotError(f"{words.path}: no file matches")
        return _steps(words, found)
    if not path.exists():
        raise SnapshotError(f"{words.path}: there is no such file or folder")
    if path.is_dir() and not _is_zarr(path):
        return _steps(words, _in_folder(words, path))
    return Series((_source(words, path),))


def natural_key(name: str) -> tuple[tuple[str, int], ...]:
    """Return a key that sorts names as people do: ``u_2`` before ``u_10``."""
    parts = _DIGITS.split(name)
    return tuple((text, int(number)) for text, number in zip(parts[::2], [*parts[1::2], "-1"], strict=True))


def steps_in(names: Sequence[str]) -> tuple[int, ...] | None:
    """Return the step that each name tells: the one number in which names differ that are alike otherwise, else None.

    Examples
    --------
    >>> steps_in(["run2_u_0100.npy", "run2_u_0200.npy"])
    (100, 200)
    >>> steps_in(["t0.5_a.npy", "t1.0_a.npy"]) is None
    True
    """
    parts = [_DIGITS.split(name) for name in names]
    if len({tuple(split[::2]) for split in parts}) > 1:
        return None
    columns = list(zip(*(split[1::2] for split in parts), strict=True))
    telling = [column for column in columns if len(set(column)) > 1]
    if len(names) == 1 and len(columns) == 1:
        telling = columns
    if len(telling) != 1:
        return None
    steps = tuple(map(int, telling[0]))
    return steps if max(steps) <= _LARGEST_STEP else None


def _steps(words: Words, files: list[Path]) -> Series:
    files = sorted(files, key=lambda file: (natural_key(file.name), str(file)))
    sources = tuple(_source(words, file) for file in files)
    kinds = {source.form for source in sources}
    if len(kinds) > 1:
        one = {source.form: source.path.name for source in sources}
        raise SnapshotError(
            f"{words.path}: holds files of several kinds ({', '.join(one.values())}); choose with a pattern, such as "
            f"{Path(words.path).parent if words.is_pattern else words.path}/*{files[0].suffix}"
        )
    steps = steps_in([file.name for file in files])
    if steps is None:
        return Series(sources, tuple(range(len(files))), "the names tell no steps: numbered in the order of the names")
    if len(set(steps)) < len(steps):
        twice = next(step for step in steps if steps.count(step) > 1)
        same = [file.name for file, step in zip(files, steps, strict=True) if step == twice]
        raise SnapshotError(f"{words.path}: {' and '.join(same)} are both step {twice}")
    ordered = sorted(zip(steps, sources, strict=True), key=lambda pair: pair[0])
    return Series(tuple(source for _, source in ordered), tuple(sorted(steps)), "steps from the names")


def _in_folder(words: Words, folder: Path) -> list[Path]:
    def may_be(entry: Path) -> bool:
        if entry.name.startswith(".") or (entry.is_dir() and not _is_zarr(entry)):
            return False
        return suffix_of(entry) in SUFFIXES or words.dtype is not None

    found = [entry for entry in folder.iterdir() if may_be(entry)]
    if not found:
        held = sorted(entry.name for entry in folder.iterdir())
        shown = ", ".join(held[:3]) + (f" and {len(held) - 3} more" if len(held) > 3 else "")
        raise SnapshotError(
            f"{words.path}: no file of a known kind is in this folder ({', '.join(SUFFIXES)}); it holds "
            f"{shown or 'nothing'}. {_raw_advice(words.path)}"
        )
    return found


def _is_zarr(path: Path) -> bool:
    return path.is_dir() and (suffix_of(path) == ".zarr" or any((path / name).exists() for name in _ZARR))


def _source(words: Words, path: Path) -> Source:
    form = "zarr" if _is_zarr(path) else SUFFIXES.get(suffix_of(path), "raw")
    if form == "raw":
        if words.shape is None or words.dtype is None:
            raise SnapshotWordsError(
                f'{words.text}: a file "{path.name}" does not say what it holds. {_raw_advice(path)}'
            )
        if words.inner:
            raise SnapshotWordsError(f'{words.text}: a file of raw numbers holds no array "{words.inner}"')
    elif words.dtype is not None or (words.shape is not None and form != "segy"):
        raise SnapshotWordsError(
            f"{words.text}: shape and dtype are for raw numbers; a {suffix_of(path) or 'Zarr'} file says its own"
        )
    elif words.inner and form in ("npy", "segy"):
        raise SnapshotWordsError(f'{words.text}: a {suffix_of(path)} file is one array, it holds no "{words.inner}"')
    return Source(path.absolute(), form, words.inner, words.shape, words.dtype)


def _raw_advice(path: object) -> str:
    return f"Raw numbers need their shape, slowest axis first, and dtype: '{path}:shape=100x100x50,dtype=<f4'"
