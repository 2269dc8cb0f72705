"""What a compressor promises about the error, and the check whether it kept the promise.

Notation: original :math:`x`, decompressed :math:`y`, :math:`e = y - x`, n values, range
:math:`R = \\max x - \\min x`, peak :math:`P = \\max |x|`. Errors are evaluated in float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.bit_planes import exponent_of_small, worst_share

_CHUNK = 1 << 16

_SQUARES = 2.0**-450, 2.0**450
"""Between these float64 squares, and sums of up to 2^64 of them, neither vanish nor overflow."""


@dataclass(frozen=True, slots=True)
class Lossless:
    """:math:`y` has the bits of :math:`x`, negative zeros and NaN payloads included."""

    def __str__(self) -> str:
        return "lossless"


@dataclass(frozen=True, slots=True)
class Absolute:
    """:math:`|e| \\le` ``tolerance``, in the unit of the field."""

    tolerance: float

    def __str__(self) -> str:
        return f"|e| <= {self.tolerance:g}"


@dataclass(frozen=True, slots=True)
class ValueRangeRelative:
    """:math:`|e| \\le` ``fraction`` :math:`\\cdot R`; with ``absolute``, the smaller of the two bounds holds."""

    fraction: float
    absolute: float = math.inf

    def __str__(self) -> str:
        text = f"|e| <= {self.fraction:g} x range"
        return text if math.isinf(self.absolute) else f"{text} and <= {self.absolute:g}"


@dataclass(frozen=True, slots=True)
class PointwiseRelative:
    """:math:`|e_i| \\le \\max(` ``fraction`` :math:`|x_i|,` ``peak_floor`` :math:`\\cdot P)`."""

    fraction: float
    peak_floor: float = 0.0

    def __str__(self) -> str:
        text = f"|e| <= {self.fraction:g} |x|"
        return f"{text} or {self.peak_floor:g} max|x|" if self.peak_floor else text


@dataclass(frozen=True, slots=True)
class PeakRelative:
    """:math:`|e| \\le` ``fraction`` :math:`\\cdot P`."""

    fraction: float

    def __str__(self) -> str:
        return f"|e| <= {self.fraction:g} max|x|"


@dataclass(frozen=True, slots=True)
class SignalToNoise:
    """:math:`20 \\log_{10}(R / \\mathrm{RMSE}) \\ge` ``decibel``: a target, met for evenly distributed errors.

    Guaranteed is only that the RMSE stays below ``slack`` times the one that the target means.
    """

    decibel: float
    slack: float = 1.0

    def __str__(self) -> str:
        return f"PSNR >= {self.decibel:g} dB"


@dataclass(frozen=True, slots=True)
class L2Norm:
    """:math:`\\|e\\|_2 \\le` ``norm``: a target, met for evenly distributed errors; ``slack`` times it is kept."""

    norm: float
    slack: float = 1.0

    def __str__(self) -> str:
        return f"||e||_2 <= {self.norm:g}"


@dataclass(frozen=True, slots=True)
class FixedRate:
    """The stream takes ``bits`` bits a value (whole blocks); nothing is promised about the error.

    With ``planes``, the field was cut along its first axis, and each slab is a stream of its own with whole blocks.
    ``overhead`` bytes of the library's own may come with each stream.
    """

    bits: float
    planes: int | None = None
    overhead: int = 0

    def __str__(self) -> str:
        text = f"{self.bits:g} bits a value"
        return text if self.planes is None else f"{text}, in slabs of {self.planes}"


@dataclass(frozen=True, slots=True)
class FixedPrecision:
    """``planes`` bit planes of each block's transform coefficients are kept; the error follows the block's peak.

    By how much is derived in :mod:`wavecomp.compressors.bit_planes`. With ``slab``, the field was cut into slabs of so
    many planes of its first axis, and blocks end where a slab does.
    """

    planes: int
    slab: int | None = None

    def __str__(self) -> str:
        text = f"{self.planes} bit planes"
        return text if self.slab is None else f"{text}, in slabs of {self.slab}"


@dataclass(frozen=True, slots=True)
class Unbounded:
    """Nothing is promised."""

    def __str__(self) -> str:
        return "none"


ErrorBound = (
    Lossless
    | Absolute
    | ValueRangeRelative
    | PointwiseRelative
    | PeakRelative
    | SignalToNoise
    | L2Norm
    | FixedRate
    | FixedPrecision
    | Unbounded
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a promise was kept.

    Attributes
    ----------
    status : {"holds", "rounding", "missed", "violated", "none"}
        ``rounding``: the bound is exceeded by no more than the arithmetic of the field's own dtype,
        :math:`\\varepsilon P` plus the smallest normal number (codecs flush what is subnormal). ``missed``: a target
        that is no guarantee was missed, by no more than the compressor allows itself. ``none``: there is nothing to
        check.
    margin : float
        Worst error divided by what is allowed; above 1 the bound is exceeded. 0 for exact results, NaN for ``none``.
    """

    status: Literal["holds", "rounding", "missed", "violated", "none"]
    margin: float


