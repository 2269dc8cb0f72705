from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.errors import UnsupportedField
from wavecomp.metrics import bit_identical
from wavecomp.metrics._chunks import CHUNK, chunk_pairs

ANY_DTYPE = st.one_of(
    hnp.floating_dtypes(endianness="="),
    hnp.integer_dtypes(),
    hnp.complex_number_dtypes(endianness="="),
    st.just(np.dtype(bool)),
    st.just(np.dtype("S3")),
    st.just(np.dtype([("a", "<f4"), ("b", "u1")])),
)


def test_signed_zeros_differ():
    assert not bit_identical(np.array([0.0, 1.0]), np.array([-0.0, 1.0]))


def test_nan_payloads_count():
    quiet = np.array([0x7FC00000, 0x3F800000], np.uint32).view(np.float32)
    payload = np.array([0x7FC00001, 0x3F800000], np.uint32).view(np.float32)
    negative = np.array([0xFFC00000, 0x3F800000], np.uint32).view(np.float32)
    assert bit_identical(quiet, quiet.copy())
    assert not bit_identical(quiet, payload)
    assert not bit_identical(quiet, negative)


def test_shape_and_dtype_count():
    x = np.zeros(6, np.float32)
    assert not bit_identical(x, x.reshape(2, 3))
    assert not bit_identical(x, x.view(np.int32))
    assert not bit_identical(x, x.astype(">f4"))


def test_empty_and_zero_dimensional():
    assert bit_identical(np.zeros((0, 3)), np.zeros((0, 3)))
    assert not bit_identical(np.zeros((0, 3)), np.zeros((0, 4)))
    assert bit_identical(np.array(math.nan), np.array(math.nan))
    assert not bit_identical(np.array(1.0), np.array(2.0))


@given(ANY_DTYPE, hnp.array_shapes(max_dims=4, max_side=7), st.data())
@settings(deadline=None, max_examples=150)
def test_one_flipped_bit_is_seen(dtype, shape, data):
    size = math.prod(shape) * dtype.itemsize
    # A seed, as Hypothesis draws no strings of more than some thousand bytes.
    raw = np.random.default_rng(data.draw(st.integers(0, 2**32))).integers(0, 256, size, np.uint8)
    flipped = raw.copy()
    flipped[data.draw(st.integers(0, size - 1))] ^= 1 << data.draw(st.integers(0, 7))
    one, same, other = (np.frombuffer(part.tobytes(), dtype).reshape(shape) for part in (raw, raw, flipped))
    assert bit_identical(one, same)
    assert not bit_identical(one, other)
    assert bit_identical(one.T, same.T)
    assert not bit_identical(one.T, other.T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, np.uint8])
def test_layout_does_not_matter(dtype):
    x = np.arange(30 * 40 * 50).reshape(30, 40, 50).astype(dtype)
    assert bit_identical(x, np.asfortranarray(x))
    assert bit_identical(x[::-1, ::2], x[::-1, ::2].copy())
    changed = np.asfortranarray(x)
    changed[-1, -1, -1] += 1
    assert not bit_identical(x, changed)


@pytest.mark.parametrize("extra", [-1, 0, 1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_the_last_element_of_a_chunk_counts(dtype, extra):
    size = 8 * CHUNK // np.dtype(dtype).itemsize + extra
    x = np.zeros(size, dtype)
    for where in (0, size // 2, size - 2, size - 1):
        y = x.copy()
        y[where] = 1
        assert not bit_identical(x, y)
    assert bit_identical(x, x.copy())


def test_objects_are_refused():
    with pytest.raises(UnsupportedField, match="object"):
        bit_identical(np.array([None]), np.array([None]))


def test_no_copy_of_a_whole_array():
    """Equal arrays of 64 MB are read to the end; a mask of the comparison would take 8 MB or more."""
    x = np.zeros(2**24, np.float32)
    y = np.zeros(2**24, np.float32)
    tracemalloc.start()
    try:
        assert bit_identical(x, y)
        assert bit_identical(x[::-1], y[::-1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


@given(hnp.array_shapes(max_dims=4, max_side=6), st.permutations(range(4)), st.integers(1, 50), st.booleans())
@settings(deadline=None, max_examples=150)
def test_chunks_cover_every_element_once(shape, order, size, ordered):
    x = np.arange(math.prod(shape)).reshape(shape).transpose([axis for axis in order if axis < len(shape)])
    for other in (x + 1000, np.asfortranarray(x) + 1000, x[::-1].copy()[::-1] + 1000):
        seen = [(a.copy(), b.copy()) for a, b in chunk_pairs(x, other, size, ordered=ordered)]
        first, second = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        assert max(a.size for a, _ in seen) <= size
        assert (second - first == 1000).all()
        assert sorted(first) == list(range(x.size))
        assert not ordered or (first == x.ravel()).all()
