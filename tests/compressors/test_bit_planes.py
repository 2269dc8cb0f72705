"""ZFP's fixed precision keeps what is derived for it, in every block; where libzfp's arithmetic ends, that is said."""

from __future__ import annotations

import numpy as np
import pytest
import zfpy
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.compressors import FixedPrecision, FixedRate, check_bound, default_registry
from wavecomp.compressors.bit_planes import ARBITRARY, LEAST_BLOCK, LEAST_PEAK, share_of_block
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import DTYPES
from wavecomp.errors import UnsupportedField

from .fields import FIXED

SHAPES = ((37,), (9, 14), (9, 6, 7), (5, 6, 1, 7), (3, 6, 5, 9))
WAYS = ("", "slabs:planes=4/", "slabs:planes=6/")


def contents(shape: tuple[int, ...], dtype: str, kind: str) -> np.ndarray:
    random = np.random.default_rng(7)
    values = {
        "random": lambda: random.uniform(-1, 1, shape),
        "signs": lambda: random.choice([-1.0, 0.0, 1.0], shape) * (1 - 2.0**-24),
        "decades": lambda: random.uniform(-1, 1, shape) * np.exp(random.uniform(-60, 20, shape)),
        "spike": lambda: np.eye(1, int(np.prod(shape)), 5).reshape(shape),
    }[kind]()
    return values.astype(dtype)


@pytest.mark.parametrize("kind", ["random", "signs", "decades", "spike"])
@pytest.mark.parametrize("planes", [1, 3, 6, 9, 16, 24, 32, 64])
def test_the_derived_bound_holds_in_every_block(planes: int, kind: str) -> None:
    for shape in SHAPES:
        for dtype in DTYPES:
            field = contents(shape, dtype, kind)
            for way in WAYS:
                compressor = default_registry().parse(f"{way}zfp:precision={planes}")
                verdict = check_bound(compressor.bound, field, round_trip(compressor, field), 1)
                assert verdict.status == "holds", (shape, dtype, way, verdict)


def test_the_derived_bound_is_not_far_from_what_happens() -> None:
    """Within a factor of four: an error of another plane would be seen."""
    field = contents((16, 16, 16), "float32", "random")
    compressor = default_registry().parse("zfp:precision=16")
    assert check_bound(compressor.bound, field, round_trip(compressor, field), 1).margin > 0.25


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_quiet_block_that_is_wrong_is_seen(dtype: str) -> None:
    """Its error is nothing beside the field's peak, and everything beside its own."""
    field = np.ones((12, 12), dtype)
    field[4:8, 4:8] = 1e-6
    out = field.copy()
    out[5, 5] = 1.5e-6
    assert check_bound(FixedPrecision(16), field, out, 1).status == "violated"
    assert check_bound(FixedPrecision(16), field, field, 1).margin == 0.0
    out[5, 5] = 1e-6 * (1 + 0.9 * share_of_block(16, 2, field.dtype))
    assert check_bound(FixedPrecision(16), field, out, 1).status == "holds"
    # Slabs of six planes end within this block: its rows below belong to another block, and so does their peak.
    field[6, 5] = 1.0
    out = field.copy()
    out[5, 5] = 1.5e-6
    assert check_bound(FixedPrecision(16), field, out, 1).status == "holds"
    assert check_bound(FixedPrecision(16, slab=6), field, out, 1).status == "violated"


@pytest.mark.parametrize("bound", [FixedPrecision(16), FixedRate(16.0)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_keeps_no_promise(bound: FixedPrecision | FixedRate, bad: float) -> None:
    field = np.ones((8, 8), np.float32)
    out = field.copy()
    out[1, 1] = bad
    assert check_bound(bound, field, field, 1).status == "holds"
    assert check_bound(bound, field, out, 1).status == "violated"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("mode", "share"), [("precision=20", 2e-3), ("rate=20", 2e-3), ("precision=28", 2e-5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_fields_of_every_size_come_back_as_well_as_those_near_one(
    dtype: str, mode: str, share: float, way: str
) -> None:
    """Below 1e-30 they came back off by 40 to 720 %."""
    compressor = default_registry().parse(f"{way}zfp:{mode}")
    limits = np.finfo(dtype)
    field = contents((8, 8, 8), dtype, "random").astype(np.float64)
    field /= np.abs(field).max()
    least = LEAST_PEAK[limits.dtype.itemsize]
    subnormal = float(limits.smallest_subnormal)
    for peak in (subnormal, 2.0**12 * subnormal, float(limits.smallest_normal), 1e-30, least * 0.999, least, 1.0, 1e37):
        scaled = (field * peak).astype(dtype)
        stream = compressor.compress(scaled)
        out = np.empty_like(scaled)
        compressor.decompress(stream, out)
        worst = np.abs(out.astype(np.float64) - scaled.astype(np.float64)).max()
        assert worst <= share * peak + subnormal / 2, peak
        verdict = check_bound(compressor.bound, scaled, out, len(stream))
        assert verdict.status == "holds", (peak, verdict)
    assert not round_trip(compressor, np.zeros_like(scaled)).any()


def test_a_stream_of_a_field_of_usual_size_has_the_bytes_of_libzfp() -> None:
    """However late its first value of usual size comes."""
    field = np.zeros(200_000, np.float32)
    field[-1] = 1.0
    field[:1000] = 1e-35
    compressor = default_registry().parse("zfp:precision=20")
    assert compressor.compress(field).endswith(zfpy.compress_numpy(field, write_header=False, precision=20))


def test_a_field_that_is_wrong_by_its_own_size_is_seen_at_every_size() -> None:
    field = contents((8, 8), "float32", "random")
    for exponent in (-140, -120, -98, -60, 0, 100):
        scaled = np.ldexp(field, exponent)
        assert check_bound(FixedPrecision(20), scaled, -scaled, 1).status == "violated"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["precision=20", "rate=20"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_may_come_back_infinite_is_refused(dtype: str, mode: str, way: str) -> None:
    field = np.full((8, 8), np.finfo(dtype).max, dtype)
    with pytest.raises(UnsupportedField, match="may come back as infinity"):
        default_registry().parse(f"{way}zfp:{mode}").compress(field)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_tolerances_below_the_arithmetic_of_libzfp_are_refused(dtype: str, way: str) -> None:
    field = contents((8, 8, 8), dtype, "random")
    least = ARBITRARY[field.dtype.itemsize]
    for tolerance in (least / 2, float(np.finfo(dtype).smallest_normal)):
        for scaled in (field, (field * tolerance).astype(dtype)):
            with pytest.raises(UnsupportedField, match="give a larger tolerance"):
                default_registry().parse(f"{way}zfp:accuracy={tolerance!r}").compress(scaled)


@FIXED
@given(exponent=st.integers(-40, 40), spread=st.integers(0, 60), seed=st.integers(0, 99))
def test_the_least_tolerance_holds_for_blocks_of_every_size(exponent: int, spread: int, seed: int) -> None:
    """Blocks whose integers are arbitrary are among them; the tolerance covers those."""
    random = np.random.default_rng(seed)
    compressor = default_registry().parse(f"zfp:accuracy={ARBITRARY[4] * 1.01!r}")
    sizes = LEAST_BLOCK[4] * 2.0 ** (exponent - spread * random.uniform(0, 1, (4, 4, 1, 1)))
    field = (random.uniform(-1, 1, (4, 4, 4, 4)) * sizes).astype(np.float32)
    verdict = check_bound(compressor.bound, field, round_trip(compressor, field), 1)
    assert verdict.status in ("holds", "rounding"), verdict
