"""One measured case, or one that failed, as one line of JSON.

A line is flat (pandas reads an archive in one call) and carries a checksum of itself. Units stand in the names: ``_s``
seconds, ``_bytes`` bytes; throughputs are derived where they are shown. A number that does not exist or is infinite is
``null``.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from wavecomp import __version__
from wavecomp.errors import DamagedArchive, MisplacedRecord, NewerRecord
from wavecomp.plain_text import one_line
from wavecomp.promise import Kind, promise_in_words
from wavecomp.records.column_types import checked

SCHEMA_VERSION = 1

LONGEST_MESSAGE = 500
"""Characters of a failure's message."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall times of one operation, raw.

    Attributes
    ----------
    first_s : float
        The first call in its process for this case: caches and memory are cold.
    samples_s : tuple of float
        The calls after it, in order; never empty.
    """

    first_s: float
    samples_s: tuple[float, ...]

    @property
    def min_s(self) -> float:
        """Shortest of the samples."""
        return min(self.samples_s)

    @property
    def median_s(self) -> float:
        """Median of the samples."""
        return statistics.median(self.samples_s)

    @property
    def total_s(self) -> float:
        """All calls, the first one too."""
        return self.first_s + math.fsum(self.samples_s)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came out of one round trip, verified and timed.

    Attributes
    ----------
    stream_bytes : int
        Size of the compressed stream, header included.
    ratio, bit_rate : float
        Uncompressed / compressed bytes, and compressed bits a value.
    compress, decompress : Timing
        Times of the compressor's own work, after the field was checked.
    compress_peak_bytes, decompress_peak_bytes : int or None
        Growth of the process's resident memory above what it held before the call, at its highest; None where the
        system does not tell.
    bound, bound_status : str
        The promise, in words, and whether it was kept ("holds", "rounding", "violated", "none").
    bound_kind, bound_value
        The promise again, as a :class:`~wavecomp.promise.Promise`. Older rows have the words alone: it is read from
        them, and None where they cannot be read.
    bound_margin : float or None
        Worst error over the allowed one.
    distortion : mapping
        Error metrics by name (empty where the fields have no finite values to compare).
    details : mapping
        What the library chose by itself, e.g. ``block_bytes``.
    outside_s : float
        Time of this case that was not spent in the compressor: loading, checking, verifying, metrics; in a sweep also
        starting its process and passing messages.
    """

    stream_bytes: int
    ratio: float
    bit_rate: float
    compress: Timing
    decompress: Timing
    compress_peak_bytes: int | None
    decompress_peak_bytes: int | None
    bound: str
    bound_status: str
    bound_margin: float | None
    distortion: Mapping[str, float]
    details: Mapping[str, int]
    outside_s: float
    bound_kind: Kind | None = None
    bound_value: float | None = None

    def __post_init__(self) -> None:
        promise = promise_in_words(self.bound) if self.bound_kind is None else None
        if promise is not None:
            object.__setattr__(self, "bound_kind", promise.kind)
            object.__setattr__(self, "bound_value", promise.value)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no measurement.

    Attributes
    ----------
    kind : {"crash", "time", "memory", "exception"}
        The process died; it ran over its time; over its memory; or the compressor raised.
    message : str
        One line for people: the signal's name, the limit, or the exception. Other people's code may have written it: it
        is made printable, and cut to 500 characters.
    """

    kind: Literal["crash", "time", "memory", "exception"]
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", one_line(self.message, LONGEST_MESSAGE))


@dataclass(frozen=True, slots=True)
class Record:
    """A case, what came out of it, and where.

    Attributes
    ----------
    case : str
        Digest of field digest, spec and threads: equal cases have equal digests on every machine.
    suite : str
        The suite that had it run.
    spec : str
        Canonical spec of the compressor.
    compressor : str
        Its name alone, and ``parameters`` its typed values.
    library : str
        Distribution and version that did the work, e.g. ``blosc2 4.14.1``.
    threads : int
        Threads that the compressor was given.
    concurrent : bool
        Other cases ran at the same time; such timings never enter a timing table.
    field, field_digest : str
        Name of the field and SHA-256 of its bytes.
    step, time_s
        Time step of the field and its physical time in seconds.
    shape, dtype, raw_bytes
        Of the field.
    provenance : str
        Digest of the :class:`~wavecomp.records.provenance.Provenance` that lies beside the records.
    created_utc : str
        When, ISO 8601.
    outcome : Measurement or Failure
        What came out.
    """

    case: str
    suite: str
    spec: str
    compressor: str
    parameters: Mapping[str, Scalar]
    library: str
    threads: int
    concurrent: bool
    field: str
    field_digest: str
    step: int | None
    time_s: float | None
    shape: tuple[int, ...]
    dtype: str
    raw_bytes: int
    provenance: str
    created_utc: str
    outcome: Measurement | Failure

    @property
    def failed(self) -> bool:
        """Whether the outcome is a failure."""
        return isinstance(self.outcome, Failure)

    @property
    def key(self) -> tuple[str, bool]:
        """What must not stand in an archive twice: the case, and whether it was measured among others."""
        return key_of(self.case, self.shape, self.dtype), self.concurrent

    def to_row(self) -> dict[str, Any]:
        """Return the record as a flat mapping of JSON values."""
        row: dict[str, Any] = {"schema": SCHEMA_VERSION, "kind": "sweep"}
        row |= {f.name: getattr(self, f.name) for f in fields(self) if f.name != "outcome"}
        row |= {"parameters": dict(self.parameters), "shape": list(self.shape)}
        if isinstance(self.outcome, Failure):
            return row | {"status": "failed", "failure": self.outcome.kind, "message": self.outcome.message}
        out = self.outcome
        row |= {"status": "ok", "failure": None, "message": None}
        row |= {f.name: getattr(out, f.name) for f in fields(out) if f.name not in _NESTED}
        for name, timing in (("compress", out.compress), ("decompress", out.decompress)):
            row[f"{name}_first_s"] = timing.first_s
            row[f"{name}_samples_s"] = list(timing.samples_s)
            row[f"{name}_min_s"] = timing.min_s
            row[f"{name}_median_s"] = timing.median_s
        row |= {f"error_{name}": value for name, value in out.distortion.items()}
        return row | {"details": dict(out.details)}

    def to_line(self) -> str:
        """Return the record as one line of JSON with its checksum, without the line feed."""
        return line_of(self.to_row())

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Read what :meth:`to_line` wrote.

        Raises
        ------
        DamagedArchive
            Not JSON, another checksum, another schema or kind, or a column is missing or has another type. Columns that
            this version does not know are passed over.
        """
        row = checked_row(line, "sweep")
        try:
            common = {f.name: row[f.name] for f in fields(cls) if f.name != "outcome"}
            common["shape"] = tuple(row["shape"])
            return checked(cls(**common, outcome=_outcome(row)))
        except (KeyError, TypeError, AttributeError) as error:
            raise DamagedArchive(f"a column is missing or has another type: {error}") from None


