"""``wavecomp sweep``: measure a suite on a field into an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from wavecomp import machine_memory
from wavecomp.catalogue import SUITES, Suite, find_suites
from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.fields import chosen, field_name, references
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.own_snapshots import FIELD_WORDS
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.cli.shortfalls import SweepFellShort, report_shortfalls
from wavecomp.compressors import Registry
from wavecomp.records import Archive
from wavecomp.sweep import FieldRef, Limits, SweepProgress, SweepResult, run_sweep
from wavecomp.sweep.memory_needed import check_fields


def default_limits() -> Limits:
    """Ten minutes and four fifths of the memory a case."""
    return Limits(memory_bytes=machine_memory.for_one_process())


def measure_suites(
    suites: Sequence[Suite],
    snapshots: Sequence[FieldRef],
    out_folder: Path,
    registry: Registry,
    *,
    workers: int = 1,
    retry: bool = False,
    limits: Limits | None = None,
) -> list[SweepResult]:
    """Run suites one after the other into one archive, with a progress bar each."""
    check_fields(snapshots, workers)
    results = []
    for suite in suites:
        cases = suite.cases(snapshots, registry)
        with progress_bar(f"measuring {suite.name}", "cases") as bar:

            def advance(progress: SweepProgress) -> None:
                bar(progress.done, progress.total, progress.record.spec if progress.record else "")

            result = run_sweep(
                cases,
                Archive(out_folder),
                suite=suite.name,
                repeats=suite.repeats,
                limits=limits or default_limits(),
                workers=workers,
                retry=retry,
                progress=advance,
                registry=registry,
            )
        old = len(result.records) - result.measured
        err.print(f"suite [bold]{suite.name}[/]: {result.measured} cases measured, {old} were there already")
        results.append(result)
    return results


@click.command()
@click.argument("suite", metavar="SUITE|SPEC")
@click.option("--field", default="quick", show_default=True, help=f"What is swept: {FIELD_WORDS}.")
@click.option("--out", "out_folder", type=OutFolder(), help="Archive folder [default: results/FIELD]")
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Cases at a time; above 1 no times count."
)
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Seconds a case may take.")
@click.option("--memory-limit", type=click.FloatRange(0, min_open=True), help="GiB of memory a case may hold.")
@click.option("--retry", is_flag=True, help="Measure again the cases that failed.")
@plugin_option
def sweep(
    suite: str,
    field: str,
    out_folder: Path | None,
    workers: int,
    time_limit: float | None,
    memory_limit: float | None,
    retry: bool,
    plugins: tuple[str, ...],
) -> None:
    """Measure every case of a suite on a field. What is in the archive already is not measured again, so a sweep that
    was interrupted goes on where it stood.

    \b
    Suites:
      table1, table1-quick   lossless: every Blosc codec x shuffle x level x chunk
      lossy, lossy-quick     ZFP and SZ3 over tolerances; short formats
      interp-quick           wavecomp's own compressor at a few tolerances
      steps                  ratio at every kept time step
      race                   a dozen cases of every library, those of wavecomp gate --against
      others                 SPERR, LERC, fpzip, pcodec, numcodecs, hdf5 (extra compressors)
      quick, all             several of them; all adds every plug-in's examples

    A compressor's name or spec is a suite too.

    \b
    Example:
      wavecomp sweep zfp:accuracy=1e-4 --field tiny
      wavecomp sweep table1-quick --field quick
      wavecomp sweep lossy --field standard --workers 2
      wavecomp sweep quick --field wave.npy
      wavecomp sweep mine --plugin mine.py --field tiny
    """
    registry = registry_with(plugins)
    suites = find_suites(suite, registry)
    limits = default_limits()
    if time_limit is not None:
        limits = replace(limits, seconds=time_limit)
    if memory_limit is not None:
        limits = replace(limits, memory_bytes=int(memory_limit * 2**30))
    folder = out_folder or Path("results") / field_name(field)
    claim(folder, Archive)
    fields = chosen(field)
    snapshots = references(fields, folder)
    results = measure_suites(suites, snapshots, folder, registry, workers=workers, retry=retry, limits=limits)
    short = report_shortfalls(results, suites)
    err.print(f"records: {folder / 'records.jsonl'}; tables and figures: wavecomp report {folder}")
    short.end(folder / "records.jsonl")


__all__ = ["SUITES", "SweepFellShort", "default_limits", "measure_suites", "sweep"]
