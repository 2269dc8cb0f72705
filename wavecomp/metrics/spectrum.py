"""At which wavenumbers a compressor puts its error, beside those at which the field has its energy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wavecomp.errors import UnsupportedField, UsageError
from wavecomp.metrics._chunks import CHUNK, FieldArray, Float64Array, PairBuffer, check_pair, chunk_pairs, power_of_two


@dataclass(frozen=True, eq=False)
class ErrorSpectrum:
    """Power of the original and of the error in shells of wavenumber.

    Attributes
    ----------
    wavenumber
        float64, the middle of each shell, from 0 in equal steps.
    wavenumber_unit
        ``"cycles/m"`` where a spacing was given, else ``"cycles/sample"``.
    modes
        int64, the number of Fourier modes in each shell; they add up to the number of values. May be 0.
    field_power, error_power
        float64, the power in each shell, in the field's unit squared: it adds up to the mean square of the original
        and of the error (Parseval).
    """

    wavenumber: Float64Array
    wavenumber_unit: str
    modes: npt.NDArray[np.int64]
    field_power: Float64Array
    error_power: Float64Array

    @property
    def field_density(self) -> Float64Array:
        """Return the original's mean power a mode of each shell (radial average), nan in shells without modes."""
        return _a_mode(self.field_power, self.modes)

    @property
    def error_density(self) -> Float64Array:
        """Return the error's mean power a mode of each shell: level for white error, nan in shells without modes."""
        return _a_mode(self.error_power, self.modes)


def error_spectrum(
    original: FieldArray, decompressed: FieldArray, spacing_m: Sequence[float] | None = None
) -> ErrorSpectrum:
    r"""Return the power of the original and of the error in shells of wavenumber.

    With the discrete Fourier transform :math:`F(k) = \sum_x f(x)\, e^{-2 \pi i k x}` of a field of :math:`N` values,

    .. math:: P_j = \frac{1}{N^2} \sum_{|k| / \Delta k \,\in\, [j - 1/2,\, j + 1/2)} |F(k)|^2, \qquad
        \sum_j P_j = \frac{1}{N} \sum_x f(x)^2

    where :math:`\Delta k` is the largest of the axes' fundamental wavenumbers :math:`1 / (n_i h_i)`, so that no axis
    longer than one leaves a shell without its own modes. Nothing is tapered: jumps at the edges of the field leak into
    high wavenumbers.

    The transform is taken in double precision, of float32 fields too: single precision would put shells off by 2e-6,
    and leave a floor 14 decades below the strongest power. Memory: beside the two fields, one transform in complex128,
    16 bytes for every two values (twice a float32 field), made slab by slab; a one-dimensional field is one slab, and
    needs up to 40 bytes a value.

    Parameters
    ----------
    original, decompressed
        Arrays of one shape (1 to 4 dimensions, not empty) and one dtype, float32 or float64, in any memory layout.
    spacing_m
        The distance of neighbouring points in metres, one number an axis; 1 sample an axis if left out.

    Raises
    ------
    UsageError
        If ``spacing_m`` is not one positive, finite number an axis.
    UnsupportedField
        If dtypes or shapes differ, are not among those above, or a value is NaN or infinite.
    """
    check_pair(original, decompressed)
    spacing = (1.0,) * original.ndim if spacing_m is None else tuple(float(step) for step in spacing_m)
    if len(spacing) != original.ndim or not all(0.0 < step < math.inf for step in spacing):
        raise UsageError(
            f"spacing_m = {spacing_m!r}: must be {original.ndim} positive, finite numbers, one an axis of the field"
        )
    field_unit, error_unit = _units(original, decompressed)
    extents = [length * step for length, step in zip(original.shape, spacing, strict=True) if length > 1]
    step = 1.0 / min(extents, default=min(spacing))
    modes, field_power = _shells(_real_transform(original, None, field_unit), original.shape, spacing, step)
    _, error_power = _shells(_real_transform(decompressed, original, error_unit), original.shape, spacing, step)
    return ErrorSpectrum(
        wavenumber=step * np.arange(modes.size, dtype=np.float64),
        wavenumber_unit="cycles/sample" if spacing_m is None else "cycles/m",
        modes=modes,
        field_power=field_power * field_unit * field_unit,
        error_power=error_power * error_unit * error_unit,
    )


