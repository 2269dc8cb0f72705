"""One round of a comparison as one line of JSON: every compressor in turn, nearly at one moment.

Lines are flat, carry a checksum, and name units, as those of :mod:`wavecomp.records.record` do; a column holds one
entry for each compressor.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from wavecomp.errors import DamagedArchive
from wavecomp.records.column_types import checked
from wavecomp.records.record import SCHEMA_VERSION, Failure, Measurement, checked_row, line_of


@dataclass(frozen=True, slots=True)
class RoundEntry:
    """What one compressor did in one round.

    Attributes
    ----------
    spec, threads
        The case.
    compress_first_s, decompress_first_s : float or None
        The first call of each in the round's process; None where the case failed.
    compress_samples_s, decompress_samples_s : tuple of float
        The calls after it; empty where the case failed.
    compress_peak_bytes, decompress_peak_bytes : int or None
        Growth of the process's resident memory in the first call.
    ratio, max_absolute, nrmse : float or None
        What came out, verified in this round.
    bound_status : str or None
        Whether the compressor kept its promise.
    failure : str or None
        Why nothing came out.
    """

    spec: str
    threads: int
    compress_first_s: float | None = None
    decompress_first_s: float | None = None
    compress_samples_s: tuple[float, ...] = ()
    decompress_samples_s: tuple[float, ...] = ()
    compress_peak_bytes: int | None = None
    decompress_peak_bytes: int | None = None
    ratio: float | None = None
    max_absolute: float | None = None
    nrmse: float | None = None
    bound_status: str | None = None
    failure: str | None = None

    @classmethod
    def of(cls, spec: str, threads: int, outcome: Measurement | Failure) -> RoundEntry:
        """Take what a round needs from what was measured."""
        if isinstance(outcome, Failure):
            return cls(spec, threads, failure=f"{outcome.kind}: {outcome.message}")
        return cls(
            spec,
            threads,
            outcome.compress.first_s,
            outcome.decompress.first_s,
            outcome.compress.samples_s,
            outcome.decompress.samples_s,
            outcome.compress_peak_bytes,
            outcome.decompress_peak_bytes,
            outcome.ratio,
            outcome.distortion.get("max_absolute"),
            outcome.distortion.get("nrmse"),
            outcome.bound_status,
        )


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One round.

    Attributes
    ----------
    race : str
        Digest of the field and of all that run in turn: equal on every machine.
    turn : int
        Number of the round, from 1.
    field, field_digest, raw_bytes
        Of what is compressed.
    library : str
        Distributions and versions that did the work, of all compressors.
    provenance, created_utc : str
        As in a sweep's record.
    entries : tuple of RoundEntry
        In the order of the comparison, whatever the order in the round was.
    """

    race: str
    turn: int
    field: str
    field_digest: str
    raw_bytes: int
    library: str
    provenance: str
    created_utc: str
    entries: tuple[RoundEntry, ...]

    @property
    def failed(self) -> bool:
        """Whether a compressor failed in it."""
        return any(entry.failure is not None for entry in self.entries)

    @property
    def key(self) -> tuple[str, bool]:
        """What must not stand in an archive twice."""
        return f"{self.race} {self.turn}", False

    def to_line(self) -> str:
        """Return the record as one line of JSON with its checksum, without the line feed."""
        row: dict[str, Any] = {"schema": SCHEMA_VERSION, "kind": "round"}
        row |= {f.name: getattr(self, f.name) for f in fields(self) if f.name != "entries"}
        for f in fields(RoundEntry):
            column = [getattr(entry, f.name) for entry in self.entries]
            row[f"of_{f.name}"] = [list(value) if isinstance(value, tuple) else value for value in column]
        return line_of(row)

    @classmethod
    def from_line(cls, line: str) -> RoundRecord:
        """Read what :meth:`to_line` wrote; raises DamagedArchive."""
        row = checked_row(line, "round")
        try:
            columns = {f.name: [_plain(value) for value in row[f"of_{f.name}"]] for f in fields(RoundEntry)}
            values = zip(*columns.values(), strict=True)
            entries = tuple(RoundEntry(**dict(zip(columns, entry, strict=True))) for entry in values)
            common = {f.name: row[f.name] for f in fields(cls) if f.name != "entries"}
            return checked(cls(**common, entries=entries))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DamagedArchive(f"a column is missing or has another type: {error}") from None


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
