"""The text form of a configured compressor: grammar, typed parameters and canonical printing.

Grammar (no blanks, nothing that a shell or a CSV file would touch)::

    spec  = name [":" item {"," item}] ["/" spec]
    item  = key "=" value | flag

What follows ``/`` is the compressor that a wrapper wraps: ``slabs:planes=32,threads=2/zfp:accuracy=1e-3``.
A spec parses to exactly one compressor, and printing that compressor's values gives one canonical text back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from wavecomp.errors import SpecError, did_you_mean
from wavecomp.spec_text import Item, SpecPart, SpecText

Value = int | float | str | bool

THREADS = "threads"
"""The key of how many threads one call takes, in the compressors that have one."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key that a compressor's spec may carry.

    Parameters
    ----------
    name : str
        The key.
    kind : {"int", "float", "choice", "flag"}
        How the value is read. A flag stands without ``=``.
    doc : str
        One line: meaning and unit.
    default : int, float, str, bool or None
        Value when the key is absent; None means "not given".
    low, high : float
        Inclusive range of a number. ``low_open`` excludes ``low`` itself.
    choices : tuple of str
        The words that a choice may be; of a number, those that may stand for one.
    pinned : bool
        Printed in canonical text even at its default, so that a record stays exact if a default ever changes.
    """

    name: str
    kind: Literal["int", "float", "choice", "flag"]
    doc: str
    default: Value | None = None
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    choices: tuple[str, ...] = ()
    pinned: bool = False

    def describe(self) -> str:
        """Say in words what a legal value is."""
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.kind == "flag":
            return "a word without a value"
        return ", or ".join((self._number(), *self.choices))

    def _number(self) -> str:
        noun = "an integer" if self.kind == "int" else "a finite number"
        if math.isinf(self.low) and math.isinf(self.high):
            return noun
        if math.isinf(self.high):
            return f"{noun} {'above' if self.low_open else 'from'} {format_value(self._bound(self.low))}"
        if math.isinf(self.low):
            return f"{noun} up to {format_value(self._bound(self.high))}"
        start = "above " if self.low_open else "from "
        return f"{noun} {start}{format_value(self._bound(self.low))} to {format_value(self._bound(self.high))}"

    def _bound(self, value: float) -> Value:
        return int(value) if self.kind == "int" else value

    def read(self, spec: str, text: str | None) -> Value:
        """Turn the text of a value into the value.

        Raises
        ------
        SpecError
            The text is not of this parameter's kind or lies outside its range.
        """
        wrong = SpecError(f'spec "{spec}": {self.name}={text if text is not None else ""} must be {self.describe()}')
        if self.kind == "flag":
            if text is not None:
                raise SpecError(f'spec "{spec}": {self.name} takes no value, got {self.name}={text}')
            return True
        if text is None or text == "":
            raise SpecError(f'spec "{spec}": {self.name} needs a value: {self.describe()}')
        if self.kind == "choice":
            if text not in self.choices:
                raise SpecError(f"{wrong}{did_you_mean(text, self.choices)}")
            return text
        if text in self.choices:
            return text
        # int() and float() also read "1_0" and blanks, which would give one compressor two spellings of a number.
        if not re.fullmatch(r"[-+0-9.eEinfaINFA]+", text):
            raise wrong
        try:
            number: int | float = int(text) if self.kind == "int" else float(text)
        except ValueError:
            raise wrong from None
        in_range = self.low <= number <= self.high and not (self.low_open and number == self.low)
        if not in_range or not math.isfinite(number):  # in this order: isfinite cannot take an int of 400 digits
            raise wrong
        return number


def is_name(text: str) -> bool:
    """Tell whether a spec can begin with this word, or have it for a key."""
    return _NAME.match(text) is not None


def checked_head(spec: SpecText) -> SpecText:
    """Return a spec that was taken apart; those parts behind the first are as they come.

    Raises
    ------
    SpecError
        The first part does not follow the grammar.
    """
    head, inner = spec.head, spec.inner
    if not _NAME.match(head.name):
        raise SpecError(f'spec "{spec}": "{head.name}" is not a compressor name (write name:key=value,key=value)')
    if inner is not None and not str(inner):
        raise SpecError(f'spec "{spec}": nothing follows "/"')
    if head.ends_at_colon:
        raise SpecError(f'spec "{spec}": nothing follows ":"')
    seen: set[str] = set()
    for key, value in head.items:
        if not _NAME.match(key):
            item = key if value is None else f"{key}={value}"
            raise SpecError(f'spec "{spec}": "{item}" is not key=value')
        if key in seen:
            raise SpecError(f'spec "{spec}": {key} is given twice')
        seen.add(key)
    return spec


def first_word_as(spec: SpecText, name: str, key: str) -> SpecText:
    """Return a spec of that name with its first word under its key; any other as it is.

    Examples
    --------
    >>> str(first_word_as(SpecText.parse("numcodecs:zstd,level=3"), "numcodecs", "codec"))
    'numcodecs:codec=zstd,level=3'
    """
    head = spec.head
    if head.name != name or not head.items:
        return spec
    (first, value), *others = head.items
    if value is None and first and key not in head.values:
        return spec.with_part(0, SpecPart(name, ((key, first), *others)))
    return spec


def changed_values(
    text: SpecText, values: Mapping[str, Value], parameters: Sequence[Parameter], key: str, value: int | float
) -> dict[str, Value]:
    """Return typed values with one number changed, which is read like any other: raises as :func:`read_values`."""
    return {**values, key: read_values(str(text), [(key, format_value(value))], parameters)[key]}


def read_values(text: str, items: Sequence[Item], parameters: Sequence[Parameter]) -> dict[str, Value]:
    """Turn the items of a spec into typed values; keys that are absent get their default, if they have one.

    Raises
    ------
    SpecError
        Unknown key, wrong kind of value, or value out of range.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {p.name: p.default for p in parameters if p.default is not None}
    for key, value in items:
        if key not in known:
            keys = ", ".join(known) or "none"
            raise SpecError(f'spec "{text}": unknown key "{key}"{did_you_mean(key, known)} (keys: {keys})')
        values[key] = known[key].read(text, value)
    return values


def format_value(value: Value) -> str:
    """Print a value so that reading it gives the same value, shortly and without a plus sign.

    Examples
    --------
    >>> format_value(0.001), format_value(2500000.0), format_value(0.5), format_value(1e-300)
    ('1e-3', '2.5e6', '0.5', '1e-300')
    """
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    if value == 0.0 or 0.01 <= abs(value) < 1e6:
        return repr(value).removesuffix(".0")
    mantissa, exponent = f"{Decimal(repr(value)).normalize():e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def canonical_part(name: str, values: Mapping[str, Value], parameters: Sequence[Parameter]) -> SpecPart:
    """Return what a configured compressor prints as: keys in declared order, defaults left out unless pinned."""
    items: list[Item] = []
    for parameter in parameters:
        if parameter.name not in values:
            continue
        value = values[parameter.name]
        if parameter.kind == "flag":
            if value:
                items.append((parameter.name, None))
        elif parameter.pinned or value != parameter.default:
            items.append((parameter.name, format_value(value)))
    return SpecPart(name, tuple(items))


def without_threads(spec: str) -> str:
    """Drop the threads from a canonical spec, wrapped ones too: what can be decoded does not depend on them.

    Examples
    --------
    >>> without_threads("slabs:planes=16,threads=2/blosc2:codec=lz4,threads=4")
    'slabs:planes=16/blosc2:codec=lz4'
    """
    return str(SpecText.parse(spec).without(THREADS))
