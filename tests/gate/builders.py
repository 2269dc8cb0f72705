"""Runs for the tests of the gate: synthetic records, and what doctors them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wavecomp.gate.runs import ComparedRun, run_of
from wavecomp.records import (
    Archive,
    GradientArchive,
    GradientImpact,
    GradientRecord,
    Measurement,
    Provenance,
    Record,
    Spread,
    Timing,
    WorkTimes,
)

PLACE = Provenance(
    system="Linux 6.1 glibc 2.36",
    machine="x86_64",
    cpu="Test CPU 3000",
    cores=2,
    memory_bytes=24 * 2**30,
    python="CPython 3.11.7",
    versions={"wavecomp": "0.1.0", "numpy": "2.4.3", "zfpy": "1.0.1"},
    settings={},
    commit="abc123",
)


def sweep(spec: str = "zfp:accuracy=1e-3", *, field: str = "pinned-3d", content: str = "a", **changes: Any) -> Record:
    """One record of a sweep; ``changes`` are of the measurement."""
    timing = Timing(0.02, (0.011, 0.010, 0.012))
    made = Measurement(
        stream_bytes=100_000,
        ratio=4.0,
        bit_rate=8.0,
        compress=timing,
        decompress=timing,
        compress_peak_bytes=8_000_000,
        decompress_peak_bytes=4_000_000,
        bound="|e| <= 0.001",
        bound_status="holds",
        bound_margin=0.5,
        distortion={"max_absolute": 5e-4, "rmse": 1e-4, "nonfinite_mismatches": 0.0},
        details={},
        outside_s=0.1,
    )
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Record(
        case=hashlib.sha256(f"{spec}{digest}".encode()).hexdigest()[:16],
        suite="lossy",
        spec=spec,
        compressor=spec.partition(":")[0],
        parameters={},
        library={"zfp": "zfpy 1.0.1", "identity": "numpy 2.4.3"}.get(spec.partition(":")[0], "blosc2 4.14.1"),
        threads=1,
        concurrent=False,
        field=field,
        field_digest=digest,
        step=None,
        time_s=None,
        shape=(40, 40, 40),
        dtype="float32",
        raw_bytes=256_000,
        provenance=PLACE.digest,
        created_utc="2026-03-01T12:00:00+00:00",
        outcome=replace(made, **changes),
    )


def gradient(
    spec: str = "trajectory/zfp:accuracy=1e-3",
    error: float = 1e-4,
    *,
    bits: str = "ab",
    problem: str = "p1",
    **changes: Any,
) -> GradientRecord:
    """One record of a gradient study; ``changes`` are of the outcome."""
    made = GradientImpact(
        seconds=WorkTimes(0.4, 0.1, 0.1, 0.3, 0.1, 1.0),
        walls_s=(1.0, 1.1),
        bare_walls_s=(0.8, 0.9),
        forward_steps=499,
        writes=100,
        reads=100,
        checkpoints_held=100,
        ratio=Spread(2.0, 4.5, 80.0),
        peak_checkpoint_bytes=1_000_000,
        peak_disk_bytes=0,
        misfit=12.5,
        distance={"relative_l2": error, "deep_relative_l2": 2 * error},
        gradient_digest=bits * 32,
    )
    return GradientRecord(
        case=hashlib.sha256(f"{spec}{problem}".encode()).hexdigest()[:16],
        spec=spec,
        strategy=spec.partition("/")[0].partition(":")[0],
        strategy_parameters={},
        compressor=spec.partition("/")[2] or None,
        compressor_parameters={},
        library="devito 4.8.23",
        threads=1,
        concurrent=False,
        problem="pinned-2d",
        problem_digest=problem,
        shots=(0,),
        shape=(60, 50),
        steps=200,
        level_bytes=12_000,
        dtype="float32",
        budget_bytes=None,
        provenance=PLACE.digest,
        created_utc="2026-03-01T12:00:00+00:00",
        outcome=replace(made, **changes),
    )


def run(
    sweeps: Sequence[Record] = (),
    gradients: Sequence[GradientRecord] = (),
    place: Provenance = PLACE,
    name: str = "a run",
) -> ComparedRun:
    """Make a run whose records all name one place."""
    return run_of(
        name,
        [replace(one, provenance=place.digest) for one in sweeps],
        [replace(one, provenance=place.digest) for one in gradients],
        {place.digest: place},
    )


def doctored(record: Record, change: Callable[[Measurement], dict[str, Any]]) -> Record:
    """Return a record with some values of its measurement changed."""
    assert isinstance(record.outcome, Measurement)
    return replace(record, outcome=replace(record.outcome, **change(record.outcome)))


def write_archive(folder: Path, made: ComparedRun) -> Path:
    """Write a run as an archive."""
    for archive, records in ((Archive(folder), made.sweeps), (GradientArchive(folder), made.gradients)):
        if records:
            with archive.writer(made.places[0]) as writer:  # type: ignore[attr-defined]
                for record in records.values():
                    writer.append(record)
    return folder
