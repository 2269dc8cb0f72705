"""``wavecomp gradient --experiment``: one question about gradients each, with its figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from wavecomp.adjoint.experiments import EXPERIMENTS, run_experiment
from wavecomp.adjoint.problem import GradientProblem
from wavecomp.cli.console import err, progress_bar
from wavecomp.wavefields.devito_setup import check_devito

_LISTENS_TO = ("--experiment", "--problem", "--out", "--workers")


def run_experiments(problem: GradientProblem, folder: Path, names: Sequence[str], workers: int = 1) -> None:
    """Run experiments one after the other; each leaves its result and its figure, and the page shows it.

    Those that take many shots spread them over so many processes.
    """
    from wavecomp.report.draw_experiments import draw_experiment
    from wavecomp.report.figures import save_figure
    from wavecomp.report.page import build_report

    check_devito()
    for name in names:
        with progress_bar(f"{name} on {problem.name}", "runs") as bar:
            result = run_experiment(name, problem, folder, bar, workers=workers)
        written = save_figure(draw_experiment(result), folder / "figures", f"experiment-{name}")
        err.print(f"[bold]{name}[/], {EXPERIMENTS[name].description}: {len(result.rows)} rows, {written[0]}")
    build_report(folder, folder)
    err.print(f"all of the archive: {folder / 'report.md'}")


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
        if isinstance(parameter, click.Option)
        and parameter.name is not None
        and context.get_parameter_source(parameter.name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
    ]
    meaningless = [option for option in given if option not in _LISTENS_TO]
    if meaningless:
        raise click.UsageError(
            "an experiment has cases, shots and figures of its own, and takes --problem, --out and, where it has many "
            f"shots, --workers alone: leave out {', '.join(meaningless)}"
        )
    names = list(dict.fromkeys(context.params["experiments"]))
    many = [name for name, experiment in EXPERIMENTS.items() if experiment.many_shots]
    if "--workers" in given and not set(names) & set(many):
        take = "takes" if len(names) == 1 else "take"
        raise click.UsageError(
            f"--workers {context.params['workers']}: {' and '.join(names)} {take} one shot; leave --workers out "
            f"({' and '.join(many)} take many)"
        )
