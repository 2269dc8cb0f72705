"""How far a decompressed field is from the original: all point-wise measures from one pass over both arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wavecomp.metrics._chunks import FieldArray, check_pair
from wavecomp.metrics._sums import Sums, collect, norms_and_pearson


@dataclass(frozen=True)
class Distortion:
    r"""Point-wise distances between an original :math:`x` and a decompressed field :math:`y`, all in float64.

    With :math:`e = y - x`, :math:`n` pairs and the value range :math:`R = \max x - \min x` of the **original**.
    Names and definitions are those of LibPressio's ``error_stat`` and ``pearson`` plug-ins and of Z-checker, except
    that the bias has Z-checker's sign :math:`y - x`; every value but the bias is the same for :math:`(-x, -y)`
    (``value_min`` and ``value_max`` trade places and signs). Lengths carry the unit of the field.

    Attributes
    ----------
    count
        :math:`n`, the pairs that entered the measures: all of them, but for the two next.
    nonfinite_matches
        Positions where both arrays hold NaN, or both the same infinity: reproduced, and otherwise left out.
    nonfinite_mismatches
        Positions where one array is NaN or infinite and the other is not the same. One such position is an infinite
        error: ``max_absolute``, ``l1``, ``l2``, ``mse``, ``rmse`` and their relatives are inf, ``psnr_db`` is -inf,
        and ``bias`` and ``pearson``, which have no limit there, are nan.
    value_min, value_max, max_abs_original
        :math:`\min x`, :math:`\max x` and :math:`\max |x|` over the finite values of the original; nan without any.
    max_absolute
        :math:`\max |e|`.
    max_range_relative
        :math:`\max |e| / R`.
    l1, l2
        :math:`\sum |e|` and :math:`\sqrt{\sum e^2}`.
    relative_l1, relative_l2
        :math:`\sum |e| / \sum |x|` and :math:`\sqrt{\sum e^2 / \sum x^2}`.
    mse, rmse
        :math:`\sum e^2 / n` and its square root.
    nrmse
        rmse :math:`/ R`.
    psnr_db
        :math:`20 \log_{10}(R / \mathrm{rmse})` in decibels, inf where nothing changed.
    bias
        :math:`\sum e / n`: positive where decompression adds. :math:`f(-x, -y) = -f(x, y)`, so its magnitude is the
        same for both. Errors that shrink a symmetric field toward zero leave no bias: look at ``l2``.
    pearson
        :math:`\sum (x - \bar x)(y - \bar y) / \sqrt{\sum (x - \bar x)^2 \sum (y - \bar y)^2}`; nan where either array
        is constant.

    Notes
    -----
    A quotient by zero (a constant original, an original of zeros) is 0 where the error is 0 and inf elsewhere, so
    ``psnr_db`` is -inf for a constant original that was changed. Quotients are right for float64 values of every
    magnitude, since sums are taken in units of a power of two near the largest. What has the unit of the field, or its
    square, is infinite where it lies beyond float64's largest number; ``mse`` may underflow to 0 in float64 arrays of
    magnitudes below 1e-154, rmse does not.
    """

    count: int
    nonfinite_matches: int
    nonfinite_mismatches: int
    value_min: float
    value_max: float
    max_abs_original: float
    max_absolute: float
    max_range_relative: float
    l1: float
    l2: float
    relative_l1: float
    relative_l2: float
    mse: float
    rmse: float
    nrmse: float
    psnr_db: float
    bias: float
    pearson: float

    @property
    def value_range(self) -> float:
        """Return max x - min x of the original: the range that the relative measures and PSNR refer to."""
        return self.value_max - self.value_min


def distortion(original: FieldArray, decompressed: FieldArray) -> Distortion:
    """Measure a decompressed field against its original in one pass, summing in float64.

    Working memory is about 1 MB whatever the size of the field, and the calling thread is the only one that works.
    Sums are accurate to about (8192 + n / 8192) units of float64 rounding, worst case; another memory layout may add
    in another order and differ in the last digits. A second pass follows only where products of deviations from the
    mean would cancel, or squares of float64 values leave float64's range.

    Parameters
    ----------
    original, decompressed
        Arrays of one shape (1 to 4 dimensions, not empty) and one dtype, float32 or float64, in any memory layout.

    Returns
    -------
    Distortion
        Each measure with its formula.

    Raises
    ------
    UnsupportedField
        If dtypes or shapes differ, or are not among those above.
    """
    check_pair(original, decompressed)
    with np.errstate(all="ignore"):
        sums = collect(original, decompressed)
        l2, norm_x, pearson = norms_and_pearson(original, decompressed, sums)
    return _distortion(sums, l2, norm_x, pearson)


def _quotient(error: float, reference: float) -> float:
    if error == 0.0:
        return 0.0
    return error / reference if reference > 0.0 else math.inf


def _distortion(sums: Sums, l2: float, norm_x: float, pearson: float) -> Distortion:
    infinite = sums.mismatched > 0
    if sums.x_min > sums.x_max:
        sums.x_min = sums.x_max = math.nan
    unit, value_range = sums.unit, sums.x_max - sums.x_min
    max_absolute = math.inf if infinite else sums.e_max
    l1 = math.inf if infinite else sums.abs_e
    count = max(sums.count, 1)
    rmse = l2 / math.sqrt(count)
    nrmse = _quotient(rmse, value_range)
    return Distortion(
        count=sums.count,
        nonfinite_matches=sums.nonfinite - sums.mismatched,
        nonfinite_mismatches=sums.mismatched,
        value_min=unit * sums.x_min,
        value_max=unit * sums.x_max,
        max_abs_original=unit * max(abs(sums.x_min), abs(sums.x_max)),
        max_absolute=unit * max_absolute,
        max_range_relative=_quotient(max_absolute, value_range),
        l1=unit * l1,
        l2=unit * l2,
        relative_l1=_quotient(l1, sums.abs_x),
        relative_l2=_quotient(l2, norm_x),
        mse=(unit * rmse) * (unit * rmse),
        rmse=unit * rmse,
        nrmse=nrmse,
        psnr_db=math.inf if nrmse == 0.0 else -20.0 * math.log10(nrmse) if nrmse < math.inf else -math.inf,
        bias=math.nan if infinite else unit * (sums.e / count),
        pearson=math.nan if infinite else pearson,
    )
