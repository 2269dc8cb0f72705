"""One run to be compared: records of sweeps and gradients with the places where they were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wavecomp.errors import NothingToCompare, UsageError
from wavecomp.records import Archive, GradientArchive, GradientRecord, Provenance, Record
from wavecomp.records.benchmark_json import read_benchmarks

R = TypeVar("R", Record, GradientRecord)


@dataclass(frozen=True)
class ComparedRun:
    """What one run measured.

    Attributes
    ----------
    name : str
        What people called it: a path, most often.
    sweeps, gradients : mapping
        The last record of every case by its label: what names the same case in every run.
    provenances : mapping
        By the digest that records name.
    """

    name: str
    sweeps: Mapping[str, Record]
    gradients: Mapping[str, GradientRecord]
    provenances: Mapping[str, Provenance]

    @property
    def records(self) -> tuple[Record | GradientRecord, ...]:
        """All of them."""
        return (*self.sweeps.values(), *self.gradients.values())

    @property
    def places(self) -> tuple[Provenance, ...]:
        """The provenances that its records name and that are known, each once."""
        named = dict.fromkeys(record.provenance for record in self.records)
        return tuple(self.provenances[digest] for digest in named if digest in self.provenances)

    @property
    def when(self) -> str:
        """When its last record was made, ISO 8601; "" for none."""
        return max((record.created_utc for record in self.records), default="")


def label(record: Record | GradientRecord) -> str:
    """Return what a case is called, the same in every run and on every machine.

    The digest of a field or of a problem is no part of it: where that differs, the case is the same and the comparison
    is none.
    """
    if isinstance(record, Record):
        threads = f", {record.threads} threads" if record.threads != 1 else ""
        return f"{record.spec} on {record.field}{threads}"
    shots = "" if record.shots in ((), (0,)) else f", shots {','.join(map(str, record.shots))}"
    budgets = [("", record.budget_bytes), (" on disk", record.disk_budget_bytes)]
    within = "".join(f", in {value} bytes{where}" for where, value in budgets if value is not None)
    return f"gradient of {record.problem}{shots} by {record.spec}{within}"


def run_of(
    name: str,
    records: Iterable[Record],
    gradients: Iterable[GradientRecord],
    provenances: Mapping[str, Provenance],
) -> ComparedRun:
    """Make a run of records in the order in which they were written."""
    return ComparedRun(name, _last(records), _last(gradients), provenances)


def _last(records: Iterable[R]) -> dict[str, R]:
    """Return the last record of every label; one that was measured alone goes before one among others."""
    found: dict[str, R] = {}
    for record in records:
        name = label(record)
        if name not in found or record.concurrent <= found[name].concurrent:
            found[name] = record
    return found


def read_runs(path: Path) -> list[ComparedRun]:
    """Read what somebody named: an archive's folder, a pytest-benchmark JSON, or a folder of several of either.

    Returns
    -------
    list of ComparedRun
        In order of time; not empty.

    Raises
    ------
    UsageError
        There is no such file or folder.
    NothingToCompare
        It holds no records.
    DamagedArchive
        It cannot be read.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; give an archive's folder or a pytest-benchmark JSON")
    places = [path] if path.is_file() or is_archive(path) else sorted(_below(path))
    runs = [run for place in places if (run := _read(place)).records]
    if not runs:
        raise NothingToCompare(
            f"{path} holds no records: neither records.jsonl, gradients.jsonl nor JSONs of benchmarks"
        )
    return sorted(runs, key=lambda run: run.when)


def is_archive(folder: Path) -> bool:
    """Say whether a folder holds records itself."""
    return any((folder / name).exists() for name in ("records.jsonl", "gradients.jsonl"))


def _below(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if (place.suffix == ".json" if place.is_file() else is_archive(place))]


def _read(place: Path) -> ComparedRun:
    if place.is_file():
        return run_of(str(place), *read_benchmarks(place))
    archive = Archive(place)
    return run_of(str(place), archive, GradientArchive(place), archive.provenances())
