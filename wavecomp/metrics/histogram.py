"""How the errors are distributed: uniform, normal, one-sided, or in steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wavecomp.errors import UsageError
from wavecomp.metrics._chunks import FieldArray, Float64Array, PairBuffer, check_pair, chunk_pairs


@dataclass(frozen=True, eq=False)
class ErrorHistogram:
    """Counts of errors ``decompressed - original`` in bins of equal width over [-max_absolute, max_absolute].

    Attributes
    ----------
    counts
        int64, one number a bin; they and ``nonfinite`` add up to the number of values.
    edges
        float64, one more than bins, in the field's unit. Edge i of b bins is max_absolute * (2 i / b - 1).
    max_absolute
        The largest finite error's magnitude; 0 puts every error into the bin in the middle.
    nonfinite
        Positions where either array holds NaN or an infinity, or where the difference overflows: not in any bin.
    """

    counts: npt.NDArray[np.int64]
    edges: Float64Array
    max_absolute: float
    nonfinite: int

    @property
    def fractions(self) -> Float64Array:
        """Return each bin's share of all binned errors: Z-checker's ``absErrPDF``, about symmetric limits."""
        return self.counts / max(1, int(self.counts.sum()))


def error_histogram(original: FieldArray, decompressed: FieldArray, bins: int = 101) -> ErrorHistogram:
    r"""Count the errors :math:`e = y - x` in ``bins`` bins of width :math:`w = 2 \max|e| / b`, centred on zero.

    An error falls into bin :math:`\lfloor e / w \rceil + (b - 1) / 2`, rounded to the nearest; the two extremes
    fall into the outermost bins. :math:`(-x, -y)` gives the same histogram mirrored. An error within a few rounding
    units of an edge may be counted on its other side. Two passes, about 1.5 MB of working memory.

    Parameters
    ----------
    original, decompressed
        Arrays of one shape (1 to 4 dimensions, not empty) and one dtype, float32 or float64, in any memory layout.
    bins
        Odd, 1 to 9999: zero error, the commonest of all, lies in the middle of a bin and not on an edge.

    Raises
    ------
    UsageError
        If ``bins`` is even or out of range.
    UnsupportedField
        If dtypes or shapes differ, or are not among those above.
    """
    if not 1 <= bins <= 9999 or bins % 2 == 0:
        raise UsageError(f"bins = {bins}: must be an odd number from 1 to 9999")
    check_pair(original, decompressed)
    with np.errstate(all="ignore"):
        limit, nonfinite = _finite_limit(original, decompressed)
        counts = np.zeros(bins, dtype=np.int64)
        buffer = PairBuffer(original.size)
        middle = bins // 2
        for x_piece, y_piece in chunk_pairs(original, decompressed):
            buffer.load(x_piece, y_piece)
            position = buffer.e[: x_piece.size]
            if nonfinite:
                position = position[np.isfinite(x_piece) & np.isfinite(y_piece) & np.isfinite(position)]
            if limit > 0.0:
                # The quotient first: it lies in [-1, 1] even where the width of a bin would underflow.
                position /= limit
                position *= bins / 2
                np.rint(position, out=position)
                np.clip(position, -middle, middle, out=position)
            counts += np.bincount(position.astype(np.int64) + middle, minlength=bins)
    return ErrorHistogram(counts, limit * (2 * np.arange(bins + 1) / bins - 1), limit, nonfinite)


def _finite_limit(original: FieldArray, decompressed: FieldArray) -> tuple[float, int]:
    """Return the largest finite error's magnitude and the number of positions without a finite error."""
    buffer = PairBuffer(original.size)
    limit, nonfinite = 0.0, 0
    for x_piece, y_piece in chunk_pairs(original, decompressed):
        buffer.load(x_piece, y_piece)
        nonfinite += buffer.nonfinite
        magnitudes = buffer.scratch
        finite = magnitudes[np.isfinite(magnitudes)] if np.isinf(magnitudes.max()) else magnitudes
        nonfinite += magnitudes.size - finite.size
        limit = max(limit, float(finite.max(initial=0.0)))
    return limit, nonfinite