@dataclass(frozen=True, slots=True)
class ErrorSummary:
    """The few numbers about a pair of arrays from which most bounds can be judged (any float64)."""

    max_absolute: float
    l2: float
    value_min: float
    value_max: float
    count: int

    @property
    def peak(self) -> float:
        """Largest magnitude of the original."""
        return max(abs(self.value_min), abs(self.value_max))


def summarise(original: NDArray[np.floating], decompressed: NDArray[np.floating]) -> ErrorSummary:
    """Take the numbers of :class:`ErrorSummary` from two arrays of one shape, in chunks, without a float64 copy."""
    worst = total = 0.0
    low, high = math.inf, -math.inf
    x, y = original.reshape(-1), decompressed.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, x.size, _CHUNK):
            part = x[start : start + _CHUNK].astype(np.float64)
            low, high = min(low, float(part.min())), max(high, float(part.max()))
            part -= y[start : start + _CHUNK]
            total += float(np.dot(part, part))
            worst = float(np.maximum(worst, np.abs(part).max()))  # unlike max(), this keeps a NaN
    l2 = math.sqrt(total)
    if not _SQUARES[0] <= worst <= _SQUARES[1] and 0.0 < worst < math.inf:
        l2 = _rms(x, y, worst) * math.sqrt(x.size)
    return ErrorSummary(worst, l2, low, high, x.size)


def _rms(x: NDArray[np.floating], y: NDArray[np.floating], worst: float) -> float:
    """Return the root mean square error in units of the worst one, whose squares do not leave float64's range."""
    unit = math.ldexp(1.0, max(math.frexp(worst)[1] - 1, -1021))
    total = 0.0
    for start in range(0, x.size, _CHUNK):
        part = (x[start : start + _CHUNK].astype(np.float64) - y[start : start + _CHUNK]) / unit
        total += float(np.dot(part, part))
    return unit * math.sqrt(total / x.size)


def same_bits(original: NDArray[np.floating], decompressed: NDArray[np.floating]) -> bool:
    """Say whether two arrays have the same shape, dtype and bits."""
    if original.shape != decompressed.shape or original.dtype != decompressed.dtype:
        return False
    x, y = np.ascontiguousarray(original).reshape(-1), np.ascontiguousarray(decompressed).reshape(-1)
    unsigned = np.dtype(f"u{x.dtype.itemsize}")
    return bool(np.array_equal(x.view(unsigned), y.view(unsigned)))


def check_bound(
    bound: ErrorBound,
    original: NDArray[np.floating],
    decompressed: NDArray[np.floating],
    stream_bytes: int,
    summary: ErrorSummary | None = None,
) -> Verdict:
    """Judge one round trip against the promise.

    Parameters
    ----------
    bound : ErrorBound
        The promise.
    original, decompressed : ndarray of float32 or float64, one shape
        Finite values, except for :class:`Lossless`.
    stream_bytes : int
        Size of the compressed stream in bytes, header included.
    summary : ErrorSummary, optional
        Saves a pass over the arrays where the caller has these numbers already.

    Returns
    -------
    Verdict
    """
    if isinstance(bound, Lossless):
        same = same_bits(original, decompressed)
        return Verdict("holds" if same else "violated", 0.0 if same else math.inf)
    if isinstance(bound, Unbounded) or original.size == 0:
        return Verdict("none", math.nan)
    if isinstance(bound, FixedPrecision):
        margin = worst_share(bound.planes, original, decompressed, bound.slab)
        return Verdict("holds" if margin <= 1.0 else "violated", margin)
    if isinstance(bound, FixedRate):
        # Nothing is promised about the error, but a number of so many bits is a number.
        if not np.isfinite(decompressed).all():
            return Verdict("violated", math.inf)
        return _rate_verdict(bound, original, stream_bytes)
    if isinstance(bound, PointwiseRelative):
        return _pointwise_verdict(bound, original, decompressed)
    seen = summary if summary is not None else summarise(original, decompressed)
    error = seen.max_absolute
    rounding = _rounding(original.dtype, seen.peak)
    slack = 1.0
    match bound:
        case Absolute(tolerance):
            allowed = tolerance
        case ValueRangeRelative(fraction, absolute):
            allowed = min(_of_range(fraction, seen), absolute)
        case PeakRelative(fraction):
            allowed = fraction * seen.peak
        case SignalToNoise(decibel, slack):
            return _noise_verdict(10 ** (-decibel / 20), slack, rounding, seen, original, decompressed)
        case L2Norm(norm, slack):
            error, allowed = seen.l2, norm
            rounding *= math.sqrt(seen.count)
    return _verdict(error, allowed, rounding, slack)


