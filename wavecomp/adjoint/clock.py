"""Where the wall time of a run goes: every moment belongs to exactly one kind of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from wavecomp.adjoint.timeline import WORK_OF, Span, Task, Work
from wavecomp.records import WorkTimes


class Clock:
    """Adds up wall time by kind of work.

    Parameters
    ----------
    traced : bool
        Keep a span for each piece of work as well: some 100 bytes, and less than a microsecond.

    Attributes
    ----------
    spans : list of Span
        Those so far, in the order of their ends; empty without ``traced``.
    """

    def __init__(self, *, traced: bool = False) -> None:
        self.spans: list[Span] = []
        self._traced = traced
        self._begun = perf_counter()
        self._sums: dict[Work, float] = dict.fromkeys(("advance", "compress", "decompress", "reverse"), 0.0)

    @contextmanager
    def doing(self, task: Task, first: int, last: int | None = None) -> Iterator[None]:
        """Book the time of a block under the kind of work that a task is; blocks do not nest.

        It goes from step ``first`` to step ``last``, or is about one step alone.
        """
        begun = perf_counter()
        try:
            yield
        finally:
            seconds = perf_counter() - begun
            self._sums[WORK_OF[task]] += seconds
            if self._traced:
                self.spans.append(Span(task, first, first if last is None else last, begun - self._begun, seconds))

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