def _units(original: FieldArray, decompressed: FieldArray) -> tuple[float, float]:
    """Return powers of two near the largest magnitudes of field and error: in these units no transform overflows."""
    field_limit = error_limit = 0.0
    buffer = PairBuffer(original.size)
    with np.errstate(all="ignore"):
        for x_piece, y_piece in chunk_pairs(original, decompressed):
            buffer.load(x_piece, y_piece)
            error_limit = max(error_limit, float(buffer.scratch.max()))
            field_limit = max(field_limit, float(buffer.x.max()), -float(buffer.x.min()))
            if buffer.nonfinite or math.isinf(error_limit):
                raise UnsupportedField(
                    "the spectrum is not defined for arrays with NaN or infinite values, or with an infinite difference"
                )
    return power_of_two(field_limit), power_of_two(error_limit)


def _real_transform(values: FieldArray, subtrahend: FieldArray | None, unit: float) -> npt.NDArray[np.complex128]:
    """Transform a real field, less another one, over the unit, along all axes: slab by slab into one half-spectrum."""
    shape = (*values.shape[:-1], values.shape[-1] // 2 + 1)
    transform = np.empty(shape, dtype=np.complex128)
    last = values.ndim - 1
    for slab in _slabs(shape, keep=last):
        source = (*slab[:-1], slice(None))
        part = values[source].astype(np.float64)
        if subtrahend is not None:
            part -= subtrahend[source]
        part /= unit
        transform[slab] = np.fft.rfft(part, axis=last)
    for axis in range(last):
        for slab in _slabs(shape, keep=axis):
            transform[slab] = np.fft.fft(transform[slab], axis=axis)
    return transform


def _shells(
    transform: npt.NDArray[np.complex128],
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    step: float,
) -> tuple[npt.NDArray[np.int64], Float64Array]:
    """Return the number of modes and the power in each shell of width ``step``, of a real field of that shape."""
    squares = [np.fft.fftfreq(length, width) ** 2 for length, width in zip(shape, spacing, strict=True)]
    shells = round(math.sqrt(sum(float(square.max()) for square in squares)) / step) + 1
    half = transform.shape[-1]
    squares[-1] = np.fft.rfftfreq(shape[-1], spacing[-1]) ** 2
    # The half-spectrum holds each mode once for two, but those at zero and at an even length's Nyquist wavenumber.
    weights = np.full(half, 2.0)
    weights[0] = 1.0
    if shape[-1] % 2 == 0:
        weights[half - 1] = 1.0
    modes, power = np.zeros(shells), np.zeros(shells)
    for slab in _slabs(transform.shape):
        part = transform[slab]
        square = np.zeros(part.shape)
        for axis, cut in enumerate(slab):
            square += np.expand_dims(squares[axis][cut], tuple(other for other in range(part.ndim) if other != axis))
        shell = np.rint(np.sqrt(square) / step).astype(np.int64).ravel()
        weight = np.broadcast_to(weights[slab[-1]], part.shape).ravel()
        amplitude = np.abs(part).ravel() / math.prod(shape)
        modes += np.bincount(shell, weights=weight, minlength=shells)
        power += np.bincount(shell, weights=weight * amplitude * amplitude, minlength=shells)
    return np.rint(modes).astype(np.int64), power


def _slabs(shape: tuple[int, ...], keep: int | None = None) -> Iterator[tuple[slice, ...]]:
    """Yield slices along the longest axis but ``keep``, of about CHUNK points each or one plane."""
    cut = max((axis for axis in range(len(shape)) if axis != keep), key=lambda axis: shape[axis], default=None)
    whole = [slice(0, length) for length in shape]
    if cut is None:
        yield tuple(whole)
        return
    thickness = max(1, CHUNK * shape[cut] // math.prod(shape))
    for start in range(0, shape[cut], thickness):
        whole[cut] = slice(start, min(start + thickness, shape[cut]))
        yield tuple(whole)


def _a_mode(power: Float64Array, modes: npt.NDArray[np.int64]) -> Float64Array:
    density = np.full(power.shape, math.nan)
    np.divide(power, modes, out=density, where=modes > 0)
    return density
