"""Fields to try a compressor on: shapes, contents, magnitudes and special values, the same ones in every run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.stream import MAX_DIMENSIONS

Array: TypeAlias = NDArray[Any]

DTYPES = ("float32", "float64")
EMPTY_SHAPES = ((0,), (0, 5), (5, 0), (3, 0, 2), (1, 0, 1, 4))
SHAPES = (
    *((n,) for n in (1, 2, 3, 5, 63, 64, 65)),
    (1, 1),
    (1, 64),
    (5, 1, 3),
    (4, 4),
    (17, 13),
    (1, 9, 1, 8),
    (3, 5, 2),
    (8, 9, 10),
    (2, 2, 2, 2),
    (4, 5, 3, 6),
    (1, 1, 1, 1),
    (2, 1, 3, 1, 2, 1),
)
CONTENTS = ("zero", "constant", "random", "wave", "mixed", "subnormal", "negative_zero")

# Squares of these peaks and their sums are finite, so the norms of errors are; larger values have their own check.
PEAK_EXPONENT = {"float32": 100, "float64": 480}


def long_dimensions(shape: tuple[int, ...]) -> int:
    """Return how many dimensions are longer than 1: those that a compressor counts."""
    return sum(n > 1 for n in shape)


def shapes_of(most: int) -> tuple[tuple[int, ...], ...]:
    """Return shapes for a compressor of so many dimensions: those above, and one odd and small of each number more."""
    more = ((3, 2, 3, 2, 3, 2, 3, 2)[:count] for count in range(5, min(most, MAX_DIMENSIONS) + 1))
    return tuple(shape for shape in (*SHAPES, *more) if long_dimensions(shape) <= most)


def content(kind: str, shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    """Make a field of a named kind.

    Parameters
    ----------
    kind : str
        One of :data:`CONTENTS`.
    shape : tuple of int
    dtype : {"float32", "float64"}
    seed : int
        Of what is random in it.
    """
    rng = np.random.default_rng(seed)
    values: Array
    match kind:
        case "zero":
            values = np.zeros(shape)
        case "constant":
            values = np.full(shape, -3.7)
        case "random":
            values = rng.standard_normal(shape)
        case "wave":
            values = _wave(shape)
        case "mixed":
            top = PEAK_EXPONENT[dtype]
            values = np.ldexp(rng.uniform(-1, 1, shape), rng.integers(-top, top, shape))
        case "subnormal":
            values = rng.integers(-(2**20), 2**20, shape) * float(np.finfo(dtype).smallest_subnormal)
        case "negative_zero":
            values = rng.standard_normal(shape)
            values[rng.uniform(size=shape) < 0.5] = -0.0
        case _:
            raise ValueError(kind)
    return np.asarray(values, dtype)


def _wave(shape: tuple[int, ...]) -> Array:
    """A ring around an off-centre point, smooth and zero far away: what a snapshot looks like."""
    grid = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij", sparse=True)
    radius = np.sqrt(sum((x - 0.3 * n) ** 2 for x, n in zip(grid, shape, strict=True)))
    phase = (radius - 0.3 * max(shape)) / 2.0
    return np.asarray((1 - 2 * phase**2) * np.exp(-(phase**2)))


def magnitudes(shape: tuple[int, ...], dtype: str) -> Iterator[tuple[str, Array]]:
    """Yield fields with peaks from the smallest to the largest number of a dtype, each with a word about it."""
    limits = np.finfo(dtype)
    low, high = math.frexp(float(limits.smallest_normal))[1], math.frexp(float(limits.max))[1]
    for exponent in range(low - 8, high, (high - low) // 12):
        for kind in ("wave", "random"):
            unit = content(kind, shape, "float64", seed=1)
            field = np.ldexp(unit / np.abs(unit).max(), exponent).astype(dtype)
            yield f"{kind}, peak 2^{exponent}", field
    for kind in ("constant", "random", "wave"):
        field = content(kind, shape, dtype)
        field *= 0.999 / np.abs(field).max()
        field *= limits.max
        field.reshape(-1)[0] = limits.max
        yield f"{kind}, up to the largest number", field


def special(dtype: str) -> Array:
    """NaNs of either sign with payloads, quiet and signalling; Inf, zeros, subnormals, extremes: by their bits."""
    singles = (
        *(0x7FC00000, 0xFFC00001, 0x7FC12345, 0x7F800001, 0xFFBFFFFF, 0x7F800000, 0xFF800000, 0x80000000, 0x00000000),
        *(0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x3F800000),
    )
    doubles = (
        *(0x7FF8000000000000, 0xFFF8000000000001, 0x7FF8123456789ABC, 0x7FF0000000000001, 0xFFF7FFFFFFFFFFFF),
        *(0x7FF0000000000000, 0xFFF0000000000000, 0x8000000000000000, 0x0000000000000000, 0x0000000000000001),
        *(0x8000000000000001, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF),
        0x3FF0000000000000,
    )
    bits = np.array(singles, np.uint32) if dtype == "float32" else np.array(doubles, np.uint64)
    return np.tile(bits, 7).view(dtype)


def bits_of(field: Array) -> Array:
    """Return the field's bit patterns, for comparisons that see -0.0 and NaN payloads."""
    return np.ascontiguousarray(field).view(np.dtype(f"u{field.dtype.itemsize}"))


def same_bits(one: Array, other: Array) -> bool:
    """Whether two arrays have the same bits."""
    return bool(np.array_equal(bits_of(one), bits_of(other)))
