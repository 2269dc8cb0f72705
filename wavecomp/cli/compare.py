"""``wavecomp compare``: compressors at equal error, each at the coarsest setting that meets it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click
from rich.text import Text

from wavecomp.cli.claiming import claim
from wavecomp.cli.comparing import ComparisonFellShort, choose_level, fell_short, parsed_targets, stages
from wavecomp.cli.console import err
from wavecomp.cli.fields import chosen, field_name, references
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.own_snapshots import FIELD_WORDS
from wavecomp.cli.sweeping import default_limits
from wavecomp.comparison.contestant import read_contestant
from wavecomp.comparison.fields import FieldComparison, compare_on_field
from wavecomp.comparison.races import ROUNDS
from wavecomp.comparison.target import Target
from wavecomp.compressors import default_registry
from wavecomp.isolation import Limits
from wavecomp.records import ComparisonArchive, ComparisonRecord, RoundArchive, TrialArchive
from wavecomp.report.table import Format
from wavecomp.sweep.memory_needed import check_fields


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option("--psnr", metavar="DB[,DB...]", help="Peak signal-to-noise ratio that everybody has to reach.")
@click.option(
    "--max-error",
    metavar="E[,E...]",
    help="Largest error allowed, in the unit of the field or as 1e-3peak of its peak.",
)
@click.option("--nrmse", metavar="E[,E...]", help="Root mean square error over the value range.")
@click.option("--field", default="quick", show_default=True, help=f"What is compressed: {FIELD_WORDS}; NAME@STEP.")
@click.option("--out", "out_folder", type=OutFolder(), help="Archive folder [default: results/FIELD]")
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True, help="In which all run in turn.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Seconds a case may take.")
@click.option("--memory-limit", type=click.FloatRange(0, min_open=True), help="GiB of memory a case may hold.")
@click.option("--retry", is_flag=True, help="Try again what failed.")
@click.option("--format", "form", type=click.Choice(get_args(Format)), default="text", show_default=True)
def compare(
    specs: tuple[str, ...],
    psnr: str | None,
    max_error: str | None,
    nrmse: str | None,
    field: str,
    out_folder: Path | None,
    rounds: int,
    time_limit: float | None,
    memory_limit: float | None,
    retry: bool,
    form: Format,
) -> None:
    """Compare compressors at equal error: for each the coarsest setting that meets it is found, then all of them run in
    turn, round by round.

    A SPEC may leave its tolerance out, which is then searched: zfp, zfp:rate, interp:codec=lz4. What is complete stands
    as it is. A memory copy and a lossless compressor are always beside them.

    \b
    Example:
      wavecomp compare interp zfp sz3 --max-error 1e-3peak
      wavecomp compare zfp zfp:rate sz3 int8 --psnr 60,80,100 --field tiny
      wavecomp compare interp zfp --nrmse 1e-4 --field wave.npy
    """
    start = time.perf_counter()
    targets = parsed_targets({"psnr": psnr, "max-error": max_error, "nrmse": nrmse})
    for spec in specs:  # a wrong word is said before a field is propagated
        read_contestant(spec, default_registry())
    limits = default_limits()
    if time_limit is not None:
        limits = replace(limits, seconds=time_limit)
    if memory_limit is not None:
        limits = replace(limits, memory_bytes=int(memory_limit * 2**30))
    done, folder = _on_field(specs, targets, field, out_folder, rounds=rounds, limits=limits, retry=retry)
    _show(done.record, folder, form)
    err.print(f"tables and figures: {folder / 'report.md'} ({time.perf_counter() - start:.0f} s in all)")
    fell_short(done.record, folder, done.missed_in_rounds)


def _on_field(
    specs: Sequence[str],
    targets: Sequence[Target],
    field: str,
    out_folder: Path | None,
    *,
    rounds: int,
    limits: Limits,
    retry: bool,
) -> tuple[FieldComparison, Path]:
    name, step = choose_level(field)
    folder = out_folder or Path("results") / field_name(name)
    claim(folder, TrialArchive, ComparisonArchive, RoundArchive, report=True)
    found = references(chosen(name), folder)
    about = found[-1] if step is None else step.of(found)
    check_fields([about])
    with stages() as advance:
        done = compare_on_field(
            specs, targets, about, folder, rounds=rounds, limits=limits, retry=retry, progress=advance
        )
    err.print(
        Text(
            f"field {about.name}: {done.tried} settings tried, {done.raced} of {len(done.rounds)} rounds run; the rest "
            "was there already"
        )
    )
    return done, folder


def _show(record: ComparisonRecord, folder: Path, form: Format) -> None:
    """Write the page; print the table and what it says."""
    from wavecomp.report.comparison import comparison_of, load_rounds
    from wavecomp.report.page import build_report
    from wavecomp.report.table import render

    build_report(folder, folder)
    provenances = ComparisonArchive(folder).provenances()
    table, sentences = comparison_of(record, load_rounds(folder), provenances, short=form == "text")
    click.echo(render(table, form))
    for sentence in sentences if form == "text" else ():
        click.echo(f"- {sentence}")


__all__ = ["ComparisonFellShort", "compare"]
