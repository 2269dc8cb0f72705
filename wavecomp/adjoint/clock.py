"""Where the wall time of a run goes: every moment belongs to exactly one kind of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, TypeAlias

Work: TypeAlias = Literal["advance", "compress", "decompress", "reverse"]


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall time of one run, by kind of work; they add up to ``wall``.

    Attributes
    ----------
    advance, reverse : float
        In the forward operators, and in the adjoint and imaging operators.
    compress, decompress : float
        For checkpoints, as far as the run waited for them: what ran beside the operators shows there.
    wall : float
        Of the whole run.
    """

    advance: float
    compress: float
    decompress: float
    reverse: float
    wall: float

    @property
    def other(self) -> float:
        """What none of the four kinds took."""
        return self.wall - self.advance - self.compress - self.decompress - self.reverse


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

    def read(self) -> Seconds:
        """Return the sums so far."""
        return Seconds(**self._sums, wall=perf_counter() - self._begun)
