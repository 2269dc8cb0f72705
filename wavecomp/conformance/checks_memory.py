"""Checks of memory: layouts of the field and of the output, odd addresses, and whose memory a stream is."""

from __future__ import annotations

from itertools import product

import numpy as np

from wavecomp.compressors import Compressor
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.findings import Broken
from wavecomp.conformance.memory_places import LAYOUTS, Guarded, laid_out
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import content, same_bits

_SPARSE_OUT = "every second value of the output, backwards"
_ANOTHER = "the output gets other values than one in C order"
_KINDS = {"bytearray": bytearray, "memoryview": memoryview}
_ODD = "a stream at an odd address"


def _layouts(said: Declared) -> list[Case]:
    shapes = [s for s in ((23,), (9, 10), (5, 4, 6), (3, 4, 2, 5)) if len(s) <= said.can.max_dimensions]
    made = product(shapes, said.dtypes, (*LAYOUTS, _SPARSE_OUT))
    return [Case(content("wave", shape, dtype), layout) for shape, dtype, layout in made]


def _layout(compressor: Compressor, case: Case) -> str | None:
    field, layout = case.field, case.about
    stream, expected = compressor.compress(field), round_trip(compressor, field)
    if layout == _SPARSE_OUT:
        _into_sparse(compressor, stream, expected)
        return None
    view = laid_out(field, layout)
    if compressor.compress(view) != stream:
        found = "another stream than of the same values in C order"
        raise Broken("depends on the memory layout", found, "the same bytes")
    if not same_bits(view, field):
        raise Broken("changes its input", "the field has other bits afterwards", "the field as it was")
    out = Guarded(field, offset=1).array if layout == "odd address" else view.copy(order="K")
    out[...] = 5
    compressor.decompress(stream, out)
    if not same_bits(out, expected):
        raise Broken("depends on the memory layout", _ANOTHER, "the same bits")
    return None


def _into_sparse(compressor: Compressor, stream: bytes, expected: np.ndarray) -> None:
    wide = np.full(tuple(2 * n for n in expected.shape), 9.0, expected.dtype)
    inside = wide[tuple(slice(None, None, -2) for _ in expected.shape)]
    compressor.decompress(stream, inside)
    found = inside.copy()
    inside[...] = 9.0
    if not (wide == 9.0).all():
        raise Broken("writes outside its output", "values between those of a strided out were written", "out alone")
    if not same_bits(found, expected):
        raise Broken("depends on the memory layout", _ANOTHER, "the same bits")


def _fields(said: Declared) -> list[Case]:
    shape = (9, 10) if said.can.max_dimensions > 1 else (90,)
    return [Case(content(kind, shape, dtype), kind) for kind, dtype in product(("random", "wave"), said.dtypes)]


def _independence(compressor: Compressor, case: Case) -> str | None:
    field = case.field.copy()
    stream = compressor.encode(compressor.prepare(field))
    first, second = np.empty_like(field), np.empty_like(field)
    compressor.decompress(stream, first)
    field[...] = 7.0
    compressor.decompress(stream, second)
    if not same_bits(first, second):
        found = "the stream changes with the field"
        raise Broken("shares memory with its input", found, "parts in memory of their own")
    return None


def _stream_kinds(said: Declared) -> list[Case]:
    return [Case(case.field, kind) for case in _fields(said) for kind in (*_KINDS, _ODD)]


def _stream_kind(compressor: Compressor, case: Case) -> str | None:
    stream, expected = compressor.compress(case.field), round_trip(compressor, case.field)
    odd = Guarded(np.frombuffer(stream, np.uint8), offset=1)
    given = odd.array.data.toreadonly() if case.about == _ODD else _KINDS[case.about](stream)
    out = np.zeros_like(case.field)
    compressor.decompress(given, out)
    if not same_bits(out, expected):
        raise Broken("gives different values", f"of {case.about} other values than of bytes", "the same bits")
    return None


CHECKS = (
    Check("memory layouts", _layouts, _layout),
    Check("streams of their own", _fields, _independence),
    Check("kinds of streams", _stream_kinds, _stream_kind),
)
