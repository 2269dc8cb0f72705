"""The experiments on what compression does to the gradient, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wavecomp.adjoint.problem import GradientProblem
from wavecomp.errors import UnknownExperiment
from wavecomp.records.archive import keep_provenance
from wavecomp.records.experiment import ExperimentResult, save_experiment
from wavecomp.records.provenance import collect_provenance

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Experiment:
    """One of the experiments: ``module:function`` and its settings' class, imported when it is run.

    Those with ``many_shots`` spread them over processes where they are given several.
    """

    description: str
    module: str
    function: str
    settings: str
    many_shots: bool = False

    def load(self) -> tuple[Callable[[Any, Any, Progress], ExperimentResult], type[Any]]:
        """Return the function and its settings' class; Devito comes with them."""
        import importlib

        module = importlib.import_module(f"wavecomp.adjoint.{self.module}")
        return getattr(module, self.function), getattr(module, self.settings)


EXPERIMENTS = {
    "tolerance": Experiment(
        "gradient error against the tolerance, and of the fixed quantisers",
        "experiments_error", "tolerance", "ToleranceSettings",
    ),
    "steps": Experiment(
        "gradient error against tolerance and number of steps", "experiments_error", "steps", "StepsSettings"
    ),
    "checkpoints": Experiment(
        "gradient error of a compressed Revolve against its number of checkpoints",
        "experiments_error", "checkpoints", "CheckpointsSettings",
    ),
    "restart": Experiment(
        "growth of the wavefield's error after a restart from a lossy state",
        "experiments_forward", "restart", "RestartSettings",
    ),
    "stack": Experiment(
        "error of the gradient after stacking 1 to 16 shots", "experiments_shots", "stack", "StackSettings", True
    ),
    "memory": Experiment(
        "lossy, subsampled in time, and both, at equal memory", "experiments_memory", "memory", "MemorySettings"
    ),
    "ratio": Experiment("ratio at every step of a run", "experiments_forward", "ratio", "RatioSettings"),
    "fwi": Experiment(
        "full waveform inversion with exact and with compressed gradients",
        "experiments_fwi", "fwi", "FwiSettings", True,
    ),
}  # fmt: skip
"""What ``wavecomp gradient --experiment NAME`` knows."""


def run_experiment(
    name: str,
    problem: GradientProblem,
    out_folder: str | Path,
    progress: Progress = lambda _done, _total, _note: None,
    *,
    settings: object | None = None,
    bench: Any = None,
    workers: int = 1,
) -> ExperimentResult:
    """Run an experiment on a problem and save its result, with its provenance beside it.

    Parameters
    ----------
    name : str
        One of :data:`EXPERIMENTS`.
    problem : GradientProblem
        Any; those in two dimensions take 1 to 5 minutes.
    out_folder : path
        Where ``experiment-NAME.npz`` goes.
    progress : callable
        Told (done, total, note) on the way.
    settings : object, optional
        An instance of the experiment's settings; the defaults otherwise.
    bench : Bench, optional
        The problem's, if it is there already.
    workers : int
        Processes that the shots are spread over, where the experiment takes many; the result has the same bits.

    Returns
    -------
    ExperimentResult
        What was saved.

    Raises
    ------
    UnknownExperiment
        The name is none of those.
    ShotFailed
        With several workers: a shot was refused, or its process died.
    StorageError
        The folder cannot be written.
    """
    if name not in EXPERIMENTS:
        raise UnknownExperiment(name, EXPERIMENTS)
    from wavecomp.adjoint.experiments_bench import Bench

    function, kind = EXPERIMENTS[name].load()
    made = bench or Bench(problem)
    with made.spread(workers if EXPERIMENTS[name].many_shots else 1):
        found = function(made, settings or kind(), progress)
    provenance = collect_provenance()
    result = replace(found, provenance=provenance.digest)
    save_experiment(out_folder, result)
    keep_provenance(out_folder, provenance)
    return result
