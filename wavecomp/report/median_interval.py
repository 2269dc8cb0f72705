"""The median of a handful of numbers with a distribution-free interval: what can be told from so many rounds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class MedianInterval:
    """A median and where that of endlessly many rounds lies.

    Attributes
    ----------
    median, low, high : float
        The interval's ends are two of the numbers themselves.
    coverage : float
        Probability that such an interval holds the true median, at least 0.95 from six numbers on.
    count : int
    """

    median: float
    low: float
    high: float
    coverage: float
    count: int

    def is_above(self, value: float) -> bool:
        """Whether the median lies above a value beyond doubt: the whole interval does, and covers it to 95 %."""
        return self.low > value and self.coverage >= CONFIDENCE


def median_interval(numbers: Sequence[float]) -> MedianInterval:
    r"""Return the median with the narrowest pair of order statistics that covers the true one to 95 %.

    Of n independent numbers the k-th smallest and the k-th largest hold the median of their distribution, whatever that
    is, with probability :math:`1 - 2 \sum_{i<k} \binom{n}{i} 2^{-n}`. With fewer than six no pair reaches 95 %: then it
    is the least and the greatest, and ``coverage`` says how sure that is.

    Parameters
    ----------
    numbers : sequence of float
        Not empty.

    Examples
    --------
    >>> found = median_interval([3.0, 1.0, 2.0, 5.0, 4.0, 9.0, 7.0, 8.0, 6.0])
    >>> found.median, found.low, found.high, round(found.coverage, 3)
    (5.0, 2.0, 8.0, 0.961)
    """
    ordered = sorted(numbers)
    count = len(ordered)
    place, outside = 0, 2.0 ** (1 - count)
    while place + 1 < count - place - 1:
        wider = outside + 2.0 ** (1 - count) * math.comb(count, place + 1)
        if wider > 1.0 - CONFIDENCE:
            break
        place, outside = place + 1, wider
    coverage = max(0.0, 1.0 - outside)
    return MedianInterval(statistics.median(ordered), ordered[place], ordered[count - 1 - place], coverage, count)
