"""Interpolation in the loop: the bound of every value, the same bytes for any threads, and a second decoder."""

from __future__ import annotations

import itertools
import math
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from wavecomp.compressors import Registry, default_registry
from wavecomp.compressors import interp as interp_module
from wavecomp.errors import CompressorUnavailable, SpecError, StreamError, UnsupportedField

DTYPES = ("float32", "float64")


def interp(text):
    return default_registry().parse(f"interp:{text}")


def round_trip(compressor, field):
    out = np.full_like(field, 7.0)
    stream = compressor.compress(field)
    compressor.decompress(stream, out)
    return out, stream


def wave(shape, dtype="float32", peak=80.0):
    axes = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij", sparse=True)
    radius = np.sqrt(sum((axis - 0.4) ** 2 for axis in axes))
    return (peak * np.exp(-(((radius - 0.3) / 0.08) ** 2)) * np.cos(40 * radius)).astype(dtype)


# --- the bound -------------------------------------------------------------------------------------------------------

SHAPES = ((1,), (2,), (3,), (17,), (1000,), (1, 9), (33, 1, 5), (64, 65), (7, 31), (5, 6, 7), (33, 34, 35), (1, 1, 129),
          (3, 4, 5, 6), (2, 1, 40, 3), (9, 9, 9, 9))  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("text", ["abs=1e-2", "abs=1e-6,codec=lz4", "rel=1e-3", "abs=1e-2,threads=3"])
def test_every_value_is_within_the_bound(shape, dtype, text):
    field = wave(shape, dtype)
    compressor = interp(text)
    out, _ = round_trip(compressor, field)
    error = np.abs(out.astype("longdouble") - field.astype("longdouble"))
    limit = 1e-3 * float(np.ptp(field)) if "rel" in text else float(text[4:].split(",")[0])
    assert np.all(error <= limit)


VALUES = {"float32": st.floats(width=32), "float64": st.floats(width=64)}


@pytest.mark.parametrize("dtype", DTYPES)
def test_anything_at_all_is_within_the_bound(dtype):
    """NaN, infinities and numbers of all sizes beside each other; what is no number comes back as it was."""

    @settings(max_examples=300, deadline=None)
    @given(
        arrays(dtype, array_shapes(max_dims=4, max_side=9), elements=VALUES[dtype]),
        st.sampled_from([1e-40, 1e-7, 1e-3, 1.0, 1e6, 1e30]),
        st.sampled_from([1, 2]),
    )
    def check(field, tolerance, threads):
        out, _ = round_trip(interp(f"abs={tolerance:.0e},threads={threads}"), field)
        finite = np.isfinite(field)
        assert np.array_equal(out[~finite], field[~finite], equal_nan=True)
        with np.errstate(all="ignore"):
            error = np.abs(out[finite].astype("longdouble") - field[finite].astype("longdouble"))
        assert np.all(error <= tolerance)

    check()


def test_what_is_no_number_spreads_nowhere():
    field = wave((40, 40, 40))
    field[20, 20, 20], field[0, 0, 0], field[3, 3, 39] = np.nan, np.inf, -np.inf
    out, stream = round_trip(interp("abs=1e-2"), field)
    plain = len(interp("abs=1e-2").compress(wave((40, 40, 40))))
    assert np.array_equal(np.isfinite(out), np.isfinite(field))
    finite = np.isfinite(field)
    assert np.abs(out[finite] - field[finite]).max() <= 1e-2
    assert len(stream) < 1.2 * plain


@pytest.mark.parametrize("value", [0.0, -0.0, 3.25, -1e-42, 3e38])
@pytest.mark.parametrize("text", ["abs=1e-3", "rel=1e-3"])
def test_a_constant_field_is_small_and_right(value, text):
    field = np.full((32, 33, 34), value, np.float32)
    out, stream = round_trip(interp(text), field)
    assert np.all(np.abs(out.astype(float) - field.astype(float)) <= (1e-3 if "abs" in text else 0.0))
    assert len(stream) < 6000


def test_the_bound_is_reached_but_never_passed():
    """Noise: quanta are used to their edges, where rounding would break the bound of some values in a million."""
    rng = np.random.default_rng(5)
    field = (1000 * rng.standard_normal((90, 90, 90))).astype(np.float32)
    out, _ = round_trip(interp("abs=20"), field)
    error = np.abs(out.astype(float) - field.astype(float)).max()
    assert 19.9 < error <= 20.0


