"""SPERR's bound from loose to tighter than the dtype, and what the bare library dies of."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.compressors import Absolute, Compressor, FixedRate, SignalToNoise, check_bound, default_registry
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.stream import pack
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import CONTENTS, DTYPES, bits_of, content
from wavecomp.errors import SpecError, StreamError, UnsupportedField

from .fields import FIXED

SHAPES = ((300,), (40, 41), (13, 14, 15), (3, 4, 10, 11))


def parse(spec: str) -> Compressor:
    return default_registry().parse(spec)


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library must not be reached."""

    def reached(*_: object, **__: object) -> bytes:
        raise AssertionError("SPERR was called with what it must never see")

    monkeypatch.setattr(imagecodecs, "sperr_encode", reached)


def ended(code: str) -> int:
    """Run the bare library in a process of its own; return how it ended."""
    lines = (
        "import numpy as np, imagecodecs as ic",
        "x = np.random.default_rng(0).standard_normal((64, 64, 64))",
        "def back(x, level, mode='pwe'):",
        "    ic.sperr_decode(ic.sperr_encode(x, level, mode=mode), shape=x.shape, dtype=x.dtype)",
    )
    run = [sys.executable, "-c", "\n".join((*lines, code))]
    return subprocess.run(run, capture_output=True, check=False, timeout=600).returncode


DEADLY = {
    "a peak of 2^66 tolerances": "back(x, 2.0**-64)",
    "a PSNR of 400 dB": "back(x, 400.0, 'psnr')",
    "a peak of 2^102": "back(x * 2.0**100, 2.0**90)",
    "a NaN": "x[3, 3, 3] = np.nan; back(x, 1e-3)",
    "a first dimension of length 1": "back(x[:1], 1e-3)",
    "a single value": "back(x[:1, :1, :1], 1e-3)",
}


@pytest.mark.parametrize("what", DEADLY)
def test_the_bare_library_dies_of(what: str) -> None:
    """If this fails, SPERR was repaired and a guard can go."""
    assert ended(DEADLY[what]) < 0, "the process was not killed by a signal"


def test_the_bare_library_scrambles_what_is_not_contiguous() -> None:
    """If this fails, imagecodecs was repaired; :meth:`Compressor.prepare` makes every field contiguous anyway."""
    field = np.arange(30.0).reshape(5, 6).T
    stream = imagecodecs.sperr_encode(field, 1e-3, mode="pwe")
    assert np.abs(imagecodecs.sperr_decode(stream, shape=field.shape, dtype=field.dtype) - field).max() > 1
    assert np.abs(round_trip(parse("sperr:abs=1e-3"), field) - field).max() <= 1e-3


def test_modes() -> None:
    assert parse("sperr:abs=0.25").bound == Absolute(0.25)
    assert isinstance(parse("sperr:psnr=60").bound, SignalToNoise)
    assert isinstance(parse("sperr:bpp=4").bound, FixedRate)
    for spec in ("sperr", "sperr:abs=1,psnr=60", "sperr:abs=0", "sperr:bpp=-1", "sperr:bpp=65", "sperr:abs=nan"):
        with pytest.raises(SpecError):
            parse(spec)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("power", [-20, -1, 0, 1, 5, 10, 16, 20, 23, 24, 25, 30, 40, 47, 48, 49, 60, 120, 300])
def test_the_bound_from_loose_to_tighter_than_the_dtype(power: int, dtype: str) -> None:
    """Strict as long as the rounding of the dtype is a small part of it; elsewhere that may come on top."""
    for shape, kind in product(SHAPES, CONTENTS):
        field = content(kind, shape, dtype)
        peak = float(np.abs(field).max())
        tolerance = np.ldexp(peak or 1.0, -power)
        if 0 < tolerance < np.inf:
            compressor = parse(f"sperr:abs={float(tolerance)!r}")
            out = round_trip(compressor, field)
            limits = np.finfo(dtype)
            strict = max(float(limits.eps) * peak, float(limits.smallest_subnormal)) <= tolerance / 8
            allowed = ("holds",) if strict else ("holds", "rounding")
            assert check_bound(compressor.bound, field, out, 1).status in allowed, (shape, kind)


