"""Where the wall time of a run goes: every moment belongs to exactly one kind of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from types import TracebackType
from typing import TypeAlias

from wavecomp.adjoint.timeline import WORK_OF, Span, Task, Work
from wavecomp.records import WorkTimes

_Booked: TypeAlias = tuple[Task, int, int, float, float]
"""What a span holds."""


class Clock:
    """Adds up wall time by kind of work.

    Parameters
    ----------
    traced : bool
        Keep a span for each piece of work as well: some 100 bytes, and less than half a microsecond.
    """

    def __init__(self, *, traced: bool = False) -> None:
        self._booked: list[_Booked] = []
        self._sums: dict[Task, float] = dict.fromkeys(WORK_OF, 0.0)
        self._piece = _Piece(self._sums, self._booked if traced else None)

    @property
    def spans(self) -> list[Span]:
        """Those so far, in the order of their ends; empty without ``traced``."""
        return [Span(*booked) for booked in self._booked]

    def doing(self, task: Task, first: int, last: int | None = None) -> AbstractContextManager[None]:
        """Book the time of a block under the kind of work that a task is; blocks do not nest.

        It goes from step ``first`` to step ``last``, or is about one step alone.
        """
        piece = self._piece
        piece.task, piece.first, piece.last = task, first, first if last is None else last
        return piece

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Leave the time of a block out of the whole: it is not the run's."""
        begun = perf_counter()
        try:
            yield
        finally:
            self._piece.origin += perf_counter() - begun

    def read(self) -> WorkTimes:
        """Return the sums so far; ``other`` is what none of the four kinds took."""
        return self._read(perf_counter() - self._piece.origin)

    def _read(self, wall: float) -> WorkTimes:
        sums: dict[Work, float] = dict.fromkeys(WORK_OF.values(), 0.0)
        for task, seconds in self._sums.items():
            sums[WORK_OF[task]] += seconds
        return WorkTimes(**sums, other=wall - sum(sums.values()), wall=wall)


class _Piece:
    """The block that goes on: one object for all of them, since on small grids a new one costs what a step does."""

    __slots__ = ("_begun", "_booked", "_sums", "first", "last", "origin", "task")

    task: Task
    first: int
    last: int

    def __init__(self, sums: dict[Task, float], booked: list[_Booked] | None) -> None:
        self._sums, self._booked = sums, booked
        self.origin = perf_counter()

    def __enter__(self) -> None:
        self._begun = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = perf_counter() - self._begun
        self._sums[self.task] += seconds
        if self._booked is not None:
            # No Span yet: the garbage collector looks at one time and again, at a plain tuple of numbers once.
            self._booked.append((self.task, self.first, self.last, self._begun - self.origin, seconds))
