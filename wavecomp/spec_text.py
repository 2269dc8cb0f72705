"""The text of a compressor or of a strategy, taken apart, changed and put together: separators stand here alone.

::

    text = part {"/" part}
    part = name [":" item {"," item}]
    item = key ["=" value]

Taking apart never fails, and putting together gives the very text back, whatever it was. Which names and keys there
are, and what a value may be, is for those to say who read the parts (:mod:`wavecomp.compressors.spec`,
:mod:`wavecomp.plans.strategies`). It lies this low because reports, which know records alone, read such texts too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Item: TypeAlias = tuple[str, str | None]
"""A key and its value as text; None where the key stands alone, as a flag does."""

UNCOMPRESSED = "identity"
"""Name of the compressor that leaves every byte as it is: the yardstick of tables, and what stands for "none"."""


@dataclass(frozen=True, slots=True)
class SpecPart:
    """What stands between two slashes.

    Attributes
    ----------
    name : str
        What stands before the colon.
    items : tuple of (str, str or None)
        Keys with their values, in their order.
    """

    name: str
    items: tuple[Item, ...] = ()

    @classmethod
    def parse(cls, text: str) -> SpecPart:
        """Take one part apart."""
        name, colon, rest = text.partition(":")
        return cls(name, tuple(map(_item, rest.split(","))) if colon else ())

    def __str__(self) -> str:
        items = ",".join(key if value is None else f"{key}={value}" for key, value in self.items)
        return f"{self.name}:{items}" if self.items else self.name

    @property
    def values(self) -> dict[str, str]:
        """The values by key, as text; that of a flag is empty."""
        return {key: value or "" for key, value in self.items}

    @property
    def ends_at_colon(self) -> bool:
        """A colon is there, and nothing follows it."""
        return self.items == (("", None),)

    def with_value(self, key: str, value: str) -> SpecPart:
        """Return the part with another value, in its place; behind all others where the key was not there."""
        if key not in self.values:
            return SpecPart(self.name, (*self.items, (key, value)))
        return SpecPart(self.name, tuple((one, value if one == key else old) for one, old in self.items))

    def without(self, *keys: str) -> SpecPart:
        """Return the part without some keys."""
        return SpecPart(self.name, tuple(item for item in self.items if item[0] not in keys))


@dataclass(frozen=True, slots=True)
class SpecText:
    """A whole text.

    Attributes
    ----------
    parts : tuple of SpecPart
        From the outermost, which is a strategy or a wrapper where there are several, to the innermost; never empty.

    Examples
    --------
    >>> spec = SpecText.parse("trajectory:every=4/slabs:threads=2/zfp:accuracy=1e-3")
    >>> str(spec.inner), spec.names
    ('slabs:threads=2/zfp:accuracy=1e-3', ('trajectory', 'slabs', 'zfp'))
    >>> str(spec.with_value(2, "accuracy", "1e-4").without("threads"))
    'trajectory:every=4/slabs/zfp:accuracy=1e-4'
    """

    parts: tuple[SpecPart, ...]

    @classmethod
    def parse(cls, text: str) -> SpecText:
        """Take a text apart."""
        return cls(tuple(map(SpecPart.parse, text.split("/"))))

    def __str__(self) -> str:
        return "/".join(map(str, self.parts))

    @property
    def head(self) -> SpecPart:
        """The outermost part."""
        return self.parts[0]

    @property
    def inner(self) -> SpecText | None:
        """What follows the first slash; None where there is none."""
        return SpecText(self.parts[1:]) if len(self.parts) > 1 else None

    @property
    def innermost(self) -> SpecPart:
        """The part that does the work."""
        return self.parts[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """Those of all parts."""
        return tuple(part.name for part in self.parts)

    @property
    def is_bare(self) -> bool:
        """Whether it is one name, with neither keys nor anything behind a slash."""
        return len(self.parts) == 1 and not self.head.items

    def around(self, inner: SpecText) -> SpecText:
        """Return the text with another one behind a slash."""
        return SpecText((*self.parts, *inner.parts))

    def with_value(self, number: int, key: str, value: str) -> SpecText:
        """Return the text with one value of one part changed, or added to it."""
        return self.with_part(number, self.parts[number].with_value(key, value))

    def without(self, *keys: str) -> SpecText:
        """Return the text without some keys, in all of its parts."""
        return SpecText(tuple(part.without(*keys) for part in self.parts))

    def with_part(self, number: int, part: SpecPart) -> SpecText:
        """Return the text with another part in the place of one."""
        return SpecText((*self.parts[:number], part, *self.parts[number + 1 :]))


def _item(text: str) -> Item:
    key, equals, value = text.partition("=")
    return key, value if equals else None
