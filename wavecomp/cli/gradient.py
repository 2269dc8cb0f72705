"""``wavecomp gradient``: what each way of keeping the forward wavefield costs, and what it does to the gradient."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click
from rich.text import Text

from wavecomp import machine_memory
from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.experimenting import refuse_beside_experiments, run_experiments, was_given
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.plain_text import one_line
from wavecomp.cli.planned_run import how_far_off, planned
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.cli.scratch import ScratchFolder
from wavecomp.cli.sizes import Size
from wavecomp.compressors import Registry
from wavecomp.errors import WavecompError
from wavecomp.experiments.catalogue import EXPERIMENTS
from wavecomp.experiments.study import TIME_LIMIT_S
from wavecomp.impact.cases import ImpactCase, impact_cases
from wavecomp.impact.memory import check_operators, leave_out, memory_for_levels, what_fits
from wavecomp.impact.sets import SHORT
from wavecomp.impact.study import ImpactProgress, ImpactResult, run_impact
from wavecomp.inversion.shot_list import parse_shots
from wavecomp.isolation import Limits
from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.parameters import USUAL_ERROR
from wavecomp.records import GradientArchive, GradientRecord
from wavecomp.report.table import Format
from wavecomp.wavefields.devito_setup import check_devito

_TIME_LIMIT_S = 3600.0


class GradientFellShort(WavecompError):
    """The study ran to its end, and some of its cases failed."""


@click.command()
@click.option("--problem", "name", default="quick", show_default=True, help="A gradient problem's name, or its file.")
@click.option("--strategy", "strategies", multiple=True, metavar="SPEC", help="May be given many times.")
@click.option("--compressor", "compressors", multiple=True, metavar="SPEC", help="May be given many times.")
@click.option(
    "--experiment",
    "experiments",
    multiple=True,
    type=click.Choice(list(EXPERIMENTS)),
    help="Run this instead of the comparison; may be given many times.",
)
@click.option("--memory", type=Size(), help="What may be held beyond the bare sweeps, such as 2GiB.")
@click.option("--disk-memory", type=Size(), help="Budget of a tier on disk, such as 20GiB.")
@click.option(
    "--scratch",
    type=ScratchFolder(),
    metavar="FOLDER",
    help="Existing folder on the disk that a tier on disk fills [default: the system's temporary one]",
)
@click.option("--plan", "plans", is_flag=True, help="Plan for --memory and --gradient-error, run that, and compare.")
@click.option(
    "--gradient-error", "error", type=click.FloatRange(0, 1, max_open=True),
    help=f"For --plan: relative L2 error that the gradient may have [default: {USUAL_ERROR:g}]",
)  # fmt: skip
@click.option("--short", is_flag=True, help="Compare a handful of ways only: minutes in 3-D, and one small table.")
@click.option(
    "--shots", "--shot", metavar="all|0,3,5-9", default="0", show_default=True, help="Shots whose gradients are summed."
)
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Shots at a time; above 1 no times count."
)
@click.option("--out", "out_folder", type=OutFolder(), help="Archive folder [default: results/PROBLEM]")
@click.option(
    "--time-limit",
    type=click.FloatRange(0, min_open=True),
    default=_TIME_LIMIT_S,
    help="Seconds a shot of a case, or an experiment [default: an hour, a day].",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    help="Times that every case runs beside bare sweeps of its own [default: 1 to 3, by the problem's size]",
)
@click.option("--retry", is_flag=True, help="Measure again what failed.")
@plugin_option
@click.option("--format", "form", type=click.Choice(get_args(Format)), default="text", show_default=True)
@click.option("--wide", is_flag=True, help="Print every column as text too; the other formats always have them all.")
@click.pass_context
def gradient(
    context: click.Context,
    name: str,
    strategies: tuple[str, ...],
    compressors: tuple[str, ...],
    experiments: tuple[str, ...],
    memory: int | None,
    disk_memory: int | None,
    scratch: Path | None,
    plans: bool,
    error: float | None,
    short: bool,
    shots: str,
    workers: int,
    out_folder: Path | None,
    time_limit: float,
    rounds: int | None,
    retry: bool,
    plugins: tuple[str, ...],
    form: Format,
    wide: bool,
) -> None:
    """Compute one gradient exactly and then with every strategy and compressor; print and draw what each of them cost
    and did. What is in the archive already is not measured again.

    A strategy is store-all, trajectory, revolve, mixed, adaptive, planned, h-revolve, disk-revolve,
    periodic-disk-revolve or two-level, with keys behind a colon and its compressor behind a slash; one without a
    compressor is combined with every --compressor. Without any, a set is compared that suits the problem's size;
    --short takes a smaller one.

    A tolerance may be a fraction of the wavefield's greatest amplitude, as in trajectory/zfp:accuracy=1e-3peak. With
    every=auto the source tells how many steps may be left out: as many as cost half of error=1e-3, or of what is given.

    With weights=coarse each level has a tolerance of its own, by what its error weighs in the gradient, as a run with
    half the resolution tells; with weights=earlier, as the shot's own adjoint does, run once before. The compressor's
    tolerance is their geometric mean.

    With tier=disk or tier=two a strategy keeps its checkpoints, or the oldest of them, in a file in the folder of
    --scratch; the last four of the strategies keep there what their schedules say. The file has no name and is gone
    when the process is, however that ends. With async a thread writes and reads it beside the propagation.

    Cases are measured in rounds: each runs the bare sweeps and then every case once, and a time is compared with the
    bare sweeps of its own round alone. With more rounds the archive is filled up to so many.

    \b
    Example:
      wavecomp gradient --problem thrust-2d
      wavecomp gradient --problem thrust-2d --experiment fwi --workers 2
      wavecomp gradient --problem thrust-2d --shots all --workers 2
      wavecomp gradient --strategy trajectory:every=4/zfp:accuracy=1e-3peak --memory 2GiB
      wavecomp gradient --problem tiny --strategy trajectory --strategy revolve:slots=5 --compressor sz3:abs=1e-3
      wavecomp gradient --plan --memory 2GiB --gradient-error 1e-3
      wavecomp gradient --strategy trajectory:tier=disk,async --scratch . --disk-memory 5GB
      wavecomp gradient --strategy h-revolve:async --memory 500MB --scratch . --disk-memory 5GB
      wavecomp gradient --strategy trajectory:every=auto,weights=coarse/interp:abs=5e-5peak
      wavecomp gradient --problem tiny --strategy trajectory --compressor mine --plugin mine.py
    """
    start = time.perf_counter()
    if experiments:
        refuse_beside_experiments(context)
    registry = registry_with(plugins)
    problem = find_problem(name)
    stacked = parse_shots(shots, len(problem.shots_m), problem.name)
    folder = out_folder or Path("results") / problem.name
    claim(folder, *([] if experiments else [GradientArchive]), report=True)
    if experiments:
        limits = case_limits(time_limit if was_given(context, "time_limit") else TIME_LIMIT_S)
        run_experiments(problem, folder, experiments, limits=limits, workers=workers, retry=retry)
        return
    if short and (strategies or compressors):
        raise click.UsageError("--short names the strategies itself: leave out --strategy and --compressor, or --short")
    if error is not None and not plans:
        raise click.UsageError(f"--gradient-error {error:g} is what --plan plans for: give --plan too, or leave it out")
    if plans:
        _check_planned(memory, strategies, compressors, short)
    check_devito()  # said before anything is half done; and what it takes of the memory is taken
    made = None
    if plans and memory is not None:
        made = planned(problem, len(stacked), memory, USUAL_ERROR if error is None else error, disk_memory, registry)
        strategies = (made.strategy.spec,)
    limits = case_limits(time_limit)
    cases = impact_cases(
        problem,
        strategies,
        compressors,
        registry,
        case_set=SHORT if short else None,
        shots=stacked,
        budget_bytes=memory,
        memory_bytes=memory_for_levels(limits.memory_bytes, problem),
        disk_budget_bytes=disk_memory,
        scratch=scratch,
    )
    result = measure_gradients(
        problem, folder, cases, limits=limits, rounds=rounds, workers=workers, retry=retry, registry=registry
    )
    build_page(folder)
    show_gradients(folder, problem.name, result, form, wide=wide)
    for record in result.records if made is not None else ():
        if made is not None and record.spec == made.strategy.spec:
            for line in how_far_off(made, record):
                err.print(Text(line))
    err.print(f"tables and figures: {folder / 'report.md'} ({time.perf_counter() - start:.0f} s in all)")
    fell_short(folder, result)


def _check_planned(memory: int | None, strategies: Sequence[str], compressors: Sequence[str], short: bool) -> None:
    if memory is None:
        raise click.UsageError("--plan plans for a memory: give --memory, such as --memory 2GiB")
    if strategies or compressors or short:
        word = "--short" if short else "--strategy" if strategies else "--compressor"
        raise click.UsageError(f"--plan names the strategy itself: leave out {word}, or --plan")


def case_limits(time_limit_s: float = _TIME_LIMIT_S) -> Limits:
    """Return what one shot of a case may take, as far as is known now: a study asks once."""
    return Limits(time_limit_s, machine_memory.for_one_process())


def measure_gradients(
    problem: GradientProblem,
    folder: Path,
    cases: Sequence[ImpactCase],
    *,
    limits: Limits,
    rounds: int | None = None,
    workers: int = 1,
    retry: bool = False,
    registry: Registry | None = None,
) -> ImpactResult:
    """Run the cases of a study into an archive, with a progress bar; leave out what nobody asked for and cannot fit."""
    check_operators(problem, limits.memory_bytes)
    there = memory_for_levels(limits.memory_bytes, problem)
    cases, left_out = leave_out(cases, there)
    problem.true_velocity()  # said before anything is half done: a model file that is not there
    for case in left_out:
        err.print(Text(str(case)))
    if left_out:
        err.print(Text(what_fits(problem, there)))
    with progress_bar(f"gradients of {problem.name}", "runs") as bar:

        def advance(progress: ImpactProgress) -> None:
            note = progress.record.spec if progress.record else "compiling, and the exact gradient"
            bar(progress.done, progress.total, note)

        result = run_impact(
            cases,
            GradientArchive(folder),
            rounds=rounds,
            limits=limits,
            workers=workers,
            retry=retry,
            progress=advance,
            registry=registry,
        )
    if any(map(_for_want_of_memory, result.failures)):
        budgets = [case.budget_bytes for case in cases if case.budget_bytes is not None]
        err.print(Text(what_fits(problem, min([there, *budgets]))))
    old = len(result.records) - result.measured
    err.print(f"problem [bold]{problem.name}[/]: {result.measured} cases measured, {old} were there already")
    return result


def _for_want_of_memory(record: GradientRecord) -> bool:
    """Whether a case was refused, or ended, because it would have held too much; who ends silently is the system."""
    kind, message = getattr(record.outcome, "kind", ""), getattr(record.outcome, "message", "")
    refused = ("BudgetExceeded", "CheckpointTooLarge", "SlotsTooLarge")
    return kind == "memory" or any(word in message for word in (*refused, "SIGKILL"))


def build_page(folder: Path) -> None:
    """Write the page of the whole archive, with its tables and figures."""
    from wavecomp.report.page import build_report

    build_report(folder, folder)


def show_gradients(
    folder: Path, problem: str, result: ImpactResult, form: Format = "text", *, wide: bool = False
) -> None:
    """Print the table of the cases asked for, as text without ``wide`` in its short form; nothing if all failed."""
    if len(result.failures) == len(result.records):
        return
    import pandas as pd

    from wavecomp.report.gradient_short import short_table
    from wavecomp.report.gradient_table import gradient_table
    from wavecomp.report.table import render

    frame = pd.DataFrame([record.to_row() for record in result.records])
    table = gradient_table(frame, problem, GradientArchive(folder).provenances())
    click.echo(render(table if wide or form != "text" else short_table(table), form))


def fell_short(folder: Path, result: ImpactResult) -> None:
    """Say which cases failed, if any, and raise."""
    for record in result.failures[:10]:
        line = one_line(f"failed: {record.spec}: {getattr(record.outcome, 'message', '')}")
        err.print(Text(line, style="red"))
    if result.failures:
        count, total = len(result.failures), len(result.records)
        raise GradientFellShort(
            f"{count} of {total} cases failed; their records in {folder / 'gradients.jsonl'} say why"
        )
