"""What runs in a process of a :class:`~wavecomp.inversion.shots.ShotPool`: one shot's gradient after the other.

Nothing here imports Devito on loading: the number of threads has to be set first.
"""

from __future__ import annotations

import os
import traceback
from ctypes import Array as Shared
from ctypes import c_double, c_float, c_int64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wavecomp.errors import WavecompError
from wavecomp.isolation import belong_to
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem import GradientProblem

if TYPE_CHECKING:
    from wavecomp.adjoint.result import GradientRun
    from wavecomp.physics.workbench import Workbench
    from wavecomp.plans.strategy import Strategy

INITIAL = 0
"""The number of the problem's initial model; others count from 1."""


@dataclass(frozen=True, slots=True)
class SharedArrays:
    """What the processes share. The messages between them stay small, so that a killed one leaves none half written.

    Attributes
    ----------
    velocity_m_s : shared array of float64
        The present model, unless it is the initial one.
    gradients : shared array of float32
        Room for some gradients, one after the other.
    computing : shared array of int64
        For each of the problem's shots the process that computes it, 0 for none.
    """

    velocity_m_s: Shared[c_double]
    gradients: Shared[c_float]
    computing: Shared[c_int64]


@dataclass(frozen=True, slots=True)
class GradientTask:
    """One gradient: of which shot, by which strategy, at which model, and where in the shared memory it goes."""

    strategy: Strategy
    shot: int
    model: int
    place: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no gradient: errors of all kinds come back as text, since many do not survive pickling."""

    reason: str
    trace: str


class _Desk:
    """One process's operators, and the model that they are at."""

    def __init__(self, problem: GradientProblem, memory: SharedArrays) -> None:
        self.problem, self.memory = problem, memory
        self._workbench: Workbench | None = None
        self._model = INITIAL

    def run(self, task: GradientTask) -> GradientRun:
        run = self._at(task.model).run(task.strategy, shot=task.shot)
        size = run.gradient.size
        np.ctypeslib.as_array(self.memory.gradients)[task.place * size :][:size] = run.gradient.ravel()
        return replace(run, gradient=np.empty(0, np.float32))

    def _at(self, model: int) -> Workbench:
        from wavecomp.physics.workbench import Workbench

        if self._workbench is None:
            self._workbench = Workbench(open_operators(self.problem))
        if model != self._model:
            operators, shape = self._workbench.operators, self.problem.medium.shape
            if model == INITIAL:
                operators.set_velocity(self.problem.initial_velocity(), renew_layer=True)
            else:  # the layer stays the initial model's
                velocity = np.ctypeslib.as_array(self.memory.velocity_m_s).reshape(shape)
                operators.set_velocity(velocity, renew_layer=False)
            self._model = model
        return self._workbench


# A pool runs functions, and has no other place for what a process keeps from one to the next.
_desk: _Desk


def begin(problem: GradientProblem, memory: SharedArrays, threads: int, parent: int) -> None:
    """Prepare a fresh process; the operators come with its first shot, so that their errors are answers to it."""
    global _desk
    belong_to(parent)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # Devito asks when its operators are prepared
    _desk = _Desk(problem, memory)


def compute(task: GradientTask) -> GradientRun | Refused:
    """Compute one gradient; it lies in the shared memory when this returns."""
    _desk.memory.computing[task.shot] = os.getpid()
    try:
        return _desk.run(task)
    except WavecompError as error:
        return Refused(str(error), traceback.format_exc())
    except Exception as error:  # compressors, plug-ins above all, may raise anything
        return Refused(f"{type(error).__name__}: {error}", traceback.format_exc())
    finally:
        _desk.memory.computing[task.shot] = 0
