"""How large the state at a step will be: from states that were seen, of this run and of one before it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt


class SizeCurve:
    """Sizes by step.

    At a step that was seen: as it was. Between two of this run: on the line between them. Beyond the last one: as the
    earlier run had it, as many times larger as it was at the last one; without an earlier run, like the last one.
    Before any: like the earlier run, or what was assumed.

    Parameters
    ----------
    assumed_bytes : int
        Taken for every state while nothing is known: an underestimated ratio gives an overestimated size.
    earlier : mapping of int to int, optional
        Sizes in bytes by step, of a run before.
    """

    def __init__(self, assumed_bytes: int, earlier: Mapping[int, int] | None = None) -> None:
        self._assumed = max(1, assumed_bytes)
        self._earlier_steps = np.array(sorted(earlier or ()), dtype=np.float64)
        self._earlier_sizes = np.array([(earlier or {})[int(step)] for step in self._earlier_steps], dtype=np.float64)
        self._steps: list[int] = []
        self._sizes: dict[int, int] = {}

    @property
    def seen(self) -> Mapping[int, int]:
        """Sizes in bytes by step, of this run."""
        return self._sizes

    def learn(self, step: int, size_bytes: int) -> None:
        """Take note of a size, also of a state that was refused."""
        if step not in self._sizes:
            insort(self._steps, step)
        self._sizes[step] = max(1, size_bytes)

    def at(self, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the sizes in bytes to be expected."""
        before = self._before(steps)
        if not self._steps:
            return before
        known = np.array(self._steps)
        sizes = np.array([self._sizes[step] for step in self._steps], dtype=np.float64)
        # What lies between two known steps has the shape of the earlier run, where there is one.
        grown: npt.NDArray[np.float64] = np.interp(steps, known, sizes / self._before(known)) * before
        return grown

    def _before(self, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        if not len(self._earlier_steps):
            return np.full(len(steps), float(self._assumed))
        return np.interp(steps, self._earlier_steps, self._earlier_sizes)
