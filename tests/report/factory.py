"""Synthetic records and sections for the tests of the report."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wavecomp.compressors import default_registry
from wavecomp.errors import SpecError
from wavecomp.records import Archive, Failure, Measurement, Provenance, Record, Section, Timing, load_frame

PROVENANCE = Provenance(
    system="Linux 6.1 glibc 2.36",
    machine="x86_64",
    cpu="Test_CPU 3000",
    cores=2,
    memory_bytes=24 * 2**30,
    python="CPython 3.11.7",
    versions={"wavecomp": "0.1.0", "numpy": "2.4.3"},
    settings={"OMP_WAIT_POLICY": "PASSIVE"},
    commit="abc123",
)


def parameters_of(spec: str) -> dict[str, Any]:
    head, _, inner = spec.partition("/")
    found: dict[str, Any] = {}
    for item in head.partition(":")[2].split(","):
        key, equals, text = item.partition("=")
        if not key:
            continue
        if not equals:
            found[key] = True
        elif text.isdigit():
            found[key] = int(text)
        else:
            try:
                found[key] = float(text)
            except ValueError:
                found[key] = text
    if inner:
        found["inner"] = inner.partition(":")[0]
    return found


def make_record(
    spec: str,
    ratio: float = 2.0,
    *,
    compress_s: float = 0.010,
    decompress_s: float = 0.005,
    error: float = 0.0,
    peak: float = 1.0,
    field: str = "quick@600",
    content: str = "first",
    suite: str = "table1",
    threads: int = 1,
    concurrent: bool = False,
    bound: str | None = None,
    bound_status: str = "holds",
    bound_margin: float | None = None,
    failure: Failure | None = None,
    outside_s: float = 0.001,
    raw_bytes: int = 4_000_000,
    time_s: float | None = None,
    created_utc: str = "2025-03-01T12:00:00Z",
) -> Record:
    """One record; the root mean square error is a tenth of the largest one, the value range twice the peak."""
    digest = hashlib.sha256(f"{field} {content}".encode()).hexdigest()
    step = int(field.partition("@")[2] or 0)
    nrmse = error / 10 / (2 * peak)
    distortion = {
        "max_absolute": error,
        "nrmse": nrmse,
        "psnr_db": -20 * math.log10(nrmse) if nrmse else math.inf,
        "max_abs_original": peak,
        "value_min": -peak,
        "value_max": peak,
    }
    measured = Measurement(
        stream_bytes=round(raw_bytes / ratio),
        ratio=ratio,
        bit_rate=32 / ratio,
        compress=Timing(2 * compress_s, (compress_s, compress_s, compress_s)),
        decompress=Timing(2 * decompress_s, (decompress_s, decompress_s, decompress_s)),
        compress_peak_bytes=None,
        decompress_peak_bytes=None,
        bound=bound or promised(spec, error),
        bound_status=bound_status,
        bound_margin=bound_margin,
        distortion=distortion,
        details={},
        outside_s=outside_s,
    )
    return Record(
        case=hashlib.sha256(f"{digest} {spec} {threads}".encode()).hexdigest()[:16],
        suite=suite,
        spec=spec,
        compressor=spec.partition("/")[0].partition(":")[0],
        parameters=parameters_of(spec),
        library="blosc2 4.14.1",
        threads=threads,
        concurrent=concurrent,
        field=field,
        field_digest=digest,
        step=step,
        time_s=step * 1e-3 if time_s is None else time_s,
        shape=(100, 100, 100),
        dtype="float32",
        raw_bytes=raw_bytes,
        provenance=PROVENANCE.digest,
        created_utc=created_utc,
        outcome=failure or measured,
    )


def promised(spec: str, error: float) -> str:
    """What the compressor of a spec promises; of one that nobody registered its very error. Exact ones are lossless."""
    if error == 0.0:
        return "lossless"
    try:
        return str(default_registry().parse(spec).bound)
    except SpecError:
        return f"|e| <= {error:g}"


def blosc(
    codec: str, ratio: float, *, level: int = 5, shuffle: str = "shuffle", chunk: int = 1 << 20, **more: Any
) -> Record:
    return make_record(f"blosc2:codec={codec},level={level},shuffle={shuffle},chunk={chunk}", ratio, **more)


def frame_of(*records: Record) -> pd.DataFrame:
    return pd.DataFrame([record.to_row() for record in records])


def write_archive(folder: Path, *records: Record) -> pd.DataFrame:
    archive = Archive(folder)
    with archive.writer(PROVENANCE) as writer:
        for record in records:
            writer.append(record)
    return load_frame([archive])


def make_section(
    spec: str | None,
    error: float | None,
    *,
    field: str = "quick@600",
    step: int = 600,
    shape: tuple[int, int] = (40, 30),
) -> Section:
    """A section whose error has the given root mean square: plus and minus it, in turn."""
    nx, nz = shape
    x, z = np.meshgrid(np.arange(nx), np.arange(nz), indexing="ij")
    values = np.sin(0.3 * x + 0.2 * z).astype(np.float32)
    wrong = None if error is None else (error * (-1.0) ** (x + z)).astype(np.float32)
    wavenumber = np.arange(20) * 1e-3
    curves = {
        "wavenumber": wavenumber,
        "field_power": np.exp(-wavenumber * 300.0),
        "error_power": np.full(20, 0.0 if error is None else error**2),
    }
    return Section(
        field=field,
        field_digest=hashlib.sha256(field.encode()).hexdigest(),
        spec=spec,
        step=step,
        time_s=step * 1e-3,
        plane="x–z at y = 500 m",
        extent_m=(0.0, 10.0 * (nx - 1), 0.0, 10.0 * (nz - 1)),
        statistics={},
        values=values,
        error=wrong,
        curves=curves,
    )


CODECS = ("blosclz", "lz4", "lz4hc", "zlib", "zstd")
CODEC_SPEC = "blosc2:codec=zstd,level=9,shuffle=shuffle,chunk=1048576"


def small_study() -> list[Record]:
    """Records of a small whole study on one wavefield."""
    records = [blosc(codec, ratio, level=9) for codec, ratio in zip(CODECS, (1.2, 1.25, 1.3, 1.4, 1.5), strict=True)]
    records.append(make_record("identity", 1.0, compress_s=0.001, decompress_s=0.0012))
    for exponent in range(1, 6):
        tolerance = 10.0**-exponent
        records.append(make_record(f"zfp:accuracy=1e-{exponent}", 60 / exponent, error=tolerance / 5, suite="lossy"))
        for algorithm in ("interp_lorenzo", "lorenzo_reg"):
            spec = f"sz3:abs=1e-{exponent},algorithm={algorithm}"
            records.append(make_record(spec, 80 / exponent, error=tolerance, suite="lossy", compress_s=0.04))
    records.append(make_record("zfp:precision=16", 5.0, error=3e-3, suite="lossy"))
    records.append(make_record("int8:block=64", 3.8, error=4e-3, suite="lossy", compress_s=0.003))
    for step in (200, 400):
        for spec, ratio in (("zfp:accuracy=1e-3", 9e3 / step), (CODEC_SPEC, 300 / step)):
            error = 0.0 if spec.startswith("blosc2") else 2e-4
            records.append(make_record(spec, ratio, field=f"quick@{step}", suite="steps", error=error))
    return records
