"""``wavecomp gradient --experiment``: one question about gradients each, with its figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource
from rich.text import Text

from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.plain_text import one_line
from wavecomp.errors import MeaninglessGradient, WavecompError
from wavecomp.experiments.catalogue import EXPERIMENTS
from wavecomp.experiments.study import run_experiment
from wavecomp.isolation import Limits
from wavecomp.physics.problem import GradientProblem
from wavecomp.records.experiment import ExperimentResult
from wavecomp.wavefields.devito_setup import check_devito

_LISTENS_TO = ("--experiment", "--problem", "--out", "--workers", "--time-limit", "--retry")


class ExperimentsFellShort(WavecompError):
    """All experiments were run, and some of them failed."""


def run_experiments(
    problem: GradientProblem,
    folder: Path,
    names: Sequence[str],
    *,
    limits: Limits,
    workers: int = 1,
    retry: bool = False,
) -> None:
    """Run experiments one after the other; each leaves its result, and the page shows its figure.

    Those that take many shots spread them over so many processes. One that is there already is not run again, and one
    that fails does not keep the others from being run.

    Raises
    ------
    ExperimentsFellShort
        Some of them failed; said when all have been run.
    MeaninglessGradient
        Nothing can be compared with the exact gradient of this problem.
    """
    from wavecomp.report.page import build_report

    check_devito()
    failed: list[str] = []
    meaningless: MeaninglessGradient | None = None
    done = 0
    for name in dict.fromkeys(names):
        with progress_bar(f"{name} on {problem.name}", "runs") as bar:
            try:
                found = run_experiment(name, problem, folder, bar, workers=workers, limits=limits, retry=retry)
            except MeaninglessGradient as error:
                meaningless = error
                break
        (result,) = found.records
        done += 1
        _say(result, folder, again=found.measured == 0)
        failed += [name] if result.failed else []
    if done:
        build_report(folder, folder)
        err.print(f"all of the archive: {folder / 'report.md'}")
    if meaningless is not None:
        raise meaningless
    if failed:
        raise ExperimentsFellShort(
            f"{len(failed)} of {done} experiments failed: {', '.join(failed)}; --retry runs them again"
        )


def _say(result: ExperimentResult, folder: Path, *, again: bool) -> None:
    there = ", was there already" if again else ""
    if result.failure is not None:
        line = one_line(f"failed{there}: {result.experiment}: {result.failure.message}")
        err.print(Text(line, style="red"))
        return
    figure = folder / "figures" / f"{result.stem}.png"
    description = EXPERIMENTS[result.experiment].description
    err.print(f"[bold]{result.experiment}[/], {description}: {len(result.rows)} rows{there}, {figure}")


def refuse_beside_experiments(context: click.Context) -> None:
    """Refuse every option that the experiments would not listen to; to ``--workers`` those with many shots do.

    Raises
    ------
    click.UsageError
        One was given; the text names all of them.
    """
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if isinstance(parameter, click.Option) and parameter.name is not None and was_given(context, parameter.name)
    ]
    meaningless = [option for option in given if option not in _LISTENS_TO]
    if meaningless:
        raise click.UsageError(
            "an experiment has cases, shots and figures of its own, and takes --problem, --out, --time-limit, --retry "
            f"and, where it has many shots, --workers alone: leave out {', '.join(meaningless)}"
        )
    names = list(dict.fromkeys(context.params["experiments"]))
    many = [name for name, experiment in EXPERIMENTS.items() if experiment.many_shots]
    if "--workers" in given and not set(names) & set(many):
        take = "takes" if len(names) == 1 else "take"
        raise click.UsageError(
            f"--workers {context.params['workers']}: {' and '.join(names)} {take} one shot; leave --workers out "
            f"({' and '.join(many)} take many)"
        )


def was_given(context: click.Context, parameter: str) -> bool:
    """Whether somebody wrote an option, and its value is not the default."""
    return context.get_parameter_source(parameter) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
