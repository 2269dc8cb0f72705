"""Text that a terminal of any encoding shows and does not obey."""

from __future__ import annotations

import codecs
import unicodedata

PLAINER = "wavecomp-plainer"
"""Error handler for streams of a narrow encoding: characters that it lacks are written in plainer ones."""

LONGEST = 4000
"""Characters of a message that are shown at most."""

_PLAINER = {
    "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "·": "*", "±": "+/-", "≤": "<=", "≥": ">=", "≈": "~", "→": "->",
    "√": "sqrt", "∑": "sum", "Σ": "sum", "‖": "||", "∇": "grad", "∂": "d", "∞": "inf", "µ": "u", "μ": "u",
    "“": '"', "”": '"', "‘": "'", "’": "'",
}  # fmt: skip

# Controls, invisible marks that reorder a line, halves of characters (bytes of a name that are no UTF-8), line breaks.
_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def printable(text: str) -> str:
    """Return text in which everything that a terminal would obey is written out, such as ``\\x1b``."""
    return "".join(_shown(letter) for letter in text)


def one_line(text: str) -> str:
    """Return printable text without line breaks, its middle left out where it is very long."""
    half = LONGEST // 2
    if len(text) > LONGEST:
        text = f"{text[:half]} … {text[-half:]}"
    return printable(" ".join(text.splitlines()))


def _shown(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in _OBEYED:
        return letter
    return _escaped(letter)


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # how Python keeps a byte that is no UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(letter: str) -> str:
    if unicodedata.category(letter) in _OBEYED:
        return _escaped(letter)
    # "²" becomes "2", "é" becomes "e"; what has no plain form at all, a question mark.
    parts = [letter] if letter in _PLAINER else unicodedata.normalize("NFKD", letter)
    return "".join(_PLAINER.get(part) or (part if part.isascii() else "") for part in parts) or "?"


codecs.register_error(PLAINER, _plainer)