@pytest.mark.parametrize("dtype", DTYPES)
def test_magnitudes(dtype: str) -> None:
    """From the smallest normal number to the largest: the errors go along with the field, where no bit is subnormal."""
    limits = np.finfo(dtype)
    field = content("wave", (13, 14, 15), dtype)
    for exponent in {*range(limits.minexp + 30, limits.maxexp - 1, 37), limits.maxexp - 2, 59, 60, 61, -59, -60, -61}:
        scaled = np.ldexp(field, exponent)
        for spec in (f"abs={float(np.ldexp(1e-4, exponent))!r}", "psnr=60", "bpp=6"):
            compressor = parse(f"sperr:{spec}")
            out = round_trip(compressor, scaled)
            verdict = check_bound(compressor.bound, scaled, out, len(compressor.compress(scaled)))
            assert verdict.status in ("holds", "missed"), (exponent, spec, verdict)
            assert np.abs(out - scaled).max() <= np.ldexp(0.05, exponent)


@FIXED
@given(st.sampled_from(DTYPES), st.integers(0, 400), st.integers(0, 2**16), st.sampled_from(CONTENTS))
def test_targets(dtype: str, decibel: int, seed: int, kind: str) -> None:
    """A PSNR is met within a decibel, however high, up to the rounding of the dtype."""
    compressor = parse(f"sperr:psnr={decibel + 1}")
    field = content(kind, (12, 13, 14), dtype, seed)
    verdict = check_bound(compressor.bound, field, round_trip(compressor, field), 1)
    assert verdict.status in ("holds", "missed", "rounding"), verdict


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("dtype", "power"), [("float32", 25), ("float64", 49)])
def test_what_the_dtype_cannot_resolve_is_stored_as_it_is(dtype: str, power: int) -> None:
    field = content("random", (13, 14, 15), dtype)
    peak = float(np.abs(field).max())
    compressor = parse(f"sperr:abs={float(np.ldexp(peak, -power))!r}")
    assert np.array_equal(bits_of(round_trip(compressor, field)), bits_of(field))
    assert compressor.encode(compressor.prepare(field)).nbytes < field.nbytes + 100


@pytest.mark.usefixtures("untouched")
def test_a_psnr_that_the_dtype_cannot_resolve_is_stored_as_it_is() -> None:
    """Of subnormal numbers too, whose noise would vanish."""
    for dtype, kind in product(DTYPES, ("random", "subnormal")):
        field = content(kind, (40, 2), dtype)
        assert np.array_equal(bits_of(round_trip(parse("sperr:psnr=399"), field)), bits_of(field))


@pytest.mark.usefixtures("untouched")
def test_special_values_are_refused_before_the_library() -> None:
    field = content("wave", (8, 8, 8), "float32")
    for value in (np.nan, np.inf, -np.inf):
        field[-1, -1, -1] = value
        for mode in ("abs=1e-3", "psnr=80", "bpp=4"):
            with pytest.raises(UnsupportedField, match="NaN or Inf"):
                parse(f"sperr:{mode}").compress(field)


def test_a_rate_costs_no_more_than_its_header() -> None:
    for bits, shape in product((0.01, 0.5, 3, 16, 64), ((1,), (2, 2), (17, 13), (8, 9, 10))):
        check_field(parse(f"sperr:bpp={bits}"), content("random", shape, "float32"))


def test_three_dimensions_are_used() -> None:
    field = content("wave", (24, 24, 24), "float32")
    compressor = parse("sperr:abs=1e-3")
    assert 2 * len(compressor.compress(field)) < len(compressor.compress(field.ravel()))


def test_a_stream_that_is_damaged_in_memory_is_refused_before_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    compressor = parse("sperr:abs=1e-3")
    field = content("wave", (12, 13, 14), "float32")
    stream = compressor.encode(compressor.prepare(field))
    monkeypatch.setattr(imagecodecs, "sperr_decode", None)
    for place in range(0, len(stream.parts[1]), 11):
        damaged = bytearray(stream.parts[1])
        damaged[place] ^= 1
        with pytest.raises(StreamError, match="damaged"):
            compressor.decompress(type(stream)(stream.head, (stream.parts[0], bytes(damaged))), np.zeros_like(field))


def test_parts_that_are_none_of_ours_are_refused() -> None:
    compressor = parse("sperr:abs=1e-3")
    out = np.zeros((4, 5), np.float32)
    for parts in ((), (b"",), (b"=\0\0",), (b"=\0\0", b"short"), (b"s\0\0", b"no stream of SPERR's at all" * 9)):
        with pytest.raises(StreamError):
            compressor.decompress(pack(out, parts, identity_of(compressor.spec), sealed=True), out)
