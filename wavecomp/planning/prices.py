"""The price of each task of one strategy, and what its checkpoints are like."""

from __future__ import annotations

from dataclasses import replace
from statistics import geometric_mean

from wavecomp.errors import UsageError
from wavecomp.planning.codecs import CodecCosts, Kind, between, how_far_beyond
from wavecomp.planning.costs import Costs
from wavecomp.planning.families import family_of
from wavecomp.planning.level_factors import LevelFactors, level_factors
from wavecomp.planning.shadow_store import Key, Packed
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_clock import Charge
from wavecomp.plans.strategy import Strategy
from wavecomp.plans.time_tolerances import factor

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
        By what factor the tolerance lies beyond the calibrated ones; 1 within. Where levels have tolerances of their
        own, the geometric mean over them.
    levels : LevelFactors or None
        The factors of these tolerances; None for one tolerance for all.

    Raises
    ------
    UsageError
        The compressor was not calibrated, or the costs have no weights for a strategy with weights.
    """

    def __init__(self, strategy: Strategy, sizes: ProblemSizes, costs: Costs) -> None:
        self._sizes, self._costs = sizes, costs
        self._on_disk = strategy.tier == "disk"
        self.family = family_of(strategy, costs)
        self.beyond = 1.0
        self.levels: LevelFactors | None = None
        self._codecs: dict[tuple[Kind, int], CodecCosts] = {}
        if self.family is not None:
            if strategy.weights is not None:
                self.levels = self._factors(strategy, *self.family)
            kinds: tuple[Kind, ...] = ("level", "state")
            self.beyond = max(self._beyond(kind, *self.family) for kind in kinds)

    def __call__(self, charge: Charge) -> float:
        """Return the seconds of a charge."""
        kind = _TASKS.get(charge.task)
        if kind is None or self.family is None:
            seconds = self._costs.line(charge.task).seconds(charge.steps)
            seconds += self._costs.after_store_s if charge.after_store else 0.0
            size = float(self._sizes.state_bytes if kind == "state" else self._sizes.level_bytes)
        else:
            codec, place = self._codec(kind, charge.step, *self.family), self._sizes.place(charge.step)
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

    def packed(self, key: Key, age: float) -> Packed:
        """Return what the checkpoint of a key is like at its age."""
        sizes = self._sizes
        arrays = sizes.state_arrays if key[0] == "state" else sizes.level_arrays
        if self.family is None:
            return Packed.plain(arrays, sizes.dimensions)
        codec = self._codec("state" if key[0] == "state" else "level", key[1], *self.family)
        size = codec.bytes_at(sizes.place(key[1]), age)
        each = tuple(round(size * array / sum(arrays)) for array in arrays)
        return Packed(sum(arrays), each, codec.heads[: len(arrays)], codec.parts[: len(arrays)])

    def _factors(self, strategy: Strategy, family: str, fraction: float | None) -> LevelFactors:
        if fraction is None:
            raise UsageError(
                f"{strategy.spec}: {family} was calibrated at this tolerance alone, and weights give each level one of "
                "its own; calibrate it with {} in the tolerance's place"
            )
        return level_factors(self._costs, self._sizes, strategy.every)

    def _found(self, kind: Kind, family: str) -> list[CodecCosts]:
        """Return what was calibrated of a family: on this kind, or else on the other one."""
        mine = [one for one in self._costs.codecs if one.family == family]
        return [one for one in mine if one.kind == kind] or mine

    def _beyond(self, kind: Kind, family: str, fraction: float | None) -> float:
        if fraction is None:
            return 1.0
        found, peak = self._found(kind, family), self._costs.peak
        if self.levels is None:
            return how_far_beyond(found, fraction, peak)
        of = {k: how_far_beyond(found, fraction * factor(k), peak) for k in set(self.levels.levels)}
        return geometric_mean(of[k] for k in self.levels.levels)

    def _codec(self, kind: Kind, step: int, family: str, fraction: float | None) -> CodecCosts:
        """Return the costs of what is stored of a step; worked out once for each tolerance."""
        exponent = 0 if self.levels is None else self.levels.exponent(step)
        if (kind, exponent) not in self._codecs:
            wanted = fraction if exponent == 0 or fraction is None else fraction * factor(exponent)
            self._codecs[kind, exponent] = self._at(kind, family, wanted)
        return self._codecs[kind, exponent]

    def _at(self, kind: Kind, family: str, fraction: float | None) -> CodecCosts:
        raw = self._sizes.level_bytes if kind == "level" else self._sizes.state_bytes
        arrays = len(self._sizes.level_arrays if kind == "level" else self._sizes.state_arrays)
        found = self._found(kind, family)
        codec, _ = between(found, fraction, self._costs.peak)
        if codec.kind != kind:
            # Never stored as such: the other kind's ratio, and its seconds a byte.
            codec = replace(
                codec.scaled(raw / codec.raw_bytes), heads=codec.heads[:1] * arrays, parts=codec.parts[:1] * arrays
            )
        elif codec.raw_bytes != raw:
            codec = codec.scaled(raw / codec.raw_bytes)
        return codec
