"""Records as a JSON file that pytest-benchmark reads, and back.

Every benchmark's ``extra_info`` has the whole record. What is no benchmark (a failure, a case that ran beside others, a
record that a later one of its case replaced) and the provenances stand under ``wavecomp``, a key of the file that
pytest-benchmark passes over. (Its ``machine_info`` would hold them too; but files whose ``machine_info`` differ are a
warning of its comparison, and before anything is measured nobody knows the provenance of a measuring process.)
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wavecomp import __version__
from wavecomp.errors import ArchiveWarning, DamagedArchive, ForeignBenchmarks, NewerRecord
from wavecomp.records.benchmark_entries import AnyRecord, BenchmarkEntry, entries_of, full_name
from wavecomp.records.benchmark_stats import statistics_of
from wavecomp.records.gradient_record import GradientRecord
from wavecomp.records.provenance import Provenance
from wavecomp.records.record import Record

SECTION = "wavecomp"
_FORMAT = 1
_WRITTEN_LIKE = "5.0.0"  # the version of pytest-benchmark whose form this is
_PARAMETERS = {"compress": "sweep_case", "decompress": "sweep_case", "gradient": "gradient_case"}  # in the suites


class Benchmarks(NamedTuple):
    """What a JSON file holds: records of sweeps and of gradients in their order, and provenances by digest."""

    records: list[Record]
    gradients: list[GradientRecord]
    provenances: dict[str, Provenance]


def benchmark_section(records: Sequence[AnyRecord], provenances: Mapping[str, Provenance]) -> dict[str, Any]:
    """Return what stands under ``wavecomp`` in a file that holds these records: the rest of them, and where they come
    from.

    Parameters
    ----------
    records : sequence of Record or GradientRecord
        All of the file, in their order: of those that are no benchmark the place in it is kept.
    provenances : mapping
        By digest.
    """
    shown = _shown(records)
    unshown = [[place, json.loads(one.to_line())] for place, one in enumerate(records) if place not in shown]
    known = {digest: json.loads(made.to_json()) for digest, made in provenances.items()}
    return {"format": _FORMAT, "version": __version__, "provenances": known, "unshown": unshown}


def benchmark_json(
    records: Sequence[Record], gradients: Sequence[GradientRecord], provenances: Mapping[str, Provenance]
) -> dict[str, Any]:
    """Return the content of a JSON file that pytest-benchmark reads and compares, with the whole records in it.

    A benchmark's name is its spec: how a tolerance was asked for, no record says.

    Parameters
    ----------
    records, gradients : sequence of record
        In the order of their archives.
    provenances : mapping
        By the digest that the records name.
    """
    everything: list[AnyRecord] = [*records, *gradients]
    benchmarks = [
        {
            "group": entry.group,
            "name": record.spec,
            "fullname": full_name(record, entry.operation, record.spec),
            "params": {_PARAMETERS[entry.operation]: record.spec},
            "param": record.spec,
            "extra_info": dict(entry.extra_info),
            "options": {},
            "stats": statistics_of(entry.samples_s),
        }
        for record, entries in _shown(everything).values()
        for entry in entries
    ]
    last = max(everything, key=lambda one: one.created_utc, default=None)
    where = provenances.get(last.provenance) if last is not None else None
    return {
        "machine_info": _machine_info(where),
        "commit_info": {"id": "unversioned" if where is None or where.commit is None else where.commit, "dirty": False},
        "benchmarks": benchmarks,
        "datetime": "" if last is None else last.created_utc,
        "version": _WRITTEN_LIKE,
        SECTION: benchmark_section(everything, provenances),
    }


def read_benchmarks(path: str | Path) -> Benchmarks:
    """Read the records of a JSON file that pytest-benchmark wrote for the suites, or :func:`benchmark_json` made.

    Benchmarks of others in the same file are passed over, and so is, with a warning, a provenance that was changed.

    Raises
    ------
    ForeignBenchmarks
        The file cannot be read, is no JSON of pytest-benchmark's, or no benchmark in it is of wavecomp's suites.
    DamagedArchive
        A record in it is not what was written.
    """
    content = _content(Path(path))
    rows = [benchmark["extra_info"]["record"] for benchmark in content["benchmarks"] if _is_ours(benchmark)]
    section = content.get(SECTION)
    if not isinstance(section, Mapping) or not isinstance(section.get("provenances"), Mapping):
        raise ForeignBenchmarks(path, f'the key "{SECTION}" with the provenances is missing')
    if not isinstance(number := section.get("format"), int) or number > _FORMAT:
        raise NewerRecord(f"{path}: its form is {number!r}, this wavecomp ({__version__}) reads {_FORMAT}: upgrade it")
    # Compression and decompression are two benchmarks of one record.
    found = list({record.to_line(): record for record in _records(path, rows)}.values())
    unshown = section.get("unshown", [])
    try:
        places, rest = [int(place) for place, _ in unshown], [row for _, row in unshown]
    except (TypeError, ValueError):
        raise DamagedArchive(f"{path}: what stands under {SECTION}.unshown is no list of places and records") from None
    for place, record in zip(places, _records(path, rest), strict=True):
        found.insert(place, record)
    if not found:
        names = ", ".join(str(one.get("name")) for one in content["benchmarks"][:3]) or "there is none"
        raise ForeignBenchmarks(path, f'no benchmark ({names}) has a "record" in its extra_info')
    sweeps = [one for one in found if isinstance(one, Record)]
    gradients = [one for one in found if isinstance(one, GradientRecord)]
    return Benchmarks(sweeps, gradients, _provenances(path, section["provenances"]))


def is_benchmark_json(path: Path) -> bool:
    """Say whether a file is one that wavecomp's suites, or the converter, wrote."""
    try:
        return SECTION in _content(path)
    except ForeignBenchmarks:
        return False


