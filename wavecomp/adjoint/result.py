"""What a gradient run gave, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.timeline import Span
from wavecomp.checkpoints.receipts import Receipt
from wavecomp.records import Spread, WorkTimes


@dataclass(frozen=True, slots=True)
class GradientRun:
    """One gradient and its price.

    Attributes
    ----------
    strategy : str
        Canonical text of the strategy.
    gradient : ndarray, the problem's shape
        Of the acoustic operators dJ/dm with m = 1/v² in s²/km²: misfit times km²/s². A copy of its own; of size 0
        where none was computed.
    misfit : float
        Of the acoustic operators J = ½ Σ r² over receivers and time steps, r = synthetic − observed; NaN where the
        code names none.
    seconds : WorkTimes
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
    refused : int
        Checkpoints that were compressed and did not fit, and that the run went on without.
    timeline : tuple of Span
        What it did when, of a run that was traced.
    receipts : tuple of Receipt
        What became of each checkpoint, of a run that was traced: of states in the order of writing, then of levels.
    weights : str
        Digest of the levels' tolerances relative to their mean, where each had its own; else empty.
    weights_s : float
        Seconds that it took to find them, before the clock started; 0 where they were known.
    """

    strategy: str
    gradient: NDArray[np.floating]
    misfit: float
    seconds: WorkTimes
    forward_steps: int
    writes: int
    reads: int
    checkpoints_held: int
    checkpoint_ratios: tuple[float, ...]
    peak_checkpoint_bytes: int
    peak_store_bytes: int
    peak_disk_bytes: int
    refused: int = 0
    timeline: tuple[Span, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    weights: str = ""
    weights_s: float = 0.0

    @property
    def ratios(self) -> Spread | None:
        """Their spread; None where there are none."""
        return Spread.of(self.checkpoint_ratios)
