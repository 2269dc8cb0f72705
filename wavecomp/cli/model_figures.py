"""``wavecomp model figures``: the study's figures of schedules and of the performance model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.out_folder import OutFolder

if TYPE_CHECKING:
    from wavecomp.records.experiment import ExperimentResult
    from wavecomp.report.model_constants import ModelConstants


@click.command()
@click.option("--out", "folder", type=OutFolder(), default=Path("results/model"), help="[default: results/model]")
@click.option("--problem", "name", metavar="NAME", help="Measure on this gradient problem too: its name, or its file.")
@click.option(
    "--calibration",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Take what was measured from this archive, and measure nothing: a calibration, traced runs, or both.",
)
def figures(folder: Path, name: str | None, calibration: Path | None) -> None:
    """Draw the study's figures 5, 6, 9, 15, 16 and 17 and cluster sizes, with its constants or measured ones.

    Those of the study go to OUT/study. With --problem Revolve is run on it, uncompressed and compressed, in a process
    of its own; the record, figures 7 and 8 of these runs and the others with the constants that they had go to
    OUT/measured-NAME. A record that is there already is not measured again. Each folder has a page, model.md, and a
    table of values beside every figure.

    \b
    Example:
      wavecomp model figures
      wavecomp model figures --problem quick
      wavecomp model figures --problem quick --calibration results/model
    """
    from wavecomp.cli.model_schedules import binomial, extremes
    from wavecomp.report.model_constants import STUDY, constants_of
    from wavecomp.report.model_figures import (
        CLUSTER_STEM,
        CURVE_STEMS,
        SCHEDULE_STEMS,
        action_figures,
        cluster_shown,
        curve_figures,
        schedule_figures,
    )
    from wavecomp.report.model_page import check_model_place, write_model_page

    study = folder / "study"
    claim(study)
    check_model_place(study, [*SCHEDULE_STEMS, *CURVE_STEMS, CLUSTER_STEM])
    runs, costs = (None, None) if name is None and calibration is None else _found(name, calibration, folder)
    shown = [*schedule_figures(extremes(), binomial()), *curve_figures(STUDY), cluster_shown(STUDY)]
    written = write_model_page(study, STUDY.where, shown, STUDY)
    err.print(f"{len(written)} files written to {study}; start with {written[-1]}")
    measured = costs or runs
    if measured is None:
        return
    constants = constants_of(measured) if measured is runs else _calibrated(measured)
    place = place_of(folder, measured.problem)
    shown = [*(action_figures(runs) if runs is not None else []), *curve_figures(constants)]
    notes = [_where_measured(one) for one in (runs, costs) if one is not None]
    written = write_model_page(place, constants.where, shown, constants, "\n\n".join(notes))
    err.print(f"{len(written)} files written to {place}; start with {written[-1]}")


def place_of(folder: Path, problem: str) -> Path:
    """Return where the figures of a problem and its record go."""
    return folder / f"measured-{problem}"


def _measured(name: str, folder: Path) -> ExperimentResult:
    """Run the experiment, unless the folder of the problem holds it."""
    from wavecomp.cli.gradient import case_limits
    from wavecomp.experiments.study import TIME_LIMIT_S, run_experiment
    from wavecomp.physics.problem_recipe import find_problem
    from wavecomp.report.model_figures import ACTION_STEMS, CURVE_STEMS
    from wavecomp.report.model_page import check_model_place
    from wavecomp.wavefields.devito_setup import check_devito

    problem = find_problem(name)
    place = place_of(folder, problem.name)
    claim(place)
    check_model_place(place, [*ACTION_STEMS, *CURVE_STEMS])
    check_devito()
    with progress_bar(f"actions on {problem.name}", "runs") as bar:
        found = run_experiment("actions", problem, place, bar, limits=case_limits(TIME_LIMIT_S), retry=True)
    return _whole(found.records[0], place)


def _found(
    name: str | None, archive: Path | None, folder: Path
) -> tuple[ExperimentResult | None, ExperimentResult | None]:
    """Return what was measured: traced runs, and a calibration; from an archive either may be missing, but not both."""
    from wavecomp.report.model_figures import ACTION_STEMS, CURVE_STEMS
    from wavecomp.report.model_page import check_model_place

    if archive is None:
        assert name is not None
        return _measured(name, folder), None
    runs, costs = _kept(archive, name)
    measured = costs or runs
    assert measured is not None
    check_model_place(place_of(folder, measured.problem), [*ACTION_STEMS, *CURVE_STEMS])
    return runs, costs


def _kept(archive: Path, name: str | None) -> tuple[ExperimentResult | None, ExperimentResult | None]:
    """Return the latest traced runs and the latest calibration of one problem, or of that which was measured last."""
    from wavecomp.errors import NothingToReport
    from wavecomp.physics.problem_recipe import find_problem
    from wavecomp.records.experiment import load_experiments

    results = [one for one in load_experiments(archive) if one.experiment in ("actions", "calibrate")]
    found = sorted((one for one in results if not one.failed), key=lambda one: one.created_utc)
    if name is not None:
        digest = find_problem(name).pinned().digest
        found = [one for one in found if one.problem_digest == digest]
    if not found:
        of = f" of the problem {name}" if name is not None else ""
        raise NothingToReport(
            f"{archive} holds neither a calibration nor a result of the experiment actions{of}; wavecomp model "
            "calibrate, or wavecomp model figures --problem, measures one"
        )
    latest = {one.experiment: one for one in found if one.problem_digest == found[-1].problem_digest}
    return latest.get("actions"), latest.get("calibrate")


def _calibrated(result: ExperimentResult) -> ModelConstants:
    from wavecomp.cli.model_constants import constants_of_costs
    from wavecomp.planning.costs import Costs

    return constants_of_costs(Costs.from_json(str(result.facts["costs"])))


def _whole(result: ExperimentResult, place: Path) -> ExperimentResult:
    from wavecomp.errors import NothingToReport

    if result.failure is not None:
        raise NothingToReport(f"actions on {result.problem} failed: {result.failure.message} ({place})")
    return result


def _where_measured(result: ExperimentResult) -> str:
    return (
        f"Measured {result.created_utc[:10]} by the experiment `{result.experiment}`, record `{result.file_name}`, "
        f"provenance `{result.provenance}`."
    )
