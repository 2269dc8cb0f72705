r"""Which imaging step an error allows: ``every=auto``, from the source's samples and from what the grid carries.

The zero-lag imaging condition is a sum over all steps of :math:`u \, \partial_t^2 v`. With every k-th step and weight k
it also has what the product has at the multiples of the imaging rate :math:`\nu = 1/(k \Delta t)`: aliasing. Of the
product no more is known than that both factors were driven by the source: with :math:`|W|` the amplitude spectrum of
the samples that are injected, and ω the second difference's own :math:`2 \sin(\pi f \Delta t) / \Delta t`, its spectrum
at ν is at most :math:`\int |W(f)| \, \omega^2(\nu - f) |W(\nu - f)| \, df`, and the gradient's own is that at 0.

The samples begin abruptly: at t = 0 a Ricker wavelet with a delay of one period has 1e-3 of its peak, and above four
times the peak frequency the spectrum falls like 1/f only. An untruncated wavelet gives a hundredth of the errors that
are measured below 1e-3, and the whole of that tail gives ten times as much and more, since waves that are shorter than
two grid points do not travel. So in each part of the model the spectrum ends where the grid's does, and the error is
the root mean square over parts of equal size. What a record that ends while waves arrive adds is not told by a source:
the safety factor is from measurements that have it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import UnsupportedField

SHARE = 0.5
"""Of the error asked for, what imaging at every k-th step may take. Independent errors add in squares: √(1 − ½²), 0.87
of it, remain for the compressor."""

SAFETY = 2.0
"""The measured error over the estimate, at most: 1.9 below the top tenth of the depth, over eight problems and the
steps 2 to 12, wherever the estimate is above 1e-5 (the table is in ``docs/methods-gradient.md``)."""


@dataclass(frozen=True, eq=False)
class Signature:
    """What a time-stepping code tells of its source, and of the waves that its grid carries.

    Attributes
    ----------
    wavelet : ndarray of float, shape (samples,) or (samples, sources)
        What is injected, sample by sample; in any unit.
    dt_s : float
        Time step in s.
    carried_hz : tuple of float
        The highest frequency that the grid carries, in Hz, in parts of the model of equal size.
    """

    wavelet: NDArray[np.floating]
    dt_s: float
    carried_hz: tuple[float, ...]


def aliasing(signature: Signature, every: int) -> float:
    r"""Return the estimated relative L2 error of a gradient that is imaged at every k-th step with weight k.

    With :math:`A = |W|` up to the highest frequency that a part of the model carries, and :math:`B = \omega^2 A`,

    .. math::

        E^2 = \Big\langle \Big( \sum_{j=1}^{k-1} \int A(f) \, B(j \nu - f) \, df \Big)^2 \Big\rangle \Big/
        \Big( \int \omega^2 |W|^2 \, df \Big)^2,

    the mean over the parts. It is 0 for ``every = 1``.

    Raises
    ------
    UnsupportedField
        The wavelet is zero or not finite.
    """
    amplitude, curvature = _spectrum(signature, every)
    whole = float(amplitude @ (curvature * amplitude))
    frequency = np.abs(np.fft.fftfreq(len(amplitude), signature.dt_s))
    errors = []
    for highest, parts in Counter(signature.carried_hz).items():
        carried = np.where(frequency <= highest, amplitude, 0.0)
        bent = curvature * carried
        # Frequencies that are ν apart are one where every k-th step is looked at; the sum over j takes its short form.
        folded = carried.reshape(every, -1).sum(0) @ bent.reshape(every, -1).sum(0)
        errors.append((max(float(folded - carried @ bent), 0.0) / whole, parts))
    return float(np.sqrt(sum(error**2 * parts for error, parts in errors) / len(signature.carried_hz)))


def step_for(signature: Signature, error: float) -> int:
    """Return the greatest k up to which the estimate, with its safety factor, stays within the share of an error.

    Parameters
    ----------
    signature : Signature
    error : float
        Relative L2 error that is asked of the gradient.

    Returns
    -------
    int
        At least 1; at most what leaves two imaged steps a period where ω |W| is greatest.

    Raises
    ------
    UnsupportedField
        The wavelet is zero or not finite.
    """
    amplitude, curvature = _spectrum(signature, 1)
    strongest = int(np.argmax((np.sqrt(curvature) * amplitude)[: len(amplitude) // 2 + 1]))
    most = len(amplitude) // (2 * strongest)
    every = 1
    while every < most and SAFETY * aliasing(signature, every + 1) <= SHARE * error:
        every += 1
    return every


def _spectrum(signature: Signature, every: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return |W| and ω² Δt² at so many frequencies that ν is one of them, and that no shift wraps around."""
    samples = np.asarray(signature.wavelet, dtype=np.float64)
    greatest = float(np.abs(samples).max(initial=0.0))
    if not 0.0 < greatest < np.inf:
        raise UnsupportedField(
            f"every=auto: the greatest sample of the source is {greatest:g}, and no step follows from that; give a "
            "number, as in every=4"
        )
    samples = samples.reshape(len(samples), -1) / greatest
    points = every * -(-2 * len(samples) // every)
    amplitude = np.sqrt(np.square(np.abs(np.fft.fft(samples, points, axis=0))).sum(axis=1))
    return amplitude, 4.0 * np.sin(np.pi * np.arange(points) / points) ** 2