def test_a_tolerance_below_the_rounding_stores_without_loss():
    field = wave((30, 30, 30), peak=1e6)
    out, stream = round_trip(interp("abs=1e-4"), field)
    assert np.array_equal(out, field)
    assert len(stream) <= 1.02 * field.nbytes + 200


def test_a_relative_bound_needs_a_range():
    field = wave((10, 10))
    field[3, 3] = np.inf
    with pytest.raises(UnsupportedField, match="NaN or Inf"):
        interp("rel=1e-3").compress(field)


# --- the same bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(70, 71, 72), (300, 301), (100_000,), (1, 2, 40_000), (12, 13, 14, 15)])
def test_the_same_bytes_for_any_number_of_threads(shape):
    field = wave(shape)
    field.flat[:: max(1, field.size // 50)] = np.nan
    one = interp("abs=1e-2").compress(field)
    for threads in (2, 3, 7):
        compressor = interp(f"abs=1e-2,threads={threads}")
        assert bytes(compressor.compress(field)) == bytes(one)
        out = np.empty_like(field)
        compressor.decompress(one, out)
        alone = np.empty_like(field)
        interp("abs=1e-2").decompress(one, alone)
        assert np.array_equal(out, alone, equal_nan=True)


@pytest.mark.parametrize("codec", ["huffman", "lz4", "zstd"])
@pytest.mark.parametrize("shape", [(100_000,), (1, 2, 40_000), (33, 34, 35)])
def test_the_same_bytes_whatever_was_compressed_before(codec, shape):
    """A field along one axis is cut into pieces, each of which has one code less than values: what is between the last
    code and the end of the memory, which stays from call to call, is no code of this field."""
    field = wave(shape)
    fresh, used = (interp(f"abs=1e-2,codec={codec}") for _ in range(2))
    used.compress(np.random.default_rng(1).standard_normal(shape).astype(field.dtype))
    assert used.compress(field) == fresh.compress(field)


def test_calls_at_the_same_time_do_not_meet():
    fields = [wave((40, 41, 42), peak=peak) for peak in (1.0, 10.0, 100.0, 1000.0)]
    compressor = interp("abs=1e-2,threads=2")
    alone = [bytes(compressor.compress(field)) for field in fields]
    found = [[] for _ in fields]

    def work(number):
        for _ in range(5):
            found[number].append(bytes(compressor.compress(fields[number])))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(fields))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[bytes_] * 5 for bytes_ in alone]


def test_slabs_in_threads_of_interp_in_threads_end():
    """Each slab waits for its chunks: in one pool of both, all threads would wait for what none of them takes up."""
    field = np.random.default_rng(0).standard_normal((64, 150, 300)).astype(np.float32)  # three chunks a slab
    compressor = default_registry().parse("slabs:planes=16,threads=2/interp:abs=1e-2,codec=lz4,threads=2")
    found = []
    thread = threading.Thread(target=lambda: found.append(round_trip(compressor, field)[0]), daemon=True)
    thread.start()
    thread.join(600)
    assert found, "the threads wait for each other"
    assert np.abs(found[0].astype(float) - field).max() <= 1e-2


def test_the_float_state_of_the_process_changes_nothing():
    """Devito's kernels may leave subnormal numbers flushed to zero: the stream must not depend on it."""
    from wavecomp.wavefields.float_state import kernel_float_state

    field = wave((30, 31, 32), peak=1e-36)
    compressor = interp("abs=2e-39")
    before = bytes(compressor.compress(field))
    with kernel_float_state():
        inside = bytes(compressor.compress(field))
        out = np.empty_like(field)
        compressor.decompress(before, out)
    here = np.empty_like(field)
    compressor.decompress(before, here)
    assert before == inside
    assert np.array_equal(out.view(np.uint32), here.view(np.uint32))


