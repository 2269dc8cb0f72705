"""One engine for every study: what is asked, what an archive holds of it, and what is still to be measured."""

from __future__ import annotations

from wavecomp.study.asking import Asking, open_study
from wavecomp.study.found import Found, KeptRecord
from wavecomp.study.kind import Kind, Store
from wavecomp.study.library import library_of
from wavecomp.study.reporting import ReportingWorker
from wavecomp.study.run import Progress, StudyResult, run_study

__all__ = [
    "Asking",
    "Found",
    "KeptRecord",
    "Kind",
    "Progress",
    "ReportingWorker",
    "Store",
    "StudyResult",
    "library_of",
    "open_study",
    "run_study",
]
