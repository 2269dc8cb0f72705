"""What compressors cost and leave along a run: seconds, bytes, and the error of the gradient, by tolerance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

import numpy as np

from wavecomp.errors import UsageError
from wavecomp.planning.ages import GROWTH_PLACES, grown
from wavecomp.spec_text import SpecText

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
        Bytes of the streams' parts, where the run comes for the first time.
    store_s, fetch_s : tuple of float
        Seconds to compress into the store, and to bring back: t_c and t_d with checksum and copy.
    heads, parts : tuple of int
        Of each array: bytes of the stream's head, and how many parts it has.
    beside_store_s, beside_fetch_s : float
        Seconds by which the time steps beside it are slower (or faster) than without it, for each store and fetch: it
        takes their place in the caches.
    growth_at_end : float or None
        What was computed from compressed states carries their error and compresses worse: with an age of a
        (:mod:`wavecomp.planning.ages`), at a place p of the run, it has :math:`1 + g p a^{3/2}` times as many bytes.
        None where no such run was made.
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
    growth_at_end: float | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.places), len(self.sizes), len(self.store_s), len(self.fetch_s)}
        if lengths != {len(self.places)} or not self.places:
            raise UsageError(f"{self.family}: profiles of {sorted(lengths)} entries; give one length, at least 1")

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> CodecCosts:
        """Build one from what JSON keeps."""
        known: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in values.items()}
        # Earlier versions had one growth for the whole run, measured at these two places.
        growth = known.pop("growth", None)
        if growth is not None:
            known["growth_at_end"] = growth / fmean(GROWTH_PLACES)
        return cls(**known)

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

    def bytes_at(self, place: float, age: float) -> float:
        """Return the bytes at a place of the run of what has so much of an age."""
        return self.at("sizes", place) * (1.0 + (self.growth_at_end or 0.0) * grown(place, age))


@dataclass(frozen=True, slots=True)
class ErrorSample:
    """The error of one gradient whose checkpoints were compressed.

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
    apart : bool
        Whether they are the compressor's alone, against the gradient with the same imaging step and nothing compressed;
        else against the exact one, with what imaging does.
    """

    family: str
    fraction: float | None
    kind: Kind
    every: int
    relative_l2: float
    deep: float
    slots: int | None = None
    apart: bool = False


def effective(family: str, fraction: float, peak: float) -> float:
    """Return the tolerance that a compressor goes by, as a part of the peak.

    ZFP takes the greatest power of two that is not above the tolerance, in the unit of the field: between two of them
    nothing changes.
    """
    if SpecText.parse(family).innermost.name != "zfp":
        return fraction
    return float(2.0 ** math.floor(math.log2(fraction * peak)) / peak)


def between(found: Sequence[CodecCosts], fraction: float | None, peak: float) -> tuple[CodecCosts, float]:
    """Return the costs at a tolerance between calibrated ones, and by what factor it lies beyond them (1: within).

    In the logarithm of the tolerance that of bytes is a parabola through the three nearest ones, or a line through two;
    that of seconds is straight between the two nearest, and beyond them seconds stay.

    Raises
    ------
    UsageError
        Nothing was calibrated.
    """
    if not found:
        raise UsageError("no calibrated tolerance to go from; calibrate this compressor first")
    if fraction is None:
        return found[0], 1.0
    at = effective(found[0].family, fraction, peak)
    known = sorted((one for one in found if one.fraction), key=lambda one: one.fraction or 0.0)
    tolerances = [effective(one.family, one.fraction or 0.0, peak) for one in known]
    beyond = _beyond(tolerances, at)
    if len(known) == 1:
        return replace(known[0], fraction=fraction), beyond
    logs, x = [math.log(one) for one in tolerances], math.log(at)
    above = min(max(1, int(np.searchsorted(logs, x))), len(known) - 1)
    low, high = known[above - 1], known[above]
    inside = min(max((x - logs[above - 1]) / (logs[above] - logs[above - 1]), 0.0), 1.0)
    near = sorted(range(len(known)), key=lambda number: abs(logs[number] - x))[:3]
    weights = _lagrange([logs[number] for number in near], x) if beyond == 1.0 else None
    places = low.places if len(low.places) >= len(high.places) else high.places

    def straight(a: float, b: float) -> float:
        return (1 - inside) * a + inside * b

    def mixed(what: Literal["store_s", "fetch_s"]) -> tuple[float, ...]:
        return tuple(straight(low.at(what, place), high.at(what, place)) for place in places)

    def size(place: float) -> float:
        if weights is None:
            share = (x - logs[above - 1]) / (logs[above] - logs[above - 1])
            ends = [math.log(max(one.at("sizes", place), 1.0)) for one in (low, high)]
            found_log = (1 - share) * ends[0] + share * ends[1]
        else:
            values = [math.log(max(known[number].at("sizes", place), 1.0)) for number in near]
            found_log = sum(weight * value for weight, value in zip(weights, values, strict=True))
        return min(math.exp(found_log), 1.1 * low.raw_bytes)

    made = replace(
        low if inside < 0.5 else high,
        fraction=fraction,
        places=places,
        sizes=tuple(map(size, places)),
        growth_at_end=straight(low.growth_at_end or 0.0, high.growth_at_end or 0.0),
        store_s=mixed("store_s"),
        fetch_s=mixed("fetch_s"),
        beside_store_s=straight(low.beside_store_s, high.beside_store_s),
        beside_fetch_s=straight(low.beside_fetch_s, high.beside_fetch_s),
    )
    return made, beyond


def how_far_beyond(found: Sequence[CodecCosts], fraction: float, peak: float) -> float:
    """Return by what factor a tolerance lies beyond those that a compressor was calibrated at; 1 within."""
    tolerances = sorted(effective(one.family, one.fraction, peak) for one in found if one.fraction)
    return _beyond(tolerances, effective(found[0].family, fraction, peak))


def _beyond(tolerances: Sequence[float], at: float) -> float:
    return max(1.0, tolerances[0] / at, at / tolerances[-1])


def _lagrange(nodes: Sequence[float], x: float) -> list[float]:
    """Return the weights of values at the nodes for the polynomial through them, at x."""
    return [
        math.prod((x - other) / (node - other) for m, other in enumerate(nodes) if m != n)
        for n, node in enumerate(nodes)
    ]


def power_law(points: Iterable[tuple[float, float]], exponent: float = 1.0) -> Callable[[float], float]:
    """Return an error as a function of the tolerance: straight in logarithms through the points, both ends extended.

    With one point the error grows with the given exponent: the gradient is linear in the levels, and so is its error
    in theirs. Points of no error say nothing, and without any the error is 0.
    """
    logs = sorted((math.log(fraction), math.log(error)) for fraction, error in points if fraction > 0 and error > 0)
    if not logs:
        return lambda _fraction: 0.0

    def error_at(fraction: float) -> float:
        at = math.log(fraction)
        if len(logs) == 1:
            return math.exp(logs[0][1] + exponent * (at - logs[0][0]))
        above = min(max(1, sum(one[0] < at for one in logs)), len(logs) - 1)
        (x, y), (u, v) = logs[above - 1], logs[above]
        return math.exp(y + (v - y) * (at - x) / (u - x)) if u > x else math.exp((y + v) / 2)

    return error_at
