"""The shots of a problem, as words: ``all``, or numbers and ranges such as ``0,3,5-9``."""

from __future__ import annotations

import re

from wavecomp.errors import UsageError


class UnknownShot(UsageError):
    """The words name no shots, or some that the problem does not have."""


def parse_shots(text: str, count: int, problem: str) -> tuple[int, ...]:
    """Return the numbers of the shots that a text means, in ascending order, each once.

    Parameters
    ----------
    text : str
        ``all``, or numbers and ranges, both ends included, with commas between them.
    count : int
        How many shots the problem has; the first one is number 0.
    problem : str
        Its name, for the message.

    Raises
    ------
    UnknownShot
        Another text, a range that goes down, or a number of ``count`` or more.

    Examples
    --------
    >>> parse_shots("0,3,5-7", 16, "marmousi-2d"), parse_shots("all", 4, "tiny")
    ((0, 3, 5, 6, 7), (0, 1, 2, 3))
    """
    if text.strip() == "all":
        return tuple(range(count))
    found: set[int] = set()
    for word in text.split(","):
        ends = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", word)
        first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (1, 0)
        if first > last:
            raise UnknownShot(f"shots {text!r}: {word.strip()!r} is no shot; write all, or for example 0,3,5-9")
        if last >= count:
            raise UnknownShot(f"shots {text!r}: {problem} has the shots 0 to {count - 1}, and no {last}")
        found.update(range(first, last + 1))
    return tuple(sorted(found))
