"""``wavecomp gradient``: what each way of keeping the forward wavefield costs, and what it does to the gradient."""

from __future__ import annotations

import time
from pathlib import Path
from typing import get_args

import click
import psutil
from rich.text import Text

from wavecomp.adjoint.experiments import EXPERIMENTS
from wavecomp.adjoint.impact import ImpactProgress, ImpactResult, run_impact
from wavecomp.adjoint.impact_cases import impact_cases
from wavecomp.adjoint.impact_memory import leave_out, memory_for_levels
from wavecomp.adjoint.problem import GradientProblem
from wavecomp.adjoint.problem_recipe import find_problem
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.experimenting import run_experiments
from wavecomp.cli.sizes import Size
from wavecomp.compressors import default_registry
from wavecomp.errors import WavecompError
from wavecomp.isolation import Limits
from wavecomp.records import GradientArchive
from wavecomp.report.table import Format
from wavecomp.wavefields.compiler import find_compiler

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
@click.option("--memory", type=Size(), help="Budget of the checkpoint store, such as 2GiB.")
@click.option("--shot", type=click.IntRange(0), default=0, show_default=True, help="Which of the problem's shots.")
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Cases at a time; above 1 no times count."
)
@click.option("--out", "out_folder", type=click.Path(path_type=Path), help="Archive folder [default: results/PROBLEM]")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=_TIME_LIMIT_S, help="Seconds a case.")
@click.option("--retry", is_flag=True, help="Measure again the cases that failed.")
@click.option("--format", "form", type=click.Choice(get_args(Format)), default="text", show_default=True)
def gradient(
    name: str,
    strategies: tuple[str, ...],
    compressors: tuple[str, ...],
    experiments: tuple[str, ...],
    memory: int | None,
    shot: int,
    workers: int,
    out_folder: Path | None,
    time_limit: float,
    retry: bool,
    form: Format,
) -> None:
    """Compute one gradient exactly and then with every strategy and compressor; print and draw what each of them cost
    and did. What is in the archive already is not measured again.

    A strategy is store-all, trajectory, revolve or mixed, with keys behind a colon and its compressor behind a slash;
    one without a compressor is combined with every --compressor. Without any, a default set is compared.

    \b
    Example:
      wavecomp gradient --problem overthrust-2d
      wavecomp gradient --problem overthrust-2d --experiment fwi
      wavecomp gradient --strategy trajectory:every=4/zfp:accuracy=1e-2 --memory 2GiB
      wavecomp gradient --problem tiny --strategy trajectory --strategy revolve:slots=5 --compressor sz3:abs=1e-3
    """
    start = time.perf_counter()
    problem = find_problem(name)
    if shot >= len(problem.shots_m):
        raise click.BadParameter(f"{shot}: {problem.name} has the shots 0 to {len(problem.shots_m) - 1}")
    folder = out_folder or Path("results") / problem.name
    if experiments:
        if strategies or compressors or memory is not None:
            raise click.UsageError(
                "an experiment has strategies of its own: leave out --strategy, --compressor, --memory"
            )
        run_experiments(problem, folder, experiments)
        return
    result = measure_gradients(
        problem,
        folder,
        strategies=strategies,
        compressors=compressors,
        memory_bytes=memory,
        shot=shot,
        workers=workers,
        time_limit_s=time_limit,
        retry=retry,
    )
    show_gradients(folder, problem, result, form)
    err.print(f"tables and figures: {folder / 'report.md'} ({time.perf_counter() - start:.0f} s in all)")
    fell_short(folder, result)


def measure_gradients(
    problem: GradientProblem,
    folder: Path,
    *,
    strategies: tuple[str, ...] = (),
    compressors: tuple[str, ...] = (),
    memory_bytes: int | None = None,
    shot: int = 0,
    workers: int = 1,
    time_limit_s: float = _TIME_LIMIT_S,
    retry: bool = False,
) -> ImpactResult:
    """Run the cases of a study into an archive, with a progress bar."""
    limits = Limits(time_limit_s, int(0.8 * psutil.virtual_memory().total))
    registry, there = default_registry(), memory_for_levels(limits.memory_bytes)
    cases = impact_cases(
        problem, strategies, compressors, registry, budget_bytes=memory_bytes, memory_bytes=there, shot=shot
    )
    cases, left_out = leave_out(cases, strategies, there, registry)
    find_compiler()  # said before anything is half done
    problem.true_velocity()  # so is a model file that is not there
    for case in left_out:
        err.print(Text(str(case)))
    with progress_bar(f"gradients of {problem.name}", "cases") as bar:

        def advance(progress: ImpactProgress) -> None:
            note = progress.record.spec if progress.record else "compiling, and the exact gradient"
            bar(progress.done, progress.total, note)

        result = run_impact(
            cases, GradientArchive(folder), limits=limits, workers=workers, retry=retry, progress=advance
        )
    old = len(result.records) - result.measured
    err.print(f"problem [bold]{problem.name}[/]: {result.measured} cases measured, {old} were there already")
    return result


def show_gradients(folder: Path, problem: GradientProblem, result: ImpactResult, form: Format) -> None:
    """Print the table of the cases asked for, and write the page of the whole archive."""
    import pandas as pd

    from wavecomp.report.gradient_table import gradient_table
    from wavecomp.report.page import build_report
    from wavecomp.report.table import render

    frame = pd.DataFrame([record.to_row() for record in result.records])
    table = gradient_table(frame, problem.name, GradientArchive(folder).provenances())
    build_report(folder, folder)
    click.echo(render(table, form))


def fell_short(folder: Path, result: ImpactResult) -> None:
    """Say which cases failed, if any, and raise."""
    for record in result.failures[:10]:
        err.print(Text(f"failed: {record.spec}: {getattr(record.outcome, 'message', '')}", style="red"))
    if result.failures:
        count, total = len(result.failures), len(result.records)
        raise GradientFellShort(
            f"{count} of {total} cases failed; their records in {folder / 'gradients.jsonl'} say why"
        )
