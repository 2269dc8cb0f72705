"""Processes for work that may crash, hang or eat the memory: one outcome comes back, whatever happens."""

from __future__ import annotations

from wavecomp.exit_status import how_it_ended
from wavecomp.isolation.many import outcomes
from wavecomp.isolation.process import belong_to
from wavecomp.isolation.starting import interrupts_held
from wavecomp.isolation.worker import Limits, Worker, WorkerStartError

__all__ = ["Limits", "Worker", "WorkerStartError", "belong_to", "how_it_ended", "interrupts_held", "outcomes"]
