"""``wavecomp model calibrate`` and ``validate``: costs of this machine, and predictions held against runs."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click
from rich.text import Text

from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.out_folder import OutFolder
from wavecomp.errors import WavecompError
from wavecomp.gradient_plan import CALIBRATIONS, of_the_model
from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.costs import Costs
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.table import Format, render
from wavecomp.wavefields.devito_setup import check_devito

_QUICK = (("tiny", "thrust-2d"), ("acoustic-2d",))
_FULL = (("quick", "overthrust-2d"), ("layered-3d",))

_SITTINGS = 3
"""Times that a problem is calibrated and validated, until the machine was the same for both."""

_UNTOLD = 0.1
"""Part of the cases that may have had no round on the machine that was calibrated."""

_out = click.option(
    "--out", "folder", type=OutFolder(), default=CALIBRATIONS, show_default=True, help="Archive folder of all of it."
)
_format = click.option("--format", "form", type=click.Choice(get_args(Format)), default="text", show_default=True)


class ModelFellShort(WavecompError):
    """Predictions are further off than they may be."""


@click.command()
@click.option(
    "--problem", "names", multiple=True, default=("quick",), show_default=True, help="Name or file; may be given often."
)
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), help="When no further whole run begins [default: 30]"
)
@click.option("--again", is_flag=True, help="Measure again what the archive holds, and replace it.")
@_out
def calibrate(names: tuple[str, ...], seconds: float | None, again: bool, folder: Path) -> None:
    """Measure what the tasks of a gradient cost on this machine, and what compressors take and leave: about a minute.

    \b
    Example:
      wavecomp model calibrate
      wavecomp model calibrate --problem tiny --problem thrust-2d --again
    """
    problems = [find_problem(name) for name in names]
    claim(folder, report=True)
    check_devito()
    for problem in problems:
        result = calibrated(problem, folder, seconds=seconds, afresh=again)
        costs = Costs.from_json(str(result.facts["costs"]))
        err.print(
            f"[bold]{problem.name}[/]: bare sweeps {costs.bare_s:.3g} s, {len(costs.lines)} tasks, {len(costs.codecs)} "
            f"settings of compressors, copies at {costs.memory_bytes_s / 1e9:.3g} GB/s"
        )
    _page(folder)


@click.command()
@click.option("--problem", "names", multiple=True, help="Calibrated, then predicted [default: tiny, thrust-2d]")
@click.option(
    "--unseen", "unseen", multiple=True, help="Predicted by the costs of the others alone [default: acoustic-2d]"
)
@click.option("--full", is_flag=True, help="quick and overthrust-2d, and layered-3d never calibrated: an hour.")
@click.option("--rounds", type=click.IntRange(1), help="Times that every case runs [default: 3]")
@_out
@_format
def validate(
    names: tuple[str, ...],
    unseen: tuple[str, ...],
    full: bool,
    rounds: int | None,
    folder: Path,
    form: Format,
) -> None:
    """Predict dozens of runs and then make them: wall time, memory, forward steps, writes, and error of the gradient.

    Problems are calibrated where the archive has no costs of them from this machine. Every case runs in rounds between
    bare sweeps, which tell the speed of the moment. Exit status 1 where predictions are further off than they may be.

    \b
    Example:
      wavecomp model validate
      wavecomp model validate --problem thrust-2d --unseen tiny
      wavecomp model validate --full --out results/model-full
    """
    start = time.perf_counter()
    if full and (names or unseen):
        raise click.UsageError("--full names the problems itself: leave out --problem and --unseen, or --full")
    if unseen and not names:
        raise click.UsageError(f"--unseen {unseen[0]}: its costs come from another problem; name that by --problem")
    if not names:
        names, unseen = _FULL if full else _QUICK
    problems = [find_problem(name) for name in names]
    strangers = [(name, find_problem(name)) for name in unseen]
    for _, problem in strangers:
        _nearest(problem, names, problems)  # said before anything is measured
        if problem.digest in {one.digest for one in problems}:
            raise click.UsageError(
                f"--unseen {problem.name}: it is among those that are calibrated; leave it out there"
            )
    claim(folder, report=True)
    check_devito()
    costs: dict[str, str] = {}
    found = [_validated(problem, problem, folder, costs, rounds) for problem in problems]
    for _, problem in strangers:
        near, *others = _nearest(problem, names, problems)
        far = costs[problems[others[0]].digest] if others else ""
        found.append(_validated(problem, problems[near], folder, costs, rounds, reference=names[near], other_costs=far))
    _page(folder)
    from wavecomp.report.validation_rows import bars, judged
    from wavecomp.report.validation_table import validation_sentences, validation_table

    click.echo(render(validation_table(found), form))
    for sentence in validation_sentences(found):
        err.print(Text(sentence))
    err.print(f"{time.perf_counter() - start:.0f} s in all; tables and figures: {folder / 'report.md'}")
    missed = [bar.words for bar in bars(judged(found)) if not bar.met]
    if missed:
        elsewhere = [one.problem for one in found if _untold(one)]
        hint = (
            f". On {' and '.join(elsewhere)} the machine was not the one that was calibrated, {_SITTINGS} times: "
            "this tells nothing of the model; try again when the machine is quieter"
            if elsewhere
            else ""
        )
        raise ModelFellShort(f"{len(missed)} of the bars are missed: {'; '.join(missed)}{hint}")


def calibrated(
    problem: GradientProblem, folder: Path, *, seconds: float | None = None, afresh: bool = False
) -> ExperimentResult:
    """Return the costs of a problem, measured now unless the archive has them from this machine; or now in any case.

    Raises
    ------
    CalibrationFailed
        The process that measured has failed; the text says why.
    """
    from wavecomp.experiments.calibration_runs import CalibrateSettings

    settings = CalibrateSettings() if seconds is None else replace(CalibrateSettings(), seconds=seconds)
    return _run("calibrate", problem, folder, settings, afresh=afresh)


def _validated(
    problem: GradientProblem,
    base: GradientProblem,
    folder: Path,
    costs: dict[str, str],
    rounds: int | None,
    reference: str = "",
    other_costs: str = "",
) -> ExperimentResult:
    """Validate a problem by the costs of a base, each right after the other, before the machine is another one.

    Where it was another one in every round of many cases, or the costs are of another day, the base is calibrated
    again, and the problem validated again.
    """
    from wavecomp.experiments.validate import ValidateSettings

    for sitting in range(_SITTINGS):
        if sitting or base.digest not in costs:
            costs[base.digest] = str(calibrated(base, folder, afresh=sitting > 0).facts["costs"])
        settings = ValidateSettings(costs[base.digest], reference, other_costs)
        result = _run("validate", problem, folder, settings if rounds is None else replace(settings, rounds=rounds))
        if not _untold(result):
            break
        if sitting + 1 < _SITTINGS:
            err.print(
                f"{problem.name}: in no round of {result.facts['untold']} cases the machine was the one on which "
                f"{base.name} was calibrated (bare sweeps took {result.facts['speed']:.2g} times what they did then): "
                "both again"
            )
    return result


def _untold(result: ExperimentResult) -> bool:
    """Return whether so many cases of a validation ran on another machine only that it tells nothing."""
    return int(result.facts.get("untold") or 0) > _UNTOLD * len(result.rows)


def _run(
    name: str, problem: GradientProblem, folder: Path, settings: object, *, afresh: bool = False
) -> ExperimentResult:
    with progress_bar(f"{name} on {problem.name}", "runs") as bar:
        return of_the_model(name, problem, folder, bar, settings, afresh=afresh)


def _nearest(problem: GradientProblem, names: Sequence[str], calibrated: Sequence[GradientProblem]) -> list[int]:
    """Return which calibrated problems have the same dimension, that with most nearly as many points first.

    Raises
    ------
    click.UsageError
        None has.
    """
    dimensions = len(problem.shape)
    fitting = [number for number, one in enumerate(calibrated) if len(one.shape) == dimensions]
    if not fitting:
        raise click.UsageError(
            f"--unseen {problem.name}: it has {dimensions} dimensions, and none of {', '.join(names)} has; name "
            "one that has by --problem"
        )
    return sorted(fitting, key=lambda number: abs(math.log(calibrated[number].state_bytes / problem.state_bytes)))


def _page(folder: Path) -> None:
    from wavecomp.report.page import build_report

    build_report(folder, folder)
    err.print(f"all of the archive: {folder / 'report.md'}")
