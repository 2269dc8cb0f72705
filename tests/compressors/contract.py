"""The contract of a compressor as reusable checks: each takes a compressor and fails with an AssertionError.

A plug-in's own tests can run ``for check in CHECKS: check(compressor)``. A check that does not apply to what the
compressor declares calls ``pytest.skip`` with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest

from wavecomp.compressors import (
    Compressor,
    FixedPrecision,
    FixedRate,
    L2Norm,
    Lossless,
    SignalToNoise,
    Unbounded,
    check_bound,
)
from wavecomp.errors import StreamError, UnsupportedField

from .fields import CONTENTS, DTYPES, EMPTY_SHAPES, SHAPES, bits_of, content, layouts, special


def round_trip(compressor: Compressor, field: np.ndarray) -> np.ndarray:
    """Compress and decompress into memory that holds other values before."""
    out = np.full(field.shape, 123.0, field.dtype)
    compressor.decompress(compressor.compress(field), out)
    return out


def check_field(compressor: Compressor, field: np.ndarray) -> np.ndarray:
    """One field: the bound holds, the input stays as it was, the stream's size is what it says."""
    before = field.copy()
    stream = compressor.encode(compressor.prepare(field))
    joined = compressor.compress(field)
    assert bytes(stream) == joined, "the same field gave two streams"
    assert stream.nbytes == len(joined)
    out = np.full(field.shape, 123.0, field.dtype)
    compressor.decompress(stream, out)
    assert np.array_equal(bits_of(field), bits_of(before)), "the input was modified"
    check_kept(compressor, field, out, len(joined))
    again = np.full(field.shape, 321.0, field.dtype)
    compressor.decompress(joined, again)
    assert np.array_equal(bits_of(out), bits_of(again)), "the same stream gave two results"
    return out


def check_kept(compressor: Compressor, field: np.ndarray, out: np.ndarray, stream_bytes: int) -> None:
    """The promise is kept.

    ``psnr`` and ``l2norm`` are targets: they are met by errors spread evenly over [-b, b], whose root mean square is
    b / sqrt(3). Whatever the errors are, their root mean square is at most b, sqrt(3) times the target: 4.77 dB.
    """
    bound = compressor.bound
    match bound:
        case SignalToNoise(decibel):
            bound = SignalToNoise(decibel - 10 * math.log10(3))
        case L2Norm(norm):
            bound = L2Norm(norm * math.sqrt(3))
    verdict = check_bound(bound, field, out, stream_bytes)
    if isinstance(bound, Unbounded):
        allowed = {"none"}
    elif isinstance(bound, Lossless | FixedRate | FixedPrecision):
        allowed = {"holds"}
    else:
        allowed = {"holds", "rounding"}
    assert verdict.status in allowed, f"{bound}: {verdict} for {field.dtype} {field.shape}"
    assert np.isfinite(out).all(), f"{compressor.spec} made NaN or Inf of a finite field"


def check_shapes_and_contents(compressor: Compressor) -> None:
    """Sizes around the blocks of four, unit dimensions, 1-D to 4-D, every kind of content."""
    for shape, dtype, kind in product(SHAPES, DTYPES, CONTENTS):
        if kind in ("wave", "random") or len(shape) == 1:
            check_field(compressor, content(kind, shape, dtype))


def check_empty(compressor: Compressor) -> None:
    """An array without values comes back with its shape."""
    for shape, dtype in product(EMPTY_SHAPES, DTYPES):
        out = round_trip(compressor, np.zeros(shape, dtype))
        assert out.shape == shape
        with pytest.raises(StreamError):
            compressor.decompress(compressor.compress(np.zeros(shape, dtype)), np.zeros((*shape, 0), dtype))


def check_special_values(compressor: Compressor) -> None:
    """NaN and Inf: refused wherever they stand, or they survive; bit-exact where the promise is that."""
    can = compressor.capabilities
    for dtype in DTYPES:
        if not can.nonfinite:
            for value, place in product((math.nan, -math.nan, math.inf, -math.inf), (0, 37, -1)):
                field = content("wave", (9, 10), dtype)
                field.reshape(-1)[place] = value
                with pytest.raises(UnsupportedField, match="NaN or Inf"):
                    compressor.compress(field)
            continue
        for shape in ((112,), (8, 14), (4, 7, 4)):
            field = special(dtype).reshape(shape)
            out = round_trip(compressor, field)
            if isinstance(compressor.bound, Lossless):
                assert np.array_equal(bits_of(out), bits_of(field))
            assert np.array_equal(np.isnan(out), np.isnan(field)), "a NaN did not survive, or one was made"
            assert np.array_equal(out[np.isinf(field)], field[np.isinf(field)]), "an infinity did not survive"


def check_largest_values(compressor: Compressor) -> None:
    """Values up to the largest number of the dtype: the bound holds, or the field is refused; never an infinity."""
    if isinstance(compressor.bound, Unbounded):
        pytest.skip(f"{compressor.spec} promises nothing about the error, so values near the largest may overflow")
    for dtype, kind in product(DTYPES, ("constant", "random", "wave")):
        field = content(kind, (9, 11), dtype)
        field *= 0.999 / np.abs(field).max()
        field *= np.finfo(dtype).max
        field[0, 0] = np.finfo(dtype).max
        try:
            stream = compressor.compress(field)
        except UnsupportedField:
            assert not isinstance(compressor.bound, Lossless), f"{compressor.spec} could keep these bits"
            continue
        out = np.zeros_like(field)
        with np.errstate(over="raise"):
            compressor.decompress(stream, out)
        with np.errstate(over="ignore"):  # the range of the largest float64 numbers
            check_kept(compressor, field, out, len(stream))


