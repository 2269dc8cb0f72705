"""Half precision, bfloat16, and block-wise integers, against casts that this project did not write."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.compressors import PeakRelative, PointwiseRelative, default_registry
from wavecomp.compressors.halffloat import from_bfloat, from_half, to_bfloat, to_half
from wavecomp.compressors.scaling import exponent_to, factor, peak_of
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import DTYPES, bits_of, content
from wavecomp.errors import UnsupportedField

from .fields import FIXED, fields

PATTERNS = np.arange(1 << 16, dtype=np.uint16)


def narrowed(function: object, bits: np.ndarray) -> np.ndarray:
    codes = np.empty(bits.shape, np.uint16)
    function(np.ascontiguousarray(bits, np.uint32), codes)  # type: ignore[operator]
    return codes


def half_neighbourhoods() -> np.ndarray:
    """Every finite half below 2^15, the middle to the next one, and three float32 steps to either side of both."""
    halves = PATTERNS[:0x7800].view(np.float16).astype(np.float32)  # 0x7800 is 2^15
    middles = (halves[:-1] + halves[1:]) / 2
    bits = np.concatenate([halves, middles]).view(np.uint32)
    near = (bits[:, None] + np.arange(-3, 4)).astype(np.int64).reshape(-1)
    near = near[(near >= 0) & (near < 0x47000000)]
    return np.concatenate([near, near + (1 << 31)]).astype(np.uint32)


def test_half_rounds_as_numpys_cast_does() -> None:
    bits = half_neighbourhoods()
    assert bits.size > 800_000
    assert np.array_equal(narrowed(to_half, bits), bits.view(np.float32).astype(np.float16).view(np.uint16))


def test_half_of_random_patterns() -> None:
    bits = np.random.default_rng(1).integers(0, 0x47000000, 1_000_000, dtype=np.uint32)
    bits[::2] |= np.uint32(1 << 31)
    assert np.array_equal(narrowed(to_half, bits), bits.view(np.float32).astype(np.float16).view(np.uint16))


def test_half_widens_as_numpys_cast_does() -> None:
    assert np.array_equal(bits_of(from_half(PATTERNS)), bits_of(PATTERNS.view(np.float16).astype(np.float32)))


def bfloat_neighbourhoods() -> np.ndarray:
    """Every finite bfloat16 pattern, followed by lower halves around zero, around the middle, and at the end."""
    lower = np.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], np.uint32)
    upper = PATTERNS.astype(np.uint32) << np.uint32(16)
    bits = (upper[:, None] | lower).reshape(-1)
    return bits[(bits & 0x7FFFFFFF) < 0x7F800000]


def test_bfloat_rounds_half_to_even() -> None:
    """Against whole numbers: the upper half is the quotient, the lower one the remainder."""
    bits = bfloat_neighbourhoods()
    expected = []
    for value in bits.tolist():
        quotient, remainder = divmod(value, 1 << 16)
        expected.append(quotient + (remainder > 0x8000 or (remainder == 0x8000 and quotient % 2 == 1)))
    assert narrowed(to_bfloat, bits).tolist() == expected


def test_bfloat_rounds_as_ml_dtypes_does() -> None:
    ml_dtypes = pytest.importorskip(
        "ml_dtypes", reason="ml_dtypes is not installed; the whole numbers above are checked"
    )
    bits = np.concatenate([bfloat_neighbourhoods(), np.random.default_rng(2).integers(0, 1 << 32, 10**6, np.uint32)])
    bits = bits[(bits & 0x7FFFFFFF) < 0x7F800000]
    with np.errstate(over="ignore"):
        theirs = bits.view(np.float32).astype(ml_dtypes.bfloat16)
    assert np.array_equal(narrowed(to_bfloat, bits), theirs.view(np.uint16))
    finite = PATTERNS[(PATTERNS & 0x7FFF) <= 0x7F80]
    assert np.array_equal(from_bfloat(finite), finite.view(ml_dtypes.bfloat16).astype(np.float32))


@FIXED
@given(fields())
def test_float16_is_numpys_cast_of_the_scaled_field(field: np.ndarray) -> None:
    """Scaling by 2^k so that the peak lies in [2^14, 2^15) is exact but for values that vanish beside the peak."""
    out = round_trip(default_registry().parse("float16"), field)
    peak = float(np.abs(field).max())
    limit = 126 if field.dtype == np.float32 else 1022
    k = 0 if peak == 0 else max(-limit, min(limit, 15 - math.frexp(peak)[1]))
    scaled = np.ldexp(field.astype(np.longdouble), k).astype(np.float32)
    expected = np.ldexp(scaled.astype(np.float16).astype(np.float64), -k).astype(field.dtype)
    assert np.array_equal(bits_of(out), bits_of(expected))


@pytest.mark.parametrize(("spec", "kept", "floor"), [("float16", 11, 39), ("bfloat16", 8, 134)])
def test_short_floats_promise_half_a_unit(spec: str, kept: int, floor: int) -> None:
    """Half a unit in the last of the kept bits; float64 fields are rounded to float32 before, which adds 2^-24."""
    bound = default_registry().parse(spec).bound
    assert isinstance(bound, PointwiseRelative)
    assert 2.0**-kept + 2.0**-24 <= bound.fraction <= 1.001 * 2.0**-kept
    assert bound.peak_floor == 2.0**-floor


@pytest.mark.parametrize("spec", ["float16", "bfloat16"])
def test_short_floats_reach_their_bound(spec: str) -> None:
    """The middle between two short floats is as wrong as is promised: no smaller bound would hold."""
    compressor = default_registry().parse(spec)
    bound = compressor.bound
    assert isinstance(bound, PointwiseRelative)
    field = np.array([1 + bound.fraction, 1.0], np.float64)
    error = np.abs(round_trip(compressor, field) - field).max()
    assert error == pytest.approx(bound.fraction, rel=0.01)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spec", ["float16", "bfloat16"])
def test_two_bytes_a_value(spec: str, dtype: str) -> None:
    compressor = default_registry().parse(spec)
    sizes = [len(compressor.compress(np.ones(n, dtype))) for n in (100, 1100)]
    assert sizes[1] - sizes[0] == 2000


@FIXED
@given(st.floats(0, float(np.finfo(np.float64).max)), st.integers(-10, 20), st.sampled_from(DTYPES))
def test_scaling_puts_the_peak_in_its_binade(peak: float, target: int, dtype: str) -> None:
    kind = np.dtype(dtype)
    peak = float(kind.type(min(peak, float(np.finfo(kind).max))))
    k = exponent_to(peak, kind, target)
    limit = {"float32": 126, "float64": 1022}[dtype]
    assert abs(k) <= limit
    assert factor(k, kind).dtype == kind
    assert math.frexp(float(factor(k, kind))) == (0.5, k + 1)
    if peak > 0 and abs(k) < limit:
        assert 2.0**target <= math.ldexp(peak, k) < 2.0 ** (target + 1)


@FIXED
@given(fields())
def test_peak(field: np.ndarray) -> None:
    assert peak_of(field) == float(np.abs(field).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spec", ["float16", "bfloat16", "int8", "int16"])
def test_no_peak_is_rounded_to_infinity(spec: str, dtype: str) -> None:
    """Just below the limit that the refusal names a field is taken, just above it is refused."""
    compressor = default_registry().parse(spec)
    bound = compressor.bound
    assert isinstance(bound, PointwiseRelative | PeakRelative)
    largest = float(np.finfo(dtype).max)
    limit = largest / (1 + bound.fraction)
    for sign in (1.0, -1.0):
        field = np.full((3, 50), sign * limit * (1 - 1e-6), dtype)
        with np.errstate(all="raise", under="ignore"):
            out = round_trip(compressor, field)
        assert np.isfinite(out).all()
        with pytest.raises(UnsupportedField, match="rounded beyond the largest"):
            compressor.compress(np.full((3, 50), sign * largest, dtype))


def blocks_of(field: np.ndarray, block: int) -> list[np.ndarray]:
    flat = field.reshape(-1)
    return [flat[start : start + block] for start in range(0, flat.size, block)]


@pytest.mark.parametrize(
    ("spec", "largest"), [("int8:block=64", 127), ("int8:block=8", 127), ("int16:block=64", 32767)]
)
def test_every_block_has_its_own_step(spec: str, largest: int) -> None:
    """|e| <= max|block| (1 / 2q + 4 2^-23), block by block: half a step, and four roundings.

    That is far stricter than the promise, which speaks of the field's peak."""
    compressor = default_registry().parse(spec)
    block = int(spec.partition("=")[2])

    @FIXED
    @given(fields())
    def run(field: np.ndarray) -> None:
        out = check_field(compressor, field)
        peak = float(np.abs(field).max())
        tiny = peak * 2.0**-88 + float(np.finfo(field.dtype).smallest_normal)
        for x, y in zip(blocks_of(field, block), blocks_of(out, block), strict=True):
            allowed = float(np.abs(x).max()) * (0.5 / largest + 4 * 2.0**-23)
            error = float(np.abs(x.astype(np.float64) - y.astype(np.float64)).max())
            assert error <= allowed + tiny

    run()


