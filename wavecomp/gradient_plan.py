"""A plan in one call: a job and a memory in, a strategy that can be run out; calibrated first where nobody has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from wavecomp.compressors import Registry
from wavecomp.errors import UnsupportedStrategy, UsageError, WavecompError
from wavecomp.experiments.study import TIME_LIMIT_S, ExperimentFailed, run_experiment
from wavecomp.isolation import Limits
from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.choose import Plan, choose
from wavecomp.planning.costs import Costs
from wavecomp.planning.job import Job, job_of
from wavecomp.plans.parameters import USUAL_ERROR
from wavecomp.records.experiment import ExperimentResult
from wavecomp.records.experiment_archive import ExperimentArchive
from wavecomp.records.provenance import Provenance, collect_provenance

CALIBRATIONS = Path("results/model")
"""Where costs are kept."""

STAND_INS = {2: "thrust-2d", 3: "quick"}
"""Problems that stand for a job that is none, by its dimension."""

_OWN_WORK = 2e10
"""Bytes of a state, times steps, of problems that are calibrated themselves: their gradient takes seconds."""

_FAR = 2.0
"""A stand-in is calibrated where the costs that are there come from a grid that is so many times further off."""

Notice = Callable[[int, int, str], None]


class CalibrationFailed(WavecompError):
    """There are no costs, or no predictions held against runs: the process that measured them has failed."""


def plan(
    job: str | GradientProblem | Job,
    *,
    memory_bytes: int,
    gradient_error: float = USUAL_ERROR,
    shots: int = 1,
    disk_bytes: int | None = None,
    look: bool = False,
    calibrations: str | Path = CALIBRATIONS,
    registry: Registry | None = None,
    progress: Notice = lambda _done, _total, _note: None,
) -> Plan:
    """Return the best strategies for a job in a memory, by costs that were measured on this machine.

    Costs of the job's own problem are taken where this machine has measured some, or looked at it. A problem of which a
    gradient takes seconds is calibrated now, in about a minute; for a larger one, and for a job in words, the costs of
    the problem of the same dimension are taken whose size is nearest, or of a stand-in, calibrated now, where none is
    near. That runs in a process of its own, which imports the calling script: the call stands under
    ``if __name__ == "__main__":``.

    Parameters
    ----------
    job : str, GradientProblem or Job
        A problem, or its name; or :func:`wavecomp.planning.job.job_in_words`.
    memory_bytes : int
        What there is beyond the bare sweeps.
    gradient_error : float
        Relative L2 error that the gradient may have, below the top tenth of the depth too; 0 for an exact one.
    shots : int
        Gradients that are added up, one after the other; of a :class:`~wavecomp.planning.job.Job` its own.
    disk_bytes : int, optional
        What checkpoints may take on disk.
    look : bool
        Whether a problem with no costs of its own is looked at and not calibrated: it is run some ten times with
        nothing stored, for its own sweeps, compressed sizes and errors.
    calibrations : path
        Folder of the costs; made if need be.
    registry : Registry, optional
    progress : callable, optional
        Takes what is done, of how much, and a note.

    Returns
    -------
    Plan
        Its ``strategy`` is what :meth:`wavecomp.Reversal.run` takes, with ``budget_bytes=memory_bytes``.

    Raises
    ------
    NoPlan
        Nothing fits; the text says how much memory would do.
    CalibrationFailed
        The problem could not be calibrated.
    UnsupportedStrategy
        The problem is of other physics than the acoustic equation.
    UnknownProblem
    UsageError
        A look at a job in words.
    """
    problem = find_problem(job) if isinstance(job, str) else job if isinstance(job, GradientProblem) else None
    if problem is not None and problem.medium.material is not None:
        raise UnsupportedStrategy(
            f'physics = "{problem.medium.physics}" of problem {problem.name}: costs can be measured of the acoustic '
            f"operators only; compare strategies by wavecomp gradient --problem {problem.name}"
        )
    asked = job if isinstance(job, Job) else job_of(problem, shots=shots) if problem is not None else None
    assert asked is not None
    costs = costs_for(asked, problem, Path(calibrations), progress, look=look)
    return choose(
        asked, costs, memory_bytes, gradient_error, disk_bytes=disk_bytes, registry=registry, progress=progress
    )


def costs_for(
    job: Job, problem: GradientProblem | None, folder: Path, progress: Notice, *, look: bool = False
) -> Costs:
    """Return costs for a job, as :func:`plan` says.

    Raises
    ------
    CalibrationFailed
        It was tried, and failed.
    UsageError
        A look at a job in words.
    """
    if look and problem is None:
        raise UsageError(f"a look at {job.name}: only a problem can be run; make it one, or plan without a look")
    archive = ExperimentArchive(folder)
    here, places = _machine(collect_provenance()), archive.provenances()
    costs: dict[str, Costs] = {}
    looks: dict[str, Costs] = {}
    for result in archive:
        made = places.get(result.provenance)
        kept = {"calibrate": costs, "look": looks}.get(result.experiment)
        if kept is not None and not result.failed and made is not None and _machine(made) == here:
            kept[result.problem_digest] = Costs.from_json(str(result.facts["costs"]))
    own_costs = costs.get(job.problem) or looks.get(job.problem)
    if own_costs is not None:
        return own_costs
    base = _nearest(job, None if look else problem, costs, folder, progress)
    if not look or problem is None or base.about(job.problem):
        return base
    from wavecomp.experiments.look import LookSettings

    found = of_the_model("look", problem, folder, progress, LookSettings(base.to_json()))
    return Costs.from_json(str(found.facts["costs"]))


def _nearest(
    job: Job, problem: GradientProblem | None, costs: Mapping[str, Costs], folder: Path, progress: Notice
) -> Costs:
    """Return the costs of the job's problem, calibrated now, or of one that is near."""
    size, dimensions = job.sizes.state_bytes, job.sizes.dimensions
    fitting = [one for one in costs.values() if one.dimensions == dimensions]
    own = problem is not None and size * job.sizes.steps <= _OWN_WORK
    chosen = problem if problem is not None and own else find_problem(STAND_INS[dimensions])
    if fitting and not own:
        nearest = min(fitting, key=lambda one: _distance(one.state_bytes, size))
        if _distance(nearest.state_bytes, size) <= _distance(chosen.state_bytes, size) + math.log(_FAR):
            return nearest
    return Costs.from_json(str(calibrated(chosen, folder, progress).facts["costs"]))


