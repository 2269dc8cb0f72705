"""Processes for work that may crash, hang or eat the memory: one outcome comes back, whatever happens."""

from __future__ import annotations

from wavecomp.isolation.many import outcomes
from wavecomp.isolation.worker import Limits, Worker, WorkerStartError

__all__ = ["Limits", "Worker", "WorkerStartError", "outcomes"]
