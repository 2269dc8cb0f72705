"""LERC keeps its bound up to rounding at any magnitude; NaN never reaches it."""

from __future__ import annotations

from itertools import product

import imagecodecs
import numpy as np
import pytest

from wavecomp.compressors import Absolute, Compressor, Lossless, check_bound, default_registry
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import CONTENTS, DTYPES, content
from wavecomp.errors import SpecError, UnsupportedField

SHAPES = ((300,), (40, 41), (13, 14, 15), (3, 4, 10, 11))


def parse(spec: str) -> Compressor:
    return default_registry().parse(spec)


def test_modes() -> None:
    assert parse("lerc:abs=0.25").bound == Absolute(0.25)
    assert parse("lerc:lossless").bound == Lossless()
    for spec in ("lerc", "lerc:abs=1,lossless", "lerc:abs=0", "lerc:lossless=1"):
        with pytest.raises(SpecError):
            parse(spec)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("power", [-100, -4, 0, 8, 16, 22, 24, 30, 48, 54, 60, 100])
def test_the_bound_from_loose_to_tighter_than_the_dtype(power: int, dtype: str) -> None:
    for shape, kind in product(SHAPES, CONTENTS):
        field = content(kind, shape, dtype)
        peak = float(np.abs(field).max())
        tolerance = np.ldexp(peak or 1.0, -power)
        if 0 < tolerance < np.inf:
            compressor = parse(f"lerc:abs={float(tolerance)!r}")
            out = round_trip(compressor, field)
            limits = np.finfo(dtype)
            strict = max(float(limits.eps) * peak, float(limits.smallest_subnormal)) <= tolerance / 8
            allowed = ("holds",) if strict else ("holds", "rounding")
            assert check_bound(compressor.bound, field, out, 1).status in allowed, (shape, kind)


def test_the_bare_library_returns_zero_for_nan() -> None:
    """If this fails, imagecodecs tells of it, and NaN could be kept."""
    field = content("wave", (20, 20), "float32")
    field[3, 4] = np.nan
    for tolerance in (0.0, 1e-3):
        assert imagecodecs.lerc_decode(imagecodecs.lerc_encode(field, tolerance))[3, 4] == 0.0
    for spec in ("lerc:lossless", "lerc:abs=1e-3"):
        with pytest.raises(UnsupportedField, match="NaN or Inf"):
            parse(spec).compress(field)