def test_numbers_may_lie_anywhere():
    """A field and an output at an odd address, and a stream whose parts are: NumPy calls such arrays not aligned."""
    field = wave((20, 21, 22))
    compressor = interp("abs=1")
    stream = compressor.compress(field)
    aside = np.zeros(field.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(field.shape)
    assert not aside.flags.aligned
    aside[...] = field
    assert compressor.compress(aside) == stream
    out = np.empty_like(field)
    for start in range(8):
        compressor.decompress(memoryview(bytes(start) + stream)[start:], aside)
        compressor.decompress(stream, out)
        assert np.array_equal(aside, out)


# --- a second decoder ------------------------------------------------------------------------------------------------


INSIDE = {8: (1225, -245, 49, -5), 6: (150, -25, 3, 0), 4: (9, -1, 0, 0)}
SUMS = {8: 2048, 6: 256, 4: 16}
EDGES = {
    (True, True, False): (-1 / 8, 6 / 8, 3 / 8, 0), (False, True, True): (0, 3 / 8, 6 / 8, -1 / 8),
    (False, True, False): (0, 1 / 2, 1 / 2, 0), (True, False, False): (-1 / 2, 3 / 2, 0, 0),
    (False, False, False): (0, 1, 0, 0),
}  # fmt: skip


def guess_between(values, at, real):
    """Predict a point of a line from those at odd distances, as far as the line goes; ``values[i]`` is at 2 i."""
    reach = min(at, 2 * len(values) - 2 - at)
    if reach >= 3:
        taps = 8 if reach >= 7 else 6 if reach >= 5 else 4
        w = [real(one / SUMS[taps]) for one in INSIDE[taps]]
        pair = [
            values[(at - d) // 2] + values[(at + d) // 2] if d < taps else values[(at - 1) // 2] * 2
            for d in (1, 3, 5, 7)
        ]
        return (w[0] * pair[0] + w[1] * pair[1]) + (w[2] * pair[2] + w[3] * pair[3])
    there = at >= 3, at + 1 <= 2 * len(values) - 2, at + 3 <= 2 * len(values) - 2
    w = [real(one) for one in EDGES[there]]
    near = values[(at - 1) // 2]
    p = [values[(at + d) // 2] if is_there else near
         for d, is_there in ((-3, there[0]), (-1, True), (1, there[1]), (3, there[2]))]  # fmt: skip
    return (w[0] * p[0] + w[1] * p[1]) + (w[2] * p[2] + w[3] * p[3])


def guess_along(values, at, length, real):
    """The same along the last axis, where a line is continued by a parabola, or straight on, and never ends."""
    line = list(values)
    three, many = real(3), len(line)
    falls = line[0] - line[1] if many > 1 else real(0)
    rises = line[-1] - line[-2] if many > 1 else real(0)
    for _ in range(3):
        line.insert(0, three * (line[0] - line[1]) + line[2] if many > 2 else line[0] + falls)
    for _ in range(4):
        line.append(three * (line[-1] - line[-2]) + line[-3] if many > 2 and length % 2 else line[-1] + rises)
    return guess_between(line, at + 6, real)


def slow_decoder(shape, codes, values, tolerance, noise, dtype, escape):
    """The format, written down once more, a point at a time."""
    real = np.dtype(dtype).type
    out = np.zeros(shape, dtype)
    first = next(iter(np.ndindex(*shape)))
    exact = {first: values[0]}
    out[first] = values[0] if np.isfinite(values[0]) else 0
    codes, values = iter(codes), iter(values[1:])
    levels = max(n - 1 for n in shape).bit_length()
    ratio, finest = (1.5, 3.0) if sum(n > 1 for n in shape) > 2 else (1.2, 2.0)
    shrunk = tolerance * (1 - (2.0**-22 if real is np.float32 else 2.0**-51))
    for level in reversed(range(levels)):
        stride = 2**level
        finer = min(math.prod([ratio] * level), finest)
        width = real(2 * max(shrunk / finer - noise, 0.25 * shrunk))
        for axis in reversed(range(len(shape))):
            targets = [
                range(stride if other == axis else 0, n, stride if other > axis else 2 * stride)
                for other, n in enumerate(shape)
            ]
            for point in itertools.product(*targets):
                at, length = point[axis] // stride, (shape[axis] - 1) // stride + 1
                line = out[(*point[:axis], slice(0, None, 2 * stride), *point[axis + 1 :])]
                last = axis == len(shape) - 1
                guess = guess_along(line, at, length, real) if last else guess_between(line, at, real)
                code = next(codes)
                if code == escape:
                    exact[point] = next(values)
                    out[point] = exact[point] if np.isfinite(exact[point]) else 0
                else:
                    out[point] = guess + real(code) * width
    for point, value in exact.items():
        out[point] = value
    assert next(codes, None) is None
    assert next(values, None) is None
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2,), (37,), (9, 14), (24, 7), (6, 7, 8), (17, 16, 3), (5, 1, 12), (3, 18, 5, 3)])
@pytest.mark.parametrize(
    ("text", "how"), [("abs=3,codec=zstd", 1), ("abs=1e-2,codec=lz4", 2), ("abs=3", 3), ("abs=1e-2,threads=2", 3)]
)
def test_a_second_decoder_gives_the_same_bits(shape, dtype, text, how):
    field = wave(shape, dtype)
    if field.size > 20:
        field.flat[[3, 11][: 1 + (how == 2)]] = [np.nan, 1e30][: 1 + (how == 2)]
    compressor = interp(text)
    head, *rest = (memoryview(part) for part in compressor._encode(compressor.prepare(field)))
    _, found, tolerance, noise, count = interp_module._HEAD.unpack(head)
    assert found == how or field.size < 40
    values, rest = compressor._values(rest, count, np.dtype(dtype))
    codes = compressor._codes(field.size, found)
    if found == 3:
        compressor._streams.decode(rest, codes)
    else:
        compressor._bytes[found].decode(list(rest), codes[: field.size - 1])
    flat = tuple(n for n in shape if n > 1) or (1,)
    with np.errstate(all="ignore"):
        slow = slow_decoder(
            flat, codes[: field.size - 1].tolist(), values, tolerance, noise, dtype, np.iinfo(codes.dtype).min
        )
    out, _ = round_trip(compressor, field)
    assert np.array_equal(slow.reshape(shape), out, equal_nan=True)


def test_a_field_along_one_axis_is_cut_into_pieces():
    """What is no number in one piece changes no bit of the others: none is predicted from another."""
    field = wave((100_001,))
    plain, _ = round_trip(interp("abs=1e-2"), field)
    field[5] = np.inf
    out, _ = round_trip(interp("abs=1e-2"), field)
    first = interp_module._PIECE
    assert np.array_equal(plain[first:], out[first:])
    assert not np.array_equal(plain[:first], out[:first])


# --- words and damage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["codec=lz4", "abs=1e-3,rel=1e-3", "rel=2", "abs=0", "level=0,abs=1", "abs=1,codec=gzip"]
)
def test_what_makes_no_sense_is_refused(text):
    with pytest.raises(SpecError):
        interp(text)


