"""wavecomp: which compressor for a seismic wavefield, at which setting, and at what cost.

Importing this package is cheap: no compressor and no propagator is loaded before it is asked for. The names below are
loaded from where they are defined when they are first used; ``__init__.pyi`` tells type checkers what they are.
"""

from importlib import import_module

from wavecomp.thread_settings import settle_thread_settings

__version__ = "0.1.0"

_WHERE = {
    "Archive": "wavecomp.records",
    "ArrayCode": "wavecomp.adjoint",
    "GradientArchive": "wavecomp.records",
    "GradientRun": "wavecomp.adjoint",
    "OwnCode": "wavecomp.impact.own_code",
    "Reversal": "wavecomp.adjoint",
    "StepCode": "wavecomp.adjoint",
    "TimeStepping": "wavecomp.adjoint",
    "WavecompError": "wavecomp.errors",
    "check_bound": "wavecomp.compressors",
    "check_code": "wavecomp.adjoint",
    "default_registry": "wavecomp.compressors",
    "find_problem": "wavecomp.physics.problem_recipe",
    "gradient_distance": "wavecomp.metrics",
    "load_gradients": "wavecomp.records",
    "job_in_words": "wavecomp.planning.job",
    "parse_strategy": "wavecomp.plans.strategies",
    "plan": "wavecomp.gradient_plan",
    "study_gradients": "wavecomp.gradient_study",
    "with_plugins": "wavecomp.compressors",
}

__all__ = ["__version__", *_WHERE]

settle_thread_settings()  # before a library reads them: some do so while they are imported


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
