"""A ratio that varies with time: what everything compressed takes, and how many checkpoints a budget really holds.

A wavefield that has just begun compresses hundreds of times better than one that fills the model, so one number F is
wrong at both ends. Here ``ratios`` is F(n), one number a step of the run, along the last axis.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.inputs import Floats, Ints, Numbers, chosen, not_negative, positive, refuse
from wavecomp.perfmodel.published import checkpoints_that_fit

Estimate: TypeAlias = Literal["least", "median", "mean", "spread", "certain"]
ESTIMATES: tuple[Estimate, ...] = ("least", "median", "mean", "spread", "certain")


def stored_bytes(checkpoint_bytes: Numbers, ratios: Numbers) -> Floats:
    r"""Return the size of everything, each step compressed as far as it goes.

    .. math:: \sum_n S / F(n)

    Parameters
    ----------
    checkpoint_bytes : array_like
        S; of the shape of ``ratios`` without its last axis, or a number.
    ratios : array_like, shape (..., N)
        F(n).

    Returns
    -------
    ndarray of float64
        Bytes.

    Raises
    ------
    OutsideTheModel
        A number is not finite or not above zero.
    """
    return np.asarray(positive("checkpoint_bytes", checkpoint_bytes) * np.sum(1 / _ratios(ratios), axis=-1))


def mean_ratio(ratios: Numbers) -> Floats:
    r"""Return the one ratio that gives the same bytes: the harmonic mean, which stands for F where everything is kept.

    .. math:: \bar F = N \Big/ \sum_n 1 / F(n)

    It is at most the arithmetic mean, and far below it where early levels are nearly empty.

    Parameters
    ----------
    ratios : array_like, shape (..., N)
        F(n).

    Returns
    -------
    ndarray of float64
        Ratio.

    Raises
    ------
    OutsideTheModel
        A number is not finite or not above zero.
    """
    return np.asarray(1 / np.mean(1 / _ratios(ratios), axis=-1))


def stored_seconds(
    checkpoint_bytes: Numbers,
    ratios: Numbers,
    bandwidth: Numbers,
    compress_seconds: Numbers,
    decompress_seconds: Numbers,
    *,
    times: int = 1,
) -> Floats:
    r"""Return what keeping everything costs beside the two sweeps.

    .. math:: \sum_n \frac{2 v S}{F(n) B} + t_c(n) + t_d(n)

    Parameters
    ----------
    checkpoint_bytes, bandwidth : array_like
        S, and B in bytes a second.
    ratios : array_like, shape (..., N)
        F(n).
    compress_seconds, decompress_seconds : array_like
        t_c and t_d, numbers or one a step along the last axis.
    times : int
        v, how often one copy is charged: :data:`wavecomp.perfmodel.published.COPIES`.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    f = _ratios(ratios)
    codec = not_negative("compress_seconds", compress_seconds) + not_negative("decompress_seconds", decompress_seconds)
    moved = 2 * times * stored_bytes(checkpoint_bytes, f) / positive("bandwidth", bandwidth)
    return np.asarray(moved + np.sum(np.broadcast_to(codec, np.broadcast_shapes(codec.shape, f.shape)), axis=-1))


def checkpoints_that_fit_at(memory_bytes: Numbers, checkpoint_bytes: float, ratios: Numbers, steps: Numbers) -> Ints:
    r"""Return how many checkpoints fit when they are laid at given steps, one after the other.

    .. math:: \max \Big\{ m : \sum_{i \le m} S / F(n_i) \le \text{memory} \Big\}

    Parameters
    ----------
    memory_bytes : array_like
        In bytes.
    checkpoint_bytes : float
        S.
    ratios : array_like, shape (N,)
        F(n).
    steps : array_like of int, shape (m,)
        n_i, from 0 to N - 1, in the order in which they are laid.

    Returns
    -------
    ndarray of int64, shape of ``memory_bytes``
        Checkpoints; at most as many as there are places.

    Raises
    ------
    OutsideTheModel
        Not even the first one fits: the text has its bytes. A step is not of the run, or a number is out of range.
    """
    sizes = _sizes(checkpoint_bytes, ratios)
    places = np.atleast_1d(np.asarray(steps))
    expected = f"a step from 0 to {sizes.size - 1} is needed, of which there is a ratio"
    if not places.size or places.dtype.kind not in "iu":
        raise OutsideTheModel("steps", steps, expected)
    refuse("steps", places, (places < 0) | (places >= sizes.size), expected)
    held = np.cumsum(sizes[places])
    return _greatest("memory_bytes", memory_bytes, held)


def planned_slots(memory_bytes: Numbers, checkpoint_bytes: float, ratios: Numbers, by: Estimate) -> Ints:
    r"""Return the number of equal slots that somebody plans who knows F(n), or a number of it.

    ``least``, ``median``
        M = ⌊memory · F / S⌋ with the least and the median of F(n). The first never takes more than the memory.
    ``mean``
        The same with :func:`mean_ratio`: right for checkpoints that lie anywhere with equal chance.
    ``spread``
        The greatest M of which M evenly spread checkpoints fit with their true sizes, at the steps ⌊i N / M⌋.
    ``certain``
        The greatest M of which the M largest sizes fit together: wherever the checkpoints are laid, they fit.

    Parameters
    ----------
    memory_bytes : array_like
        In bytes.
    checkpoint_bytes : float
        S.
    ratios : array_like, shape (N,)
        F(n).
    by : str
        One of these.

    Returns
    -------
    ndarray of int64, shape of ``memory_bytes``
        M, at most N: more is never laid.

    Raises
    ------
    OutsideTheModel
        Not even one checkpoint fits, a number is out of range, or the word is unknown.
    """
    chosen("by", by, ESTIMATES)
    f, sizes = _ratios(ratios), _sizes(checkpoint_bytes, ratios)
    if by == "certain":
        return _greatest("memory_bytes", memory_bytes, np.cumsum(np.sort(sizes)[::-1]))
    if by == "spread":
        n = sizes.size
        needed = np.array([sizes[np.arange(m) * n // m].sum() for m in range(1, n + 1)])
        # Of more than M evenly spread ones the least: greater numbers may need less, and the greatest that fits counts.
        return _greatest("memory_bytes", memory_bytes, np.minimum.accumulate(needed[::-1])[::-1])
    one = f.min() if by == "least" else np.median(f) if by == "median" else mean_ratio(f)
    return np.minimum(checkpoints_that_fit(memory_bytes, checkpoint_bytes, one), f.size)


def _greatest(name: str, memory_bytes: Numbers, needed: Floats) -> Ints:
    """Return the greatest m with needed[m - 1] <= memory, of numbers that never fall."""
    memory = positive(name, memory_bytes)
    # A sum of some thousand sizes is rounded; a memory that was computed as such a sum holds them.
    fitting = np.searchsorted(needed, memory * (1 + 1e-12), side="right")
    refuse(name, memory, np.asarray(fitting < 1), f"no checkpoint fits; one needs {int(np.ceil(needed[0]))} bytes")
    return np.asarray(fitting, np.int64)


def _ratios(ratios: Numbers) -> Floats:
    f = positive("ratios", ratios)
    if f.ndim < 1 or not f.size:
        raise OutsideTheModel("ratios", ratios, "one ratio a step is needed, along the last axis")
    return f


def _sizes(checkpoint_bytes: float, ratios: Numbers) -> Floats:
    f = _ratios(ratios)
    if f.ndim != 1:
        raise OutsideTheModel("ratios", f.shape, "the ratios of one run are needed, an array with one axis")
    return np.asarray(positive("checkpoint_bytes", checkpoint_bytes) / f)
