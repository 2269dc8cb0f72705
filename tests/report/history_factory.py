"""Archives of made-up nights: the same cases measured again and again, and what is made to change on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from wavecomp.records import Archive, GradientArchive, GradientRecord, Measurement, Provenance, Record, Timing

from .factory import PROVENANCE, make_record

SPECS = {
    "identity": (1.0, 0.0, 0.001),
    "zfp:accuracy=1e-2": (30.0, 3e-3, 0.008),
    "zfp:accuracy=1e-3": (20.0, 3e-4, 0.010),
    "zfp:accuracy=1e-4": (12.0, 3e-5, 0.012),
    "sz3:abs=1e-2,algorithm=interp_lorenzo": (60.0, 1e-2, 0.030),
    "sz3:abs=1e-3,algorithm=interp_lorenzo": (40.0, 1e-3, 0.035),
    "blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576": (1.5, 0.0, 0.040),
    "blosc2:codec=lz4,level=5,shuffle=shuffle,chunk=1048576": (1.2, 0.0, 0.006),
}
"""Ratio, largest error and seconds to compress of each case."""

LIBRARIES = {"zfp": "zfpy", "sz3": "pysz", "blosc2": "blosc2", "identity": "numpy"}
VERSIONS = {"wavecomp": "0.1.0", "numpy": "2.4.3", "zfpy": "1.0.0", "pysz": "1.1.0", "blosc2": "4.14.1"}


@dataclass(frozen=True)
class Night:
    """What one run has of its own: factors by a part of a spec, versions, processor, noise."""

    place: int
    versions: Mapping[str, str] = field(default_factory=lambda: dict(VERSIONS))
    cpu: str = "Test_CPU 3000"
    commit: str = "abc123"
    bytes_factor: Mapping[str, float] | None = None
    more_bytes: Mapping[str, int] | None = None
    error_factor: Mapping[str, float] | None = None
    time_factor: Mapping[str, float] | None = None
    noise: float = 0.0
    content: str = "first"

    @property
    def created_utc(self) -> str:
        return f"{date(2026, 1, 5) + timedelta(days=7 * self.place)}T02:00:00+00:00"

    @property
    def provenance(self) -> Provenance:
        return replace(PROVENANCE, versions=dict(self.versions), cpu=self.cpu, commit=self.commit)


def factor(factors: Mapping[str, float] | None, spec: str) -> float:
    return math.prod(value for part, value in (factors or {}).items() if part in spec)


def records_of(night: Night, specs: Iterable[str] = tuple(SPECS)) -> list[Record]:
    random = np.random.default_rng(night.place)

    def jitter() -> float:
        return float(np.exp(night.noise * random.standard_t(3)))

    found = []
    for spec in SPECS:  # all of them, so that the noise of one case does not hang on the others
        ratio, error, seconds = SPECS[spec]
        error *= factor(night.error_factor, spec)
        slow = factor(night.time_factor, spec)
        record = make_record(
            spec,
            ratio / factor(night.bytes_factor, spec),
            error=error,
            compress_s=seconds * slow * jitter(),
            decompress_s=seconds / 2 * slow * jitter(),
            bound_margin=0.3 if error else None,
            created_utc=night.created_utc,
            content=night.content,
        )
        out = record.outcome
        assert isinstance(out, Measurement)
        more = sum(value for part, value in (night.more_bytes or {}).items() if part in spec)
        first = Timing(out.compress.first_s * jitter(), out.compress.samples_s)
        out = replace(
            out,
            stream_bytes=out.stream_bytes + more,
            compress=first,
            compress_peak_bytes=round(2e6 * jitter()),
            decompress_peak_bytes=1_000_000,
        )
        library = LIBRARIES[record.compressor]
        record = replace(
            record,
            outcome=out,
            library=f"{library} {night.versions[library]}",
            provenance=night.provenance.digest,
        )
        if spec in specs:
            found.append(record)
    return found


def keep(folder: Path, night: Night, records: Iterable[Record | GradientRecord] | None = None) -> Path:
    """Append a night to the archive in a folder."""
    made = list(records_of(night) if records is None else records)
    for kind, archive in ((Record, Archive(folder)), (GradientRecord, GradientArchive(folder))):
        mine = [record for record in made if isinstance(record, kind)]
        if mine:
            with archive.writer(night.provenance) as writer:
                for record in mine:
                    writer.append(record)
    return folder


def nights(count: int, of: Callable[[int], Night]) -> list[Night]:
    return [of(place) for place in range(count)]
