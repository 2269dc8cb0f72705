"""Cases, how one is measured, and how many are run in isolated processes into an archive."""

from __future__ import annotations

from wavecomp.isolation import Limits, WorkerStartError
from wavecomp.sweep.case import ONCE, Case, FieldRef, Repeats
from wavecomp.sweep.foreign import name_among, snapshot_references
from wavecomp.sweep.measure import measure, verify
from wavecomp.sweep.run import SweepKind, SweepProgress, SweepResult, run_sweep
from wavecomp.sweep.worker import SweepWorker

__all__ = [
    "ONCE",
    "Case",
    "FieldRef",
    "Limits",
    "Repeats",
    "SweepKind",
    "SweepProgress",
    "SweepResult",
    "SweepWorker",
    "WorkerStartError",
    "measure",
    "name_among",
    "run_sweep",
    "snapshot_references",
    "verify",
]
