"""Command lines with placeholders: what may stand in them, and what they become for one field."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from wavecomp.compressors.plugin_files.keywords import Malformed
from wavecomp.compressors.spec import Value
from wavecomp.errors import did_you_mean

INPUT, OUTPUT, HERE = "input", "output", "here"
SHAPE, REVERSED = "shape", "shape_reversed"
AXES = ("nx", "ny", "nz")
"""The lengths from the axis that varies fastest, the last one of an array, on."""

_OF_A_FIELD = (SHAPE, REVERSED, *AXES, "ndim", "count", "dtype", "bits")
PLACEHOLDERS = (INPUT, OUTPUT, HERE, *_OF_A_FIELD)

_Piece = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class FieldWords:
    """What a command line can say of a field.

    Attributes
    ----------
    shape : tuple of int
        Without dimensions of length 1, which a program would pad.
    dtype : str
        The word for it.
    bits : int
    """

    shape: tuple[int, ...]
    dtype: str
    bits: int

    def words(self) -> dict[str, str]:
        """Return the words by placeholder; axes that the field does not have are of length 1."""
        lengths = [*reversed(self.shape), *(1,) * len(AXES)]
        return {
            **{axis: str(length) for axis, length in zip(AXES, lengths, strict=False)},
            "ndim": str(len(self.shape)),
            "count": str(prod(self.shape)),
            "dtype": self.dtype,
            "bits": str(self.bits),
        }


class CommandLine:
    """One command line with placeholders.

    Parameters
    ----------
    arguments : sequence of str
        The program first.
    keys : sequence of str
        Parameters that may stand in braces beside :data:`PLACEHOLDERS`.

    Raises
    ------
    Malformed
        A placeholder is unknown, or stands where it cannot.
    """

    def __init__(self, arguments: Sequence[str], keys: Sequence[str]) -> None:
        known = (*PLACEHOLDERS, *keys)
        self._arguments = [list(_pieces(argument, known)) for argument in arguments]
        self.named = {field for pieces in self._arguments for _, field, _ in pieces if field is not None}
        if any(field not in (None, HERE) for _, field, _ in self._arguments[0]):
            raise Malformed(f'the program itself, "{arguments[0]}", can hold no placeholder but {{{HERE}}}')

    @property
    def most_dimensions(self) -> int | None:
        """How many lengths it names one by one; None where it names none, or all at once."""
        count = max((number for number, axis in enumerate(AXES, start=1) if axis in self.named), default=0)
        return count or None

    def beside(self, here: str) -> Iterator[str]:
        """Return the paths that its arguments name in the folder of the file."""
        for pieces in self._arguments:
            if pieces and pieces[0][:2] == ("", HERE) and all(field is None for _, field, _ in pieces[1:]):
                yield here + "".join(text for text, _, _ in pieces[1:])

    def program(self, here: str) -> str:
        """Return what is to be run."""
        return "".join(text + (here if field == HERE else "") for text, field, _ in self._arguments[0])

    def filled(self, shape: Sequence[int], words: Mapping[str, str]) -> list[str]:
        """Return the arguments behind the program for one field."""
        lengths = {SHAPE: [str(one) for one in shape], REVERSED: [str(one) for one in reversed(shape)]}

        def said(field: str | None, separator: str) -> str:
            if field is None:
                return ""
            return separator.join(lengths[field]) if field in lengths else words[field]

        filled: list[str] = []
        for pieces in self._arguments[1:]:
            _, field, separator = pieces[0] if len(pieces) == 1 else ("", None, "")
            if field in (SHAPE, REVERSED) and not separator:  # it stands alone, and is several arguments
                filled += lengths[field]
            else:
                filled.append("".join(text + said(field, separator) for text, field, separator in pieces))
        return filled


def value_text(value: Value) -> str:
    """Write a parameter's value as C's functions read it."""
    return repr(value) if isinstance(value, float) else str(value)


def _pieces(argument: str, known: Sequence[str]) -> Iterator[_Piece]:
    """Take an argument apart: text, the placeholder behind it, and what joins several numbers there."""
    try:
        parsed = list(string.Formatter().parse(argument))
    except ValueError as error:
        raise Malformed(f'"{argument}": {error}; a brace that is meant as one is written twice') from None
    for text, field, separator, conversion in parsed:
        if field is not None:
            if field not in known or conversion:
                near = did_you_mean(field, known)
                raise Malformed(f'"{argument}": unknown placeholder "{{{field}}}"{near} (known: {", ".join(known)})')
            several = field in (SHAPE, REVERSED)
            if separator and not several:
                raise Malformed(f'"{argument}": {{{field}}} is one word, and takes no ":{separator}"')
            if several and not separator and argument != f"{{{field}}}":
                raise Malformed(
                    f'"{argument}": several numbers within one argument; write {{{field}:,}} or {{{field}:x}}'
                )
        yield text, field, separator or ""
