"""Text that a terminal of any encoding shows and does not obey."""

from __future__ import annotations

import codecs
import unicodedata

from wavecomp.plain_text import LONGEST, OBEYED, escaped, one_line, printable

__all__ = ["LONGEST", "PLAINER", "one_line", "printable"]

PLAINER = "wavecomp-plainer"
"""Error handler for streams of a narrow encoding: characters that it lacks are written in plainer ones."""

_PLAINER = {
    "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "·": "*", "±": "+/-", "≤": "<=", "≥": ">=", "≈": "~", "→": "->",
    "√": "sqrt", "∑": "sum", "Σ": "sum", "‖": "||", "∇": "grad", "∂": "d", "∞": "inf", "µ": "u", "μ": "u",
    "“": '"', "”": '"', "‘": "'", "’": "'",
}  # fmt: skip


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(letter: str) -> str:
    if unicodedata.category(letter) in OBEYED:
        return escaped(letter)
    # "²" becomes "2", "é" becomes "e"; what has no plain form at all, a question mark.
    parts = [letter] if letter in _PLAINER else unicodedata.normalize("NFKD", letter)
    return "".join(_PLAINER.get(part) or (part if part.isascii() else "") for part in parts) or "?"


codecs.register_error(PLAINER, _plainer)
