"""Scaling a field by a power of two, which is exact, so that its peak falls where a short format is best."""

from __future__ import annotations

import math

import numpy as np

from wavecomp.compressors.base import Field
from wavecomp.errors import UnsupportedField

# Exponents beyond these make the factor itself overflow or vanish; what is lost then is subnormal.
_LIMIT = {4: 126, 8: 1022}


def peak_of(field: Field) -> float:
    """Return max |x| of a field without NaN, without a temporary of the field's size."""
    return max(abs(float(field.max())), abs(float(field.min())))


def tightened(tolerance: float, peak: float, dtype: np.dtype[np.floating]) -> float:
    """Return what is left of a tolerance when a value is rounded to the dtype after it was met in double precision.

    A value within the tolerance of one below the peak is below twice the larger of the two, and rounded by at most
    :math:`\\varepsilon` times that one, or a subnormal step. Where this is more than an eighth of the tolerance,
    that is left as it is: the bound then holds up to rounding only.
    """
    limits = np.finfo(dtype)
    rounding = max(float(limits.eps) * max(peak, tolerance), float(limits.smallest_subnormal))
    return tolerance - rounding if rounding <= tolerance / 8.0 else tolerance


def refuse_overflow(spec: str, peak: float, dtype: np.dtype[np.floating], fraction: float) -> None:
    """Raise :class:`UnsupportedField` where a peak that grows by its relative error may become infinite."""
    largest = float(np.finfo(dtype).max)
    if peak * (1 + fraction) > largest:
        raise UnsupportedField(
            f"{spec}: the peak {peak:g} may be rounded beyond the largest {dtype}; "
            f"give values up to {largest / (1 + fraction):g}"
        )


def exponent_to(peak: float, dtype: np.dtype[np.floating], target: int) -> int:
    """Return the k for which :math:`2^k P` lies in :math:`[2^{t}, 2^{t+1})`, P the peak, t the target; 0 for zeros."""
    if peak == 0.0:
        return 0
    limit = _LIMIT[dtype.itemsize]
    return max(-limit, min(limit, target + 1 - math.frexp(peak)[1]))


def factor(exponent: int, dtype: np.dtype[np.floating]) -> np.floating:
    """Return :math:`2^k` in the field's own dtype, so that multiplying by it does not change the dtype."""
    return np.ldexp(dtype.type(1), exponent)  # type: ignore[no-any-return]
