"""What was run, what came out, and where: records, their provenance, and the archive on disk."""

from __future__ import annotations

from wavecomp.records.archive import Archive, GradientArchive
from wavecomp.records.dataframe import load_frame, load_gradients
from wavecomp.records.gradient_record import GradientImpact, GradientRecord, Spread, WorkTimes
from wavecomp.records.provenance import Provenance, collect_provenance
from wavecomp.records.record import SCHEMA_VERSION, Failure, Measurement, Record, Timing
from wavecomp.records.section import Section, load_sections, save_section

__all__ = [
    "SCHEMA_VERSION",
    "Archive",
    "Failure",
    "GradientArchive",
    "GradientImpact",
    "GradientRecord",
    "Measurement",
    "Provenance",
    "Record",
    "Section",
    "Spread",
    "Timing",
    "WorkTimes",
    "collect_provenance",
    "load_frame",
    "load_gradients",
    "load_sections",
    "save_section",
]
