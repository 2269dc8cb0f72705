"""The statistics that stand beside raw times in a JSON file of pytest-benchmark's, as it computes them itself."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any


def statistics_of(samples_s: Sequence[float]) -> dict[str, Any]:
    """Return what pytest-benchmark keeps of the times of one benchmark, the times themselves among it.

    Quartiles are medians of halves: without the middle value where the number of values is even, by the weights 1/4 and
    3/4 of two neighbours where it is odd. That is pytest-benchmark's definition, and no other would do: its tables and
    its comparison read these numbers.

    Parameters
    ----------
    samples_s : sequence of float
        Seconds, in order; not empty.
    """
    data, ordered = list(samples_s), sorted(samples_s)
    count, total, mean = len(data), sum(data), statistics.mean(data)
    deviation = statistics.stdev(data) if count > 1 else 0
    first, third = _quartiles(ordered)
    span = third - first
    low, high = first - 1.5 * span, third + 1.5 * span
    inside = [value for value in ordered if low <= value <= high]
    far = sum(not mean - deviation <= value <= mean + deviation for value in data)
    outside = count - len(inside)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": deviation,
        "rounds": count,
        "median": statistics.median(data),
        "iqr": span,
        "q1": first,
        "q3": third,
        "iqr_outliers": outside,
        "stddev_outliers": far,
        "outliers": f"{far};{outside}",
        # The least and the greatest value that are no outliers; the rounding of the bounds may leave none.
        "ld15iqr": inside[0] if inside else ordered[0],
        "hd15iqr": inside[-1] if inside else ordered[-1],
        "ops": count / total if total else 0,
        "total": total,
        "data": data,
        "iterations": 1,
    }


def _quartiles(ordered: Sequence[float]) -> tuple[float, float]:
    count = len(ordered)
    if count == 1:
        return ordered[0], ordered[0]
    half, rest = divmod(count, 2)
    if not rest:
        return statistics.median(ordered[:half]), statistics.median(ordered[half:])
    quarter, rest = divmod(count, 4)
    if rest == 1:
        first = 0.25 * ordered[quarter - 1] + 0.75 * ordered[quarter]
        return first, 0.75 * ordered[3 * quarter] + 0.25 * ordered[3 * quarter + 1]
    first = 0.75 * ordered[quarter] + 0.25 * ordered[quarter + 1]
    return first, 0.25 * ordered[3 * quarter + 1] + 0.75 * ordered[3 * quarter + 2]
