"""What compressors cost and leave along a run: seconds, bytes, and the error of the gradient, by tolerance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from wavecomp.errors import UsageError

Kind = Literal["level", "state"]

HOLE = "{}"
"""What stands in a compressor's text where its tolerance was."""


@dataclass(frozen=True, slots=True)
class CodecCosts:
    """One compressor at one tolerance, along the run; each sequence has one entry a part of the run.

    Attributes
    ----------
    family : str
        Its canonical text with :data:`HOLE` for the tolerance; the text as it is where there is none.
    fraction : float or None
        The tolerance, as a part of the wavefield's peak.
    kind : "level" or "state"
        What it compressed.
    raw_bytes : int
        Uncompressed size of that.
    places : tuple of float
        Where in the run: 0 at the first step, 1 at the last; ascending.
    sizes : tuple of float
        Bytes of the streams' parts.
    store_s, fetch_s : tuple of float
        Seconds to compress into the store, and to bring back: t_c and t_d with checksum and copy.
    heads, parts : tuple of int
        Of each array: bytes of the stream's head, and how many parts it has.
    beside_store_s, beside_fetch_s : float
        Seconds by which the time steps beside it are slower (or faster) than without it, for each store and fetch: it
        takes their place in the caches.
    """

    family: str
    fraction: float | None
    kind: Kind
    raw_bytes: int
    places: tuple[float, ...]
    sizes: tuple[float, ...]
    store_s: tuple[float, ...]
    fetch_s: tuple[float, ...]
    heads: tuple[int, ...]
    parts: tuple[int, ...]
    beside_store_s: float = 0.0
    beside_fetch_s: float = 0.0

    def __post_init__(self) -> None:
        lengths = {len(self.places), len(self.sizes), len(self.store_s), len(self.fetch_s)}
        if lengths != {len(self.places)} or not self.places:
            raise UsageError(f"{self.family}: profiles of {sorted(lengths)} entries; give one length, at least 1")

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> CodecCosts:
        """Build one from what JSON keeps."""
        return cls(**{key: tuple(one) if isinstance(one, list) else one for key, one in values.items()})

    @property
    def mean_ratio(self) -> float:
        """Uncompressed bytes over the mean of the compressed ones."""
        return self.raw_bytes / max(float(np.mean(self.sizes)), 1.0)

    def at_speed(self, speed: float) -> CodecCosts:
        """Return it at a moment at which everything takes ``speed`` times as long."""
        return self._times(speed)

    def scaled(self, factor: float) -> CodecCosts:
        """Return it for fields so many times as large, with the same ratios and the same seconds a byte."""
        return replace(
            self._times(factor),
            raw_bytes=round(self.raw_bytes * factor),
            sizes=tuple(size * factor for size in self.sizes),
        )

    def _times(self, factor: float) -> CodecCosts:
        return replace(
            self,
            store_s=tuple(one * factor for one in self.store_s),
            fetch_s=tuple(one * factor for one in self.fetch_s),
            beside_store_s=self.beside_store_s * factor,
            beside_fetch_s=self.beside_fetch_s * factor,
        )

    def at(self, what: Literal["sizes", "store_s", "fetch_s"], place: float) -> float:
        """Return a value at a place of the run, linear between those that were measured."""
        values: tuple[float, ...] = getattr(self, what)
        return float(np.interp(place, self.places, values))


@dataclass(frozen=True, slots=True)
class ErrorSample:
    """The error of one gradient whose checkpoints were compressed, against the exact one.

    Attributes
    ----------
    family, fraction, kind
        As in :class:`CodecCosts`.
    every : int
        Its imaging step.
    relative_l2, deep : float
        Errors of the whole and below the top tenth of the depth (of the whole where there is no such).
    slots : int or None
        Checkpoints of the Revolve that it was measured with.
    """

    family: str
    fraction: float | None
    kind: Kind
    every: int
    relative_l2: float
    deep: float
    slots: int | None = None


def between(found: Sequence[CodecCosts], fraction: float | None) -> tuple[CodecCosts, float]:
    """Return the costs at a tolerance between calibrated ones, and by what factor it lies beyond them (1: within).

    Bytes and seconds are interpolated in the logarithm of the tolerance, between the two nearest; beyond the last one
    its own line goes on for bytes, and seconds stay.

    Raises
    ------
    UsageError
        Nothing was calibrated.
    """
    if not found:
        raise UsageError("no calibrated tolerance to go from; calibrate this compressor first")
    if fraction is None:
        return found[0], 1.0
    known = sorted((one for one in found if one.fraction), key=lambda one: one.fraction or 0.0)
    tolerances = [one.fraction or 0.0 for one in known]
    beyond = max(1.0, tolerances[0] / fraction, fraction / tolerances[-1])
    if len(known) == 1:
        return replace(known[0], fraction=fraction), beyond
    above = min(max(1, int(np.searchsorted(tolerances, fraction))), len(known) - 1)
    low, high = known[above - 1], known[above]
    share = math.log(fraction / tolerances[above - 1]) / math.log(tolerances[above] / tolerances[above - 1])
    inside = min(max(share, 0.0), 1.0)
    places = low.places if len(low.places) >= len(high.places) else high.places

    def mixed(what: Literal["sizes", "store_s", "fetch_s"], part: float) -> tuple[float, ...]:
        ends = [(max(low.at(what, place), 1e-12), max(high.at(what, place), 1e-12)) for place in places]
        return tuple(math.exp((1 - part) * math.log(a) + part * math.log(b)) for a, b in ends)

    def straight(a: float, b: float) -> float:
        return (1 - inside) * a + inside * b

    made = replace(
        low if inside < 0.5 else high,
        fraction=fraction,
        places=places,
        sizes=tuple(min(size, float(low.raw_bytes)) for size in mixed("sizes", share)),
        store_s=mixed("store_s", inside),
        fetch_s=mixed("fetch_s", inside),
        beside_store_s=straight(low.beside_store_s, high.beside_store_s),
        beside_fetch_s=straight(low.beside_fetch_s, high.beside_fetch_s),
    )
    return made, beyond


def power_law(
    samples: Sequence[ErrorSample], value: Callable[[ErrorSample], float], exponent: float = 1.0
) -> Callable[[float], float]:
    """Return the error as a function of the tolerance: straight in logarithms through the samples, both ends extended.

    With one sample the error grows with the given exponent: the gradient is linear in the levels, and so is its error
    in theirs.
    """
    points = sorted((one.fraction, value(one)) for one in samples if one.fraction and value(one) > 0)
    if not points:
        return lambda _fraction: 0.0
    logs = [(math.log(fraction), math.log(error)) for fraction, error in points]

    def error_at(fraction: float) -> float:
        at = math.log(fraction)
        if len(logs) == 1:
            return math.exp(logs[0][1] + exponent * (at - logs[0][0]))
        above = min(max(1, sum(one[0] < at for one in logs)), len(logs) - 1)
        (x, y), (u, v) = logs[above - 1], logs[above]
        return math.exp(y + (v - y) * (at - x) / (u - x))

    return error_at
