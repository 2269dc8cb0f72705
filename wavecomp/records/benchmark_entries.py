"""A record as benchmarks: names, groups, raw times, and what people and gates read beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from wavecomp.records.gradient_record import GradientRecord
from wavecomp.records.record import Record

AnyRecord: TypeAlias = Record | GradientRecord
Operation: TypeAlias = Literal["compress", "decompress", "gradient"]

LOSSLESS_FILE, LOSSY_FILE, GRADIENT_FILE = "bench_lossless.py", "bench_lossy.py", "bench_gradient.py"
_SETS = {"table1": LOSSLESS_FILE, "lossy": LOSSY_FILE}  # by the beginnings of the suites' names

_SWEEP = (
    "spec", "field", "field_digest", "threads", "library", "stream_bytes", "ratio", "bit_rate", "bound", "bound_status",
    "bound_margin", "compress_peak_bytes", "decompress_peak_bytes",
)  # fmt: skip
_GRADIENT = (
    "spec", "problem", "problem_digest", "shots", "threads", "library", "forward_steps", "writes", "reads",
    "checkpoints_held", "peak_checkpoint_bytes", "peak_disk_bytes", "misfit", "gradient_digest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BenchmarkEntry:
    """One benchmark.

    Attributes
    ----------
    operation : {"compress", "decompress", "gradient"}
    group : str
        Of what is compared with each other: operation, and field or problem.
    samples_s : tuple of float
        Wall times in seconds, raw.
    extra_info : mapping
        JSON values: what is deterministic, under readable names, and the whole record as ``record``, with its checksum.
    """

    operation: Operation
    group: str
    samples_s: tuple[float, ...]
    extra_info: Mapping[str, Any]


def entries_of(record: AnyRecord) -> tuple[BenchmarkEntry, ...]:
    """Return the benchmarks that a record is: compression and decompression, or a gradient.

    Nothing of a record that failed, and of one whose times do not count because others ran beside it.
    """
    if record.concurrent or record.failed:
        return ()
    row = json.loads(record.to_line())
    if isinstance(record, GradientRecord):
        walls_s = tuple(row["walls_s"])
        return (BenchmarkEntry("gradient", f"gradient {record.problem}", walls_s, _of_gradient(row)),) * bool(walls_s)
    return tuple(
        BenchmarkEntry(
            operation, f"{operation} {record.field}", tuple(row[f"{operation}_samples_s"]), _of_sweep(row, operation)
        )
        for operation in ("compress", "decompress")
    )


def full_name(record: AnyRecord, operation: Operation, name: str) -> str:
    """Return what pytest calls a benchmark of the suites, by which pytest-benchmark compares two files."""
    return f"{_file_of(record)}::bench_{operation}[{name}]"


def _file_of(record: AnyRecord) -> str:
    if isinstance(record, GradientRecord):
        return GRADIENT_FILE
    for begin, file in _SETS.items():
        if record.suite.startswith(begin):
            return file
    return LOSSLESS_FILE if getattr(record.outcome, "bound_kind", None) == "lossless" else LOSSY_FILE


def _of_sweep(row: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    errors = {"max_absolute_error": row.get("error_max_absolute"), "nrmse": row.get("error_nrmse")}
    first = {"first_s": row[f"{operation}_first_s"]}
    return {name: row[name] for name in _SWEEP} | errors | first | {"record": row}


def _of_gradient(row: Mapping[str, Any]) -> dict[str, Any]:
    errors = {name: row.get(f"gradient_{name}") for name in ("relative_l2", "deep_relative_l2")}
    return {name: row[name] for name in _GRADIENT} | {"ratio": row["ratio_median"]} | errors | {"record": row}
