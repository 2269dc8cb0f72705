"""Where to store next, by what is known of sizes: the planning behind a schedule that is made up as it goes.

Places number the imaged steps of a run, from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wavecomp.plans.binomial import repetitions, split
from wavecomp.plans.first_sweep import FirstSweep, first_sweep
from wavecomp.plans.stretches import Stretches

Floats: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]

_ALIKE, _SLOTS = 1.1, 8
"""Greatest over least size in a stretch that the closed form is good enough for, where at least so many states fit."""

_WORK = 1.5e7
"""Candidates · reach · units of one plan: some tenths of a second."""

_FEW = 40
"""Where fewer states fit, all stretches of a run are solved; where more do, the closed form is as good."""

_BLOCKS, _BLOCKS_BACK, _UNITS = 64, 125, 128
"""Blocks of the plans on the first way up, of the one for the way back, and parts of the memory.

States are stored where a block begins. With three of them 64 blocks cost a sixth more forward steps, 125 one percent.
"""


@dataclass(slots=True)
class Placing:
    """Plans of one run; ``plans`` counts them."""

    plans: int = 0
    _stretches: Stretches | None = field(default=None, repr=False)

    def tolerance(self, *, goal: bool) -> float:
        """By what factor a size may differ from the one planned with before the rest of a way is planned anew.

        Where few states fit, one more or less makes a difference. At a place where the plan stores a state something is
        decided; at a look on the way to it nothing is, and a plan can wait.
        """
        if self._stretches is None:
            return 1.2
        return 1.05 if goal else 1.1

    def look(self, sizes: Floats, free_bytes: float, *, last: bool = False) -> None:
        """Take note of the sizes of all states of a run, and of the memory for more than the first.

        Parameters
        ----------
        sizes : ndarray of float, shape (places,)
            In bytes.
        free_bytes : float
        last : bool
            Whether it is the last look, which the whole way back goes by: it is a closer one.
        """
        count = len(sizes)
        self._stretches = None
        if count < 8 or free_bytes > _FEW * float(sizes.mean()):
            return
        begins = np.append(np.arange(0, count, -(-count // (_BLOCKS_BACK if last else _BLOCKS))), count)
        means = np.add.reduceat(sizes, begins[:-1]) / np.diff(begins)
        self._stretches = Stretches(begins, means, free_bytes, _UNITS)

    def sweep(self, places: Places, sizes: Floats, free_bytes: float) -> FirstSweep:
        """Return what to keep over candidates, the first of them held; the last of the places is the end."""
        if self._stretches is not None:
            self.plans += 1
            return first_sweep(places, sizes, free_bytes, _UNITS, "mean", stretches=self._stretches)
        return self._sweep_closed(places, sizes, free_bytes)

    def following(
        self, place: int, end: int, sizes: Floats, free_bytes: float, plan: FirstSweep | None
    ) -> tuple[int, FirstSweep | None]:
        """Return where to store next on the way from a held state to ``end - 1``, which it is if nothing fits.

        Parameters
        ----------
        place, end : int
            The stretch: at least two places.
        sizes : ndarray of float, shape (end - place - 1,)
            Of the states behind ``place``.
        free_bytes : float
        plan : FirstSweep or None
            What was returned for the place before, on the same way.
        """
        between = np.arange(place + 1, end)
        least, greatest = float(sizes.min()), float(sizes.max())
        if least > free_bytes:
            return end - 1, None
        fewest, most = int(free_bytes / greatest), int(free_bytes / least)
        # Where one more of the small ones would fit, the mean must not decide: one instead of two costs n² / 2 steps.
        if end - place < 4 or fewest == most or (fewest >= _SLOTS and greatest <= _ALIKE * least):
            return place + split(end - place, 1 + int(free_bytes / float(sizes.mean()))), None
        if self._stretches is not None and end - place >= 4 * self._stretches.block:
            apart = max(1, self._stretches.block // 4)
            return self._stretches.following(place, end, between[::apart], sizes[::apart], free_bytes), None
        if plan is None or place not in plan.places:
            chosen = candidates(end - place, free_bytes, sizes)
            places = np.concatenate(([place], between[chosen], [end]))
            plan = self._sweep_closed(places, np.concatenate(([1.0], sizes[chosen])), free_bytes)
        number = int(np.searchsorted(plan.places, place))
        ahead = int(plan.choice[number, plan.units(free_bytes)])
        return min(int(plan.places[ahead]), end - 1), plan

    def _sweep_closed(self, places: Places, sizes: Floats, free_bytes: float) -> FirstSweep:
        """Do what :meth:`sweep` does with the closed form for the gaps."""
        self.plans += 1
        count = int(places[-1] - places[0])
        free_bytes = min(free_bytes, float(sizes.max()) * count)  # all of them fit into that
        reach = _reach(count, free_bytes, sizes[1:])
        return first_sweep(places, sizes, free_bytes, _units(free_bytes, sizes[1:]), "mean", reach=reach)


def candidates(count: int, free_bytes: float, sizes: Floats) -> Places:
    """Return which of some places to look at, so that a plan is made in a moment: more of them where states are small.

    Parameters
    ----------
    count : int
        Places of the whole stretch.
    free_bytes : float
    sizes : ndarray of float
        In bytes, of the states at the places to choose from; indices into it are returned.
    """
    if not len(sizes):
        return np.zeros(0, dtype=np.int64)
    work = count * min(_reach(count, free_bytes, sizes), count) * _units(free_bytes, sizes)
    spacing = max(1.0, float(np.sqrt(work / _WORK)))
    apart = np.clip(spacing * sizes / sizes.mean(), 1.0, spacing)
    marks = np.floor(np.cumsum(1.0 / apart) + 1e-9)
    return np.flatnonzero(np.diff(marks, prepend=0.0))


def _reach(count: int, free_bytes: float, sizes: Floats) -> int:
    """Return how far the next state may be ahead: four times as far as if all were as large as the greatest."""
    slots = 1 + int(free_bytes / float(sizes.max(initial=1.0)))
    t = repetitions(count, min(slots, max(count - 1, 1)))
    return 4 + 4 * count * t // (slots + t)


def _units(free_bytes: float, sizes: Floats) -> int:
    mean = float(sizes.mean()) if len(sizes) else 1.0
    return int(np.clip(4 * free_bytes / max(mean, 1.0), 64, 512))
