from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.compressors import Stream
from wavecomp.compressors.stream import MAX_DIMENSIONS, pack, part_count, seal, split, unpack, verify
from wavecomp.conformance.samples import DTYPES
from wavecomp.errors import StreamError

from .fields import FIXED

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
def test_any_flipped_bit_is_seen(shape: tuple[int, ...], parts: list[bytes], data: st.DataObject) -> None:
    """Anywhere in bytes or in a sealed stream, in the header of any."""
    out = np.zeros(shape, np.float32)
    stream = pack(out, parts, 7)
    sealed = seal(stream)

    def flipped(whole: bytes) -> bytes:
        damaged = bytearray(whole)
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        return bytes(damaged)

    damaged: list[Stream | bytes] = [flipped(bytes(stream))]
    damaged += [Stream(flipped(whole.head), whole.parts) for whole in (stream, sealed)]
    if any(parts):
        at = data.draw(st.sampled_from([n for n, part in enumerate(parts) if part]))
        damaged.append(Stream(sealed.head, (*parts[:at], flipped(parts[at]), *parts[at + 1 :])))
    for bad in damaged:
        for look in (verify, lambda stream: unpack(stream, out, 7)):
            with pytest.raises(StreamError):
                look(bad)


def test_every_bit_of_a_header_is_covered() -> None:
    out = np.zeros((3, 4), np.float32)
    joined = bytes(pack(out, [b"abc", b"de"], 2**64 - 1))
    for position in range(len(joined)):
        for bit in range(8):
            damaged = bytearray(joined)
            damaged[position] ^= 1 << bit
            with pytest.raises(StreamError):
                unpack(damaged, out, 2**64 - 1)


def test_sealing_costs_no_byte_and_is_done_once() -> None:
    stream = pack(np.zeros(3, np.float32), [b"abc", b"de"])
    sealed = seal(stream)
    assert sealed.head != stream.head
    assert sealed.nbytes == stream.nbytes == 32 + 8 + 16 + 5
    assert seal(sealed) is sealed
    assert bytes(sealed) == bytes(stream)
    assert sealed == pack(np.zeros(3, np.float32), [b"abc", b"de"], sealed=True)


def test_parts_swapped_or_cut_elsewhere_are_seen() -> None:
    out = np.zeros(3, np.float32)
    sealed = seal(pack(out, [b"abc", b"def"]))
    with pytest.raises(StreamError, match="damaged"):
        verify(Stream(sealed.head, sealed.parts[::-1]))
    with pytest.raises(StreamError, match="parts"):
        unpack(Stream(sealed.head, (b"ab", b"cdef")), out)


def test_another_compressors_stream_is_refused() -> None:
    out = np.zeros(3, np.float32)
    with pytest.raises(StreamError, match="another compressor"):
        unpack(bytes(pack(out, [b"abc"], 1)), out, 2)


def test_bytes_of_the_format_are_kept() -> None:
    """Version 2, written out: a change of any of it needs another version."""
    frozen = bytes.fromhex(
        "77617665636f6d70026602010200000008070605040302018216a25e588e14bf"
        "03000000000000000400000000000000030000000000000002000000000000006162636465"
    )
    out = np.zeros((3, 4), np.float32)
    assert bytes(pack(out, [b"abc", b"de"], 0x0102030405060708)) == frozen
    assert [bytes(part) for part in unpack(frozen, out, 0x0102030405060708)] == [b"abc", b"de"]


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
        (8, 1, "stream format 1 is not the format 2"),
        (9, 100, "damaged"),
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
