"""Costs in an archive that nobody measured: of a made-up machine, kept as this one's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from made_up import made_costs
from wavecomp.experiments.study import ExperimentCase
from wavecomp.physics.problem import GradientProblem
from wavecomp.planning.codecs import CodecCosts, ErrorSample
from wavecomp.planning.costs import Costs
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.job import job_of
from wavecomp.records.experiment import ExperimentResult
from wavecomp.records.experiment_archive import ExperimentArchive
from wavecomp.records.provenance import collect_provenance

FAMILY = "zfp:accuracy={}"


def costs_of(problem: GradientProblem, **values: object) -> Costs:
    """Return made-up costs of a problem's grid; ZFP packs ten-fold at both tolerances, with errors of 1e-5 and 1e-3."""
    sizes = job_of(problem).sizes
    raw = {"level": sizes.level_bytes, "state": sizes.state_bytes}
    arrays = {"level": len(sizes.level_arrays), "state": len(sizes.state_arrays)}
    codecs = tuple(
        CodecCosts(
            FAMILY, fraction, kind, raw[kind], (0.0, 1.0), (raw[kind] / 10,) * 2, (2e-3,) * 2, (1e-3,) * 2,
            (20,) * arrays[kind], (1,) * arrays[kind],
        )
        for kind in ("level", "state") for fraction in (1e-5, 1e-3)
    )  # fmt: skip
    errors = tuple(
        ErrorSample(FAMILY, fraction, kind, 1, fraction, fraction, None if kind == "level" else 4)
        for kind in ("level", "state") for fraction in (1e-5, 1e-3)
    )  # fmt: skip
    usual: dict[str, object] = {
        "problem": problem.name, "dimensions": sizes.dimensions, "level_bytes": sizes.level_bytes,
        "state_bytes": sizes.state_bytes, "first": sizes.first, "last": sizes.first + sizes.steps, "codecs": codecs,
        "errors": errors, "imaging": (Imaging(1, 0.0, 0.0, 0.0),),
    }  # fmt: skip
    return made_costs(**(usual | values))


def keep_costs(
    folder: Path, problem: GradientProblem, costs: Costs, experiment: str = "calibrate", **doctored: object
) -> None:
    """Put costs into an archive as a calibration of a problem, of this machine but for what is doctored."""
    from wavecomp.experiments.calibration_runs import CalibrateSettings

    made = replace(collect_provenance(), **doctored)  # type: ignore[arg-type]
    settings = CalibrateSettings()
    case = ExperimentCase(experiment, problem.pinned(), settings)
    result = ExperimentResult(
        experiment, problem.name, problem.digest, dict(vars(settings)), {"costs": costs.to_json()}, (),
        provenance=made.digest, case=case.digest, created_utc="2020-01-01T00:00:00+00:00",
    )  # fmt: skip
    with ExperimentArchive(folder).writer() as archive:
        archive.append(result, made)
