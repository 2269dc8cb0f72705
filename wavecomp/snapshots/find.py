"""From the text that names snapshots to levels with digest and peak: every value is looked at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall, SnapshotError, SnapshotWordsError
from wavecomp.snapshots.formats import opened
from wavecomp.snapshots.place import Level, array_digest, as_native
from wavecomp.snapshots.series import Series, find_series
from wavecomp.snapshots.source import Opened, array_words
from wavecomp.snapshots.words import Words, parse_words

_MOST_AXES = 3
_PIECE = 2**22

_TAKEN = "compressors take float32 and float64"
_NO_NUMBERS = f"{_TAKEN}, and these are no real numbers"
_CONVERT = f"{_TAKEN}, and nothing is converted unasked: save it with .astype('float32')"
_ADVICE = {
    **dict.fromkeys("fiu", _CONVERT),
    "c": f"{_TAKEN}: save the real and the imaginary part, each as a field",
}
"""What helps, by the kind of a dtype."""

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class StoredLevel:
    """A level that was read once.

    Attributes
    ----------
    level : Level
        Where it lies.
    step : int or None
        Its step; None where nothing tells it.
    shape, dtype : tuple of int, str
        dtype without byte order.
    digest : str
        :func:`~wavecomp.snapshots.place.array_digest` of its values.
    peak : float
        max |x|, in the field's unit.
    """

    level: Level
    step: int | None
    shape: tuple[int, ...]
    dtype: str
    digest: str
    peak: float


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """Somebody's snapshots.

    Attributes
    ----------
    name : str
        Stem of the file, or name of the folder.
    levels : tuple of StoredLevel
        In order of time; never empty.
    spacing_m : tuple of float or None
        Along the axes of a level; None where nobody said it.
    dt_s : float or None
        Seconds from one step number to the next; None where nobody said it.
    taken : str
        One line that says what the file was taken for.
    """

    name: str
    levels: tuple[StoredLevel, ...]
    spacing_m: tuple[float, ...] | None
    dt_s: float | None
    taken: str

    def time_s(self, step: int | None) -> float | None:
        """Return the time of a step in seconds, None where it is not known."""
        return None if step is None or self.dt_s is None else step * self.dt_s


def find_snapshots(text: str, progress: Progress = lambda _done, _total: None) -> SnapshotSet:
    """Read all levels that a text names, one at a time, for their digests and peaks.

    One file is one level. Its first axis is time if ``time=first`` is said, if the array has four axes, or if the file
    itself calls that axis ``time`` or ``t``.

    Parameters
    ----------
    text : str
        ``PATH[:NAME][:key=value,…]``; see :mod:`wavecomp.snapshots.words`.
    progress : callable, optional
        Called with (levels read, levels in all).

    Raises
    ------
    SnapshotWordsError
        The text asks for what cannot be.
    SnapshotError
        A file is missing or damaged; its values are no finite float32 or float64; levels differ in shape or dtype.
    MissingExtra
        The format needs a library that is not installed.
    MemoryTooSmall
        A level does not fit.
    """
    words = parse_words(text)
    series = find_series(words)
    with opened(series.sources[0]) as first:
        _check_array(str(series.sources[0]), first)
        by_index, why = _time_axis(words, series, first)
        shape = tuple(first.array.shape[1:] if by_index else first.array.shape)
        dtype = first.array.dtype.newbyteorder("=")
        note = first.note
        counted = first.array.shape[0] if by_index else 1
    spacing = _spacing(words, shape)
    _check_memory(words, shape, dtype)
    total = counted if series.steps is None else len(series.sources)
    levels = []
    for found in _levels(series, by_index, shape, dtype):
        levels.append(found)
        progress(len(levels), total)
    taken = _taken(words, series, levels, why, note)
    return SnapshotSet(words.name, tuple(levels), spacing, words.dt_s, taken)


def _check_array(where: str, found: Opened) -> None:
    shape, dtype = tuple(found.array.shape), found.array.dtype
    if dtype.kind != "f" or dtype.itemsize not in (4, 8):
        raise SnapshotError(f"{where}: holds {array_words(shape, dtype)}; {_ADVICE.get(dtype.kind, _NO_NUMBERS)}")
    if not shape or 0 in shape:
        raise SnapshotError(f"{where}: has shape {shape}, which is no wavefield: every axis needs a point or more")
    if len(shape) > _MOST_AXES + 1:
        raise SnapshotError(
            f"{where}: has {len(shape)} axes ({array_words(shape, dtype)}); a level has 1 to 3, before them may be time"
        )


def _time_axis(words: Words, series: Series, found: Opened) -> tuple[bool, str]:
    """Say whether levels lie along the first axis, and why."""
    axes = len(found.array.shape)
    called = found.dimensions[0] if found.dimensions else ""
    named = called.lower() in ("time", "t") and axes > 1
    if words.time == "first" and axes < 2:
        raise SnapshotWordsError(f"{words.text}: time=first: the array has one axis, and a level needs one of its own")
    if words.time == "none" and axes > _MOST_AXES:
        raise SnapshotWordsError(f"{words.text}: time=none: {axes} axes cannot be one level, which has 1 to 3")
    by_index = words.time == "first" or (words.time is None and (axes > _MOST_AXES or named))
    if by_index and series.steps is not None and found.array.shape[0] > 1:
        raise SnapshotError(
            f"{series.sources[0]}: {array_words(found.array.shape, found.array.dtype)} is more than one level; of "
            "several files each must be one step"
        )
    if not by_index:
        return False, ""
    if words.time == "first":
        return True, "the first axis is time, as said"
    return True, f'the first axis is time, its name is "{called}"' if named else "of four axes the first is time"


def _spacing(words: Words, shape: tuple[int, ...]) -> tuple[float, ...] | None:
    given = words.spacing_m
    if given is None:
        return None
    if len(given) not in (1, len(shape)):
        raise SnapshotWordsError(
            f"{words.text}: spacing={'x'.join(f'{h:g}' for h in given)}: a level has {len(shape)} axes "
            f"({' x '.join(map(str, shape))}); give one number, or {len(shape)}"
        )
    return given * len(shape) if len(given) == 1 else given


def _check_memory(words: Words, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    size, share = math.prod(shape) * dtype.itemsize, machine_memory.available()
    if 2 * size > share.free_bytes:
        what = f"reading a level of {words.text} ({array_words(shape, dtype)})"
        instead = f"a level of {share.free_bytes / 2e9:.3g} GB would fit; if the first axis is time, add :time=first"
        raise MemoryTooSmall(what, 2 * size, share.free_bytes, share.source, instead)


def _levels(series: Series, by_index: bool, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[StoredLevel]:
    for number, source in enumerate(series.sources):
        with opened(source) as found:
            _check_array(str(source), found)
            there = found.array.shape
            for index in range(there[0]) if by_index else (None,):
                step = index if series.steps is None else series.steps[number]
                alike = (
                    tuple(there[1:] if by_index else there) == shape and found.array.dtype.newbyteorder("=") == dtype
                )
                if not alike or (series.steps is not None and by_index and there[0] > 1):
                    raise SnapshotError(
                        f"{source}: holds {array_words(there, found.array.dtype)}, the first level "
                        f"{array_words(shape, dtype)}; all levels of a field must be alike"
                    )
                values = as_native(found.array[()] if index is None else found.array[index])
                where = str(source) if index is None or series.steps is not None else f"{source}, level {index}"
                peak = _peak(where, values, found.unwritten)
                yield StoredLevel(Level(source, index), step, shape, dtype.name, array_digest(values), peak)


def _peak(where: str, values: NDArray[np.floating], unwritten: float | None) -> float:
    """Return max |x|, in pieces, so that no second array of that size is made."""
    flat, peak = values.ravel(), 0.0
    missing = None if unwritten is None or unwritten == 0.0 else values.dtype.type(unwritten)
    for start in range(0, flat.size, _PIECE):
        piece = flat[start : start + _PIECE]
        largest = float(np.abs(piece).max())
        if not math.isfinite(largest):
            at = start + int(np.flatnonzero(~np.isfinite(piece))[0])
            place = ", ".join(str(int(n)) for n in np.unravel_index(at, values.shape))
            raise SnapshotError(f"{where}: the value at [{place}] is {flat[at]}; a field must be finite everywhere")
        if missing is not None and (piece == missing).any():
            raise SnapshotError(f"{where}: holds {missing:g}, the file's word for points that were never written")
        peak = max(peak, largest)
    return peak


def _taken(words: Words, series: Series, levels: list[StoredLevel], why: str, note: str) -> str:
    first = levels[0]
    what = array_words(first.shape, first.dtype)
    parts = [f"{words.path}{':' + words.inner if words.inner else ''}: "]
    if series.steps is None and not why:
        parts.append(f"one level of {what}")
        if words.time is None and len(first.shape) > 1:
            parts.append(" (if its first axis is time, add :time=first)")
    else:
        parts.append(f"{len(levels)} level{'s' if len(levels) > 1 else ''} of {what}")
        steps = f"{levels[0].step} to {levels[-1].step}" if len(levels) > 1 else str(levels[0].step)
        parts.append(f", {why if series.steps is None else series.words}, steps {steps}")
    if note:
        parts.append(f"; {note}")
    unknown = []
    if words.spacing_m is None:
        unknown.append("spacing= not given: distances in points")
    if words.dt_s is None and first.step is not None:
        unknown.append("dt= not given: steps instead of seconds")
    return "".join(parts) + "".join(f"; {one}" for one in unknown)