def _of_range(fraction: float, seen: ErrorSummary) -> float:
    """Return a fraction of the value range, which may itself lie beyond float64."""
    spread = seen.value_max - seen.value_min
    if math.isfinite(spread):
        return fraction * spread
    return 2.0 * (fraction * (seen.value_max / 2.0 - seen.value_min / 2.0))


def _noise_verdict(
    fraction: float,
    slack: float,
    rounding: float,
    seen: ErrorSummary,
    original: NDArray[np.floating],
    decompressed: NDArray[np.floating],
) -> Verdict:
    """Judge the norm of the error, or, where a norm leaves float64's range, its root mean square."""
    root = math.sqrt(seen.count)
    if _SQUARES[0] <= seen.peak <= _SQUARES[1] or not 0.0 < seen.max_absolute < math.inf:
        spread = seen.value_max - seen.value_min
        error = seen.l2 if math.isfinite(seen.max_absolute) else math.inf
        return _verdict(error, spread * root * fraction, rounding * root, slack)
    rms = _rms(original.reshape(-1), decompressed.reshape(-1), seen.max_absolute)
    return _verdict(rms, _of_range(fraction, seen), rounding, slack)


def _rounding(dtype: np.dtype[np.floating], peak: float) -> float:
    limits = np.finfo(dtype)
    return float(limits.eps) * peak + float(limits.smallest_normal)


def _verdict(error: float, allowed: float, rounding: float, slack: float) -> Verdict:
    if not math.isfinite(error):
        return Verdict("violated", math.inf)
    margin = 0.0 if error == 0.0 else (error / allowed if allowed > 0 else math.inf)
    if error <= allowed:
        return Verdict("holds", margin)
    if error <= allowed + rounding:
        return Verdict("rounding", margin)
    return Verdict("missed" if error <= slack * allowed + rounding else "violated", margin)


def _rate_verdict(bound: FixedRate, original: NDArray[np.floating], stream_bytes: int) -> Verdict:
    # A header takes 32 bytes, eight a dimension, eight a part; each slab has one too, and is two parts of the stream.
    # Where a field was scaled, two bytes say how.
    header = 40 + 8 * original.ndim + bound.overhead
    if bound.planes is None:
        allowed = header + _rate_bytes(bound.bits, original.shape) + 2 * bool(exponent_of_small(original))
    else:
        whole, rest = divmod(original.shape[0], bound.planes)
        allowed = header + whole * (16 + header + _rate_bytes(bound.bits, (bound.planes, *original.shape[1:])))
        if rest:
            allowed += 16 + header + _rate_bytes(bound.bits, (rest, *original.shape[1:]))
        starts = range(0, original.shape[0], bound.planes)
        allowed += sum(2 * bool(exponent_of_small(original[start : start + bound.planes])) for start in starts)
    margin = stream_bytes / allowed
    return Verdict("holds" if margin <= 1 else "violated", margin)


def _rate_bytes(bits: float, shape: tuple[int, ...]) -> float:
    # Blocks of 4^d values, padded at the edges, each of a whole number of bits; the stream ends on a 64-bit word.
    lengths = [n for n in shape if n > 1]
    padded = math.prod(4 * math.ceil(n / 4) for n in lengths) if lengths else 4
    blocks = padded // int(4 ** max(len(lengths), 1))
    return bits * padded / 8 + blocks / 8 + 8


def _pointwise_verdict(
    bound: PointwiseRelative, original: NDArray[np.floating], decompressed: NDArray[np.floating]
) -> Verdict:
    x, y = original.reshape(-1), decompressed.reshape(-1)
    peak = max(abs(float(x.max())), abs(float(x.min())))
    lowest = bound.peak_floor * peak
    margin, excess = 0.0, -math.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, x.size, _CHUNK):
            part = x[start : start + _CHUNK].astype(np.float64)
            error = np.abs(y[start : start + _CHUNK] - part)
            allowed = np.maximum(bound.fraction * np.abs(part), lowest)
            ratio = np.where(error == 0.0, 0.0, error / allowed)
            margin = max(margin, float(ratio.max()))
            excess = max(excess, float((error - allowed).max()))
            if not np.isfinite(error).all():
                return Verdict("violated", math.inf)
    if margin <= 1.0:
        return Verdict("holds", margin)
    return Verdict("rounding" if excess <= _rounding(x.dtype, peak) else "violated", margin)
