"""From a field that shows a fault to the smallest one that still does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from wavecomp.conformance.case import Case
from wavecomp.conformance.samples import Array

_FEW = 12
"""Values of a field that are simplified one by one."""


def smallest(case: Case, fails: Callable[[Case], bool], seconds: float) -> Case:
    """Return the smallest case found for which ``fails`` still holds.

    Candidates are tried in a fixed order, and the first that fails is gone on from; every one is simpler than the one
    before, so it ends.

    Parameters
    ----------
    case : Case
        One that fails.
    fails : callable
        Whether a case fails, and in the same way.
    seconds : float
        Nothing new is tried after so long.
    """
    until = time.monotonic() + seconds
    found = True
    while found:
        found = False
        for field in smaller(case.field):
            if time.monotonic() > until:
                return case
            candidate = replace(case, field=field)
            if fails(candidate):
                case, found = candidate, True
                break
    return case


def smaller(field: Array) -> Iterator[Array]:
    """Yield simpler fields, those that are much simpler first: fewer values, fewer dimensions, plainer values."""
    if not field.size:
        return
    for axis, length in enumerate(field.shape):
        for short in (1, 2, 3):
            if short < length // 2:
                yield _cut(field, axis, slice(None, short))
        if length > 1:
            half = (length + 1) // 2
            yield _cut(field, axis, slice(None, half))
            yield _cut(field, axis, slice(length - half, None))
    for axis, length in enumerate(field.shape):
        if length > 2:  # of two, the halves were one each
            yield _cut(field, axis, slice(1, None))
            yield _cut(field, axis, slice(None, -1))
        if length == 1 and field.ndim > 1:
            yield field.reshape(field.shape[:axis] + field.shape[axis + 1 :])
    yield from _plainer(field)


def _plainer(field: Array) -> Iterator[Array]:
    level = _intricacy(field)
    with np.errstate(all="ignore"):
        tries = [np.zeros_like(field), np.ones_like(field), np.rint(field), np.full_like(field, field.flat[0])]
        if field.size > 1:
            halves = slice(None, field.size // 2), slice(field.size // 2, None)
            tries += [_with_zeros(field, half) for half in halves]
        if field.size <= _FEW:
            tries += [_with_zeros(field, slice(index, index + 1)) for index in range(field.size)]
    yield from (one for one in tries if _intricacy(one) < level)


def _with_zeros(field: Array, part: slice) -> Array:
    made = field.copy()
    made.reshape(-1)[part] = 0
    return made


def _intricacy(field: Array) -> tuple[int, int, int]:
    """How hard a field is to take in: how many values are no whole numbers, no zeros, and neither 0 nor 1."""
    with np.errstate(all="ignore"):
        whole = (field == np.rint(field)) & (np.abs(field) < 1e6)
    return int((~whole).sum()), int((field != 0).sum()), int(((field != 0) & (field != 1)).sum())


def _cut(field: Array, axis: int, part: slice) -> Array:
    return np.ascontiguousarray(field[(slice(None),) * axis + (part,)])
