"""Fields for the tests: shapes, contents, memory layouts, and a hypothesis strategy over them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# The same examples in every run, so that a red test stays red until it is repaired.
FIXED = settings(derandomize=True, deadline=None, database=None, max_examples=40)

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
_PEAK_EXPONENT = {"float32": 100, "float64": 480}


def content(kind: str, shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Make a field of a named kind."""
    rng = np.random.default_rng(seed)
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
            top = _PEAK_EXPONENT[dtype]
            values = np.ldexp(rng.uniform(-1, 1, shape), rng.integers(-top, top, shape))
        case "subnormal":
            values = rng.integers(-(2**20), 2**20, shape) * float(np.finfo(dtype).smallest_subnormal)
        case "negative_zero":
            values = rng.standard_normal(shape)
            values[rng.uniform(size=shape) < 0.5] = -0.0
        case _:
            raise ValueError(kind)
    return np.asarray(values, dtype)


def _wave(shape: tuple[int, ...]) -> np.ndarray:
    """A ring around an off-centre point, smooth and zero far away: what a snapshot looks like."""
    grid = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij")
    radius = np.sqrt(sum((x - 0.3 * n) ** 2 for x, n in zip(grid, shape, strict=True)))
    phase = (radius - 0.3 * max(shape)) / 2.0
    return np.asarray((1 - 2 * phase**2) * np.exp(-(phase**2)))


def special(dtype: str) -> np.ndarray:
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


def bits_of(field: np.ndarray) -> np.ndarray:
    """The field's bit patterns, for comparisons that see -0.0 and NaN payloads."""
    return np.ascontiguousarray(field).view(np.dtype(f"u{field.dtype.itemsize}"))


def layouts(field: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Views with the values of ``field`` in other memory layouts."""
    yield "Fortran order", np.asfortranarray(field)
    yield "negative strides", np.ascontiguousarray(np.flip(field))[(slice(None, None, -1),) * field.ndim]
    wide = np.full(tuple(2 * n + 1 for n in field.shape), 9.0, field.dtype)
    inside = wide[tuple(slice(1, None, 2) for _ in field.shape)]
    inside[...] = field
    yield "every second value", inside
    yield "broadcast", np.broadcast_to(field, (1, *field.shape))[0]


@st.composite
def fields(draw: st.DrawFn) -> np.ndarray:
    """Finite fields of 1 to 4 dimensions: a named kind with a random seed, or values that hypothesis picks."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=9))
    kind = draw(st.sampled_from((*CONTENTS, "picked")))
    if kind != "picked":
        return content(kind, shape, dtype, draw(st.integers(0, 2**16)))
    peak = math.ldexp(1.0, _PEAK_EXPONENT[dtype])
    width = 32 if dtype == "float32" else 64
    return draw(hnp.arrays(dtype, shape, elements=st.floats(-peak, peak, width=width)))
