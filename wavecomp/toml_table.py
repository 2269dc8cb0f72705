"""Typed reading of a parsed TOML table: every complaint names the file, the key and the value.

Recipes of fields and problems are such files, and plug-ins that run programs.

The reader keeps account of the keys that were asked for; :meth:`TomlTable.finish` complains about the rest, so that a
misspelt key can never be ignored silently.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NoReturn

from wavecomp.errors import RecipeError, did_you_mean


class TomlTable:
    """One table of a recipe file.

    Parameters
    ----------
    values : mapping
        The parsed table.
    source : str
        Name of the file (or of whatever the text came from), for messages.
    path : str
        Dotted path of this table inside the file, empty for the top level.
    """

    def __init__(self, values: Mapping[str, object], source: str, path: str = "") -> None:
        self._values = values
        self._source = source
        self._path = path
        self._asked: list[str] = []

    def wrong(self, key: str, expected: str) -> NoReturn:
        """Raise :class:`~wavecomp.errors.RecipeError` for a key of this table."""
        shown = self._values.get(key) if key in self._values else None
        raise RecipeError(self._source, self._full(key), shown, expected)

    def has(self, key: str) -> bool:
        """Tell whether the key is present, and count it as known."""
        self._asked.append(key)
        return key in self._values

    def table(self, key: str) -> TomlTable:
        """Return a sub-table."""
        value = self._get(key, "a table is needed here")
        if not isinstance(value, Mapping):
            self.wrong(key, f"must be a table, written [{self._full(key)}]")
        return TomlTable(value, self._source, self._full(key))

    def text(self, key: str, default: str | None = None) -> str:
        """Return a non-empty string."""
        if default is not None and not self.has(key):
            return default
        value = self._get(key, "a string is needed here")
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, "must be a non-empty string")
        return value

    def texts(self, key: str, expected: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of non-empty strings; ``expected`` says what it is in a complaint."""
        if default is not None and not self.has(key):
            return default
        value = self._get(key, f"{expected} is needed here")
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
            self.wrong(key, f"must be {expected}")
        return tuple(value)

    def items(self) -> Mapping[str, object]:
        """Return everything in this table, and count all of it as known: for tables whose keys are the user's own."""
        self._asked += self._values
        return self._values

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Return one of the allowed words."""
        words = sorted(allowed)
        if default is None and not self.has(key):
            self.wrong(key, f"is needed: one of {', '.join(words)}")
        value = self.text(key, default)
        if value not in words:
            self.wrong(key, f"must be one of {', '.join(words)}{did_you_mean(value, words)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        if not self.has(key):
            return default
        value = self._values[key]
        if not isinstance(value, bool):
            self.wrong(key, "must be true or false")
        return value

    def integer(self, key: str, *, least: int, most: int | None = None) -> int:
        """Return an integer within limits; true, false and 3.0 are not integers."""
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        value = self._get(key, f"an integer is needed here, {limits}")
        return self._integer(key, value, least, most, f"must be an integer, {limits}")

    def integers(self, key: str, *, least: int, sizes: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return a list of integers, each at least ``least``; ``sizes`` are the allowed lengths (empty: any but 0)."""
        counts = f"{' or '.join(map(str, sizes))} " if sizes else ""
        expected = f"must be a list of {counts}integers, each at least {least}"
        value = self._get(key, expected.removeprefix("must be ") + " is needed here")
        if not isinstance(value, list) or not value or (sizes and len(value) not in sizes):
            self.wrong(key, expected)
        return tuple(self._integer(key, item, least, None, expected) for item in value)

    def number(self, key: str, *, above: float | None = None, most: float = math.inf, unit: str = "") -> float:
        """Return a finite number, strictly above ``above`` if that is given; integers are taken, true and false not."""
        expected = _describe(above, most, unit)
        value = self._get(key, f"a number is needed here; it {expected}")
        return self._number(key, value, above, most, expected)

    def numbers(
        self, key: str, *, sizes: tuple[int, ...] = (), above: float | None = None, unit: str = ""
    ) -> tuple[float, ...]:
        """Return a list of finite numbers."""
        counts = f"{' or '.join(map(str, sizes))} " if sizes else ""
        expected = f"must be a list of {counts}numbers, each of which {_describe(above, math.inf, unit)}"
        value = self._get(key, expected.removeprefix("must be ") + " is needed here")
        if not isinstance(value, list) or not value or (sizes and len(value) not in sizes):
            self.wrong(key, expected)
        return tuple(self._number(key, item, above, math.inf, expected) for item in value)

    def numbers_or_word(self, key: str, *, size: int, word: str, unit: str) -> tuple[float | None, ...]:
        """Return ``size`` numbers; an item may also be the word, which gives None."""
        expected = f'must be a list of {size} items, each a finite number in {unit} or "{word}"'
        value = self._get(key, expected.removeprefix("must be ") + " is needed here")
        if not isinstance(value, list) or len(value) != size:
            self.wrong(key, expected)
        return tuple(None if item == word else self._number(key, item, None, math.inf, expected) for item in value)

    def is_list(self, key: str) -> bool:
        """Tell whether the key holds a list."""
        return isinstance(self._values.get(key), list)

    def is_text(self, key: str) -> bool:
        """Tell whether the key holds a string."""
        return isinstance(self._values.get(key), str)

    def empty_list(self, key: str) -> bool:
        """Tell whether the key holds an empty list."""
        return self._values.get(key) == []

    def finish(self) -> None:
        """Complain about the first key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                known = sorted(set(self._asked))
                self.wrong(key, f"unknown key{did_you_mean(key, known)} (known here: {', '.join(known)})")

    def refuse(self, expected: str) -> NoReturn:
        """Complain about this table as a whole."""
        raise RecipeError(self._source, self._path, dict(self._values), expected)

    def _full(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _get(self, key: str, needed: str) -> object:
        if not self.has(key):
            self.wrong(key, f"missing: {needed}")
        return self._values[key]

    def _integer(self, key: str, value: object, least: int, most: int | None, expected: str) -> int:
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or value < least
            or (most is not None and value > most)
        ):
            self.wrong(key, expected)
        return value

    def _number(self, key: str, value: object, above: float | None, most: float, expected: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, expected)
        try:
            number = float(value)
        except OverflowError:
            self.wrong(key, expected)
        if not math.isfinite(number) or (above is not None and number <= above) or number > most:
            self.wrong(key, expected)
        # -0.0 and 0.0 are the same place; one digest for both.
        return number + 0.0


def _describe(above: float | None, most: float, unit: str) -> str:
    limits = [f"above {above:g}"] if above is not None else []
    limits += [f"at most {most:g}"] if math.isfinite(most) else []
    return " ".join(filter(None, ["must be a finite number", unit and f"in {unit}", " and ".join(limits)]))
