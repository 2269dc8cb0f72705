"""A starting model: the true one, smoothed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH = 4.0
"""Where the Gaussian is cut off, in standard deviations (3e-4 of its peak)."""


def smooth_slowness(
    velocity_m_s: NDArray[np.float32], spacing_m: tuple[float, ...], radius_m: float, keep_top: int = 0
) -> NDArray[np.float32]:
    """Smooth a velocity model by a Gaussian in its slowness, which keeps vertical travel times.

    Parameters
    ----------
    velocity_m_s : ndarray of float32
        Velocity, axes x[, y], z.
    spacing_m : tuple of float
        Grid spacing along each axis, in m.
    radius_m : float
        Standard deviation of the Gaussian, in m.
    keep_top : int
        Planes at the top (a known water layer) that stay as they are and do not bleed into what lies below.

    Returns
    -------
    ndarray of float32
        Velocity in m/s. Beyond the edges the model is continued by its edge values.
    """
    smooth = 1.0 / velocity_m_s[..., keep_top:].astype(np.float64)
    for axis, spacing in enumerate(spacing_m):
        smooth = _blur(smooth, axis, radius_m / spacing)
    result = velocity_m_s.copy()
    result[..., keep_top:] = 1.0 / smooth
    return result


def _blur(values: NDArray[np.float64], axis: int, sigma: float) -> NDArray[np.float64]:
    reach = max(1, int(np.ceil(REACH * sigma)))
    with np.errstate(over="ignore"):  # where the Gaussian is much narrower than a cell
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    edges = [(reach, reach) if a == axis else (0, 0) for a in range(values.ndim)]
    padded = np.pad(values, edges, mode="edge")
    count = values.shape[axis]
    total = np.zeros_like(values)
    for shift, weight in enumerate(weights):
        total += weight * np.take(padded, np.arange(shift, shift + count), axis=axis)
    return total
