"""What a check finds wrong with a compressor, by a name that is the same wherever it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Name = Literal[
    "breaks its bound",
    "makes NaN or Inf",
    "loses special values",
    "refuses what it takes",
    "takes what it cannot",
    "changes its input",
    "writes outside its input",
    "writes outside its output",
    "shares memory with its input",
    "depends on the memory layout",
    "gives different streams",
    "gives different values",
    "keeps state",
    "is not thread-safe",
    "holds the GIL",
    "does not see damage",
    "writes before it refuses",
    "prints to standard output",
    "declares nonsense",
    "raises",
    "crashes",
    "hangs",
    "takes too much memory",
]
"""What a compressor can do wrong."""

NAMES: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise that is not kept.

    Attributes
    ----------
    name : str
        One of :data:`NAMES`.
    found, right : str
        What was seen, and what would be right.
    example : str
        The smallest field for which it was seen, as text; "" where it has none.
    """

    name: Name
    found: str
    right: str
    example: str = ""

    def __str__(self) -> str:
        where = f"; for {self.example}" if self.example else ""
        return f"{self.name}: {self.found}{where}; right: {self.right}"


class Broken(Exception):
    """Raised in a check where a promise is not kept; the finding lacks its example."""

    def __init__(self, name: Name, found: str, right: str) -> None:
        super().__init__(name, found, right)
        self.finding = Finding(name, found, right)


class Unseen(Exception):
    """Raised in a check that can say nothing here; its text is why."""
