"""Contestants, what their runs gave, and the ratios that are held against a bar and an aim."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Contestant:
    """One contestant, and what its runs gave; one that is quick runs more often in a round."""

    name: str
    run: Callable[[], dict[str, Any]]
    quick: bool = False
    seconds: list[float] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Goal:
    """One line of the verdict: the median ratio of two contestants, held against a bar and an aim.

    ``faster`` turns the quotient around: how many times faster ``ours`` is than ``other``. What holds more than
    ``most_bytes`` does not count, and what holds more than ``aim_bytes`` misses the aim.
    """

    label: str
    ours: tuple[str, ...]
    other: str
    bar: float
    aim: float
    faster: bool = False
    most_bytes: float = math.inf
    aim_bytes: float = math.inf
    most_error: float = 0.0

    def measure(self, entries: dict[str, Contestant]) -> dict[str, Any]:
        """Return ratio, spread and verdict of the best of ours that keeps within memory and error.

        That is the fastest of those with the best verdict.
        """
        found: list[tuple[int, float, dict[str, Any]]] = []
        for name in self.ours:
            entry, other = entries.get(name), entries.get(self.other)
            if entry is None or other is None or not entry.seconds or not other.seconds:
                continue
            held = entry.found["held_bytes"]
            error = max(entry.found["relative_l2"], entry.found["deep_relative_l2"])
            if held > self.most_bytes or error > self.most_error:
                continue
            pairs = _paired(entry.seconds, other.seconds)
            ratios = sorted(b / a if self.faster else a / b for a, b in pairs)
            ratio = statistics.median(ratios)
            aim, bar = (ratio >= mark if self.faster else ratio <= mark for mark in (self.aim, self.bar))
            marks = int(bar) + int(bar and aim and held <= self.aim_bytes)
            one = {"ours": name, "ratio": ratio, "least": ratios[0], "greatest": ratios[-1]}
            found.append((marks, ratio if self.faster else -ratio, one))
        head = {"label": self.label, "other": self.other, "bar": self.bar, "aim": self.aim, "faster": self.faster}
        if not found:
            return head | {"verdict": "not measured: no run within memory and error"}
        marks, _, best = max(found, key=lambda one: one[:2])
        return head | best | {"verdict": ("bar missed", "bar met, aim missed", "aim met")[marks]}


def _paired(ours: list[float], theirs: list[float]) -> list[tuple[float, float]]:
    """Pair what ran one after the other; where one ran more often in a round, with its median there."""
    rounds = min(len(ours), len(theirs))

    def of_rounds(seconds: list[float]) -> list[float]:
        inner = len(seconds) // rounds
        return [statistics.median(seconds[i : i + inner]) for i in range(0, inner * rounds, inner)]

    return list(zip(of_rounds(ours), of_rounds(theirs), strict=True))
