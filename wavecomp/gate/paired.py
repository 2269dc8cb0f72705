"""Is it slower: a verdict from the ratios of many rounds, in each of which both sides were measured side by side.

**What is judged.** Of each quantity (a time, a first call, a peak of memory) the values d = ln(new/old), one a round.
If the new side does the same work θ times as long, new and old trade places without any other change, and so d is
distributed symmetrically about ln θ, however heavy its tails: drift, load and frequency of the machine meet both sides
of a round alike. That is all that :mod:`wavecomp.gate.signed_rank` asks for. An effect of who begins changes its sign
from round to round, which makes the sum of ranks scatter less than by chance, not more. A change of at most ``least``
is none:

- WORSE: the interval of θ lies wholly above 1 + least;
- BETTER: wholly below 1/(1 + least);
- SAME: wholly below 1 + least;
- UNDECIDED otherwise.

**How sure.** Each verdict is true whenever the interval that led to it holds the true θ. The quantities are looked at
more than once, after n₁ < n₂ < … rounds, and the first interval that decides is final. An error, anywhere and ever,
needs an interval that misses its θ, and by the union bound the probability of that is at most

    Σ_quantities Σ_k α_k = α, with α_k = α / (m k (k + 1)) for m quantities,

since Σ 1/(k(k+1)) = 1. Neither independence of quantities nor of looks is needed; that the n_k were fixed beforehand
is. At the boundary θ = 1 + least the probability of a false WORSE is so at most α/2 for the whole run; without any
change, θ = 1, the interval would have to miss by all of ``least`` besides.

**Groups.** All cases of one library and operation have a common slowdown when that library becomes slower. Of a group
the mean of d in each round is judged, with one half of α for groups and the other for cases.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.gate.finding import Standing
from wavecomp.gate.signed_rank import Numbers, fewest_values, signed_rank_interval

ALPHA = 0.05
"""Probability of one false verdict or more in a whole run."""

_GROWTH = 4 / 3


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity of one case over the rounds.

    Attributes
    ----------
    log_ratios : sequence of float
        ln(new/old), one a round in their order; NaN where a side has no value. All series of a run are equally long.
    least : float
        The least change that matters, as a fraction: 0.05 is five in a hundred.
    """

    log_ratios: Numbers
    least: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rounds say about one quantity.

    Attributes
    ----------
    standing : Standing
    ratio, lower, upper : float
        New over old: estimate and interval, at the look that decided, or else at the last one. Infinite or NaN where
        there were too few rounds for any.
    rounds : int
        Rounds that were used for it.
    alpha : float
        Probability with which this interval alone misses.
    """

    standing: Standing
    ratio: float
    lower: float
    upper: float
    rounds: int
    alpha: float


@dataclass(frozen=True, slots=True)
class Looks:
    """After how many rounds is looked, and how much of alpha each look may spend.

    Attributes
    ----------
    cases, groups : int
        How many quantities of cases and of groups are judged in the run: counted before it begins.
    alpha : float
        For all of them together.
    """

    cases: int
    groups: int = 0
    alpha: float = ALPHA

    @property
    def each(self) -> tuple[float, float]:
        """Alpha of one quantity of a case, and of one of a group, over all looks; without groups, cases have it all."""
        half = self.alpha / 2 if self.groups else self.alpha
        return half / max(1, self.cases), half / max(1, self.groups)

    def rounds(self) -> Iterator[int]:
        """Yield, without end, the numbers of rounds after which is looked.

        The first is that at which an interval can exist. Each is a third more than the one before: what is measured
        beyond what would have decided is a seventh on average.
        """
        count = fewest_values(min(self.each) * spent(1))
        while True:
            yield count
            count = math.ceil(count * _GROWTH)

    def due(self, rounds: int) -> bool:
        """Whether one is looked at after so many rounds."""
        return next(count for count in self.rounds() if count >= rounds) == rounds

    def reachable(self, rounds: int) -> int:
        """Return the last look within so many rounds; 0 where even the first is later."""
        found = 0
        for count in self.rounds():
            if count > rounds:
                return found
            found = count
        raise AssertionError


def judge(
    cases: Mapping[str, Series], groups: Mapping[str, Collection[str]] | None = None, alpha: float = ALPHA
) -> dict[str, Judgement]:
    """Judge every quantity of a run.

    Parameters
    ----------
    cases : mapping
        By a name of the case and quantity.
    groups : mapping, optional
        By a name of its own, the names of the cases' quantities that belong together; all have one ``least``. A group
        of fewer than two says nothing of its own and is left out.
    alpha : float
        Probability of one false verdict or more among all, over all looks.

    Returns
    -------
    dict
        By name, of cases and groups.

    Raises
    ------
    ValueError
        A name is used twice or unknown, a group's members have different ``least``, or lengths differ.
    """
    joint = {
        name: _mean([cases[one] for one in members]) for name, members in (groups or {}).items() if len(members) > 1
    }
    if cases.keys() & joint.keys():
        raise ValueError(f"{sorted(cases.keys() & joint.keys())}: a name of a case and of a group")
    looks = Looks(len(cases), len(joint), alpha)
    of_case, of_group = looks.each
    return {name: _judged(one, looks, of_case) for name, one in cases.items()} | {
        name: _judged(one, looks, of_group) for name, one in joint.items()
    }


def log_ratio(old: float | None, new: float | None, floor: float = 0.0) -> float:
    """Return ln(new/old); 0 where they differ by no more than ``floor``, NaN where one is missing or not positive.

    The floor is for bytes of memory: a page more is no change, however little there was.
    """
    if old is None or new is None:
        return math.nan
    if math.isfinite(old) and abs(new - old) <= floor:
        return 0.0
    if not (0 < old < math.inf and 0 < new < math.inf):
        # From nothing to more than the floor there is no ratio, and yet a change: as much as from the floor.
        if floor and min(old, new) >= 0 and max(old, new) < math.inf:
            return math.log(max(new, floor) / max(old, floor))
        return math.nan
    return math.log(new / old)


def _judged(series: Series, looks: Looks, each: float) -> Judgement:
    values = np.asarray(series.log_ratios, dtype=np.float64)
    values = values[np.isfinite(values)]
    last = Judgement(Standing.UNDECIDED, math.nan, 0.0, math.inf, 0, each * spent(1))
    for number, count in enumerate(looks.rounds(), 1):
        if count > values.size:
            if not last.rounds and values.size:
                ratio = math.exp(signed_rank_interval(values, 0.5).estimate)
                return Judgement(last.standing, ratio, 0.0, math.inf, values.size, last.alpha)
            return last
        alpha = each * spent(number)
        found = signed_rank_interval(values[:count], alpha)
        standing = _standing(found.lower, found.upper, math.log1p(series.least))
        last = Judgement(standing, math.exp(found.estimate), math.exp(found.lower), math.exp(found.upper), count, alpha)
        if standing is not Standing.UNDECIDED:
            return last
    raise AssertionError


def _standing(lower: float, upper: float, least: float) -> Standing:
    if lower > least:
        return Standing.WORSE
    if upper < -least:
        return Standing.BETTER
    return Standing.SAME if upper < least else Standing.UNDECIDED


def _mean(members: Collection[Series]) -> Series:
    """Return the mean of a group in each round; in rounds that one of its members lacks there is none.

    A member that lacks most of the rounds (it failed) is not waited for.
    """
    least = {one.least for one in members}
    if len(least) > 1:
        raise ValueError(f"a group has quantities of different least changes: {sorted(least)}")
    table: NDArray[np.float64] = np.array([np.asarray(one.log_ratios, dtype=np.float64) for one in members])
    there = np.isfinite(table).mean(axis=1) > 0.5
    means = table[there].mean(axis=0) if there.any() else np.full(table.shape[1], np.nan)
    return Series(means, least.pop())


def spent(look: int) -> float:
    """Return the share of alpha of the k-th look: 1/(k(k+1)), whose sum over all k is 1."""
    return 1 / (look * (look + 1))
