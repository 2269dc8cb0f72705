"""What was run, what came out, and where: records, their provenance, and the archive on disk."""

from __future__ import annotations

from wavecomp.records.archive import (
    Archive,
    ComparisonArchive,
    GradientArchive,
    GradientTrialArchive,
    RoundArchive,
    TrialArchive,
)
from wavecomp.records.comparison_record import ComparisonRecord, ContestantAnswer
from wavecomp.records.dataframe import load_frame, load_gradients
from wavecomp.records.gradient_record import GradientImpact, GradientRecord, Spread, WorkTimes
from wavecomp.records.provenance import Provenance, collect_provenance
from wavecomp.records.record import SCHEMA_VERSION, Failure, Measurement, Record, Timing
from wavecomp.records.round_record import RoundEntry, RoundRecord
from wavecomp.records.section import Section, load_sections, save_section

__all__ = [
    "SCHEMA_VERSION",
    "Archive",
    "ComparisonArchive",
    "ComparisonRecord",
    "ContestantAnswer",
    "Failure",
    "GradientArchive",
    "GradientImpact",
    "GradientRecord",
    "GradientTrialArchive",
    "Measurement",
    "Provenance",
    "Record",
    "RoundArchive",
    "RoundEntry",
    "RoundRecord",
    "Section",
    "Spread",
    "Timing",
    "TrialArchive",
    "WorkTimes",
    "collect_provenance",
    "load_frame",
    "load_gradients",
    "load_sections",
    "save_section",
]
