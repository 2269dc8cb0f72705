"""Where the wall time of a run goes: every moment belongs to exactly one kind of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal, TypeAlias

from wavecomp.records import WorkTimes

Work: TypeAlias = Literal["advance", "compress", "decompress", "reverse"]


class Clock:
    """Adds up wall time by kind of work."""

    def __init__(self) -> None:
        self._begun = perf_counter()
        self._sums: dict[Work, float] = dict.fromkeys(("advance", "compress", "decompress", "reverse"), 0.0)

    @contextmanager
    def doing(self, work: Work) -> Iterator[None]:
        """Book the time of a block under one kind of work; blocks do not nest."""
        begun = perf_counter()
        try:
            yield
        finally:
            self._sums[work] += perf_counter() - begun

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Leave the time of a block out of the whole: it is not the run's."""
        begun = perf_counter()
        try:
            yield
        finally:
            self._begun += perf_counter() - begun

    def read(self) -> WorkTimes:
        """Return the sums so far; ``other`` is what none of the four kinds took."""
        wall = perf_counter() - self._begun
        return WorkTimes(**self._sums, other=wall - sum(self._sums.values()), wall=wall)
