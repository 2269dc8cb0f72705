"""Words on one line for people: text of others, in which no terminal finds anything to obey, and numbers of bytes."""

from __future__ import annotations

import unicodedata

LONGEST = 4000
"""Characters of a line that are shown at most."""

# Controls, invisible marks that reorder a line, halves of characters (bytes of a name that are no UTF-8), line breaks.
OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def printable(text: str) -> str:
    """Return text in which everything that a terminal would obey is written out, such as ``\\x1b``."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return printable text without line breaks, its middle left out where it is very long."""
    # Twice: nobody escapes five million characters, and what is escaped grows to ten times its length.
    return _cut(printable(" ".join(_cut(text, longest).splitlines())), longest)


def error_text(error: BaseException) -> str:
    """Return kind and words of an exception of any code, even where those cannot be had, as one line."""
    try:
        words = str(error)
    except BaseException as second:  # an exception's own text is code as well
        words = f"its text cannot be had: {type(second).__name__}"
    return one_line(f"{type(error).__name__}: {words}" if words else type(error).__name__)


def escaped(letter: str) -> str:
    """Write one character out in ASCII."""
    if "\udc80" <= letter <= "\udcff":  # how Python keeps a byte that is no UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")


def size_text(count: float) -> str:
    """Return a number of bytes for people, in decimal units, with three digits.

    Examples
    --------
    >>> size_text(950), size_text(2.05e9), size_text(999_700)
    ('950 B', '2.05 GB', '1 MB')
    """
    if count < 999.5:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.5:  # what three digits would show as 1e+03
            return f"{count:.3g} {unit}"
    return f"{count / 1000:.3g} TB"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-(longest // 2) :]}"


def _shown(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in OBEYED:
        return letter
    return escaped(letter)
