"""Checks of what comes back: shapes, contents, magnitudes, special values, empty arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np

from wavecomp.compressors import Compressor, Lossless, Unbounded
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.findings import Broken
from wavecomp.conformance.memory_places import filled
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import (
    CONTENTS,
    EMPTY_SHAPES,
    Array,
    content,
    long_dimensions,
    magnitudes,
    same_bits,
    shapes_of,
    special,
)
from wavecomp.errors import StreamError, UnsupportedField

_SPECIAL = (math.nan, -math.nan, math.inf, -math.inf)
_PLACES = (0, 37, -1)
_CONTENT_SHAPES = ((1,), (3,), (64,), (65,), (700,), (9, 17), (8, 9, 10))


def _trip(compressor: Compressor, case: Case) -> str | None:
    check_field(compressor, case.field)
    return None


def _shapes(said: Declared) -> list[Case]:
    return [
        Case(content(kind, shape, dtype), kind)
        for shape, dtype, kind in product(shapes_of(said.can.max_dimensions), said.dtypes, ("wave", "random"))
    ]


def _contents(said: Declared) -> list[Case]:
    shapes = [shape for shape in _CONTENT_SHAPES if long_dimensions(shape) <= said.can.max_dimensions]
    return [Case(content(kind, shape, dtype), kind) for shape, dtype, kind in product(shapes, said.dtypes, CONTENTS)]


def _magnitudes(said: Declared) -> list[Case]:
    shape = (9, 11) if said.can.max_dimensions > 1 else (99,)
    return [Case(field, about) for dtype in said.dtypes for about, field in magnitudes(shape, dtype)]


def _magnitude(compressor: Compressor, case: Case) -> str | None:
    with np.errstate(over="raise"):
        return "refused" if check_field(compressor, case.field, may_refuse=True) is None else None


def _overflows(said: Declared) -> str | None:
    if isinstance(said.bound, Unbounded):
        return "it promises nothing about the error, so that the largest values may overflow"
    return None


def _empty(said: Declared) -> list[Case]:
    shapes = [shape for shape in EMPTY_SHAPES if long_dimensions(shape) <= said.can.max_dimensions]
    return [Case(np.zeros(shape, dtype)) for shape, dtype in product(shapes, said.dtypes)]


def _empty_trip(compressor: Compressor, case: Case) -> str | None:
    field = case.field
    out = filled(field, 1.0)
    stream = compressor.compress(field)
    compressor.decompress(stream, out.array)
    if not out.intact():
        raise Broken("writes outside its output", "out has no value, and memory was written", "nothing is written")
    try:
        compressor.decompress(stream, np.zeros((*field.shape, 0), field.dtype))
    except StreamError:
        return None
    raise Broken("takes what it cannot", "an empty stream is read into another shape", "StreamError")


def _specials(said: Declared) -> list[Case]:
    if not said.can.nonfinite:
        return list(_with_one_special(said))
    shapes = [shape for shape in ((112,), (8, 14), (4, 7, 4)) if len(shape) <= said.can.max_dimensions]
    return [Case(special(dtype).reshape(shape), "special") for dtype, shape in product(said.dtypes, shapes)]


def _with_one_special(said: Declared) -> Iterator[Case]:
    shape = (9, 10) if said.can.max_dimensions > 1 else (90,)
    for dtype, value, place in product(said.dtypes, _SPECIAL, _PLACES):
        field = content("wave", shape, dtype)
        field.reshape(-1)[place] = value
        yield Case(field, "refused")


def _special(compressor: Compressor, case: Case) -> str | None:
    field = case.field
    if case.about == "refused":
        _refused(compressor, field)
        return None
    out = round_trip(compressor, field)
    if isinstance(compressor.bound, Lossless) and not same_bits(field, out):
        raise Broken("loses special values", "they come back with other bits", "lossless: the same bits")
    if not np.array_equal(np.isnan(out), np.isnan(field)):
        raise Broken("loses special values", "a NaN does not come back, or one is made", "NaN where there was NaN")
    if not np.array_equal(out[np.isinf(field)], field[np.isinf(field)]):
        raise Broken("loses special values", "an infinity does not come back", "it says that NaN and Inf survive")
    return None


def _refused(compressor: Compressor, field: Array) -> None:
    if np.isfinite(field).all():
        return  # a smaller field without what this is about
    try:
        compressor.compress(field)
    except UnsupportedField as error:
        if "NaN or Inf" in str(error):
            return
        raise Broken("takes what it cannot", f"it refuses for another reason: {error}", "NaN or Inf named") from None
    found = "a field with NaN or Inf is compressed, and it says that they do not survive"
    raise Broken("takes what it cannot", found, "UnsupportedField")


CHECKS = (
    Check("shapes", _shapes, _trip),
    Check("contents", _contents, _trip),
    Check("magnitudes", _magnitudes, _magnitude, _overflows),
    Check("special values", _specials, _special),
    Check("empty arrays", _empty, _empty_trip),
)
