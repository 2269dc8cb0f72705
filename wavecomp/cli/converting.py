"""``wavecomp convert``: an archive as a JSON file of pytest-benchmark's, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err
from wavecomp.errors import NothingToReport, UsageError
from wavecomp.records import Archive, GradientArchive, GradientRecord, Provenance, Record
from wavecomp.records.archive import RecordFile
from wavecomp.records.benchmark_json import Benchmarks, benchmark_json, is_benchmark_json, read_benchmarks
from wavecomp.records.own_files import refuse_foreign
from wavecomp.records.whole_file import whole_file

R = TypeVar("R", Record, GradientRecord)


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
def convert(source: Path, target: Path) -> None:
    """Turn an archive's folder into a JSON file that pytest-benchmark reads, or such a file into an archive.

    The file is the one that ends in .json. Nothing is lost on the way: records stay the same, byte for byte. A file
    that is there is replaced if the suites or this command wrote it; to an archive that is there, what it lacks is
    appended.

    \b
    Example:
      wavecomp convert results/quick quick.json
      wavecomp convert .benchmarks/Linux-CPython-3.11-64bit/0001_new.json results/new
    """
    if source.is_dir() and target.suffix == ".json":
        found = archive_to_json(source, target)
    elif source.suffix == ".json" and target.suffix != ".json":
        found = json_to_archive(source, target)
    else:
        there = "" if source.exists() else f"; {source} is not there"
        raise UsageError(
            f"{source} to {target}: one is the folder of an archive, the other a file that ends in .json{there}"
        )
    err.print(f"{target}: {len(found.records)} records of sweeps, {len(found.gradients)} of gradients")


def archive_to_json(source: Path, target: Path) -> Benchmarks:
    """Write an archive's records into a JSON file; return them.

    Raises
    ------
    NothingToReport
        The folder holds no records.
    DamagedArchive, ForeignFile, StorageError
        What is there cannot be read, or not be replaced.
    """
    refuse_foreign(target, is_benchmark_json, "a JSON file of benchmarks")
    archive = Archive(source)
    found = Benchmarks(list(archive), list(GradientArchive(source)), archive.provenances())
    if not (found.records or found.gradients):
        raise NothingToReport(f"{source} holds no records: neither records.jsonl nor gradients.jsonl is in it")
    text = json.dumps(benchmark_json(*found), indent=1) + "\n"
    with whole_file(target, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return found


def json_to_archive(source: Path, target: Path) -> Benchmarks:
    """Append the records of a JSON file, as far as they are not there, to an archive; return them.

    Raises
    ------
    ForeignBenchmarks, DamagedArchive, ForeignFile, ArchiveBusy, StorageError
        What is there cannot be read, or not be appended to.
    """
    found = read_benchmarks(source)
    claim(target, Archive, GradientArchive)
    _append(Archive(target), found.records, found.provenances)
    _append(GradientArchive(target), found.gradients, found.provenances)
    return found


def _append(archive: RecordFile[R], records: Sequence[R], provenances: Mapping[str, Provenance]) -> None:
    if not records:  # and no file of none
        return
    with archive.writer() as writer:
        held = {record.to_line() for record in archive}
        for record in records:
            if record.to_line() not in held:
                writer.append(record, provenances.get(record.provenance))
