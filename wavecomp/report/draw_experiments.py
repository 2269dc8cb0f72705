"""The figures of the experiments, each from the result of one."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from wavecomp.errors import NothingToReport
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_calibration import figure_calibrate
from wavecomp.report.draw_experiments_error import figure_checkpoints, figure_memory, figure_steps, figure_tolerance
from wavecomp.report.draw_experiments_fwi import figure_fwi
from wavecomp.report.draw_experiments_time import figure_ratio, figure_restart, figure_stack
from wavecomp.report.draw_look import figure_look
from wavecomp.report.draw_model_actions import figure_actions
from wavecomp.report.style import drawing

FIGURES: dict[str, Callable[[ExperimentResult], Figure]] = {
    "tolerance": figure_tolerance,
    "steps": figure_steps,
    "checkpoints": figure_checkpoints,
    "restart": figure_restart,
    "stack": figure_stack,
    "memory": figure_memory,
    "ratio": figure_ratio,
    "fwi": figure_fwi,
    "actions": figure_actions,
    "calibrate": figure_calibrate,
    "look": figure_look,
}
"""Name of each experiment, and what draws it."""


def draw_experiment(result: ExperimentResult) -> Figure:
    """Draw the result of an experiment.

    Raises
    ------
    NothingToReport
        No figure is known for it, or it holds no row.
    """
    if result.experiment not in FIGURES or not result.rows:
        raise NothingToReport(
            f'experiment "{result.experiment}" with {len(result.rows)} rows: there is nothing to draw'
        )
    with drawing():
        return FIGURES[result.experiment](result)
