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
from wavecomp.cli.comparing import (
    ComparisonFellShort,
    choose_level,
    fell_short,
    parsed_targets,
    refuse_other_options,
    stages,
)
from wavecomp.cli.console import err
from wavecomp.cli.fields import chosen, field_name, references
from wavecomp.cli.gradient import case_limits
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.own_snapshots import FIELD_WORDS
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.cli.sweeping import default_limits
from wavecomp.comparison.contestant import read_contestant
from wavecomp.comparison.fields import FieldComparison, compare_on_field
from wavecomp.comparison.gradients import SURE_ROUNDS, GradientComparison, compare_gradients
from wavecomp.comparison.races import ROUNDS
from wavecomp.comparison.target import Target
from wavecomp.comparison.ways import EVERY, read_way
from wavecomp.compressors import Registry
from wavecomp.impact.memory import check_operators
from wavecomp.isolation import Limits
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import (
    ComparisonArchive,
    ComparisonRecord,
    GradientArchive,
    GradientTrialArchive,
    RoundArchive,
    TrialArchive,
)
from wavecomp.records.comparison_record import OF_GRADIENTS, Measure
from wavecomp.report.table import Format
from wavecomp.sweep.memory_needed import check_fields
from wavecomp.wavefields.devito_setup import check_devito


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option("--psnr", metavar="DB[,DB...]", help="Peak signal-to-noise ratio that everybody has to reach.")
@click.option(
    "--max-error",
    metavar="E[,E...]",
    help="Largest error allowed, in the unit of the field or as 1e-3peak of its peak.",
)
@click.option("--nrmse", metavar="E[,E...]", help="Root mean square error over the value range.")
@click.option("--gradient-error", metavar="E[,E...]", help="Relative L2 error of the gradient of --problem.")
@click.option("--deep-error", metavar="E[,E...]", help="The same below the top tenth of the depth.")
@click.option("--field", default="quick", show_default=True, help=f"What is compressed: {FIELD_WORDS}; NAME@STEP.")
@click.option("--problem", default="quick", show_default=True, help="A gradient problem's name, or its file.")
@click.option(
    "--every", type=click.IntRange(1), default=EVERY, show_default=True, help="Levels that a compressor alone keeps."
)
@click.option("--out", "out_folder", type=OutFolder(), help="Archive folder [default: results/FIELD or PROBLEM]")
@click.option(
    "--rounds",
    type=click.IntRange(1),
    help=f"In which all run in turn [default: {ROUNDS}; of gradients {SURE_ROUNDS}, fewer where they take minutes]",
)
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Seconds a case may take.")
@click.option("--memory-limit", type=click.FloatRange(0, min_open=True), help="GiB of memory a case may hold.")
@click.option("--retry", is_flag=True, help="Try again what failed.")
@click.option("--format", "form", type=click.Choice(get_args(Format)), default="text", show_default=True)
@plugin_option
@click.pass_context
def compare(
    context: click.Context,
    specs: tuple[str, ...],
    psnr: str | None,
    max_error: str | None,
    nrmse: str | None,
    gradient_error: str | None,
    deep_error: str | None,
    field: str,
    problem: str,
    every: int,
    out_folder: Path | None,
    rounds: int | None,
    time_limit: float | None,
    memory_limit: float | None,
    retry: bool,
    form: Format,
    plugins: tuple[str, ...],
) -> None:
    """Compare compressors at equal error: for each the coarsest setting that meets it is found, then all of them run in
    turn, round by round. What is in the archive already is not tried or measured again.

    A SPEC may leave its tolerance out, which is then searched: zfp, zfp:rate, interp:codec=lz4. What is complete stands
    as it is. A memory copy and a lossless compressor are always beside them.

    With --gradient-error or --deep-error a SPEC keeps every --every-th level of the forward wavefield, or is a strategy
    whose compressor's tolerance is left out.

    \b
    Example:
      wavecomp compare interp zfp sz3 --max-error 1e-3peak
      wavecomp compare zfp zfp:rate sz3 int8 --psnr 60,80,100 --field tiny
      wavecomp compare interp zfp --nrmse 1e-4 --field wave.npy
      wavecomp compare mine interp zfp --max-error 1e-3peak --plugin mine.py
      wavecomp compare interp zfp trajectory:every=8/sz3 --gradient-error 1e-3 --problem tiny
    """
    start = time.perf_counter()
    given: dict[Measure, str | None] = {"psnr": psnr, "max-error": max_error, "nrmse": nrmse}
    targets = parsed_targets(given | {"gradient-error": gradient_error, "deep-error": deep_error})
    on_field = targets[0].measure not in OF_GRADIENTS
    refuse_other_options(context, targets[0].measure)
    registry = registry_with(plugins)
    for spec in specs:  # a wrong word is said before anything is propagated
        if on_field:
            read_contestant(spec, registry)
        else:
            read_way(spec, registry, every)
    limits = default_limits() if on_field else case_limits()
    if time_limit is not None:
        limits = replace(limits, seconds=time_limit)
    if memory_limit is not None:
        limits = replace(limits, memory_bytes=int(memory_limit * 2**30))
    chosen_rounds = {"rounds": rounds} if rounds is not None else {}
    done: FieldComparison | GradientComparison
    if on_field:
        done, folder = _on_field(
            specs, targets, field, out_folder, registry, limits=limits, retry=retry, **chosen_rounds
        )
    else:
        done, folder = _of_gradients(
            specs, targets, problem, out_folder, registry, every=every, limits=limits, retry=retry, **chosen_rounds
        )
    _show(done.record, folder, form)
    err.print(f"tables and figures: {folder / 'report.md'} ({time.perf_counter() - start:.0f} s in all)")
    fell_short(done.record, folder, done.missed_in_rounds)