def _shown(records: Sequence[AnyRecord]) -> dict[int, tuple[AnyRecord, tuple[BenchmarkEntry, ...]]]:
    """Return the benchmarks by the place of their record: the last of each case, where it has times to show."""
    last = {(type(record), record.key): place for place, record in enumerate(records)}
    found = {place: (records[place], entries_of(records[place])) for place in sorted(last.values())}
    return {place: (record, entries) for place, (record, entries) in found.items() if entries}


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ForeignBenchmarks(path, f"it cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ForeignBenchmarks(path, f"it is no JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("benchmarks"), list):
        raise ForeignBenchmarks(path, 'the list "benchmarks" is missing')
    return content


def _is_ours(benchmark: object) -> bool:
    extra = benchmark.get("extra_info") if isinstance(benchmark, Mapping) else None
    return isinstance(extra, Mapping) and isinstance(extra.get("record"), Mapping)


def _records(path: str | Path, rows: Iterable[Mapping[str, Any]]) -> list[AnyRecord]:
    found: list[AnyRecord] = []
    for row in rows:
        try:
            text = json.dumps(row)
            found.append((GradientRecord if row.get("kind") == "gradient" else Record).from_line(text))
        except DamagedArchive as error:
            raise type(error)(f"{path}: the record of {str(row.get('spec'))[:200]!r}: {error}") from None
    return found


def _provenances(path: str | Path, given: Mapping[str, Any]) -> dict[str, Provenance]:
    found = {}
    for digest, values in given.items():
        try:
            made = Provenance.from_json(json.dumps(values))
        except DamagedArchive as error:
            warnings.warn(f"{path}: provenance {digest}: {error}; passed over", ArchiveWarning, stacklevel=3)
            continue
        if made.digest == digest:
            found[digest] = made
        else:
            words = f"was changed: its digest is {made.digest}; passed over"
            warnings.warn(f"{path}: provenance {digest} {words}", ArchiveWarning, stacklevel=3)
    return found


def _machine_info(where: Provenance | None) -> dict[str, Any]:
    if where is None:
        return {}
    system, _, release = where.system.partition(" ")
    implementation, _, version = where.python.partition(" ")
    return {
        "machine": where.machine,
        "python_implementation": implementation,
        "python_version": version,
        "system": system,
        "release": release,
        "cpu": {"brand_raw": where.cpu, "count": where.cores},
    }