@pytest.mark.parametrize("codec", ["huffman", "zstd"])
def test_parts_that_do_not_fit_are_refused(codec):
    compressor = interp(f"abs=2,codec={codec}")
    field = wave((20, 21))
    head, values, *codes = (bytes(part) for part in compressor._encode(compressor.prepare(field)))
    out = np.empty_like(field)
    for parts in (
        [], [head], [head, values], [head[:-1], values, *codes], [head, values[:-4], *codes],
        [head, values + bytes(4), *codes], [head, values, codes[0][:-1], *codes[1:]], [head, values, *codes[:-1]],
        [b"\2" + head[1:], values, *codes], [head[:1] + b"\7" + head[2:], values, *codes],
        [head[:2] + b"\xff" * 16 + head[18:], values, *codes], [head[:-8] + b"\xff" * 8, values, *codes],
        [head[:-8] + b"\2" + bytes(7), values + values, *codes],
    ):  # fmt: skip
        with pytest.raises(StreamError):
            compressor._decode([memoryview(part) for part in parts], out)


def test_kernels_that_were_not_compiled_are_a_reason(monkeypatch):
    """As in a source tree that nobody installed: all others work."""
    monkeypatch.setitem(sys.modules, "wavecomp.compressors.kernels._interp", None)
    registry = Registry()
    assert [*registry.unavailable()] == ["interp"]
    with pytest.raises(CompressorUnavailable, match="cannot import wavecomp"):
        registry.parse("interp:abs=1")
    assert registry.canonical("interp:abs=1") == "interp:abs=1,codec=huffman,level=1"
