"""What the process of a gradient study might answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from wavecomp.adjoint.result import GradientRun
from wavecomp.impact.worker import Measured
from wavecomp.records import WorkTimes


def answer(
    gradient: np.ndarray | None, wall: float = 1.0, *, peak: int = 100, misfit: float = 1.0, **more: object
) -> Measured:
    """Return what a process would say of one shot."""
    counts: dict[str, Any] = {
        "forward_steps": 8,
        "writes": 0,
        "reads": 0,
        "checkpoints_held": 0,
        "checkpoint_ratios": (),
        **more,
    }
    run = GradientRun(
        strategy="any",
        gradient=np.empty(0, np.float32) if gradient is None else gradient,
        misfit=misfit,
        seconds=WorkTimes(wall, 0.0, 0.0, 0.0, 0.0, wall),
        peak_checkpoint_bytes=peak,
        peak_store_bytes=peak,
        peak_disk_bytes=0,
        **counts,
    )
    return Measured(run, steps=9)
