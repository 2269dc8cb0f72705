"""The experiments on what compression does to the gradient, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from wavecomp.errors import UnknownExperiment
from wavecomp.physics.problem import GradientProblem
from wavecomp.records.experiment import ExperimentResult

Notice: TypeAlias = Callable[[int, int, str], None]
"""Called with what is done, of how much, and a word about it."""


@dataclass(frozen=True)
class Experiment:
    """One of the experiments: ``module:function`` and its settings' class, imported when it is asked for.

    Those with ``many_shots`` spread them over processes where they are given several.
    """

    description: str
    module: str
    function: str
    settings: str
    many_shots: bool = False

    def load(self) -> tuple[Callable[[Any, Any, Notice], ExperimentResult], type[Any]]:
        """Return the function and its settings' class."""
        import importlib

        module = importlib.import_module(f"wavecomp.experiments.{self.module}")
        return getattr(module, self.function), getattr(module, self.settings)

    def load_settings(self) -> type[Any]:
        """Return the class of its settings; its defaults say what is run."""
        return self.load()[1]


EXPERIMENTS = {
    "tolerance": Experiment(
        "gradient error against the tolerance, and of the fixed quantisers",
        "error", "tolerance", "ToleranceSettings",
    ),
    "steps": Experiment(
        "gradient error against tolerance and number of steps", "error", "steps", "StepsSettings"
    ),
    "checkpoints": Experiment(
        "gradient error of a compressed Revolve against its number of checkpoints",
        "error", "checkpoints", "CheckpointsSettings",
    ),
    "restart": Experiment(
        "growth of the wavefield's error after a restart from a lossy state",
        "forward", "restart", "RestartSettings",
    ),
    "stack": Experiment(
        "error of the gradient after stacking 1 to 16 shots", "shots", "stack", "StackSettings", True
    ),
    "memory": Experiment(
        "lossy, subsampled in time, and both, at equal memory", "memory", "memory", "MemorySettings"
    ),
    "ratio": Experiment("ratio at every step of a run", "forward", "ratio", "RatioSettings"),
    "fwi": Experiment(
        "full waveform inversion with exact and with compressed gradients",
        "fwi", "fwi", "FwiSettings", True,
    ),
    "actions": Experiment(
        "wall time in each action of Revolve, uncompressed and compressed", "actions", "actions", "ActionsSettings"
    ),
}  # fmt: skip
"""What ``wavecomp gradient --experiment NAME`` knows."""

MODEL_EXPERIMENTS = {
    "calibrate": Experiment(
        "what the tasks of a gradient cost on this machine", "calibrate", "calibrate", "CalibrateSettings"
    ),
    "look": Experiment(
        "compressed sizes and errors of a problem's own, by bare sweeps", "look", "look", "LookSettings"
    ),
    "validate": Experiment(
        "predicted against measured runs", "validate", "validate", "ValidateSettings"
    ),
}  # fmt: skip
"""What ``wavecomp model`` and ``wavecomp plan`` run."""


def find_experiment(name: str) -> Experiment:
    """Return an experiment by its name; raises UnknownExperiment."""
    known = EXPERIMENTS | MODEL_EXPERIMENTS
    if name not in known:
        raise UnknownExperiment(name, known)
    return known[name]


def compute_experiment(
    name: str,
    problem: GradientProblem,
    progress: Notice = lambda _done, _total, _note: None,
    *,
    settings: object | None = None,
    bench: Any = None,
    workers: int = 1,
) -> ExperimentResult:
    """Run an experiment on a problem in this process; nothing is kept.

    Parameters
    ----------
    name : str
        One of :data:`EXPERIMENTS` or :data:`MODEL_EXPERIMENTS`.
    problem : GradientProblem
        Any; those in two dimensions take 1 to 5 minutes.
    progress : callable
        Told (done, total, note) on the way.
    settings : object, optional
        An instance of the experiment's settings; the defaults otherwise.
    bench : ExperimentBench, optional
        The problem's, if it is there already.
    workers : int
        Processes that the shots are spread over, where the experiment takes many; the result has the same bits.

    Raises
    ------
    UnknownExperiment
        The name is none of those.
    MeaninglessGradient
        An exact gradient is zero or not finite.
    ShotFailed
        With several workers: a shot was refused, or its process died.
    """
    experiment = find_experiment(name)
    from wavecomp.experiments.bench import ExperimentBench

    function, kind = experiment.load()
    made = bench or ExperimentBench(problem)
    with made.spread(workers if experiment.many_shots else 1):
        return function(made, settings or kind(), progress)
