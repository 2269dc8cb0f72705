"""One thing to try: a field, what is done with it, and how both are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wavecomp.compressors import Capabilities, Compressor, ErrorBound
from wavecomp.conformance.samples import Array

_SHOWN = 12
"""Values of a field that are shown at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A field to try a compressor on.

    Attributes
    ----------
    field : ndarray
        C-contiguous.
    about : str
        What is in it, or what is done with it: the check reads it.
    number : int
        Which of many ways, where ``about`` does not say.
    """

    field: Array
    about: str = ""
    number: int = 0

    def __str__(self) -> str:
        return " ".join(filter(None, (shown(self.field), f"({self.about})" if self.about else "")))


@dataclass(frozen=True, slots=True)
class Declared:
    """What a compressor says of itself, in plain values.

    Attributes
    ----------
    spec : str
        Canonical text.
    bound : ErrorBound
    can : Capabilities
    wraps_slabs : bool
        Whether it is ``slabs`` itself, which cannot be cut again.
    """

    spec: str
    bound: ErrorBound
    can: Capabilities
    wraps_slabs: bool = False

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Those that it takes of the two that there are."""
        return tuple(dtype for dtype in ("float32", "float64") if dtype in self.can.dtypes)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is asked of every compressor.

    Attributes
    ----------
    name : str
        For tables.
    cases : callable
        What is tried, of a compressor that says this of itself.
    run : callable
        Tries one case; raises Broken where a promise is not kept, Unseen where nothing can be said. Returns what is
        worth telling, or None.
    why_not : callable
        Returns why the check says nothing about a compressor, or None.
    measures : bool
        Whether it measures this machine: time or memory.
    """

    name: str
    cases: Callable[[Declared], Sequence[Case]]
    run: Callable[[Compressor, Case], str | None]
    why_not: Callable[[Declared], str | None] = lambda _: None
    measures: bool = False


def shown(field: Array) -> str:
    """Return an array as Python that makes it where it is small, else its shape and peak.

    Examples
    --------
    >>> shown(np.array([0.0, -1.5], np.float32))
    'np.array([0.0, -1.5], np.float32)'
    """
    if 0 < field.size <= _SHOWN:
        return f"np.array({_listed(field)}, np.{field.dtype})"
    finite = field[np.isfinite(field)] if field.dtype.kind == "f" else field[:0]
    peak = f", peak {float(np.abs(finite).max()):.3g}" if finite.size else ""
    return f"{field.dtype} {field.shape}{peak}"


def _listed(field: Array) -> str:
    if field.ndim > 1:
        return "[" + ", ".join(map(_listed, field)) + "]"
    # str() of a float32 is the shortest text that gives the same float32 again; NaN and Inf need NumPy's names.
    words = {"nan": "np.nan", "-nan": "-np.nan", "inf": "np.inf", "-inf": "-np.inf"}
    return "[" + ", ".join(words.get(str(value), str(value)) for value in field) + "]"
