"""Compressors of a run's levels where each has a tolerance of its own: weights are found once a series, and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

from wavecomp.adjoint.level_weights import Weights, measured_weights
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.compressors import Compressor
from wavecomp.errors import UnsupportedStrategy
from wavecomp.plans.actions import imaged
from wavecomp.plans.strategy import Strategy
from wavecomp.plans.time_tolerances import digest_of, exponents, nearest

CoarseWeights: TypeAlias = Callable[[Hashable, range], Weights]
"""From a series and the steps that are imaged to the weights that a coarse run has there; raises WavecompError."""


@dataclass(frozen=True, slots=True)
class LevelCompressors:
    """The compressor of each step.

    Attributes
    ----------
    steps : range
        Those that are imaged, ascending.
    levels : tuple of int
        The exponent of each one's tolerance (:func:`wavecomp.plans.time_tolerances.exponents`).
    built : mapping
        A compressor for each exponent.
    seconds : float
        What it took to find the weights; 0 where they were known.
    """

    steps: range
    levels: tuple[int, ...]
    built: Mapping[int, Compressor]
    seconds: float

    def __call__(self, step: int) -> Compressor:
        """Return that of the nearest step that is imaged: a state may lie between two."""
        return self.built[self.levels[nearest(self.steps, step)]]

    @property
    def digest(self) -> str:
        """What tells these tolerances from others of the same strategy."""
        return digest_of(self.levels)


class LevelTolerances:
    """Finds the tolerances of a code's levels, before the clock of a run starts.

    Parameters
    ----------
    code : TimeStepping
        What is run.
    coarse : callable, optional
        Gives the weights of a coarse run; without it ``weights=coarse`` is refused.
    """

    def __init__(self, code: TimeStepping[Any], coarse: CoarseWeights | None) -> None:
        self._code, self._coarse = code, coarse
        self._levels: dict[tuple[str, int, Hashable], tuple[int, ...]] = {}
        self._built: dict[str, dict[int, Compressor]] = {}

    def forget(self) -> None:
        """Look anew: the code has another wavefield."""
        self._levels.clear()

    def of(self, strategy: Strategy, series: Hashable) -> LevelCompressors:
        """Return the compressors of a strategy whose tolerance and imaging step are numbers.

        The code is left in any state where its weights have to be found: two sweeps without anything stored, of its own
        or of the coarse run.

        Raises
        ------
        SpecError
            The compressor cannot have a tolerance that comes out.
        UnsupportedField
            The weights are not finite, or all zero.
        UnsupportedStrategy
            The code does not tell its weights, or there is no coarse run.
        """
        source, every = str(strategy.weights), strategy.every
        steps = imaged(self._code.first, self._code.last, every)
        begun, key = perf_counter(), (source, every, series)
        known = key in self._levels
        if not known:
            weights = measured_weights(self._code, every) if source == "earlier" else self._coarse_run()(series, steps)
            self._levels[key] = tuple(map(int, exponents(weights)))
        levels, seconds = self._levels[key], 0.0 if known else perf_counter() - begun
        # Built once: with them goes the memory that they work in, which is touched then.
        built = self._built.setdefault(strategy.spec, {})
        built |= {one: strategy.compressor_times(one) for one in set(levels) - set(built)}
        return LevelCompressors(steps, levels, built, seconds)

    def _coarse_run(self) -> CoarseWeights:
        if self._coarse is None:
            raise UnsupportedStrategy(
                f"weights=coarse: nobody knows a coarse run of {type(self._code).__name__}; weights=earlier takes them "
                "from its own adjoint"
            )
        return self._coarse
