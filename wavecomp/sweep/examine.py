"""A closer look at one compressor on one field: what a table row does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors import Compressor
from wavecomp.metrics import distortion, error_autocorrelation, error_histogram, error_spectrum, ratio, ssim


@dataclass(frozen=True)
class Examination:
    """The error of one round trip, in numbers and curves.

    Attributes
    ----------
    statistics : mapping
        ``ratio``, ``max_absolute``, ``psnr_db``, ``bias``, ``pearson``, ``ssim`` and ``autocorrelation_1`` to ``_10``.
    curves : mapping
        ``wavenumber`` in cycles/m (in cycles a point where no spacing is known), ``field_power`` and ``error_power`` a
        mode; ``histogram_edges`` and ``histogram_counts``.
    error : ndarray of float32
        Decompressed minus original, the shape of the field.
    """

    statistics: dict[str, float]
    curves: dict[str, NDArray[np.float64]]
    error: NDArray[np.float32]


def examine(compressor: Compressor, field: NDArray[np.floating], spacing_m: Sequence[float] | None) -> Examination:
    """Compress and decompress a field and look at the error from every side.

    Parameters
    ----------
    compressor : Compressor
    field : ndarray of float32 or float64
    spacing_m : sequence of float or None
        Grid spacing along each axis, metres; None where it is not known.

    Raises
    ------
    WavecompError
        What the compressor refuses.
    """
    stream = compressor.encode(compressor.prepare(field))
    out = np.empty(field.shape, field.dtype)
    compressor.decompress(stream, out)
    errors = distortion(field, out)
    statistics = {
        "ratio": ratio(field.nbytes, stream.nbytes),
        "max_absolute": errors.max_absolute,
        "psnr_db": errors.psnr_db,
        "bias": errors.bias,
        "pearson": errors.pearson,
        "ssim": ssim(field, out),
    }
    for lag, value in enumerate(error_autocorrelation(field, out), start=1):
        statistics[f"autocorrelation_{lag}"] = float(value)
    spectrum = error_spectrum(field, out, spacing_m)
    histogram = error_histogram(field, out)
    curves = {
        "wavenumber": spectrum.wavenumber,
        "field_power": spectrum.field_density,
        "error_power": spectrum.error_density,
        "histogram_edges": histogram.edges,
        "histogram_counts": histogram.counts.astype(np.float64),
    }
    return Examination(statistics, curves, (out - field).astype(np.float32))
