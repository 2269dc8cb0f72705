"""What a gradient run gave, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.clock import Seconds


@dataclass(frozen=True, slots=True)
class Ratios:
    """Compression ratio over all checkpoints that a run wrote."""

    least: float
    median: float
    greatest: float


@dataclass(frozen=True, slots=True)
class GradientRun:
    """One gradient and its price.

    Attributes
    ----------
    strategy : str
        Canonical text of the strategy.
    gradient : ndarray, the problem's shape
        Of the acoustic operators dJ/dm with m = 1/v² in s²/km²: misfit times km²/s². A copy of its own.
    misfit : float
        Of the acoustic operators J = ½ Σ r² over receivers and time steps, r = synthetic − observed; NaN where the
        code names none.
    seconds : Seconds
        Where the time went.
    forward_steps : int
        Forward steps that were run, the first sweep included.
    writes, reads : int
        Checkpoints put into the store, and brought back.
    checkpoints_held : int
        Greatest number of checkpoints in the store at one time.
    checkpoint_ratios : tuple of float
        Uncompressed / compressed bytes of each checkpoint, in the order of writing; empty where nothing was put into
        the store.
    peak_checkpoint_bytes : int
        Greatest sum of bytes for keeping the forward wavefield: the store's, in memory and on disk, plus the tape's and
        the slots'.
    peak_store_bytes, peak_disk_bytes : int
        The store's part of it, in memory and on disk.
    """

    strategy: str
    gradient: NDArray[np.floating]
    misfit: float
    seconds: Seconds
    forward_steps: int
    writes: int
    reads: int
    checkpoints_held: int
    checkpoint_ratios: tuple[float, ...]
    peak_checkpoint_bytes: int
    peak_store_bytes: int
    peak_disk_bytes: int

    @property
    def ratios(self) -> Ratios | None:
        """Their spread; None where there are none."""
        return spread(self.checkpoint_ratios)


def spread(ratios: Sequence[float]) -> Ratios | None:
    """Return least, median and greatest."""
    if not ratios:
        return None
    return Ratios(min(ratios), float(np.median(ratios)), max(ratios))
