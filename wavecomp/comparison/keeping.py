"""What a comparison found goes into its archive once: the same answers from the same place are one record."""

from __future__ import annotations

from wavecomp.records import ComparisonArchive, ComparisonRecord, Provenance
from wavecomp.study import Found


def keep_comparison(archive: ComparisonArchive, record: ComparisonRecord, where: Provenance) -> ComparisonRecord:
    """Append a record, unless the archive holds one that says the same; return the one that is there then."""
    held = Found(archive, archive.provenances(), where, False).of(record.case, record.library)
    if held is not None and held.same_answers(record):
        return held
    with archive.writer() as writer:
        writer.append(record, where)
    return record
