"""How far a gradient from a compressed run is from the exact one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wavecomp.errors import UnsupportedField
from wavecomp.metrics._chunks import FieldArray, PairBuffer, block_dot, chunk_pairs, power_of_two
from wavecomp.metrics.distortion import distortion


@dataclass(frozen=True)
class GradientDistance:
    r"""Distances between an exact gradient :math:`a` and another one :math:`b`, all in float64.

    With :math:`e = b - a` and n values. Every value but the bias, whose sign turns, is the same for :math:`(-a, -b)`.

    Attributes
    ----------
    relative_l2, relative_l1, relative_linf
        :math:`\lVert e \rVert_p / \lVert a \rVert_p` for p = 2, 1 and infinity.
    psnr_db
        :math:`20 \log_{10}(R / \mathrm{rmse})` with R the range of values of :math:`a` and
        :math:`\mathrm{rmse} = \sqrt{\sum e^2 / n}`; inf for equal gradients.
    angle_rad
        :math:`2 \operatorname{atan2}(\lVert \hat a - \hat b \rVert, \lVert \hat a + \hat b \rVert)` in radians, from 0
        to pi, with :math:`\hat a = a / \lVert a \rVert_2` [Kahan2006]_. Unlike the arccosine of a product, which cannot
        tell angles below 1e-8 from 0, it resolves down to the rounding of float64, and equal gradients give 0 exactly.
        nan where one of the two is zero.
    bias
        :math:`\sum e / n`, in the unit of the gradient.
    norm_ratio
        :math:`\lVert b \rVert_2 / \lVert a \rVert_2`: below 1 where the gradient has lost energy.
    """

    relative_l2: float
    relative_l1: float
    relative_linf: float
    psnr_db: float
    angle_rad: float
    bias: float
    norm_ratio: float


def gradient_distance(exact: FieldArray, gradient: FieldArray) -> GradientDistance:
    """Measure a gradient against the exact one, with sums in float64 and about 1 MB of working memory.

    Parameters
    ----------
    exact, gradient
        Arrays of one shape (1 to 4 dimensions, not empty) and one dtype, float32 or float64, in any memory layout.

    Returns
    -------
    GradientDistance
        Each measure with its formula. A quotient by zero is 0 where the error is 0 and inf elsewhere (the ratio of
        norms of two zero gradients is 1). Where ``gradient`` holds NaN or infinities the distances are inf, ``psnr_db``
        is -inf, and angle, bias and ratio of norms are nan.

    Raises
    ------
    UnsupportedField
        Dtypes or shapes differ or are not among those above, or the exact gradient is not finite.
    """
    measured = distortion(exact, gradient)
    bad = measured.nonfinite_matches + measured.nonfinite_mismatches
    if bad and not all(np.isfinite(piece).all() for piece, _ in chunk_pairs(exact, exact)):
        raise UnsupportedField("the exact gradient holds NaN or infinite values: there is nothing to compare with")
    with np.errstate(all="ignore"):
        angle, norm_ratio = (math.nan, math.nan) if bad else _angle_and_norm_ratio(exact, gradient)
    return GradientDistance(
        relative_l2=measured.relative_l2,
        relative_l1=measured.relative_l1,
        relative_linf=_quotient(measured.max_absolute, measured.max_abs_original),
        psnr_db=measured.psnr_db,
        angle_rad=angle,
        bias=measured.bias,
        norm_ratio=norm_ratio,
    )


DEEP = 0.9
"""Share of the depth, from below, that is deep: without the top tenth, where sources and receivers are."""


def deep_points(points: int) -> int:
    """Return how many of so many points along the depth are deep."""
    return int(DEEP * points + 0.5)


def deep_relative_l2(exact: FieldArray, gradient: FieldArray) -> float | None:
    """Return the relative L2 distance below the top tenth of the depth, which is the last axis.

    A gradient is largest near sources and receivers: there a small error of the whole hides a large one below.

    Parameters
    ----------
    exact, gradient
        As for :func:`gradient_distance`; the last axis is at least ten points long.

    Returns
    -------
    float or None
        None where the last axis is shorter; inf where ``exact`` is zero below and ``gradient`` is not.
    """
    deep = deep_points(exact.shape[-1])
    if exact.shape[-1] < 10:
        return None
    below = (..., slice(exact.shape[-1] - deep, None))
    return distortion(np.ascontiguousarray(exact[below]), np.ascontiguousarray(gradient[below])).relative_l2


def _quotient(error: float, reference: float) -> float:
    if error == 0.0:
        return 0.0
    return error / reference if reference > 0.0 else math.inf


def _angle_and_norm_ratio(a: FieldArray, b: FieldArray) -> tuple[float, float]:
    # In units near their greatest magnitudes no square of a value that counts underflows, and none overflows.
    peaks = [0.0, 0.0]
    for pieces in chunk_pairs(a, b):
        peaks = [max(peak, float(np.abs(piece).max())) for peak, piece in zip(peaks, pieces, strict=True)]
    if 0.0 in peaks:
        return (0.0, 1.0) if peaks == [0.0, 0.0] else (math.nan, _quotient(peaks[1], peaks[0]))
    units = [power_of_two(peak) for peak in peaks]
    buffer = PairBuffer(a.size)
    squares = [0.0, 0.0]
    for pieces in chunk_pairs(a, b):
        _load(buffer, pieces, units)
        squares[0] += block_dot(buffer.x, buffer.x)
        squares[1] += block_dot(buffer.y, buffer.y)
    norms = [math.sqrt(square) for square in squares]
    apart = together = 0.0
    for pieces in chunk_pairs(a, b):
        _load(buffer, pieces, units)
        for row, norm in zip((buffer.x, buffer.y), norms, strict=True):
            np.divide(row, norm, out=row)
        np.subtract(buffer.x, buffer.y, out=buffer.scratch)
        apart += block_dot(buffer.scratch, buffer.scratch)
        np.add(buffer.x, buffer.y, out=buffer.scratch)
        together += block_dot(buffer.scratch, buffer.scratch)
    angle = 2.0 * math.atan2(math.sqrt(apart), math.sqrt(together))
    return angle, norms[1] / norms[0] * units[1] / units[0]


def _load(buffer: PairBuffer, pieces: tuple[FieldArray, FieldArray], units: list[float]) -> None:
    buffer.load(*pieces)
    for row, unit in zip((buffer.x, buffer.y), units, strict=True):
        np.divide(row, unit, out=row)
