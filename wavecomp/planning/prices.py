"""The price of each task of one strategy, and what its checkpoints are like."""

from __future__ import annotations

from dataclasses import replace

from wavecomp.planning.codecs import CodecCosts, Kind, between
from wavecomp.planning.costs import Costs
from wavecomp.planning.families import family_of
from wavecomp.planning.shadow_store import Key, Packed
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_clock import Charge
from wavecomp.plans.strategies import Strategy

_TASKS: dict[str, Kind] = {"save": "state", "load": "state", "put": "level", "get": "level"}


class Prices:
    """What one strategy's tasks cost on a grid.

    Parameters
    ----------
    strategy : Strategy
    sizes : ProblemSizes
        Of the problem; those of levels and states are what the costs are for.
    costs : Costs

    Attributes
    ----------
    family : (str, float or None) or None
        The compressor's family and tolerance; None without compression.
    beyond : float
        By what factor the tolerance lies beyond the calibrated ones; 1 within.

    Raises
    ------
    UsageError
        The compressor was not calibrated.
    """

    def __init__(self, strategy: Strategy, sizes: ProblemSizes, costs: Costs) -> None:
        self._sizes, self._costs = sizes, costs
        self._on_disk = strategy.tier == "disk"
        self.family = family_of(strategy, costs)
        self.beyond = 1.0
        self._codecs: dict[Kind, CodecCosts] = {}
        if self.family is not None:
            kinds: tuple[Kind, ...] = ("level", "state")
            for kind in kinds:
                self._codecs[kind], beyond = self._codec(kind, *self.family)
                self.beyond = max(self.beyond, beyond)

    def __call__(self, charge: Charge) -> float:
        """Return the seconds of a charge."""
        kind = _TASKS.get(charge.task)
        if kind is None or kind not in self._codecs:
            seconds = self._costs.line(charge.task).seconds(charge.steps)
            size = float(self._sizes.state_bytes if kind == "state" else self._sizes.level_bytes)
        else:
            codec, place = self._codecs[kind], self._place(charge.step)
            storing = charge.task in ("save", "put")
            seconds = codec.at("store_s" if storing else "fetch_s", place)
            seconds += codec.beside_store_s if storing else codec.beside_fetch_s
            size = codec.at("sizes", place)
        if kind is not None and self._on_disk:
            # Instead of a copy within memory the bytes go to the file, and back.
            costs = self._costs
            speed = costs.disk_write_bytes_s if charge.task in ("save", "put") else costs.disk_read_bytes_s
            seconds += size / speed
        return max(seconds, 0.0)

    def packed(self, key: Key) -> Packed:
        """Return what the checkpoint of a key is like."""
        sizes = self._sizes
        arrays = sizes.state_arrays if key[0] == "state" else sizes.level_arrays
        if not self._codecs:
            return Packed.plain(arrays, sizes.dimensions)
        codec = self._codecs["state" if key[0] == "state" else "level"]
        size = codec.at("sizes", self._place(key[1]))
        each = tuple(round(size * array / sum(arrays)) for array in arrays)
        return Packed(sum(arrays), each, codec.heads[: len(arrays)], codec.parts[: len(arrays)])

    def _place(self, step: int) -> float:
        return (step - self._sizes.first) / max(self._sizes.steps, 1)

    def _codec(self, kind: Kind, family: str, fraction: float | None) -> tuple[CodecCosts, float]:
        raw = self._sizes.level_bytes if kind == "level" else self._sizes.state_bytes
        arrays = len(self._sizes.level_arrays if kind == "level" else self._sizes.state_arrays)
        mine = [one for one in self._costs.codecs if one.family == family]
        found = [one for one in mine if one.kind == kind]
        codec, beyond = between(found or mine, fraction, self._costs.peak)
        if not found:
            # Never stored as such: the other kind's ratio, and its seconds a byte.
            codec = replace(
                codec.scaled(raw / codec.raw_bytes), heads=codec.heads[:1] * arrays, parts=codec.parts[:1] * arrays
            )
        elif codec.raw_bytes != raw:
            codec = codec.scaled(raw / codec.raw_bytes)
        return codec, beyond