def _on_field(
    specs: Sequence[str],
    targets: Sequence[Target],
    field: str,
    out_folder: Path | None,
    registry: Registry,
    *,
    limits: Limits,
    retry: bool,
    rounds: int = ROUNDS,
) -> tuple[FieldComparison, Path]:
    name, step = choose_level(field)
    folder = out_folder or Path("results") / field_name(name)
    claim(folder, TrialArchive, ComparisonArchive, RoundArchive, report=True)
    found = references(chosen(name), folder)
    about = found[-1] if step is None else step.of(found)
    check_fields([about])
    with stages() as advance:
        done = compare_on_field(
            specs,
            targets,
            about,
            folder,
            rounds=rounds,
            limits=limits,
            retry=retry,
            progress=advance,
            registry=registry,
        )
    err.print(
        Text(
            f"field {about.name}: {done.tried} settings tried, {done.raced} of {len(done.rounds)} rounds run; the rest "
            "was there already"
        )
    )
    return done, folder


def _of_gradients(
    specs: Sequence[str],
    targets: Sequence[Target],
    name: str,
    out_folder: Path | None,
    registry: Registry,
    *,
    every: int,
    limits: Limits,
    retry: bool,
    rounds: int | None = None,
) -> tuple[GradientComparison, Path]:
    problem = find_problem(name)
    folder = out_folder or Path("results") / problem.name
    claim(folder, GradientTrialArchive, ComparisonArchive, GradientArchive, report=True)
    check_devito()  # said before anything is half done
    check_operators(problem, limits.memory_bytes)
    problem.true_velocity()  # so is a model file that is not there
    with stages() as advance:
        done = compare_gradients(
            specs,
            targets,
            problem,
            folder,
            every=every,
            rounds=rounds,
            limits=limits,
            retry=retry,
            progress=advance,
            registry=registry,
        )
    measured = done.result.measured
    err.print(
        Text(
            f"problem {problem.name}: {done.tried} gradients tried, {measured} of {len(done.result.records)} cases "
            "measured in rounds; the rest was there already"
        )
    )
    return done, folder


def _show(record: ComparisonRecord, folder: Path, form: Format) -> None:
    """Write the page; print the table and what it says."""
    from wavecomp.report.comparison import shown
    from wavecomp.report.page import build_report
    from wavecomp.report.table import render

    build_report(folder, folder)
    table, sentences = shown(record, folder, short=form == "text")
    click.echo(render(table, form))
    for sentence in sentences if form == "text" else ():
        click.echo(f"- {sentence}")


__all__ = ["ComparisonFellShort", "compare"]
