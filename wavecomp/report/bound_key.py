"""Which key of a compressor's settings says its error bound: told from the records themselves, whosever it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def bound_key(settings: Sequence[Mapping[str, Any]], bounds: Sequence[float]) -> str:
    """Return the key whose values and the bounds go together, one to one; "" where there is none.

    Parameters
    ----------
    settings : sequence of mapping
        Values by key of each case.
    bounds : sequence of float
        The number of each case's bound.

    Returns
    -------
    str
        Among several the one whose values are the bounds; of a single bound only such a one is it.

    Examples
    --------
    >>> bound_key([{"abs": 0.1, "algorithm": "a"}, {"abs": 0.2, "algorithm": "a"}], [0.1, 0.2])
    'abs'
    >>> bound_key([{"digits": 1}, {"digits": 2}], [0.1, 0.01])
    'digits'
    """
    keys = dict.fromkeys(key for values in settings for key in values)
    alike = [key for key in keys if all(_is(values.get(key), bound) for values, bound in _pairs(settings, bounds))]
    together = [key for key in keys if len(set(bounds)) > 1 and _one_to_one(key, settings, bounds)]
    return next(iter([*alike, *together]), "")


def _pairs(settings: Sequence[Mapping[str, Any]], bounds: Sequence[float]) -> Sequence[tuple[Mapping[str, Any], float]]:
    return list(zip(settings, bounds, strict=True))


def _is(value: object, bound: float) -> bool:
    # Older records hold a bound with six digits.
    return isinstance(value, int | float) and math.isclose(value, bound, rel_tol=1e-5)


def _one_to_one(key: str, settings: Sequence[Mapping[str, Any]], bounds: Sequence[float]) -> bool:
    pairs = {(values.get(key), bound) for values, bound in _pairs(settings, bounds)}
    return len(pairs) == len({value for value, _ in pairs}) == len({bound for _, bound in pairs})
