"""What a compressed field takes, and how fast it was made: ratio, bit rate, throughput."""

from __future__ import annotations

import math

from wavecomp.errors import UsageError

MEGABYTE = 10**6


def ratio(uncompressed_bytes: int, compressed_bytes: int) -> float:
    """Return the compression ratio, uncompressed bytes / compressed bytes (LibPressio's ``size:compression_ratio``).

    Raises
    ------
    UsageError
        Unless both numbers are positive.
    """
    return _positive(uncompressed_bytes, "uncompressed_bytes") / _positive(compressed_bytes, "compressed_bytes")


def bit_rate(compressed_bytes: int, values: int) -> float:
    """Return the bits a value, 8 * compressed bytes / number of values (LibPressio's ``size:bit_rate``).

    A float32 field of ratio F has the bit rate 32 / F.

    Raises
    ------
    UsageError
        Unless both numbers are positive.
    """
    return 8 * _positive(compressed_bytes, "compressed_bytes") / _positive(values, "values")


def throughput_mb_s(uncompressed_bytes: int, seconds: float) -> float:
    """Return uncompressed bytes / seconds / 10**6: megabytes (1 MB = 10**6 bytes) of the field in a second.

    The uncompressed size counts for compression and decompression alike, so that compressors of unequal ratio compare.

    Raises
    ------
    UsageError
        Unless both numbers are positive.
    """
    return _positive(uncompressed_bytes, "uncompressed_bytes") / _positive(seconds, "seconds") / MEGABYTE


def _positive(value: float, name: str) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise UsageError(f"{name} = {value!r}: must be a positive, finite number")
    return value
