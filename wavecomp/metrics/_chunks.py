"""Two arrays of one shape, read side by side in pieces that stay in the cache: no copy of a whole array."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wavecomp.errors import UnsupportedField

FieldArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]

# A BLAS dot product of up to 10,000 values stays in the calling thread; longer ones wake threads that would disturb
# the timing of a neighbouring measurement. So sums run over blocks of BLOCK values, CHUNK // BLOCK of them a call.
BLOCK = 8192
CHUNK = 4 * BLOCK

# Between these magnitudes float64 squares, and sums of up to 2**64 of them, neither underflow nor overflow.
SAFE_MAGNITUDES = (2.0**-450, 2.0**450)


def check_pair(original: FieldArray, decompressed: FieldArray) -> None:
    """Refuse what the metrics are not defined for: other dtypes, unequal shapes, empty arrays, more than 4 dimensions.

    Raises
    ------
    UnsupportedField
        Unless both arrays are float32 or both are float64, of one shape with 1 to 4 dimensions and at least one value.
    """
    if original.shape != decompressed.shape:
        raise UnsupportedField(f"the original has shape {original.shape}, the decompressed array {decompressed.shape}")
    if original.dtype != decompressed.dtype or original.dtype not in (np.float32, np.float64):
        raise UnsupportedField(
            f"the original has dtype {original.dtype}, the decompressed array {decompressed.dtype}: "
            "both must be float32, or both float64, in native byte order"
        )
    if not 1 <= original.ndim <= 4:
        raise UnsupportedField(f"an array of shape {original.shape} has {original.ndim} dimensions: 1 to 4 are allowed")
    if original.size == 0:
        raise UnsupportedField(f"an array of shape {original.shape} holds no value to compare")


def chunk_pairs(
    first: npt.NDArray[Any], second: npt.NDArray[Any], size: int = CHUNK, *, ordered: bool = False
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Yield matching one-dimensional, contiguous pieces of two arrays of one shape and dtype.

    Contiguous arrays are sliced without a copy; others pass through a buffer of ``size`` values that the next piece
    overwrites. Every piece but the last holds ``size`` values where the arrays are contiguous, and at most ``size``
    elsewhere. With ``ordered`` the pieces follow C order; without it any order that both arrays share.
    """
    if not ordered and not first.flags.c_contiguous and first.flags.f_contiguous and second.flags.f_contiguous:
        first, second = first.T, second.T
    if first.flags.c_contiguous and second.flags.c_contiguous:
        flat_first, flat_second = first.reshape(-1), second.reshape(-1)
        for start in range(0, flat_first.size, size):
            yield flat_first[start : start + size], flat_second[start : start + size]
        return
    # NumPy's stub spells the flag "contig" wrongly.
    pieces = np.nditer(  # type: ignore[call-overload]
        [first, second],
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_flags=[["readonly", "contig"], ["readonly", "contig"]],
        order="C",
        buffersize=size,
    )
    with pieces:
        yield from pieces


class PairBuffer:
    """Float64 copies of one chunk: original ``x``, decompressed ``y``, error ``e = y - x`` and ``scratch``.

    Behind the values of a short chunk, and wherever one of the two is NaN or infinite, all three hold zeros, which
    add nothing to any sum. ``nonfinite`` and ``mismatched`` count such positions of the last chunk: all of them, and
    those where the decompressed value differs from the original (NaN equals NaN, +inf equals +inf).
    """

    def __init__(self, size: int) -> None:
        self.length = min(CHUNK, -(-size // BLOCK) * BLOCK)
        self.x, self.y, self.e, self.scratch = (np.zeros(self.length) for _ in range(4))
        self.nonfinite = 0
        self.mismatched = 0

    def load(self, x: FieldArray, y: FieldArray) -> None:
        """Fill the buffer from one pair of pieces; floating-point warnings are the caller's to silence."""
        count = x.size
        np.copyto(self.x[:count], x)
        np.copyto(self.y[:count], y)
        for row in (self.x, self.y):
            row[count:] = 0.0
        np.subtract(self.y, self.x, out=self.e)
        np.abs(self.e, out=self.scratch)
        self.nonfinite = self.mismatched = 0
        # An error that is not finite needs a second look: a NaN or infinity in the data, or an overflow of y - x.
        if not math.isfinite(self.scratch.max()):
            self._clear_nonfinite(x, y)

    def _clear_nonfinite(self, x: FieldArray, y: FieldArray) -> None:
        bad = ~(np.isfinite(x) & np.isfinite(y))
        x_bad, y_bad = x[bad], y[bad]
        same = (x_bad == y_bad) | (np.isnan(x_bad) & np.isnan(y_bad))
        self.nonfinite, self.mismatched = int(bad.sum()), int((~same).sum())
        for row in (self.x, self.y, self.e):
            row[: x.size][bad] = 0.0
        np.abs(self.e, out=self.scratch)


def block_dot(left: Float64Array, right: Float64Array) -> float:
    """Return the sum of products of two rows whose length is a multiple of BLOCK, in the calling thread alone."""
    return float(np.vecdot(left.reshape(-1, BLOCK), right.reshape(-1, BLOCK)).sum())


def power_of_two(magnitude: float) -> float:
    """Return the largest normal power of two up to a magnitude; 1 for zero, infinity and nan."""
    if magnitude == 0.0 or not math.isfinite(magnitude):
        return 1.0
    return math.ldexp(1.0, max(math.frexp(magnitude)[1] - 1, -1021))


def safe_unit(magnitude: float) -> float:
    """Return the power of two near a magnitude whose square leaves float64's range, and 1 for all others."""
    return 1.0 if SAFE_MAGNITUDES[0] <= magnitude <= SAFE_MAGNITUDES[1] else power_of_two(magnitude)
