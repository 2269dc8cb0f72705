"""The sums behind the point-wise measures: one pass over both arrays, and a careful second one where it is needed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wavecomp.metrics._chunks import (
    SAFE_MAGNITUDES,
    FieldArray,
    PairBuffer,
    block_dot,
    chunk_pairs,
    safe_unit,
)


@dataclass
class Sums:
    """What one pass collects; in units of ``unit``, and about the centres that the pass was given."""

    unit: float = 1.0
    count: int = 0
    nonfinite: int = 0
    mismatched: int = 0
    x_min: float = math.inf
    x_max: float = -math.inf
    y_min: float = math.inf
    y_max: float = -math.inf
    e_max: float = 0.0
    abs_x: float = 0.0
    abs_e: float = 0.0
    x: float = 0.0
    y: float = 0.0
    e: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0
    ee: float = 0.0


def collect(original: FieldArray, decompressed: FieldArray) -> Sums:
    """Collect all sums in float64; floating-point warnings are the caller's to silence.

    The values are taken as they are, or, where ranges, sums or squares of them would leave float64's range, divided by
    a power of two near the largest.
    """
    sums = _first_pass(original, decompressed, 1.0)
    if sums.count == 0 or original.dtype == np.float32:
        return sums
    largest = max(abs(sums.x_min), abs(sums.x_max), sums.e_max)
    # The difference of two finite values may be infinite.
    unit = safe_unit(largest) if math.isfinite(largest) else 2.0**1023
    return sums if unit == 1.0 or largest == 0.0 else _first_pass(original, decompressed, unit)


def _pairs(original: FieldArray, decompressed: FieldArray, unit: float) -> Iterator[tuple[FieldArray, FieldArray]]:
    for x, y in chunk_pairs(original, decompressed):
        yield (x, y) if unit == 1.0 else (x / unit, y / unit)


def _first_pass(original: FieldArray, decompressed: FieldArray, unit: float) -> Sums:
    sums = Sums(unit)
    buffer = PairBuffer(original.size)
    x, y, e, scratch = buffer.x, buffer.y, buffer.e, buffer.scratch
    ones = np.ones_like(x)
    for x_piece, y_piece in _pairs(original, decompressed, unit):
        buffer.load(x_piece, y_piece)
        sums.count += x_piece.size - buffer.nonfinite
        sums.nonfinite += buffer.nonfinite
        sums.mismatched += buffer.mismatched
        finite_x = x_piece[np.isfinite(x_piece)] if buffer.nonfinite else x_piece
        if finite_x.size:
            sums.x_min = min(sums.x_min, float(finite_x.min()))
            sums.x_max = max(sums.x_max, float(finite_x.max()))
        sums.e_max = max(sums.e_max, float(scratch.max()))
        sums.abs_e += block_dot(scratch, ones)
        np.abs(x, out=scratch)
        sums.abs_x += block_dot(scratch, ones)
        sums.x += block_dot(x, ones)
        sums.y += block_dot(y, ones)
        sums.e += block_dot(e, ones)
        sums.xx += block_dot(x, x)
        sums.yy += block_dot(y, y)
        sums.xy += block_dot(x, y)
        sums.ee += block_dot(e, e)
    return sums


def norms_and_pearson(original: FieldArray, decompressed: FieldArray, sums: Sums) -> tuple[float, float, float]:
    """Return the L2 norms of error and original, and Pearson's coefficient, by a second pass where one is needed.

    The norms are in the unit of the sums.
    """
    if sums.mismatched:
        return math.inf, math.nan, math.nan
    if sums.count == 0:
        return 0.0, 0.0, math.nan
    x_x, y_y, x_y = _centred(sums)
    low, high = (magnitude**2 for magnitude in SAFE_MAGNITUDES)
    in_range = original.dtype == np.float32 or all(
        low < square < high for square in (sums.xx, sums.yy, sums.ee or (1.0 if sums.e_max == 0.0 else 0.0))
    )
    # Six of sixteen digits lost in the subtraction of the mean: ten are left, and below that the second pass pays.
    if in_range and x_x > 1e-6 * sums.xx and y_y > 1e-6 * sums.yy:
        return math.sqrt(sums.ee), math.sqrt(sums.xx), _pearson(x_x, y_y, x_y)
    return _second_pass(original, decompressed, sums)


def _second_pass(original: FieldArray, decompressed: FieldArray, sums: Sums) -> tuple[float, float, float]:
    """Sum products again: norms in units near the largest magnitude, and covariances about the centres of x and y."""
    for _, y_piece in _pairs(original, decompressed, sums.unit):
        finite_y = y_piece[np.isfinite(y_piece)]
        if finite_y.size:
            sums.y_min = min(sums.y_min, float(finite_y.min()))
            sums.y_max = max(sums.y_max, float(finite_y.max()))
    norm_unit = safe_unit(max(abs(sums.x_min), abs(sums.x_max)))
    error_unit = safe_unit(sums.e_max)
    centres = [sums.x_min / 2 + sums.x_max / 2, sums.y_min / 2 + sums.y_max / 2]
    units = [safe_unit(sums.x_max / 2 - sums.x_min / 2), safe_unit(sums.y_max / 2 - sums.y_min / 2)]
    again = Sums(count=sums.count)
    norm_squared = 0.0
    buffer = PairBuffer(original.size)
    ones = np.ones_like(buffer.x)
    for x_piece, y_piece in _pairs(original, decompressed, sums.unit):
        buffer.load(x_piece, y_piece)
        np.divide(buffer.x, norm_unit, out=buffer.scratch)
        norm_squared += block_dot(buffer.scratch, buffer.scratch)
        np.divide(buffer.e, error_unit, out=buffer.e)
        again.ee += block_dot(buffer.e, buffer.e)
        outside = np.ones(buffer.length, dtype=bool)
        outside[: x_piece.size] = ~(np.isfinite(x_piece) & np.isfinite(y_piece))
        for row, centre, unit in zip((buffer.x, buffer.y), centres, units, strict=True):
            np.subtract(row, centre, out=row)
            np.divide(row, unit, out=row)
            row[outside] = 0.0
        again.x += block_dot(buffer.x, ones)
        again.y += block_dot(buffer.y, ones)
        again.xx += block_dot(buffer.x, buffer.x)
        again.yy += block_dot(buffer.y, buffer.y)
        again.xy += block_dot(buffer.x, buffer.y)
    varies = sums.x_min < sums.x_max and sums.y_min < sums.y_max
    pearson = _pearson(*_centred(again)) if varies else math.nan
    return error_unit * math.sqrt(again.ee), norm_unit * math.sqrt(norm_squared), pearson


def _centred(sums: Sums) -> tuple[float, float, float]:
    """Return the sums of squares and products of the deviations from the means."""
    mean_x, mean_y = sums.x / sums.count, sums.y / sums.count
    return sums.xx - sums.x * mean_x, sums.yy - sums.y * mean_y, sums.xy - sums.x * mean_y


def _pearson(x_x: float, y_y: float, x_y: float) -> float:
    if not (x_x > 0.0 and y_y > 0.0):
        return math.nan
    # Written as two quotients, equal arrays give exactly 1, and no product of sums can overflow.
    return min(1.0, max(-1.0, x_y / x_x * math.sqrt(x_x / y_y)))
