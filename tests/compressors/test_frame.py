from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.compressors import Stream
from wavecomp.compressors.frame import MAX_DIMENSIONS, pack, part_count, split, unpack
from wavecomp.errors import StreamError

from .fields import DTYPES, FIXED

PARTS = st.lists(st.binary(max_size=40), max_size=5)
SHAPES = hnp.array_shapes(min_dims=1, max_dims=MAX_DIMENSIONS, min_side=0, max_side=3)


@FIXED
@given(SHAPES, st.sampled_from(DTYPES), PARTS)
def test_parts_come_back(shape: tuple[int, ...], dtype: str, parts: list[bytes]) -> None:
    out = np.zeros(shape, dtype)
    stream = pack(out, parts)
    joined = bytes(stream)
    assert len(joined) == stream.nbytes == len(stream) == 32 + 8 * len(shape) + 8 * len(parts) + sum(map(len, parts))
    assert [bytes(part) for part in unpack(stream, out)] == parts
    assert [bytes(part) for part in unpack(joined, out)] == parts
    assert part_count(stream.head) == len(parts)


@FIXED
@given(SHAPES, PARTS, st.data())
def test_any_cut_is_seen(shape: tuple[int, ...], parts: list[bytes], data: st.DataObject) -> None:
    out = np.zeros(shape, np.float32)
    joined = bytes(pack(out, parts))
    cut = data.draw(st.integers(0, len(joined) - 1))
    with pytest.raises(StreamError):
        unpack(joined[:cut], out)
    with pytest.raises(StreamError):
        unpack(joined + joined[: cut + 1], out)


@FIXED
@given(SHAPES, PARTS, st.data())
def test_any_flipped_bit_of_the_header_is_seen_or_harmless(
    shape: tuple[int, ...], parts: list[bytes], data: st.DataObject
) -> None:
    """Padding may hold anything. Two part sizes cannot trade places by one bit, as their sum is kept too."""
    out = np.zeros(shape, np.float32)
    stream = pack(out, parts)
    head = bytearray(stream.head)
    place = data.draw(st.integers(0, len(head) - 1))
    head[place] ^= 1 << data.draw(st.integers(0, 7))
    padding = place == 11 or 24 <= place < 32
    for damaged in (bytes(head) + b"".join(parts), Stream(bytes(head), tuple(parts))):
        if padding:
            assert [bytes(part) for part in unpack(damaged, out)] == parts
        else:
            with pytest.raises(StreamError):
                unpack(damaged, out)


@FIXED
@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(garbage: bytes) -> None:
    for out in (np.zeros(3, np.float32), np.zeros((), np.float32)):
        with pytest.raises(StreamError):
            unpack(garbage, out)
        with pytest.raises(StreamError):
            unpack(b"wavecomp" + garbage, out)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, 0x57, "begins with"),
        (8, 2, "stream format 2"),
        (9, 8, "float64"),
        (10, 200, "damaged"),
        (12, 255, "damaged"),
    ],
)
def test_refusals_say_what_is_wrong(place: int, value: int, said: str) -> None:
    out = np.zeros((3, 4), np.float32)
    joined = bytearray(bytes(pack(out, [b"abc", b"de"])))
    joined[place] = value
    with pytest.raises(StreamError, match=said):
        unpack(bytes(joined), out)


def test_the_refusal_of_another_array_names_both() -> None:
    joined = bytes(pack(np.zeros((3, 4), np.float32), [b"abc"]))
    with pytest.raises(StreamError, match=r"float32 of shape \(3, 4\), the output is float64 of shape \(4, 3\)"):
        unpack(joined, np.zeros((4, 3)))


def test_parts_are_not_copied() -> None:
    part = np.arange(5)
    stream = pack(np.zeros(1, np.float32), [part.data])
    (back,) = unpack(stream, np.zeros(1, np.float32))
    assert np.shares_memory(np.frombuffer(back, np.int64), part)


def test_parts_that_do_not_match_the_header_are_seen() -> None:
    out = np.zeros(2, np.float32)
    stream = pack(out, [b"abc", b"de"])
    for parts in ((b"abc",), (b"ab", b"cde"), (b"abc", b"de", b""), ()):
        with pytest.raises(StreamError, match="parts"):
            unpack(Stream(stream.head, parts), out)


def test_no_header_inside() -> None:
    for bad in (b"", b"wavecomp", bytes(40)):
        with pytest.raises(StreamError, match="header"):
            part_count(bad)


def test_split() -> None:
    assert [bytes(piece) for piece in split(memoryview(b"abcdef"), [1, 0, 3, 2])] == [b"a", b"", b"bcd", b"ef"]
