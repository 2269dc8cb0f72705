"""Checks of what must be refused, and by which error: fields, outputs, damaged streams."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from wavecomp.compressors import Compressor
from wavecomp.compressors.identity import DEFINITION as IDENTITY
from wavecomp.compressors.identity import Identity
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.damage import KINDS, damaged
from wavecomp.conformance.findings import Broken
from wavecomp.conformance.memory_places import filled
from wavecomp.conformance.samples import Array, content
from wavecomp.errors import StreamError, UnsupportedField

_DAMAGES = 40
"""Of each kind, for each field."""


def _ones(kind: str) -> Callable[[Array, Compressor], object]:
    return lambda _, __: np.ones((4, 5), kind)


def _twin(kind: str) -> Callable[[Array], object]:
    return lambda field: np.full(field.shape, 5, kind)


_FIELDS: dict[str, Callable[[Array, Compressor], object]] = {
    "float32 of the other byte order": lambda field, _: field.astype(">f4"),
    "float64 of the other byte order": lambda field, _: field.astype(">f8"),
    "a NumPy number": lambda _, __: np.float32(1.0),
    "an array without dimensions": lambda _, __: np.array(1.0),
    "a list": lambda _, __: [1.0, 2.0],
    "None": lambda _, __: None,
    "a masked array": lambda field, _: np.ma.MaskedArray(field),
    "float16": lambda field, _: field.astype(np.float16),
    "complex64": lambda field, _: field.astype(np.complex64),
    "a dimension more than it takes": lambda _, one: np.zeros((2,) * (one.capabilities.max_dimensions + 1), np.float32),
    "nine dimensions of length 1": lambda _, __: np.zeros((1,) * 9, np.float32),
    **{kind: _ones(kind) for kind in ("int8", "int32", "int64", "uint16", "bool", "longdouble", "U3", "O")},
}


def _shape(said: Declared) -> tuple[int, ...]:
    return (6, 10) if said.can.max_dimensions > 1 else (60,)


def _odd_fields(said: Declared) -> list[Case]:
    field = content("wave", _shape(said), said.dtypes[0])
    names = [*_FIELDS, *(dtype for dtype in ("float32", "float64") if dtype not in said.dtypes)]
    return [Case(field, name) for name in names]


def _odd_field(compressor: Compressor, case: Case) -> str | None:
    make = _FIELDS.get(case.about)
    given: Any = case.field.astype(case.about) if make is None else make(case.field, compressor)
    try:
        compressor.compress(given)
    except UnsupportedField:
        return None
    raise Broken("takes what it cannot", f"{case.about} is compressed", "UnsupportedField")


def _odd_outputs(said: Declared) -> list[Case]:
    field = content("wave", _shape(said), said.dtypes[0])
    return [Case(field, name) for name in _OUTPUTS]


_OUTPUTS: dict[str, Callable[[Array], object]] = {
    "the axes the other way round": lambda field: np.full(field.shape[::-1] + (1,) * (field.ndim == 1), 5, field.dtype),
    "one value less": lambda field: np.full((max(0, field.size - 1),), 5, field.dtype),
    "one value more": lambda field: np.full((field.size + 1,), 5, field.dtype),
    "a dimension of length 1 more": lambda field: np.full((*field.shape, 1), 5, field.dtype),
    "an empty array": lambda field: np.full((0,), 5, field.dtype),
    "an array without dimensions": lambda field: np.full((), 5, field.dtype),
    **{kind: _twin(kind) for kind in ("int32", "uint32", ">f4", ">f8", "float16", "complex64")},
    "the other floating dtype": lambda field: np.full(
        field.shape, 5, "float64" if field.dtype == np.float32 else "float32"
    ),
    "a list": lambda field: [0.0] * field.size,
}


def _odd_output(compressor: Compressor, case: Case) -> str | None:
    out: Any = _OUTPUTS[case.about](case.field)
    if isinstance(out, np.ndarray) and out.shape == case.field.shape and out.dtype == case.field.dtype:
        return None  # a smaller field, of which this is the twin
    _refuses(compressor, compressor.compress(case.field), out, f"an output that is {case.about}")
    return None


def _read_only(compressor: Compressor, case: Case) -> str | None:
    out = np.full_like(case.field, 5)
    out.flags.writeable = False
    _refuses(compressor, compressor.compress(case.field), out, "a read-only output")
    return None


def _refuses(compressor: Compressor, stream: bytes, out: Any, what: str) -> None:
    try:
        compressor.decompress(stream, out)
    except StreamError:
        if isinstance(out, np.ndarray) and not (out == 5).all():
            raise Broken("writes before it refuses", f"{what} was written to", "the output as it was") from None
        return
    raise Broken("takes what it cannot", f"{what} is written to", "StreamError")


def _damages(said: Declared) -> list[Case]:
    fields = [content(kind, _shape(said), dtype) for kind, dtype in product(("random", "wave"), said.dtypes)]
    return [
        *(Case(field, kind, number) for field in fields for kind in KINDS for number in range(_DAMAGES)),
        *(Case(field, about) for field in fields for about in _AROUND),
    ]


_AROUND: dict[str, Callable[[bytes], bytes]] = {
    "a byte behind": lambda stream: stream + b"\0",
    "a byte before": lambda stream: b"\0" + stream,
    "words before": lambda stream: b"garbage" + stream,
    "all zeros": lambda stream: bytes(len(stream)),
    "all ones": lambda stream: b"\xff" * len(stream),
    "nothing": lambda _: b"",
    "the last byte missing": lambda stream: stream[:-1],
}


def _damage(compressor: Compressor, case: Case) -> str | None:
    field = case.field
    stream = compressor.compress(field)
    if case.about in _AROUND:
        bad = _AROUND[case.about](stream)
    else:
        bad = damaged(stream, case.about, case.number, _others(compressor, field))  # type: ignore[arg-type]
    out = filled(field, 5.0)
    try:
        compressor.decompress(bad, out.array)
    except StreamError:
        if not out.intact():
            raise Broken(
                "writes outside its output", "memory beside out was written", "the damage is seen before"
            ) from None
        if not (out.array == 5).all():
            raise Broken("writes before it refuses", "out was written to", "the damage is seen before") from None
        return None
    raise Broken("does not see damage", f"a damaged stream ({case.about}) is decompressed", "StreamError")


def _others(compressor: Compressor, field: Array) -> list[bytes]:
    """Streams of the same field by another compressor, and of other fields by this one."""
    other = Identity(IDENTITY.name) if compressor.spec != IDENTITY.name else Identity("another")
    fields = (field[:-1], field.reshape(-1, 1)) if field.shape[0] > 1 else (np.concatenate([field, field]),)
    return [other.compress(field), *(compressor.compress(one) for one in fields if one.shape != field.shape)]


def _plain(said: Declared) -> list[Case]:
    return [Case(content("wave", _shape(said), dtype)) for dtype in said.dtypes]


CHECKS = (
    Check("fields refused", _odd_fields, _odd_field),
    Check("outputs refused", _odd_outputs, _odd_output),
    Check("read-only outputs", _plain, _read_only),
    Check("damaged streams", _damages, _damage),
)