def check_read_only(compressor: Compressor) -> None:
    """A read-only field is taken, and gives the same stream."""
    field = content("wave", (9, 10), "float32")
    stream = compressor.compress(field)
    field.flags.writeable = False
    assert compressor.compress(field) == stream


def check_layouts(compressor: Compressor) -> None:
    """The memory layout of the field and of the output changes nothing."""
    for shape in ((23,), (9, 10), (5, 4, 6), (3, 4, 2, 5)):
        field = content("wave", shape, "float32")
        stream = compressor.compress(field)
        expected = round_trip(compressor, field)
        for name, view in layouts(field):
            assert compressor.compress(view) == stream, name
            out = view.copy(order="K")
            out[...] = 5
            compressor.decompress(stream, out)
            assert np.array_equal(bits_of(out), bits_of(expected)), name
        wide = np.full(tuple(2 * n for n in shape), 9.0, np.float32)
        inside = wide[tuple(slice(None, None, -2) for _ in shape)]
        compressor.decompress(stream, inside)
        assert np.array_equal(inside, expected)
        assert np.count_nonzero(wide == 9.0) >= wide.size - inside.size, "memory beside the output was written"


def check_independence(compressor: Compressor) -> None:
    """A stream keeps nothing of the field's memory, and decoding does not use up the stream."""
    field = content("random", (9, 10), "float32")
    stream = compressor.encode(compressor.prepare(field))
    first, second = np.empty_like(field), np.empty_like(field)
    compressor.decompress(stream, first)
    field[...] = 7.0
    compressor.decompress(stream, second)
    assert np.array_equal(bits_of(first), bits_of(second)), "the stream changed with the field"


def check_kinds_of_stream(compressor: Compressor) -> None:
    """Streams may come as bytes, bytearray or memoryview."""
    field = content("wave", (9, 10), "float64")
    stream = compressor.compress(field)
    expected = round_trip(compressor, field)
    for kind in (bytearray, memoryview):
        out = np.zeros_like(field)
        compressor.decompress(kind(stream), out)
        assert np.array_equal(bits_of(out), bits_of(expected))


def check_refused_fields(compressor: Compressor) -> None:
    """What no compressor here can take ends in UnsupportedField."""
    field = content("wave", (9, 10), "float32")
    most = compressor.capabilities.max_dimensions
    refused: list[object] = [
        field.astype(">f4"),
        field.astype(">f8"),
        np.float32(1.0),
        np.array(1.0),
        [1.0, 2.0],
        None,
        field.astype(np.float16),
        field.astype(np.complex64),
        np.zeros((2,) * (most + 1), np.float32),
        np.zeros((1,) * 9, np.float32),
    ]
    refused += [np.ones((4, 5), kind) for kind in ("int8", "int32", "int64", "uint16", "bool", "longdouble", "U3", "O")]
    for bad in refused:
        with pytest.raises(UnsupportedField):
            compressor.compress(bad)  # type: ignore[arg-type]


def check_refused_outputs(compressor: Compressor) -> None:
    """An output that is not the original's twin ends in StreamError and stays as it was."""
    field = content("wave", (6, 10), "float32")
    stream = compressor.compress(field)
    for shape in ((10, 6), (60,), (6, 9), (6, 11), (6, 10, 1), (0,), ()):
        out = np.full(shape, 5, np.float32)
        with pytest.raises(StreamError):
            compressor.decompress(stream, out)
        assert (out == 5).all()
    for dtype in ("float64", "int32", "uint32", ">f4", "float16", "complex64"):
        out = np.full(field.shape, 5, dtype)
        with pytest.raises(StreamError):
            compressor.decompress(stream, out)
        assert (out == 5).all()
    out = np.full_like(field, 5)
    out.flags.writeable = False
    with pytest.raises(StreamError, match="writeable"):
        compressor.decompress(stream, out)
    with pytest.raises(StreamError):
        compressor.decompress(stream, [0.0] * 60)  # type: ignore[arg-type]


def check_damaged_streams(compressor: Compressor) -> None:
    """Bytes missing, too many, or foreign ones before: StreamError, before a library sees them."""
    field = content("random", (6, 10), "float32")
    stream = compressor.compress(field)
    cuts = sorted({*range(0, min(len(stream), 80), 7), len(stream) // 2, len(stream) - 8, len(stream) - 1})
    damaged = [stream[:cut] for cut in cuts]
    damaged += [stream + b"\0", b"\0" + stream, b"garbage" + stream, bytes(len(stream)), b"\xff" * len(stream)]
    for bad in damaged:
        with pytest.raises(StreamError):
            compressor.decompress(bad, np.zeros_like(field))


def check_two_threads(compressor: Compressor) -> None:
    """One compressor in two threads at once gives what it gives alone."""
    work = [content("wave" if n % 2 else "random", (12, 13, 7), DTYPES[n // 2 % 2], n) for n in range(8)]

    def both(field: np.ndarray) -> tuple[bytes, bytes]:
        stream = compressor.compress(field)
        out = np.zeros_like(field)
        compressor.decompress(stream, out)
        return stream, out.tobytes()

    alone = [both(field) for field in work]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(both, work)) == alone


CHECKS: tuple[Callable[[Compressor], None], ...] = (
    check_shapes_and_contents,
    check_empty,
    check_special_values,
    check_largest_values,
    check_read_only,
    check_layouts,
    check_independence,
    check_kinds_of_stream,
    check_refused_fields,
    check_refused_outputs,
    check_damaged_streams,
    check_two_threads,
)
