"""What ZFP's fixed precision keeps of each block, and the check of it.

A block of :math:`4^d` values, their peak in :math:`[2^{e-1}, 2^e)`, becomes integers in units of
:math:`u = 2^{e+2-b}`, b the bits of a value; p of their b bit planes are kept after the transform. Dropped negabinary
planes are at most :math:`\\tfrac23 2^{b-p} u`, the conversion drops up to 1 u, and each pass of the forward or the
inverse transform up to 2 u. An inverse pass enlarges an error by up to :math:`15/4` [Diffenderfer2019]_, so that

.. math:: |e| \\le 2^e \\left( (15/4)^d \\left( \\tfrac83 2^{-p} + (4 d + 1) 2^{2-b} \\right) + \\varepsilon \\right),

where this is below :math:`2^e`; elsewhere integers may wrap round, and all that is left is :math:`3 \\cdot 2^e`.

The conversion multiplies by 1/u, which is infinite for blocks whose peak is below :data:`LEAST_BLOCK`, 3e-30 in single
precision: their integers are arbitrary, in libzfp's every lossy mode, and the values that come back are off by up to
three times that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating]

LEAST_BLOCK = {4: 2.0**-98, 8: 2.0**-962}
"""By bytes of a value: the least peak of a block that the conversion to integers holds."""

ARBITRARY = {size: 3.0 * least for size, least in LEAST_BLOCK.items()}
"""Greatest error of blocks below that."""

LEAST_PEAK = {4: 2.0**-98 * 2.0**24, 8: 2.0**-962 * 2.0**53}
"""A field's peak from which on such errors are no more than the rounding of the peak; what is smaller is scaled."""

MOST_PEAK = {4: 2.0**126, 8: 2.0**1022}
"""A field's peak from which on what comes back may be infinite."""

_CHUNK = 1 << 16


def exponent_of_small(field: Field) -> int:
    """Return the k for which :math:`2^k` brings the peak of a field below :data:`LEAST_PEAK` near one; 0 for others.

    A field of the usual size is known by its first values: this is no pass over it.
    """
    least, peak = LEAST_PEAK[field.dtype.itemsize], 0.0
    values = field.reshape(-1)
    for start in range(0, values.size, _CHUNK):
        part = values[start : start + _CHUNK]
        peak = max(peak, float(part.max()), -float(part.min()))
        if peak >= least:
            return 0
    return 1 - math.frexp(peak)[1] if peak else 0


def floor_of_error(field: Field) -> float:
    """Return what an error may reach in any block: such blocks, and the rounding of subnormal numbers."""
    limits = np.finfo(field.dtype)
    peak = max(float(field.max()), -float(field.min()))
    arbitrary = min(ARBITRARY[field.dtype.itemsize], 1.5 * float(limits.eps) * peak)
    return arbitrary + float(limits.smallest_subnormal)


def share_of_block(planes: int, dimensions: int, dtype: np.dtype[np.floating]) -> float:
    """Return the greatest error of a block whose peak is below :math:`2^e`, in units of :math:`2^e`."""
    bits = 8 * dtype.itemsize
    integers = 8.0 / 3.0 * 2.0**-planes + (4 * dimensions + 1) * 2.0 ** (2 - bits)
    share = 3.75**dimensions * integers + float(np.finfo(dtype).eps)
    return share if share < 1.0 else 3.0


def worst_share(planes: int, original: Field, decompressed: Field, slab: int | None) -> float:
    """Return the worst error of all blocks divided by what is allowed there; infinite where one is not finite.

    Parameters
    ----------
    planes : int
        Bit planes that are kept of each block.
    original, decompressed : ndarray of float32 or float64, one shape
    slab : int or None
        Planes of the first axis that were compressed on their own; None for all together.
    """
    worst = 0.0
    step = slab or max(1, original.shape[0])
    for start in range(0, original.shape[0], step):
        x, y = original[start : start + step], decompressed[start : start + step]
        lengths = tuple(n for n in x.shape if n > 1) or (1,)
        share, floor = share_of_block(planes, len(lengths), original.dtype), floor_of_error(x)
        for peaks, errors in _blocks(x.reshape(lengths), y.reshape(lengths)):
            if not np.isfinite(errors).all():
                return math.inf
            with np.errstate(over="ignore"):  # of the largest blocks, whose every finite error is allowed
                allowed = np.maximum(np.ldexp(share, np.frexp(peaks)[1]), floor)
            worst = max(worst, float((errors / allowed).max()))
    return worst


def _blocks(x: Field, y: Field) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield peak and greatest error of every block of four values along each axis, some blocks at a time."""
    planes = max(1, _CHUNK // max(1, math.prod(x.shape[1:])) // 4) * 4
    for start in range(0, x.shape[0], planes):
        part = x[start : start + planes].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            errors = np.abs(y[start : start + planes] - part)
        np.abs(part, out=part)
        for axis, count in enumerate(part.shape):
            edges = np.arange(0, count, 4)
            part, errors = (np.maximum.reduceat(values, edges, axis=axis) for values in (part, errors))
        yield part, errors
