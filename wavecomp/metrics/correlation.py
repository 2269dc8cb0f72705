"""Whether the errors of neighbouring points are alike: the autocorrelation of the error."""

from __future__ import annotations

import math

import numpy as np

from wavecomp.errors import UsageError
from wavecomp.metrics._chunks import (
    BLOCK,
    CHUNK,
    FieldArray,
    Float64Array,
    PairBuffer,
    block_dot,
    check_pair,
    chunk_pairs,
    safe_unit,
)


def error_autocorrelation(original: FieldArray, decompressed: FieldArray, lags: int = 10) -> Float64Array:
    r"""Return the autocorrelation of the error at lags 1 to ``lags``, along the flattened array (C order).

    With :math:`e = y - x` of :math:`n` values, mean :math:`\bar e` and variance :math:`\sigma^2 = \sum (e_i -
    \bar e)^2 / n`,

    .. math::
        \rho(\delta) = \frac{1}{(n - \delta)\,\sigma^2} \sum_{i=0}^{n-\delta-1} (e_i - \bar e)(e_{i+\delta} - \bar e)

    as Z-checker (``autoCorrAbsErr``) and LibPressio (``autocorr``) compute it for arrays of more than 4096 values; they
    switch to another estimate (means and variances of the two overlapping parts) below, this function does not. White
    errors give values within a few :math:`1 / \sqrt n` of zero. Neighbours along the flattened array are neighbours in
    the field's last axis, but for the ends of its rows. As with the biased estimate, short arrays can leave [-1, 1].

    Two passes in float64 with about 1.5 MB of working memory.

    Parameters
    ----------
    original, decompressed
        Arrays of one shape (1 to 4 dimensions, not empty) and one dtype, float32 or float64, in any memory layout.
    lags
        The largest lag, from 1 to 8192.

    Returns
    -------
    numpy.ndarray
        ``lags`` float64 values; the value for lag d stands at index d - 1. All nan where nothing is to be correlated:
        a constant error, no error at all, or an infinite one (a NaN that became a number, an overflow). Lags of n
        and more are nan. NaNs and infinities that were reproduced have error zero.

    Raises
    ------
    UsageError
        If ``lags`` is out of range.
    UnsupportedField
        If dtypes or shapes differ, or are not among those above.
    """
    if not 1 <= lags <= BLOCK:
        raise UsageError(f"lags = {lags}: must be from 1 to {BLOCK}")
    check_pair(original, decompressed)
    undefined = np.full(lags, math.nan)
    with np.errstate(all="ignore"):
        mean, deviation = _mean_error(original, decompressed)
        if not 0.0 < deviation < math.inf:
            return undefined
        sums = _lagged_products(original, decompressed, mean, safe_unit(deviation), lags)
    defined = min(lags, original.size - 1)
    pairs = original.size - np.arange(1, defined + 1)
    undefined[:defined] = sums[1 : defined + 1] / pairs / (sums[0] / original.size)
    return undefined


def _mean_error(original: FieldArray, decompressed: FieldArray) -> tuple[float, float]:
    """Return the mean error and the largest deviation of an error from it: 0 if all are equal, inf if one is."""
    buffer = PairBuffer(original.size)
    ones = np.ones_like(buffer.e)
    total, low, high = 0.0, math.inf, -math.inf
    for x_piece, y_piece in chunk_pairs(original, decompressed):
        buffer.load(x_piece, y_piece)
        if buffer.mismatched:
            return math.nan, math.inf
        total += block_dot(buffer.e, ones)
        errors = buffer.e[: x_piece.size]
        low, high = min(low, float(errors.min())), max(high, float(errors.max()))
    mean = total / original.size
    return mean, max(high - mean, mean - low) if low < high else 0.0


def _lagged_products(
    original: FieldArray, decompressed: FieldArray, mean: float, unit: float, lags: int
) -> Float64Array:
    """Return sum_i d_i d_(i+lag) for lag 0 to lags, d the deviation of the error from its mean, over the unit."""
    buffer = PairBuffer(original.size)
    # The deviations of the last ``lags`` points before a chunk stand in front of it: zeros before the first.
    deviations = np.zeros(lags + CHUNK)
    sums = np.zeros(lags + 1)
    for x_piece, y_piece in chunk_pairs(original, decompressed, ordered=True):
        count = x_piece.size
        buffer.load(x_piece, y_piece)
        current = deviations[lags : lags + buffer.length]
        np.subtract(buffer.e, mean, out=current)
        if unit != 1.0:
            np.divide(current, unit, out=current)
        current[count:] = 0.0
        for lag in range(lags + 1):
            sums[lag] += block_dot(current, deviations[lags - lag : lags - lag + buffer.length])
        deviations[:lags] = deviations[count : count + lags].copy()
    return sums
