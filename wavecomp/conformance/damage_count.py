"""What damage does to a compressor's streams, counted: decoded in processes that are replaced when they die."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wavecomp.compressors import Compressor, Registry
from wavecomp.conformance.damage import KINDS
from wavecomp.conformance.decoding import Came, Decoding, DecodingTask
from wavecomp.conformance.samples import Array
from wavecomp.conformance.subject import NotThere, subject_of
from wavecomp.conformance.trail import Trail
from wavecomp.isolation import Limits, Worker
from wavecomp.records import Failure

_LIMITS = Limits(seconds=3600.0, memory_bytes=4 * 2**30)


@dataclass(frozen=True, slots=True)
class DamageCount:
    """What came of so many damaged streams.

    Attributes
    ----------
    by_kind : dict
        For each kind of damage how many came to what: names of :class:`~wavecomp.conformance.decoding.Came`, in small
        letters.
    """

    by_kind: dict[str, dict[str, int]]

    def total(self, *names: str) -> int:
        """Return how many came to any of these, of all kinds of damage."""
        return sum(counts[name] for counts in self.by_kind.values() for name in names)

    @property
    def streams(self) -> int:
        """How many there were."""
        return sum(sum(counts.values()) for counts in self.by_kind.values())


def count_damage(
    what: str | Compressor,
    field: Array,
    streams: int,
    *,
    framed: bool,
    registry: Registry | None = None,
    patience_s: float = 5.0,
) -> DamageCount:
    """Damage the stream of a field so many times, decode each, and count what comes of it.

    Parameters
    ----------
    what : str or Compressor
        As in :func:`wavecomp.conformance.check`.
    field : ndarray
        Small: it is decoded as often.
    streams : int
        How many; the kinds of :data:`wavecomp.conformance.damage.KINDS` take turns.
    framed : bool
        Damage stored streams, frame and all; otherwise what the library wrote, behind a frame that fits.
    registry : Registry, optional
        What the names of the spec mean.
    patience_s : float
        Seconds that one stream may take before it hangs.

    Raises
    ------
    NotThere
        The compressor does not get as far as a whole stream.
    """
    subject = subject_of(what, registry)
    with tempfile.TemporaryDirectory(prefix="wavecomp-damage-") as folder:
        path = Path(folder) / "trail"
        task = DecodingTask(subject, field, framed, path)
        worker: Worker[DecodingTask, None] = Worker(Decoding, foreign=lambda _: "compressor")
        with Trail(path, streams) as trail:
            try:
                while not _ended(worker, task, trail, patience_s):
                    pass
            finally:
                worker.stop()
            came = [Came(trail[number]) for number in range(streams)]
    names = [one.name.lower() for one in Came if one is not Came.NOTHING_YET]
    by_kind = {str(kind): dict.fromkeys(names, 0) for kind in KINDS}
    for number, one in enumerate(came):
        by_kind[KINDS[number % len(KINDS)]][one.name.lower()] += 1
    return DamageCount(by_kind)


class _Silent(Exception):
    """One stream takes too long."""


def _ended(worker: Worker[DecodingTask, None], task: DecodingTask, trail: Trail, patience_s: float) -> bool:
    """Have the process go on; False where it died, with the reason in the trail."""
    try:
        answer = worker.ask(task, _LIMITS, _watch(trail, patience_s))
    except _Silent:
        worker.stop()
        return _mark(task, trail, Came.HUNG, "it hangs")
    if not isinstance(answer, Failure):
        return True
    if answer.kind == "exception":
        raise NotThere(f"{task.subject.spec}: {answer.message}")
    worker.stop()
    return _mark(task, trail, Came.MEMORY if answer.kind == "memory" else Came.KILLED, answer.message)


def _mark(task: DecodingTask, trail: Trail, came: Came, why: str) -> bool:
    if trail.at < 0 or trail[trail.at] != Came.NOTHING_YET:
        raise NotThere(f"{task.subject.spec}: {why}, with the whole stream")
    trail[trail.at] = came
    return False


def _watch(trail: Trail, patience_s: float) -> Callable[[], None]:
    began, last = time.monotonic(), -2

    def watch() -> None:
        nonlocal began, last
        if trail.at != last:
            began, last = time.monotonic(), trail.at
        # Before the first stream its libraries are loaded.
        elif time.monotonic() - began > (patience_s if last >= 0 else 60.0):
            raise _Silent

    return watch
