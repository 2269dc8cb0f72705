"""Integers behind Huffman codes by class of block: any come back, by a second decoder too, and damage does no harm."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.compressors import code_streams
from wavecomp.compressors.code_streams import BLOCK, CodeStreams, team
from wavecomp.compressors.kernels import _codes
from wavecomp.errors import StreamError

ESCAPE = -32768


def streams(threads=1):
    return CodeStreams("interp:abs=1", threads)


def parts_of(codes, threads=1):
    return [bytes(part) for part in streams(threads).encode(codes)]


def decoded(parts, size, threads=1):
    out = np.full(size, 77, np.int16)
    streams(threads).decode([memoryview(part) for part in parts], out)
    return out


def busy(seed, blocks, scale, escapes=0.0):
    """Codes like a wavefield's: Laplace's distribution, of a width that changes slowly."""
    rng = np.random.default_rng(seed)
    widths = scale * np.exp(2 * np.sin(np.arange(blocks) / 40 + seed))
    codes = np.clip(rng.laplace(0, 1, (blocks, BLOCK)) * widths[:, None], -32767, 32767).astype(np.int16)
    codes[rng.random((blocks, BLOCK)) < escapes] = ESCAPE
    return codes.reshape(-1)


@pytest.mark.parametrize("scale", [0.0, 0.02, 0.3, 1, 7, 60, 700, 9000])
@pytest.mark.parametrize("escapes", [0.0, 0.01, 0.6])
@pytest.mark.parametrize("blocks", [1, 31, 700, 9001])
def test_codes_of_any_width_come_back(scale, escapes, blocks):
    codes = busy(3, blocks, scale, escapes)
    assert np.array_equal(decoded(parts_of(codes), codes.size), codes)


def test_anything_comes_back():
    codes = st.one_of(
        st.integers(-1, 1), st.integers(-9, 9), st.integers(-32768, 32767), st.sampled_from([0, ESCAPE, 32767, -32767])
    )

    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.lists(codes, min_size=BLOCK, max_size=BLOCK), min_size=1, max_size=70))
    def check(blocks):
        given_codes = np.array(blocks, np.int16).reshape(-1)
        assert np.array_equal(decoded(parts_of(given_codes), given_codes.size), given_codes)

    check()


@pytest.mark.parametrize("blocks", [100, 5000, 40_000])
def test_the_same_bytes_for_any_number_of_threads(blocks):
    codes = busy(1, blocks, 3, 0.001)
    one = parts_of(codes)
    for threads in (2, 3, 8):
        assert parts_of(codes, threads) == one
        assert np.array_equal(decoded(one, codes.size, threads), codes)


def test_as_short_as_the_entropy_of_the_classes_allows():
    """A Huffman code is less than a bit a symbol above the entropy; of these on average less than a tenth of one."""
    codes = busy(2, 20_000, 4).reshape(-1, BLOCK)
    sums = np.abs(codes.astype(int)).sum(1)
    classes = np.ceil(np.log2(sums + 1)).astype(int)
    bits = 0.0
    for one in np.unique(classes[classes > 5]):
        _, counts = np.unique(codes[classes == one], return_counts=True)
        share = counts / counts.sum()
        bits -= counts.sum() * (share * np.log2(share)).sum()
    several = codes[classes > 5]
    size = len(parts_of(np.ascontiguousarray(several).reshape(-1))[0])
    assert bits / 8 <= size <= (bits + 0.1 * several.size) / 8


# --- a second decoder ------------------------------------------------------------------------------------------------


def slow_decoder(streams_of_bits, classes, head):
    """The format, written down once more, a bit at a time."""
    (there,) = struct.unpack_from("<I", head)
    at, tables = 4, {}
    for table in range(1, 23):
        if there >> table & 1:
            symbols = 82 if table < 6 else 44
            lengths = [head[at + s // 2] >> (4 * (s % 2)) & 15 for s in range(symbols)]
            at += symbols // 2
            tables[table] = canonical(lengths)
    blocks = len(classes)
    chunks = 1 if blocks < 2048 else 4 * ((blocks - 1) // 16384 + 1)
    sizes = struct.unpack_from(f"<{4 * chunks}I", head, at)
    assert at + 16 * chunks == len(head)
    out, begin = [], 0
    for chunk in range(chunks):
        readers = []
        for size in sizes[4 * chunk : 4 * chunk + 4]:
            readers.append(Bits(streams_of_bits[begin : begin + size]))
            begin += size
        for block in range(blocks * chunk // chunks, blocks * (chunk + 1) // chunks):
            for reader in readers:
                out += eight(reader, classes[block], tables)
    return out


class Bits:
    def __init__(self, data):
        self.bits = (byte >> k & 1 for byte in data for k in range(8))

    def take(self, count):
        return sum(next(self.bits) << k for k in range(count))

    def symbol(self, table):
        word = ""
        while word not in table:
            word += str(next(self.bits))
        return table[word]


def canonical(lengths):
    code, table = 0, {}
    for length in range(1, 12):
        code <<= 1
        for symbol, own in enumerate(lengths):
            if own == length:
                table[f"{code:0{length}b}"] = symbol
                code += 1
    return table


def number(reader, table):
    symbol = reader.symbol(table)
    if symbol == 43:
        return 512
    if symbol < 15:
        return symbol - 7
    place, negative = divmod(symbol - 15, 2)
    raw = 2 + place // 2
    least = (2 + place % 2) << raw
    low = reader.take(raw)
    return -(least + (1 << raw) - 1) + low if negative else least + low


def eight(reader, which, tables):
    if which == 0:
        return [0] * 8
    if which < 6:
        out = []
        for _ in range(2):
            quad = reader.symbol(tables[which])
            out += (
                [quad // 3**k % 3 - 1 for k in range(4)]
                if quad < 81
                else [number(reader, tables[22]) for _ in range(4)]
            )
        return out
    out = [number(reader, tables[which]) for _ in range(8)]
    shift = max(0, which - 9)
    return [ESCAPE if n == 512 else n * 2**shift + reader.take(shift) for n in out] if shift else out


@pytest.mark.parametrize(("scale", "escapes"), [(0.05, 0), (0.4, 0), (3, 0.01), (50, 0.1), (3000, 0.3)])
def test_a_second_decoder_gives_the_same_codes(scale, escapes):
    codes = busy(7, 2100, scale, escapes)
    blocks = codes.size // BLOCK
    classes, head = np.zeros(blocks, "u1"), np.zeros(_codes.head_most(blocks), "u1")
    head_size, bits = _codes.encode(codes, classes, head, 1)
    assert slow_decoder(bits, classes.tolist(), head[:head_size].tobytes()) == codes.tolist()


# --- damage ----------------------------------------------------------------------------------------------------------


def test_damage_is_refused_or_gives_other_codes():
    """No damage ends the process or writes elsewhere: the memory around the output stays as it was."""
    rng = np.random.default_rng(0)
    codes = busy(5, 300, 5, 0.01)
    classes, head = np.zeros(300, "u1"), np.zeros(_codes.head_most(300), "u1")
    head_size, bits = _codes.encode(codes, classes, head, 1)
    sound = [classes, head[:head_size], np.frombuffer(bits, "u1")]
    room = np.full(codes.size + 200, 1234, np.int16)
    refused = 0
    for trial in range(3000):
        parts = [part.copy() for part in sound]
        part = parts[trial % 3]
        for _ in range(1 + trial % 4):
            part[rng.integers(part.size)] = rng.integers(256)
        if trial % 5 == 0:
            parts[trial % 3] = part = part[: rng.integers(part.size)]
            if trial % 3 == 0:
                part = parts[0] = np.concatenate((part, rng.integers(0, 256, 300 - part.size).astype("u1")))
        try:
            _codes.decode(room[100:-100], *parts, 1 + trial % 2)
        except ValueError as error:
            refused += 1
            assert "damaged" in str(error)  # noqa: PT017
        assert np.all(room[:100] == 1234)
        assert np.all(room[-100:] == 1234)
    assert refused > 1000


def test_what_does_not_fit_is_said():
    codes = np.zeros(64, np.int16)
    with pytest.raises(ValueError, match="no blocks of 32"):
        _codes.decode(codes[:33], b"", b"", b"", 1)
    with pytest.raises(ValueError, match="classes has 1 bytes; 2 are needed"):
        _codes.decode(codes, b"1", b"", b"", 1)
    with pytest.raises(ValueError, match="at least one thread"):
        _codes.decode(codes, b"12", b"", b"", 0)
    for parts in ([], [b"", b"1234"], [b"", b"12", b""], [b"", b"\xff\xff\xff\xff", b""]):
        with pytest.raises(StreamError):
            streams().decode([memoryview(part) for part in parts], codes)


def test_few_values_are_done_by_one_thread(monkeypatch):
    monkeypatch.setattr(code_streams, "_ALONE", 1 << 18)
    assert [team(4, values) for values in (1, (1 << 18) - 1, 1 << 18, 1 << 30)] == [1, 1, 4, 4]
    assert team(1, 1 << 30) == 1
