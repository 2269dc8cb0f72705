"""A strategy with what is expected of it, and which of several is the better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavecomp.planning.predict import Prediction
from wavecomp.plans.strategy import Strategy

AS_FAST = 1.02
"""Up to which factor two predicted times are taken to be equal."""


@dataclass(frozen=True)
class Proposal:
    """One strategy that fits, and what is expected of it.

    Attributes
    ----------
    strategy : Strategy
        Ready to be run.
    prediction : Prediction
        Of one shot.
    needed_bytes : int
        Memory that it needs: its peak, with a reserve for what compression does not promise where it does not take what
        it is given.
    """

    strategy: Strategy
    prediction: Prediction
    needed_bytes: int

    @property
    def error(self) -> float | None:
        """The greater of the errors of the whole gradient and of its deep part; None where nobody knows."""
        known = [one for one in (self.prediction.gradient_error, self.prediction.deep_error) if one is not None]
        return max(known) if known else None


def ranked(found: Sequence[Proposal]) -> list[Proposal]:
    """Return proposals by time; of those as fast as the fastest, as far as predictions tell, the smallest first."""
    ordered = sorted(found, key=lambda one: one.prediction.seconds)
    near = [one for one in ordered if one.prediction.seconds <= AS_FAST * ordered[0].prediction.seconds]
    near.sort(key=lambda one: one.needed_bytes)
    return [*near[:1], *(one for one in ordered if one is not near[0])] if near else []


def best_of_each_kind(found: Sequence[Proposal]) -> list[Proposal]:
    """Return the fastest of each kind of strategy with each compressor, in their order."""
    kinds: dict[object, Proposal] = {}
    for one in found:
        compressor = one.strategy.text.inner
        kinds.setdefault((one.strategy.name, one.strategy.tier, compressor and compressor.innermost.name), one)
    return list(kinds.values())
