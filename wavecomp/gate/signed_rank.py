"""The exact confidence interval of a pseudomedian: Wilcoxon's signed-rank test, inverted.

If values are independent and each is distributed symmetrically about θ, then all 2ⁿ signs of ``values − θ`` are equally
likely whatever their sizes, and Wilcoxon's T⁺ has a distribution that n alone determines. The values of θ that the test
does not reject at level α are those between two order statistics of the Walsh averages (x_i + x_j)/2, i ≤ j
[Hodges1963]_. Ties and values that equal θ only widen what the closed interval covers.

Nothing is approximated: the distribution of T⁺ is summed up for the n at hand, in some milliseconds for hundreds of
rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Numbers = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a pseudomedian lies.

    Attributes
    ----------
    lower, upper : float
        Ends of the closed interval; infinite where so few values allow none at this level.
    estimate : float
        Hodges and Lehmann's: the median of the Walsh averages. NaN without values.
    """

    lower: float
    upper: float
    estimate: float


def signed_rank_interval(values: Numbers, alpha: float) -> Interval:
    """Return the interval that misses the pseudomedian with a probability of at most alpha.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        Finite; their order does not matter.
    alpha : float
        Between 0 and 1; half of it on either side.

    Raises
    ------
    ValueError
        A value is not finite, or alpha is no probability.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha = {alpha!r}: a probability between 0 and 1")
    x = np.asarray(values, dtype=np.float64)
    if not np.isfinite(x).all():
        raise ValueError(f"{int((~np.isfinite(x)).sum())} of {x.size} values are not finite; leave them out first")
    if not x.size:
        return Interval(-math.inf, math.inf, math.nan)
    first, second = np.triu_indices(x.size)
    walsh = np.sort(x[first] + x[second]) / 2
    estimate = float(np.median(walsh))
    rank = critical_rank(x.size, alpha)
    if rank < 0:
        return Interval(-math.inf, math.inf, estimate)
    return Interval(float(walsh[rank]), float(walsh[-1 - rank]), estimate)


def critical_rank(n: int, alpha: float) -> int:
    """Return the greatest c with P(T⁺ ≤ c) ≤ alpha/2 for n values, or -1 where even P(T⁺ = 0) = 2⁻ⁿ is more."""
    return int(np.searchsorted(_tail(n), alpha / 2, side="right")) - 1


def fewest_values(alpha: float) -> int:
    """Return the least n for which there is an interval at this level: 2·2⁻ⁿ ≤ alpha."""
    return math.ceil(math.log2(2 / alpha))


@lru_cache(maxsize=256)
def _tail(n: int) -> NDArray[np.float64]:
    """Return P(T⁺ ≤ c) for c = 0 … n(n+1)/4: each rank 1 … n is in the sum or not, with probability ½."""
    most = n * (n + 1) // 4
    p = np.zeros(most + 1)
    p[0] = 1.0
    for rank in range(1, n + 1):
        p[rank:] += p[: max(0, p.size - rank)].copy()
        p *= 0.5
    return np.cumsum(p)