def calibrated(
    problem: GradientProblem, folder: Path, progress: Notice, settings: object | None = None
) -> ExperimentResult:
    """Return a problem's calibration, from a folder that holds one of this machine, or measured now.

    Raises
    ------
    CalibrationFailed
        The measuring process came back without one.
    """
    return of_the_model("calibrate", problem, folder, progress, settings)


def of_the_model(
    name: str,
    problem: GradientProblem,
    folder: Path,
    progress: Notice,
    settings: object | None = None,
    *,
    afresh: bool = False,
) -> ExperimentResult:
    """Return what an experiment of the performance model found, from a folder that holds it, or measured now.

    What was found ``afresh`` replaces what the folder held.

    Raises
    ------
    CalibrationFailed
        The measuring process came back without a result; the text says why.
    """
    limits = Limits(TIME_LIMIT_S)
    try:
        found = run_experiment(
            name, problem, folder, progress, settings=settings, limits=limits, retry=True, afresh=afresh
        )
    except ExperimentFailed as error:
        raise CalibrationFailed(f"{error}; the costs that {folder} holds are left as they were") from None
    (result,) = found.records
    if result.failure is not None:
        raise CalibrationFailed(f"{name} on {problem.name} failed: {result.failure.message}")
    return result


def _distance(one_bytes: int, other_bytes: int) -> float:
    return abs(math.log(one_bytes / other_bytes))


def _machine(made: Provenance) -> tuple[object, ...]:
    """Return what times of two places must share to mean the same here: roughly is enough for a plan."""
    return made.machine, made.cpu, made.cores, made.memory_bytes
