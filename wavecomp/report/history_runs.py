"""Archives taken apart into runs in order of time: what was measured at one go, with one set of versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from wavecomp.errors import NothingToReport, UsageError
from wavecomp.records import Archive, GradientArchive, GradientRecord, Provenance, Record
from wavecomp.records.benchmark_json import is_benchmark_json, read_benchmarks

AnyRecord: TypeAlias = Record | GradientRecord
_FILES = ("records.jsonl", "gradients.jsonl")
_PAUSE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured at one go.

    Attributes
    ----------
    name : str
        Of the archive's folder.
    created_utc : str
        Of its earliest record.
    provenance : Provenance or None
        None where its file is not in the archive.
    records : tuple of Record
    gradients : tuple of GradientRecord
        Of one case there are several where it was measured in rounds, and of a case that failed none if a later one did
        not.
    """

    name: str
    created_utc: str
    provenance: Provenance | None
    records: tuple[Record, ...]
    gradients: tuple[GradientRecord, ...]

    @property
    def date(self) -> str:
        """Day on which it began, ISO 8601."""
        return self.created_utc[:10]

    @property
    def commit(self) -> str | None:
        """Commit of wavecomp's checkout, where there was one."""
        return self.provenance.commit if self.provenance is not None else None

    @property
    def processor(self) -> str:
        """What times must have in common to be one series: architecture, processor and number of cores."""
        known = self.provenance
        if known is None:
            return "an unknown processor"
        return f"{known.cpu}, {known.machine}, {known.cores} core{'s' if known.cores != 1 else ''}"


@dataclass(slots=True)
class _Open:
    """A run that may still grow."""

    name: str
    provenance: Provenance | None
    held: dict[tuple[type, tuple[str, bool]], list[AnyRecord]]
    last: datetime


def read_runs(paths: Iterable[Path]) -> tuple[Run, ...]:
    """Read every archive, and every JSON of pytest-benchmark, at or below some folders, as runs in order of time.

    An archive keeps all that was ever measured into it. A run of it ends where the versions or the machine change, or
    where a case that it already holds was measured again after a pause of six hours; rounds of one session are one run,
    and so is a case that failed and was tried again. What lies in several folders, as in copies of one archive that
    went on growing, counts once. The order of ``paths`` does not matter.

    Raises
    ------
    NothingToReport
        There is no record anywhere.
    UsageError
        There is no such file or folder.
    ForeignBenchmarks
        A file is no JSON of wavecomp's suites.
    DamagedArchive
        A record is not what was written.
    """
    given = sorted(set(paths))
    folders = sorted({folder.resolve() for path in given for folder in _archives(path)}, key=lambda one: one.parts)
    seen: set[str] = set()
    runs: list[Run] = []
    for folder in folders:
        records, provenances = _measured(folder)
        lines = [record.to_line() for record in records]
        new = [record for record, line in zip(records, lines, strict=True) if line not in seen]
        seen.update(lines)
        runs += split_runs(folder.name, new, provenances)
    if not runs:
        raise NothingToReport(
            f"no record in {', '.join(map(str, given)) or 'no folder'}; a history is made of archives, such as "
            "wavecomp sweep quick --out results/2026-01 makes one"
        )
    return tuple(sorted(runs, key=_order))


def _when(created_utc: str) -> datetime:
    """Return when a record was made; one that does not tell comes first."""
    try:
        found = datetime.fromisoformat(created_utc)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _archives(path: Path) -> list[Path]:
    """Return a JSON of pytest-benchmark as it is, or all of them and all folders of records at or below a folder."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UsageError(f"{path}: no such archive; give archives, JSONs of benchmarks, or folders that hold some")
    benchmarks = [file for file in path.rglob("*.json") if is_benchmark_json(file)]
    return [*(file.parent for name in _FILES for file in path.rglob(name)), *benchmarks]


def _measured(folder: Path) -> tuple[list[AnyRecord], dict[str, Provenance]]:
    """Read one place, whatever kind it is of: all records with their provenances by digest."""
    if folder.is_file():
        records, gradients, provenances = read_benchmarks(folder)
        return [*records, *gradients], dict(provenances)
    archive = Archive(folder)
    return [*archive, *GradientArchive(folder)], archive.provenances()


def split_runs(name: str, records: Sequence[AnyRecord], provenances: dict[str, Provenance]) -> list[Run]:
    """Split what one archive holds into runs, as :func:`read_runs` says."""
    closed: list[_Open] = []
    growing: dict[str, _Open] = {}
    for record in sorted(records, key=lambda one: _when(one.created_utc)):  # stable: of one second in the file's order
        key, when = (type(record), record.key), _when(record.created_utc)
        run = growing.get(record.provenance)
        if run is not None and when - run.last >= _PAUSE and any(not one.failed for one in run.held.get(key, ())):
            closed.append(growing.pop(record.provenance))
            run = None
        if run is None:
            run = growing[record.provenance] = _Open(name, provenances.get(record.provenance), {}, when)
        before = [one for one in run.held.get(key, ()) if not one.failed or record.failed]
        run.held[key] = [*before, record]
        run.last = when
    return [_closed(run) for run in (*closed, *growing.values())]


def _closed(run: _Open) -> Run:
    found = [record for records in run.held.values() for record in records]
    return Run(
        run.name,
        min((record.created_utc for record in found), key=_when),
        run.provenance,
        tuple(record for record in found if isinstance(record, Record)),
        tuple(record for record in found if isinstance(record, GradientRecord)),
    )


def _order(run: Run) -> tuple[datetime, str, str, list[str]]:
    digest = run.provenance.digest if run.provenance is not None else ""
    cases = [one.case for one in run.records] + [one.case for one in run.gradients]
    return _when(run.created_utc), run.name, digest, sorted(cases)
