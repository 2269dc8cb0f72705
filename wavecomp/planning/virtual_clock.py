"""Time that passes by prices: the clock of a run that nobody makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import NamedTuple

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.timeline import Task
from wavecomp.records import WorkTimes


class Charge(NamedTuple):
    """What one span is charged for: the task, told apart as prices do, its steps, and where it is.

    ``step`` is that of the level or state, or the last one of a call. ``after_store`` says that the store was at work
    right before.
    """

    task: str
    steps: int
    step: int
    after_store: bool = False


class VirtualClock(Clock):
    """Books prices as the other clock books wall time.

    Work may go on beside: then all of it shares the cores, and each gets ``share`` of its speed.

    Parameters
    ----------
    share : float
        Speed of the time steps, and of what goes on beside them, while both are at work; 1 with cores enough.
    span_s : float
        What each piece of work takes besides.
    handoff_s : float
        What it takes to have a piece of work done beside.

    Attributes
    ----------
    now : float
        Seconds since the run began.
    charges : list of (Charge or None)
        One for each span: None where a span is charged for nothing.
    terms : dict of str to float
        Seconds by task; what is done beside is not in it, only the waiting for it.
    """

    def __init__(self, share: float = 1.0, span_s: float = 0.0, handoff_s: float = 0.0) -> None:
        super().__init__()
        self.now = 0.0
        self.charges: list[Charge | None] = []
        self.terms: dict[str, float] = {}
        self._share, self._span_s, self._handoff_s = share, span_s, handoff_s
        self._beside: float | None = None  # what is left of the work beside, in seconds that it takes alone
        self._hidden = False
        self._charge: Charge | None = None

    @contextmanager
    def doing(self, task: Task, first: int, last: int | None = None) -> Iterator[None]:
        """Book what is charged in a block."""
        begun, self._charge = self.now, None
        yield
        seconds = self.now - begun
        self._sums[task] += seconds
        name = task if self._charge is None else self._charge.task
        self.terms[name] = self.terms.get(name, 0.0) + seconds
        self._booked.append((task, first, first if last is None else last, begun, seconds))
        self.charges.append(self._charge)
        self.now += self._span_s

    @contextmanager
    def standing(self) -> Iterator[None]:
        """No time passes."""
        yield

    def spend(self, charge: Charge, seconds: float) -> None:
        """Let the time pass that a piece of work takes alone."""
        if self._hidden:
            assert self._beside is not None
            self._beside += seconds
            return
        self._charge = charge
        if self._beside:
            # While both are at work each has its share: until this one, or the one beside it, is done.
            together = min(seconds, self._beside)
            self._beside -= together
            self.now += together * (1.0 / self._share - 1.0)
        self.now += seconds

    def begin_beside(self, work: Callable[[], object]) -> Future[object]:
        """Do work beside what follows; whoever asks for its result waits for its end."""
        assert self._beside is None, "one piece of work at a time goes on beside"
        self.now += self._handoff_s
        self._beside, self._hidden = 0.0, True
        work()
        self._hidden = False
        return _Beside(self)

    def wait(self) -> None:
        """Wait for what goes on beside."""
        self.now += self._beside or 0.0
        self._beside = None

    def read(self) -> WorkTimes:
        """Return the sums so far."""
        return self._read(self.now)


class _Beside(Future[object]):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def result(self, timeout: float | None = None) -> object:  # noqa: ARG002 (virtual time has none)
        self._clock.wait()
        return None