@pytest.mark.parametrize("size", [1, 63, 64, 65, 127, 128, 129, 1 << 16, (1 << 16) + 1, (1 << 17) + 70])
def test_block_integers_of_any_length(size: int) -> None:
    """Shorter than a block, whole blocks, and a rest; more blocks than are worked on at once."""
    for name in ("int8", "int16"):
        compressor = default_registry().parse(name)
        for dtype in DTYPES:
            check_field(compressor, content("random", (size,), dtype))


@pytest.mark.parametrize(("spec", "bytes_a_value"), [("int8", 1), ("int16", 2)])
def test_sizes_of_block_integers(spec: str, bytes_a_value: int) -> None:
    compressor = default_registry().parse(spec)
    sizes = [len(compressor.compress(np.ones(n, np.float32))) for n in (640, 6400, 6401)]
    assert sizes[1] - sizes[0] == 5760 * bytes_a_value + 90 * 4
    assert sizes[2] - sizes[1] == bytes_a_value + 4, "a rest has a step of its own"


def test_block_integers_of_hand_worked_values() -> None:
    """A block with the peak 127 has the step 1: whole numbers are exact, and halves go to the even neighbour."""
    field = np.array([127.0, -127.0, 3.0, 2.5, 3.5, -0.5, 0.0, 126.5], np.float32)
    out = round_trip(default_registry().parse("int8:block=8"), field)
    assert out.tolist() == [127.0, -127.0, 3.0, 2.0, 4.0, 0.0, 0.0, 126.0]


def test_quiet_blocks_beside_a_loud_one() -> None:
    """What lies 2^-90 below the peak is zero; what lies a little higher keeps its own step."""
    field = np.ones((3, 64), np.float64)
    field[1] *= 2.0**-95
    field[2] *= 2.0**-80
    out = round_trip(default_registry().parse("int8"), field)
    assert not out[1].any()
    assert out[2] == pytest.approx(field[2], rel=1e-6)