_NESTED = ("compress", "decompress", "distortion", "details")
_LATER = ("bound_kind", "bound_value")  # columns that older rows lack


def _outcome(row: Mapping[str, Any]) -> Measurement | Failure:
    if row["status"] == "failed":
        return Failure(row["failure"], row["message"])
    plain = {f.name: row[f.name] for f in fields(Measurement) if f.name not in (*_NESTED, *_LATER)}
    return Measurement(
        **plain,
        bound_kind=row.get("bound_kind"),
        bound_value=row.get("bound_value"),
        compress=Timing(row["compress_first_s"], tuple(row["compress_samples_s"])),
        decompress=Timing(row["decompress_first_s"], tuple(row["decompress_samples_s"])),
        distortion={name[6:]: value for name, value in row.items() if name.startswith("error_")},
        details=row["details"],
    )


def key_of(case: str, shape: Sequence[int], dtype: str) -> str:
    """Return what tells a case from all others: the digest of its field is that of the bytes alone."""
    return f"{case} {'x'.join(map(str, shape))} {dtype}"


def line_of(row: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON with its checksum; numbers that are not finite become null."""
    finite = {name: _finite(value) for name, value in row.items()}
    return _dump(finite | {"sum": _checksum(finite)})


def checked_row(line: str, kind: str) -> dict[str, Any]:
    """Parse one line and verify checksum, schema and kind; raises DamagedArchive."""
    try:
        row = json.loads(line)
        claimed = row.pop("sum")
        schema = row.get("schema")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise DamagedArchive("not a line of JSON with a checksum") from None
    if isinstance(schema, int) and schema > SCHEMA_VERSION:  # first: it may have another checksum, too
        raise NewerRecord(f"schema {schema} is of a newer wavecomp, this one ({__version__}) reads {SCHEMA_VERSION}")
    if claimed != _checksum(row):
        raise DamagedArchive(f"its checksum is {_checksum(row)}, the line says {claimed}")
    if schema != SCHEMA_VERSION:
        raise DamagedArchive(f"schema {schema!r}; this wavecomp reads schema {SCHEMA_VERSION}")
    if row.get("kind") != kind:
        raise MisplacedRecord(f"a record of kind {row.get('kind')!r} where those of kind {kind!r} belong")
    return dict(row)


def _dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _checksum(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dump(row).encode()).hexdigest()[:16]


def _finite(value: Any) -> Any:
    if isinstance(value, np.generic):  # a number of NumPy's, such as a plug-in's parameter may be
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _scalar(item) for key, item in value.items()}
    return value


def _scalar(value: Any) -> Any:
    """Return what stands in a mapping of a row. A line with anything else in it could not be read back."""
    plain = _finite(value)
    if plain is None or isinstance(plain, str | float | bool) or (isinstance(plain, int) and abs(plain) < 2**63):
        return plain
    return f"({type(plain).__name__})"
