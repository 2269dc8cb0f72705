"""Structural similarity: whether local means, contrasts and patterns of a field survive."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from wavecomp.errors import UnsupportedField
from wavecomp.metrics._chunks import FieldArray, Float64Array, check_pair, chunk_pairs
from wavecomp.metrics.bitwise import bit_identical

WINDOW = 7
K1 = 0.01
K2 = 0.03

# Points of one tile with its overlap: eight float64 arrays of that size stay in the cache or near it.
TILE_POINTS = 2**17


def ssim(original: FieldArray, decompressed: FieldArray) -> float:
    r"""Return the mean structural similarity index over all windows of 7 points a side that fit into the field.

    .. math::
        \mathrm{SSIM} = \Big\langle \frac{(2 \mu_x \mu_y + C_1)(2 \sigma_{xy} + C_2)}
        {(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)} \Big\rangle,
        \quad C_1 = (0.01\,R)^2,\; C_2 = (0.03\,R)^2

    with means, variances and covariance over a uniform window (population moments, divided by the number of its
    points) and :math:`R = \max x - \min x` of the whole **original** [Wang2004]_. That is what
    ``skimage.metrics.structural_similarity(x, y, data_range=R, use_sample_covariance=False)`` computes. QCAT, and
    LibPressio after it, take each window's own range for R instead, which makes the quiet parts of a wavefield weigh as
    much as the wave; values are not comparable with theirs.

    1 for equal fields, near 0 for unrelated ones; f(-x, -y) = f(x, y) and f(a x, a y) = f(x, y). Computed in float64,
    tile by tile: some 15 MB of working memory whatever the size of the field.

    Parameters
    ----------
    original, decompressed
        Arrays of one shape and one dtype, float32 or float64, in any memory layout. Axes of length 1 are dropped; of
        the others there must be 1 to 4, with at least 7 points each.

    Returns
    -------
    float
        At most 1. A constant original has no range to judge by: 1 where it was reproduced to the bit, nan elsewhere.

    Raises
    ------
    UnsupportedField
        If dtypes or shapes differ, an axis is too short, or a value is NaN or infinite.

    References
    ----------
    .. [Wang2004] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, Image quality assessment: from error visibility
       to structural similarity, IEEE Trans. Image Process. 13, 600-612, 2004, doi:10.1109/TIP.2003.819861.
    """
    check_pair(original, decompressed)
    x, y = original.squeeze(), decompressed.squeeze()
    if x.ndim == 0 or min(x.shape) < WINDOW:
        raise UnsupportedField(
            f"an array of shape {original.shape} has no window for SSIM: every axis longer than 1 needs {WINDOW} points"
        )
    low, high = _finite_limits(x, y)
    half_range = high / 2 - low / 2
    if half_range == 0.0:
        return 1.0 if bit_identical(x, y) else math.nan
    middle = low / 2 + high / 2
    # Windows at the border leave WINDOW - 1 points an axis without a window of their own.
    windows = tuple(length - WINDOW + 1 for length in x.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        total = math.fsum(_tile_sum(x[tile], y[tile], middle, half_range) for tile in _tiles(windows))
    return float(total / math.prod(windows))


def _finite_limits(x: FieldArray, y: FieldArray) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for x_piece, y_piece in chunk_pairs(x, y):
        if not (np.isfinite(x_piece).all() and np.isfinite(y_piece).all()):
            raise UnsupportedField("SSIM is not defined for arrays with NaN or infinite values")
        low, high = min(low, float(x_piece.min())), max(high, float(x_piece.max()))
    return low, high


def _tiles(windows: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield slices of the field that together hold every window exactly once, about TILE_POINTS points each."""
    shape = list(windows)
    while math.prod(length + WINDOW - 1 for length in shape) > TILE_POINTS:
        longest = shape.index(max(shape))
        shape[longest] = -(-shape[longest] // 2)
    starts = [range(0, count, step) for count, step in zip(windows, shape, strict=True)]
    for corner in itertools.product(*starts):
        yield tuple(
            slice(start, min(start + step, count) + WINDOW - 1)
            for start, step, count in zip(corner, shape, windows, strict=True)
        )


def _tile_sum(x_tile: FieldArray, y_tile: FieldArray, middle: float, half_range: float) -> float:
    """Return the sum of the index over a tile's windows.

    Variances do not change when a constant is taken off both fields, but lose fewer digits when it is near the mean;
    in units of half the range no square overflows or underflows.
    """
    x = (x_tile.astype(np.float64) - middle) / half_range
    y = (y_tile.astype(np.float64) - middle) / half_range
    mean_xy, mean_squares = _box_mean(x * y), _box_mean(x * x + y * y)
    mean_x, mean_y = _box_mean(x), _box_mean(y)
    covariance = mean_xy - mean_x * mean_y
    variances = mean_squares - (mean_x * mean_x + mean_y * mean_y)
    mean_x += middle / half_range
    mean_y += middle / half_range
    c_1, c_2 = (2 * K1) ** 2, (2 * K2) ** 2
    index = (2 * mean_x * mean_y + c_1) * (2 * covariance + c_2)
    index /= (mean_x * mean_x + mean_y * mean_y + c_1) * (variances + c_2)
    return float(index.sum())


def _box_mean(values: Float64Array) -> Float64Array:
    """Return the mean over each window; sums of 7 in four additions, without the cancellation of a running sum."""
    for axis in range(values.ndim):
        line = np.moveaxis(values, axis, 0)
        count = line.shape[0] - WINDOW + 1
        twos = line[:-1] + line[1:]
        fours = twos[:-2] + twos[2:]
        sevens = fours[:count] + twos[4 : 4 + count]
        sevens += line[6:]
        values = np.moveaxis(sevens, 0, axis)
    values /= WINDOW**values.ndim
    return values
