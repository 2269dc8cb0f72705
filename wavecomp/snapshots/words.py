"""The text that names somebody's snapshots: ``PATH[:NAME][:key=value,…]``.

PATH is a file, a folder with a file a step, or a pattern such as ``run1/u_*.npy``; NAME an array inside the file. The
keys are ``time``, ``shape``, ``dtype``, ``spacing`` and ``dt``.
"""

from __future__ import annotations

import glob
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from wavecomp.errors import SnapshotWordsError, did_you_mean
from wavecomp.snapshots.formats import SUFFIXES, suffix_of

Time = Literal["first", "none"]
T = TypeVar("T")

_PATTERN = re.compile(r"[*?\[]")
_LONGEST_NAME = 100
"""Bytes of a field's name: folders and figures bear it, with words of their own around it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody asked for.

    Attributes
    ----------
    text : str
        As it was given, for messages.
    path : str
        File, folder or pattern.
    inner : str
        Array inside the file; empty where none is named.
    time : {"first", "none"} or None
        What the first axis is; None where nothing is said.
    shape, dtype : tuple of int or None, str or None
        Of raw numbers; dtype is NumPy's, with byte order.
    spacing_m : tuple of float or None
        Grid spacing along the axes of a level, in metres; one number stands for every axis.
    dt_s : float or None
        Seconds from one step number to the next.
    """

    text: str
    path: str
    inner: str = ""
    time: Time | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    spacing_m: tuple[float, ...] | None = None
    dt_s: float | None = None

    @property
    def is_pattern(self) -> bool:
        """Whether the path stands for the files that match it."""
        return _PATTERN.search(self.path) is not None and not os.path.lexists(self.path)

    @property
    def name(self) -> str:
        """What the field is called: stem of the file and array in it, folder, or what the names of a pattern share."""
        path = Path(self.path)
        stem = path.name or Path(os.path.abspath(self.path)).name  # noqa: PTH100  # of "." and ".." too
        if self.is_pattern:
            stem = _PATTERN.split(path.name)[0].rstrip("_-. 0123456789") or path.absolute().parent.name
        elif not path.is_dir() or suffix_of(path) in SUFFIXES:
            stem = path.stem
        # Two arrays of one file are two fields.
        return _plain_name(f"{stem}-{self.inner.strip('/')}" if self.inner else stem)


def parse_words(text: str) -> Words:
    """Take apart the text that names snapshots; whether they can be read is seen later.

    Of several colons the one counts that leaves the longest path which is there, so that a name with a colon works.

    Raises
    ------
    SnapshotWordsError
        A key is unknown, or a value is not one.
    """
    path, rest = _split_path(text)
    inner, options = _split_options(rest)
    values = _options(text, options)
    return Words(
        text=text,
        path=path,
        inner=inner,
        time=_read(text, values, "time", _time),
        shape=_read(text, values, "shape", _shape),
        dtype=_read(text, values, "dtype", _dtype),
        spacing_m=_read(text, values, "spacing", _spacing),
        dt_s=_read(text, values, "dt", _seconds),
    )


def looks_like_snapshots(text: str) -> bool:
    """Tell a path of snapshots, there or not, from a plain word such as a recipe's name."""
    path, rest = _split_path(text)
    return (
        os.path.lexists(path)
        or suffix_of(Path(path)) in SUFFIXES
        or "=" in rest
        or (_PATTERN.search(path) is not None)
        or (os.sep in path and "\0" not in path and len(path) < 4096)
    )


def _split_path(text: str) -> tuple[str, str]:
    cuts = [len(text), *(found.start() for found in reversed(list(re.finditer(":", text))))]
    for cut in cuts:
        if cut and (os.path.lexists(text[:cut]) or (_PATTERN.search(text[:cut]) and _matches(text[:cut]))):
            return text[:cut], text[cut + 1 :]
    path, _, rest = text.partition(":")
    return path, rest


def _matches(pattern: str) -> bool:
    try:
        return next(glob.iglob(pattern), None) is not None  # noqa: PTH207  # Path.glob takes no absolute pattern
    except (OSError, ValueError, re.error):
        return False


def _split_options(rest: str) -> tuple[str, str]:
    before, colon, last = rest.rpartition(":")
    if "=" in last:
        return before, last
    return (f"{before}{colon}{last}", "") if last else (before, "")


def _options(text: str, options: str) -> dict[str, str]:
    known = ("time", "shape", "dtype", "spacing", "dt")
    values: dict[str, str] = {}
    for item in options.split(",") if options else []:
        key, equals, value = item.partition("=")
        if not equals or key not in known:
            near = did_you_mean(key, known)
            raise SnapshotWordsError(
                f'{text}: "{item}" is no setting{near} (there are: {", ".join(known)}, each with =)'
            )
        if key in values:
            raise SnapshotWordsError(f"{text}: {key} is given twice, {values[key]} and {value}")
        values[key] = value
    return values


def _read(text: str, values: Mapping[str, str], key: str, convert: Callable[[str], T | str]) -> Any:
    """Return a converted value, None where it is not given; a converter that refuses returns what would be right."""
    if key not in values:
        return None
    found = convert(values[key])
    if isinstance(found, _Refused):
        raise SnapshotWordsError(f"{text}: {key}={values[key]}: {found}")
    return found


class _Refused(str):
    """Why a value is none."""

    __slots__ = ()


def _time(value: str) -> str:
    return value if value in ("first", "none") else _Refused("must be first (the first axis is time) or none")


def _shape(value: str) -> tuple[int, ...] | str:
    parts = value.split("x")
    if not all(part.isascii() and part.isdigit() and len(part) <= 12 and int(part) > 0 for part in parts):
        return _Refused("must be whole numbers above 0 with x between them, slowest axis first, such as 100x100x50")
    return tuple(map(int, parts))


def _dtype(value: str) -> str:
    words = "must be float32 or float64 in one byte order: <f4, >f4, <f8 or >f8 (< is little-endian; quote it)"
    try:
        found = np.dtype(value)
    except (TypeError, ValueError, SyntaxError):
        return _Refused(words)
    # Without a byte order NumPy takes this machine's, and a file may come from anywhere.
    if found.kind != "f" or found.itemsize not in (4, 8) or value[:1] not in "<>":
        return _Refused(words)
    return value


def _spacing(value: str) -> tuple[float, ...] | str:
    numbers = [_positive(part) for part in value.split("x")]
    if any(number is None for number in numbers):
        return _Refused("must be metres above 0: one number, or one an axis of a level with x between, such as 10x10x5")
    return tuple(number for number in numbers if number is not None)


def _seconds(value: str) -> float | str:
    return _positive(value) or _Refused("must be seconds above 0 from one step to the next, such as 0.002")


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0.0 < number < math.inf else None


def _plain_name(stem: str) -> str:
    """Return a name for folders, figures and links: letters, digits, ``.``, ``_`` and ``-``."""
    plain = re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "snapshots"
    return plain.encode(errors="ignore")[:_LONGEST_NAME].decode(errors="ignore")
