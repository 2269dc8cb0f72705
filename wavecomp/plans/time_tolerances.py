r"""One tolerance for each level, by what an error of it weighs in the gradient: ``weights=...`` in a strategy's text.

With :math:`g = \sum_n u_n w_n` an error :math:`\delta u_n` of level n adds :math:`\delta u_n w_n` to the gradient.
Where the errors of different levels are independent and as large as their tolerances :math:`\delta_n` let them, the
gradient's is :math:`\big(\sum_n \delta_n^2 \lVert w_n \rVert^2\big)^{1/2}`. A compressor spends about
:math:`-\log_2 \delta_n` bits a value more for a smaller tolerance, whatever the level: the same bits in all are the
same :math:`\prod_n \delta_n`, and least error at equal bits is

.. math:: \delta_n = \delta \, f_n, \qquad f_n \propto 1 / \lVert w_n \rVert, \qquad \textstyle\prod_n f_n = 1,

so that each level has an equal share of the error. δ, the tolerance of the text, is their geometric mean.

The factors are rounded to powers of the square root of two. Within half such a step, 19 %, the error is at its least
to 3 %; few compressors serve all levels; and no last bit of a weight decides on a stream, but where it tips a rounding.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors import Reading, Registry
from wavecomp.compressors.spec import format_value
from wavecomp.errors import SpecError, UnsupportedField
from wavecomp.plans.relative import scales

PER_OCTAVE = 2
"""Steps of the factors' grid in a factor of two."""

RANGE = 2.0**12
"""The greatest weight over the least one that counts. A weight of zero, as the last levels have where the adjoint has
not come to them yet, would let its level lose everything; so it may lose no more than RANGE times as much as the most
important one does. Above the greatest amplitude of a level a tolerance means nothing any more: all of it may be lost,
and no more can be."""

Tolerance: TypeAlias = tuple[int, str, float]
"""How many compressors inwards it stands, under which key, and its value."""


def exponents(weights: NDArray[np.floating]) -> NDArray[np.int64]:
    r"""Return for each level the k of its factor :math:`f = 2^{k/2}`.

    Parameters
    ----------
    weights : ndarray, shape (levels,)
        At least 0, in any unit.

    Returns
    -------
    ndarray of int64, shape (levels,)
        A greater weight never has a greater k; their mean is 0 to within a half; the greatest and the least are at most
        ``PER_OCTAVE · log2(RANGE)`` apart.

    Raises
    ------
    UnsupportedField
        A weight is negative or not finite, or all are zero.

    Examples
    --------
    >>> exponents(np.array([4.0, 2.0, 1.0])).tolist()
    [-2, 0, 2]
    """
    values = np.asarray(weights, dtype=np.float64)
    greatest = float(values.max(initial=0.0))
    if not 0.0 < greatest < np.inf or not np.all(values >= 0.0):
        raise UnsupportedField(
            f"weights: the levels weigh from {values.min(initial=np.inf):g} to {greatest:g} in the gradient, and no "
            "tolerance follows from that; they must be finite, not negative, and not all zero"
        )
    octaves = -np.log2(np.maximum(values / greatest, 1.0 / RANGE))
    rounded: NDArray[np.int64] = np.rint(PER_OCTAVE * (octaves - octaves.mean())).astype(np.int64)
    return rounded


def factor(exponent: int) -> float:
    """Return the factor of a level's tolerance."""
    return float(2.0 ** (exponent / PER_OCTAVE))


def nearest(steps: range, step: int) -> int:
    """Return which of the steps that are imaged, ascending, is nearest to a step: a state may lie between two.

    Examples
    --------
    >>> [nearest(range(4, 16, 4), step) for step in (1, 5, 6, 8, 30)]
    [0, 0, 1, 1, 2]
    """
    place = (step - steps.start + steps.step // 2) // steps.step
    return min(max(place, 0), len(steps) - 1)


def excess(weights: NDArray[np.floating], assumed: NDArray[np.floating]) -> float:
    r"""Return the gradient's error over the least one at equal bits, where tolerances go by assumed weights.

    :math:`\big\langle r_n^2 \big\rangle^{1/2} / \exp \langle \ln r_n \rangle` with :math:`r_n = \lVert w_n \rVert /
    \tilde w_n`; equal assumed weights give what one tolerance for all levels costs.

    Examples
    --------
    >>> round(excess(np.array([4.0, 1.0]), np.ones(2)), 3), excess(np.array([4.0, 1.0]), np.array([8.0, 2.0]))
    (1.458, 1.0)
    """
    true, taken = (np.maximum(values / values.max(), 1.0 / RANGE) for values in (weights, assumed))
    ratio = true / taken
    return sqrt(float(np.mean(ratio**2))) / float(np.exp(np.mean(np.log(ratio))))


def digest_of(levels: Sequence[int]) -> str:
    """Return a digest of the levels' exponents, in ascending order of steps: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(json.dumps([int(k) for k in levels]).encode()).hexdigest()[:16]


def tolerance_of(spec: str, reading: Reading, registry: Registry) -> Tolerance:
    """Return the one number of a compressor that is a tolerance in the unit of the field, wrapped ones included.

    It is found by trying, as for tolerances relative to the peak: plug-ins need say nothing.

    Raises
    ------
    SpecError
        There is none.
    """
    for depth, part in enumerate(reading):
        for key, value in part.values.items():
            if isinstance(value, float) and scales(reading, depth, key, value, registry):
                return depth, key, value
    raise SpecError(
        f'strategy "{spec}": weights give each level a tolerance of its own, and {reading.spec} has none in the unit '
        "of the wavefield; absolute tolerances such as interp:abs=1e-3 or zfp:accuracy=1e-3peak are"
    )


def times(reading: Reading, tolerance: Tolerance, exponent: int, registry: Registry) -> Reading:
    """Return a compressor with its tolerance times a factor, to three digits.

    Raises
    ------
    SpecError
        That is none that the compressor can have.
    """
    depth, key, value = tolerance
    if exponent == 0:
        return reading
    changed = float(f"{value * factor(exponent):.2e}")
    try:
        return registry.with_value(reading, depth, key, changed)
    except SpecError as error:
        raise SpecError(f"{error}; it is {key}={format_value(value)} times the factor of a level's weight") from None
